"""Brief ways of asking: "red marker. box contact", "up on the table with it", "let the courier have the parcel".

Each becomes the plain request, on a text in the scene's names. By lookup, as in `planners.grounding.wishes`.
"""

from __future__ import annotations

import re

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.grounding.alternatives import any_of
from planners.grounding.doings import puts, takes
from planners.grounding.notes import changed
from planners.grounding.places import rests
from planners.grounding.pronouns import is_negated
from skillblend.contracts import SceneState

_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after|please|now|first|next)\b)"
_START = r"(?:(?<=^)|(?<=[.;:!?] )|(?<=, ))"
_SOON = r"(?:(?:really|actually|just|only|still|also|then|please|all|straight|right|back|over|up|down) )*"
_WHERE = ("marker", "shelf", "table", "counter", "goal", "bin", "cabinet")
_DEED = {"press": "press", "push": "press", "contact": "touch", "touch": "touch", "tap": "touch", "kick": "kick",
         "pickup": "pick up", "pick-up": "pick up", "visit": "walk to", "closure": "close"}  # fmt: skip
_GOES = (
    r"(?:belongs?|should (?:go|be)|must (?:go|be)|needs? to (?:go|be)|has to (?:go|be)|goes|wants to (?:go|be)|"
    r"can go|"
    r"ought to (?:go|be)|is to go|is going|lives)"
)
_IN = r"(?:in|into|on|onto|inside|on top of)"


def addressed(text: str, scene: SceneState) -> str:
    """`text`, before what is told is left out, with names for "he" and "it" where somebody is to get something."""
    people = [thing.name.lower() for thing in scene.things if thing.kind == "person"]
    loads = [s.arguments[0].lower() for s in possible_steps(scene.things) if takes(s)]
    if not people or not loads:
        return text
    who, o = any_of(people), any_of(loads)

    def hand(match: re.Match[str]) -> str:
        before = match.string[: match.start()]
        person = match.group("p") if match.group("p") in people else next(iter(rx.findall(who, before)[-1:]), "")
        thing = match.group("o") or next(iter(rx.findall(o, before)[-1:]), "")
        return f"hand the {thing} to the {person}" if person and thing and not is_negated(before) else match.group()

    them = rf"(?:the )?(?P<p>he|she|they|{who})"
    it = rf"(?:it|that|this|them|the (?P<o>{o}))"
    text = rx.sub(
        rf"\b(?:see|make sure|ensure|make certain|check|let)(?: to it)?(?: that)? {them} (?:gets?|has|have|"
        rf"receives?) {it}", hand, text
    )  # fmt: skip
    text = rx.sub(
        rf"(?:the )?(?P<p>{who}) (?:gets|is to (?:get|have)|should (?:get|have)|shall have|must get) (?:the "
        rf")?(?P<o>{o})",
        hand, text,
    )  # fmt: skip
    return rx.sub(rf"\b(?:hand|give|pass) (?:it|that|the (?P<o>{o})) over(?P<p>){_END}", hand, text)


def without_brevity(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text` with brief ways in their plain form; and what was read as what."""
    if not scene.names:
        return text, ()
    said = text
    steps = possible_steps(scene.things)
    loads = [s.arguments[0].lower() for s in steps if takes(s)]
    places = {s.arguments[1].lower(): "in" if " in the " in s.text else "on" for s in steps if puts(s)}
    text = _again(text, scene)
    text = _passive(text, scene)
    text = _nouns(text, scene)
    if loads and places:
        text = _bare_places(text, scene, loads, places)
    text = _bare_names(text, scene)
    return text, changed(said, text)


def _again(text: str, scene: SceneState) -> str:
    """A request once more: "push it to the left, and then once more"."""
    one = any_of(list(scene.names))
    again = r"(?:once more|again|one more time|a second time|another time)"
    return rx.sub(
        rf"\b((?:push|press|touch|kick) the {one}(?: to the (?:left|right))?),? (?:and then|then|and) {again}"
        rf"(?: to the (?:left|right))?{_END}", r"\1, then \1", text,
    )  # fmt: skip


def _passive(text: str, scene: SceneState) -> str:
    """As in "could the parcel be moved to the left", "the parcel should be pushed to the left"."""
    from planners.grounding.wishes import plain_of

    one = any_of(list(scene.names))

    def ask(match: re.Match[str]) -> str:
        verb = plain_of(match.group("v"))
        if not verb or is_negated(match.string[: match.start()]):
            return match.group()
        return f"{'pick up' if verb == 'pick' else verb} the {match.group('x')}"

    shall = r"(?:could|can|would|should|must|may|might|shall|has to|needs to|ought to|is to|were to|had better)"
    text = rx.sub(rf"(?:the )?(?P<x>{one}) {shall} {_SOON}be {_SOON}(?P<v>[a-z]+)(?: up(?= ))?\b", ask, text)
    return rx.sub(rf"\b{shall} (?:the )?(?P<x>{one}) {_SOON}be {_SOON}(?P<v>[a-z]+)(?: up(?= ))?\b", ask, text)


def _nouns(text: str, scene: SceneState) -> str:
    """As in "box contact", "button press"."""
    one = any_of(list(scene.names))
    deeds = "|".join(_DEED)
    return rx.sub(
        rf"{_START}(?:the )?({one}) ({deeds}){_END}", lambda m: f"{_DEED[m.group(2)]} the {m.group(1)}", text
    )


def _bare_places(text: str, scene: SceneState, loads: list[str], places: dict[str, str]) -> str:
    """Where what was spoken of goes: "up on the table with it", "it really belongs in the bin"."""
    o, p = any_of(loads), any_of(list(places))

    def put(match: re.Match[str]) -> str:
        before, place = match.string[: match.start()], match.group("p")
        spoken = rx.findall(o, before)
        thing = match.groupdict().get("o") or next(iter(spoken[-1:]), "")
        if (
            not thing
            or is_negated(before)
            or rx.search(rf"\b(?:put|place|set|drop) (?:the )?{re.escape(thing)}", before)
        ):
            return match.group()
        return f"put the {thing} {places[place]} the {place}"

    text = rx.sub(
        rf"{_START}(?:(?:up|down|straight|over|back|"
        rf"off) )*{_IN} (?:the )?(?P<p>{p}) with (?:the )?(?P<o>{o})",
        put,
        text,
    )
    text = rx.sub(rf"\b(?:it|that|they)(?:'s)? {_SOON}{_GOES} {_SOON}{_IN} (?:the )?(?P<p>{p}){_END}", put, text)
    text = rx.sub(rf"\bput (?P<i>{_IN}) (?:the )?(?P<p>{p})", put, text)
    text = rx.sub(rf"{_START}(?:(?:up|straight|back|off) )*{_IN} (?:the )?(?P<p>{p}){_END}", put, text)
    text = rx.sub(
        rf"{_START}(?:(?:second|third|first|then|next|and),? )*(?:the )?(?P<o>{o}) (?:move|put|bring|take|carry|"
        rf"transfer) "
        rf"(?:to|{_IN}) (?:the )?(?P<p>{p})", put, text,
    )  # fmt: skip
    return rx.sub(rf"(?:the )?(?P<o>{o}) goes? (?:in|into) your (?:hands?|arms)", r"pick up the \g<o>", text)


def _bare_names(text: str, scene: SceneState) -> str:
    """Places alone in a sentence, one of several: "red marker. kick the ball. shelf"."""
    if len(rx.findall(r"[.;:] ", text)) < 1:
        return text
    names = [thing.name.lower() for thing in scene.things if thing.kind in _WHERE]
    if not names:
        return text

    def walk(match: re.Match[str]) -> str:
        name = match.group("x")
        rest = rx.split(r"[.;]", match.string[match.end() :].lstrip(" .,;"))[0]
        return match.group() if rx.search(rf"\b{re.escape(name)}\b", rest) else f"walk to the {name}"

    deeds = "hold|stand|wait|stop|crouch|raise|turn|touch|press|kick|pick up|put|then"
    alone = rf"(?:(?<=^)|(?<=[.;] ))(?:the )?(?P<x>{any_of(names)})(?=[.;!]|$|, (?:{deeds})\b)"
    return rx.sub(alone, walk, text)


def by_what_lies_there(text: str, scene: SceneState) -> str:
    """`text`, before words are linked, with names for "the table with nothing on it", "the empty table"."""
    for name in scene.names:
        under = next((n for n in scene.names if rests(scene, name, n)), "")
        if under:
            text = rx.sub(
                rf"\b(?:the (?:place|spot|bit|furniture) )?(?:where|that|which|in which|on which) (?:the |that )?"
                rf"{re.escape(name.lower())} (?:is|gets|'s) (?:kept|stored|standing|sitting|lying)(?: on)?\b",
                f"the {under.lower()}", text,
            )  # fmt: skip
    for noun in ("table", "desk", "bench", "counter", "shelf", "surface"):
        kinds = ("table", "counter") if noun in ("desk", "bench", "surface") else (noun,)
        fit = [thing.name for thing in scene.things if thing.kind in kinds]
        bare = [name for name in fit if not any(rests(scene, other, name) for other in scene.names)]
        if len(fit) < 2 or len(bare) != 1:
            continue
        nothing = r"(?:with nothing|that has nothing|which has nothing|without anything|that has no \w+|with no \w+)"
        text = rx.sub(
            rf"\b(?:the|that) (?:(?:empty|bare|clear|free|unused|vacant) {noun}\b|{noun} (?:{nothing} "
            rf"(?:(?:standing|lying|sitting|at all) )?(?:on|"
            rf"at) (?:it|top)(?: of it)?|"
            rf"(?:that's|which is) (?:empty|bare|clear|free)))", f"the {bare[0].lower()}", text,
        )  # fmt: skip
    return text


def what_lies_on(text: str, scene: SceneState) -> str:
    """`text`, in the scene's names, with names for "the thing that's sitting on the table"."""
    one = any_of(list(scene.names))
    known = {name.lower(): name for name in scene.names}

    def name(match: re.Match[str]) -> str:
        found = [other for other in scene.names if rests(scene, other, known[match.group("x")])]
        return f"the {found[0].lower()}" if len(found) == 1 else match.group()

    lying = r"(?: (?:sitting|lying|standing|resting|up|there|currently|placed|left))*"
    return rx.sub(
        rf"\b(?:(?:the|that) (?:thing|object|item|one)(?:,? (?:that|which)(?:'s| is)?)?|(?<=[a-z] )what(?:ever)?"
        rf"(?:'s| is)){lying} (?:on|in) (?:top of )?the (?P<x>{one})", name, text,
    )  # fmt: skip
