"""Where things shall lie, said without putting them there: "mug on the table, box in the bin", "the shelf will do".

Each becomes the plain request to put, on a text in the scene's names; not where it is so already.
"""

from __future__ import annotations

import re

from planners import rx
from planners.grounding.alternatives import any_of
from planners.grounding.places import rests
from planners.grounding.pronouns import is_negated, load_of
from skillblend.contracts import SceneState

_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after|please|now)\b)"
_START = r"(?:(?<=^)|(?<=[,.;:!?] )|(?<=\band )|(?<=\bthen )|(?<=\bfirst )|(?<=\bnext ))"
_SOON = (
    r"(?:(?:really|actually|now|just|only|simply|still|always|also|then|first|next|please|definitely|both|all|"
    r"straight|right|back|over|away|off) )*"
)
_AWAY = (
    r"(?:shift|move|get rid of|dispose of|clear(?: away| out)?|take away|remove|put away|put|put down|set down|"
    r"stick|get|dump|take|tidy(?: away| up)?|chuck|bin|lose|ditch|do something with|find (?:a )?(?:home|place|"
    r"spot) for|drop|park|leave)"
)
_DO = (
    r"(?:'ll| will| would|'d| should)(?: just)? (?:do|be fine|be good|be ok|be okay|work|be great|be perfect|"
    r"do nicely|be alright|suit)(?: (?:nicely|fine|well|just fine))?"
)
_LIE_THERE = re.compile(
    r",? (?:and |so )?(?:there|it|he|that|this)(?: \w+){0,3} (?:must|should|shall|has to|may|can stay|will) "
    r"(?:lie|stay|stand|sit|rest|remain|go|be)(?: (?:there|then|on top|on it|in it|afterwards))*(?= ?(?:[,.;:!?]|$))"
)
"""What says again where something goes."""

_SWAP_THEM = re.compile(
    r"\b(?:swap|switch|change) (?:them|these|those|the two|things|both)(?! [a-z]+s\b)(?: (?:round|around|over|"
    r"about))?[:,;-]* "
)
_HANDLES = re.compile(r"\b(?:touch|tap|visit|pick up|grab|take|lift|hold|kick|push|walk to|go to)\b[^,]*,?(?: and)?$")
"""A clause that goes on with what lies there: "touch the shelf and the box on the table"."""


def with_placements(text: str, scene: SceneState, loads: list[str], places: dict[str, str]) -> str:
    """`text` with placements as requests; `places` says for each whether one puts "in" or "on" it."""
    text = _will_do(text, scene, loads, places)
    text = _put_wished(text, scene, loads, places)
    text = _swapped(text, scene, loads)
    return _laid_out(text, scene, loads, places)


def _will_do(text: str, scene: SceneState, loads: list[str], places: dict[str, str]) -> str:
    """Where something goes, said in a sentence of its own: "shift that crate. wooden table'll do for it"."""
    if not places:
        return text
    match = rx.search(
        rf"(?:[,.;:!?]| -| and)+ (?:the |that |on the |in the |"
        rf"i think the )?(?P<p>{any_of(list(places))}){_DO}(?: for (?:it|that|this|now|them))?{_END}",
        text,
    )
    if match is None or is_negated(text[: match.start()]):
        return text
    before = text[: match.start()]
    asked = [
        m
        for m in rx.finditer(
            rf"\b{_AWAY} (?:the )?(?P<o>{any_of(loads)}|that|this|it)(?: one|"
            rf" thing)?(?: (?:down|away|out|somewhere|over|off|up|for (?:us|me)|out of the way|anywhere|"
            rf"aside))*",
            before,
        )
    ]
    if not asked:
        return text
    name = asked[-1].group("o")
    name = load_of(scene).lower() if name in ("that", "this", "it") else name
    if not name:
        return text
    place = match.group("p")
    put = f"put the {name} {places[place]} the {place}"
    return f"{before[: asked[-1].start()]}{put}{before[asked[-1].end() :]}{text[match.end() :]}"


def _put_wished(text: str, scene: SceneState, loads: list[str], places: dict[str, str]) -> str:
    """As in "into the bin with the parcel", "get the crate up off the floor and onto the table"."""
    if not places:
        return text
    o, p = any_of(loads), any_of(list(places))
    into = r"(?:in|into|onto|on|on to|inside|on top of)"
    text = rx.sub(
        rf"the (?P<p>{p}) is where (?:the |that |this )?(?P<o>{o}) (?:belongs?|goes|should (?:go|be)|lives?|"
        rf"needs to (?:go|be)|has to go)",
        lambda m: f"put the {m.group('o')} {places[m.group('p')]} the {m.group('p')}", text,
    )  # fmt: skip

    def moved(match: re.Match[str]) -> str:
        thing, place = match.group("o"), match.group("p")
        lies = match.group("x") is None and match.group("i") in ("on", "in")
        lies = lies and rests(scene, _own(thing, scene), _own(place, scene))
        said = lies or is_negated(match.string[: match.start()])
        return match.group() if said else f"put the {thing} {places[place]} the {place}"

    text = rx.sub(
        rf"(?:the )?(?P<o>{o}) {_SOON}(?:is|are|was|'s) {_SOON}(?:for|bound for|destined for|meant for|headed for|"
        rf"ready for|fit for|intended for) (?:the )?(?P<p>{p}){_END}",
        lambda m: f"put the {m.group('o')} {places[m.group('p')]} the {m.group('p')}", text,
    )  # fmt: skip
    text = rx.sub(
        rf"{_START}(?P<i>{into}) (?:the )?(?P<p>{p})(?: (?:it|they) goes?,?)?(?: with| goes|"
        rf" go) {_SOON}(?:the )?(?P<o>{o})(?: only| alone| please)?",
        lambda m: f"put the {m.group('o')} {places[m.group('p')]} the {m.group('p')}", text,
    )  # fmt: skip
    return rx.sub(
        rf"\b(?:get|have|take|lift|heave|hoist|bring|haul|pop|whip|move|shift) (?:the )?(?P<o>{o})(?: (?:up|down|"
        rf"back|over|off|across|from|out|of|and|on|safely|quickly))*(?: (?:the )?(?P<x>{p}))?"
        rf"(?:,? (?:and|then|and then))? (?:(?:up|over|down|across|back) )*(?P<i>onto|on to|into|on top of|inside|"
        rf"on|in) (?:the )?(?P<p>{p}){_END}",
        moved, text,
    )  # fmt: skip


def _own(name: str, scene: SceneState) -> str:
    return next((n for n in scene.names if n.lower() == name), name)


def _swapped(text: str, scene: SceneState, loads: list[str]) -> str:
    """As in "swap the tin and the cup": each where the other lies."""
    o = any_of(loads)
    match = rx.search(
        rf"\b(?:swap|switch|exchange|change)(?: (?:round|around|over|about))? (?:the )?({o}) (?:and|with|"
        rf"for) (?:the )?({o})(?: (?:round|around|over|places))*{_END}", text
    )  # fmt: skip
    if match is None or is_negated(text[: match.start()]):
        return text
    a, b = match.groups()
    under = {x: next((n for n in scene.names if rests(scene, _own(x, scene), n)), "") for x in (a, b)}
    if not all(under.values()) or under[a] == under[b]:
        return text
    words = f"put the {a} on the {under[b].lower()} and put the {b} on the {under[a].lower()}"
    return text[: match.start()] + words + text[match.end() :]


def _laid_out(text: str, scene: SceneState, loads: list[str], places: dict[str, str]) -> str:
    """Mere placements: "mug on the table, box in the bin"; not where it is so already."""
    if not places:
        return text
    text = rx.sub(_LIE_THERE, "", text)
    o, p = any_of(loads), any_of(list(places))

    def placed(match: re.Match[str]) -> str:
        thing, place = match.group("o"), match.group("p")
        lies = rests(scene, _own(thing, scene), _own(place, scene))
        said = lies or is_negated(match.string[: match.start()])
        return match.group() if said else f"put the {thing} {places[place]} the {place}"

    def bare(match: re.Match[str]) -> str:
        before = rx.split(r"[.;:!?]", match.string[: match.start()])[-1].strip()
        both = rx.search(rf"{o},?(?: and)?$", before) is not None  # which are put there together
        return match.group() if both or _HANDLES.search(before) else placed(match)

    text = rx.sub(rf"((?:the )?{o} (?:in|into|on|onto) (?:the )?{p}) (?:first|next)(?=,| |$)", r"\1", text)
    put = r"\b(?:put|place|set|lay|drop|leave|pop|stick|plonk|dump|bung|stow|rest)(?: down)?"
    into = r"(?:in|into|on|onto|on to|to|inside|on top of)"
    text = rx.sub(rf"{put} (?:the )?(?P<o>{o})(?: down| back)? {into} (?:the )?(?P<p>{p})", placed, text)
    text = rx.sub(
        rf"{put} (?:the )?(?P<o>{o})(?: down)?(?:,|:|"
        rf" -) (?:{into} )?(?:the )?(?P<p>{p}){_END}",
        placed,
        text,
    )
    text = rx.sub(rf"\bkeep (?:the )?(?P<o>{o}) {into} (?:the )?(?P<p>{p})", placed, text)
    text = rx.sub(rf"(put the {o} (?:on|in) the {p})(?:[,.;]? ?(?:and |then )*\1)+", r"\1", text)
    text = rx.sub(_SWAP_THEM, "", text)
    on_the_way = r"(?: (?:back|over|straight|off|down|up|goes|to go|please|now|right|away))*"
    return rx.sub(rf"{_START}(?:the )?(?P<o>{o}){on_the_way} {into} (?:the )?(?P<p>{p}){_END}", bare, text)
