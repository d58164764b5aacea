"""How things shall come to be, said without asking: "mug on the table", "the courier is to get the parcel".

Each becomes the plain request, on a text in the scene's names. By lookup: only what can be picked up is put
somewhere, only what has a door is closed, only to persons is something handed.
"""

from __future__ import annotations

import re
from functools import cache

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.corpus.phrases import verb_of
from planners.grounding.alternatives import any_of
from planners.grounding.doings import inflected, puts, takes
from planners.grounding.looks import lexicon
from planners.grounding.notes import changed
from planners.grounding.placements import with_placements
from planners.grounding.pronouns import in_one_breath, is_negated, load_of
from skillblend.contracts import SceneState

_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after|please|now)\b)"
_START = r"(?:(?<=^)|(?<=[,.;:!?] )|(?<=\band )|(?<=\bthen )|(?<=\bfirst )|(?<=\bnext ))"
_SOON = (
    r"(?:(?:really|actually|now|just|only|simply|still|always|also|then|first|next|please|definitely|both|all|"
    r"straight|right|back|over|away|off) )*"
)
_SHALL = (
    r"(?:should|must|shall|ought to|has to|have to|had better|needs? to|wants? to|(?:is|are) (?:supposed |meant |"
    r"going )?to|"
    r"will|can|could|may|might|is for|was supposed to)"
)
_GETS = r"(?:get|have|receive|be given|be handed|be brought|take|keep)"
_NEEDS = (
    r"(?:needs?|wants?|requires?|could do with|can do with|could use|deserves?|is due(?: for)?|is ready for|"
    r"is crying out for|begs? for)"
)


def without_wishes(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text` with wishes and mere placements as requests; and what was read as what."""
    steps = possible_steps(scene.things)
    loads = [s.arguments[0].lower() for s in steps if takes(s)]
    places = {s.arguments[1].lower(): "in" if " in the " in s.text else "on" for s in steps if puts(s)}
    people = [thing.name.lower() for thing in scene.things if thing.kind == "person"]
    doors = [s.arguments[0].lower() for s in steps if s.behaviour == verb_of("shut")]
    said = text
    text = _not_but(text, scene)
    text = _verbless_walks(text, scene)
    text = _closed(text, doors)
    text = _needs(text, scene)
    if loads:
        text = _to_persons(text, scene, loads, people)
        text = _kept(text, load_of(scene).lower())
        text = with_placements(text, scene, loads, places)
    text = _which_you(text, scene)
    return text, changed(said, text)


def _sub(pattern: str, plain: str, text: str) -> str:
    return rx.sub(pattern, lambda m: m.group() if is_negated(m.string[: m.start()]) else m.expand(plain), text)


def _verbless_walks(text: str, scene: SceneState) -> str:
    """Walks without a verb: "then over to the marker", "you begin with the marker"."""
    one = any_of(list(scene.names))
    text = _sub(
        rf"(?P<a>^|[,.;:!?] |\band |\bthen |\bnext |\bfinally )(?:(?:and|then|next|now|off|after that) )*"
        rf"(?:over|on|off|back|across|round|straight|along|up|away|from there|directly)(?: (?:over|on|back|"
        rf"across))? to (the {one}){_END}",
        r"\g<a>walk to \2", text,
    )  # fmt: skip
    text = _sub(
        rf"\b(?:go|walk|come|move|run|step|head) (?:at|until|till|unto|till to|up till|near|in direction(?: of)?|"
        rf"direction|nearby|by|for to) (the {one})",
        r"walk to \1",
        text,
    )
    text = _sub(
        rf"\b(?:(?:i|we|me) (?:want|need|'d like|would like|prefer)|(?:grandpa|anna|she|"
        rf"he) wants) you (?:(?:to be|standing|over|right|back|up|there|next) )*(?:at|by|on|next to|near|beside|"
        rf"in front of|to) (the {one}){_END}",
        r"walk to \1", text,
    )  # fmt: skip
    text = _sub(
        rf"\b(?:you )?(?:begin|start|kick off|set off|open)(?: out)? (?:with|from|off at|off with|off from|"
        rf"by) (the {one}){_END}",
        r"walk to \1", text,
    )  # fmt: skip
    return _sub(
        rf"(?P<a>(?:(?<=^)|(?<=[,.;:!?] )|(?<=\band )|(?<=\bthen )|(?<=\bplease )|(?<=\bfinally )|"
        rf"(?<=\blastly ))(?:you )?)(?:end|finish|conclude|wind up|round off|end up|finish up|finish off|stop|"
        rf"close)(?: (?:up|off|your trip|your round|the tour))? (?:with|on|off at|by|at|standing on|standing at|"
        rf"next to) (the {one}){_END}",
        r"walk to \2", text,
    )  # fmt: skip


def _not_but(text: str, scene: SceneState) -> str:
    """As in "pick up not the crate but the parcel": the parcel alone."""
    one = any_of(list(scene.names))
    text = rx.sub(rf"(the ({one})) of the \2(?![\w-])", r"\1", text)
    text = _sub(rf"(the {one}),? or (?:else )?(?:(?:to|at|on|in) )?(?:the )?{one}(?!\?)", r"\1", text)
    text = rx.sub(
        rf"(the {one}) with (?:the|a|an) {one}(?: lying| standing| sitting)? (?:on|in) (?:it|"
        rf"top)(?: of it)?(?![\w-])",
        r"\1",
        text,
    )
    text = rx.sub(
        rf"^(the {one}),? (?:you |please |just |can you |could you |now )*(?=[a-z]+(?: up|"
        rf" down)? \1(?![\w-]))",
        "",
        text,
    )
    text = rx.sub(
        rf",? (?:and|then) (?:just )?(?:leave|keep|let|stay)(?: (?:it|that|them|"
        rf"the {one}))?(?: (?:there|be|lie|stay|sit|right))+(?= ?(?:[,.;:!?]|$))",
        "",
        text,
    )
    text = rx.sub(
        rf"\b(?:leave|let) (the {one})(?: (?:alone|be|where it is|as it is|there|out of it|in peace|"
        rf"well alone|where it's at))+(?![\w-])",
        r"don't touch \1",
        text,
    )
    to = r"(?:to |in |into |on |onto |at )?"
    return rx.sub(rf"\bnot ({to})(?:the )?{one},? but (?:rather |instead )?({to})(?=(?:the )?{one})", r"\2", text)


def _closed(text: str, doors: list[str]) -> str:
    if not doors:
        return text
    x = rf"(?:the )?(?P<x>{any_of(doors)})(?:'s)?(?: doors?)?"
    shut = r"(?:(?:properly |still |already |all )*(?:closed|shut|open|ajar))"
    text = rx.sub(
        rf"\b(?:is|has) {x} (?:been )?{shut}[?,.;:]+ (?:and )?if (?:not|so|it (?:isn't|is not|is|"
        rf"hasn't)|it's (?:not|open|still open)|yes)(?: {shut})?,? (?:then )?",
        "",
        text,
    )
    text = rx.sub(
        rf"\bif (?:{x}|it)(?:'s| is| has been| was) (?:not |left |still )*{shut},? (?:then |"
        rf"please )?(?=(?:close|shut) )",
        "",
        text,
    )
    text = _sub(
        rf"{_START}{x} (?:(?:tightly|firmly|properly|nicely|well) )?(?:shut|closed)(?: up| tight|"
        rf" properly| again| please)?{_END}",
        r"close the \g<x>",
        text,
    )
    return _sub(
        rf"\b(?:swing|push|pull|bang|slam|ease|get|click|shove) (?:to|shut|closed) {x}{_END}",
        r"close the \g<x>",
        text,
    )


@cache
def _gerunds() -> dict[str, str]:
    """Plain verbs by their "-ing" forms and participles."""
    plain = " ".join([*lexicon()["doings"].values(), *lexicon()["deeds"].values(), "go visit close shut"]).split()
    found: dict[str, str] = {}
    for verb in plain:
        for form in inflected(verb):
            found.setdefault(form, verb)
    return found


def plain_of(form: str) -> str:
    """The plain form of a verb that can be done; empty for other words."""
    return _gerunds().get(form, "")


def _needs(text: str, scene: SceneState) -> str:
    """As in "the button needs pressing", "the parcel wants putting in the bin"."""
    one = any_of(list(scene.names))
    forms = "|".join(sorted(_gerunds(), key=len, reverse=True))

    def ask(match: re.Match[str]) -> str:
        if is_negated(match.string[: match.start()]):
            return match.group()
        names = rx.findall(one, match.group("x") or "") or rx.findall(one, match.string[: match.start()])[-1:]
        if not names:
            return match.group()
        verb, up = _gerunds()[match.group("v")], match.group("up") or ""
        verb = "pick up" if verb == "pick" else verb
        return f"{verb} {in_one_breath(names)}{'' if verb == 'pick up' else up}"

    return rx.sub(
        rf"\b(?:(?:the |that )?(?P<x>{one}(?:(?:,| and|, and) (?:the )?{one})*)|it|that one|"
        rf"this one) {_SOON}{_NEEDS} {_SOON}(?:to be |a (?:good|"
        rf"bit of) |some |being )?(?P<v>{forms})(?P<up> (?:up|down|back|away|over|out))?\b",
        ask, text,
    )  # fmt: skip


def _to_persons(text: str, scene: SceneState, loads: list[str], people: list[str]) -> str:
    if not people:
        return text
    who, o = any_of(people), any_of(loads)
    p, load = rf"(?:the )?({who})", rf"(?:the |his |her |their |an? )?({o})"
    text = rx.sub(
        rf"\b(give|hand|pass|offer|bring|take|get|serve) (?:the )?({who}) (?:first )?(?:the )?({o})(?:, and then|"
        rf", then| and then|, and after that|, and afterwards| and afterwards| and after that|"
        rf", and next) (?:the )?({o})",
        r"hand the \3 to the \2, then hand the \4 to the \2", text,
    )  # fmt: skip
    text = rx.sub(
        rf"\b(give|hand|pass|offer|bring|take|get|"
        rf"serve) (?:the )?({who}) first (?:the )?({o})",
        r"hand the \3 to the \2",
        text,
    )
    text = rx.sub(rf"(the {any_of(loads + people)})(?:,| and) \1(?![\w-])(?! and)", r"\1", text)
    text = _sub(
        rf"{_START}(?:the )?({o})(?: over| across| back)? (?:to|for) (?:the )?({who}){_END}",
        r"hand the \1 to the \2",
        text,
    )
    text = _sub(
        rf"\b(?:take|bring|give|hand|pass|carry) (?:the )?({o}) to (?:the )?({who})(?:,? and then|,? then|, and|"
        rf",? and after that) "
        rf"(?:the )?({o})(?: (?:as well|too|also|"
        rf"afterwards))?{_END}", r"hand the \1 to the \2, then hand the \3 to the \2", text,
    )  # fmt: skip
    text = _sub(
        rf"\b(?:let|see that|make sure(?: that)?) (?:the )?({who}) (?:have|has|gets?|take|receives?) (?:the |his |"
        rf"her )?({o})",
        r"hand the \2 to the \1", text,
    )  # fmt: skip
    text = _sub(
        rf"(?:the )?({who}) (?:only )?(?:wants?|needs?|would like|is to get|should get|gets) (?:neither|not|"
        rf"no) [^.;:!?]*?,? "
        rf"(?:only|but only|but rather|but|just) (?:the )?({o}){_END}", r"hand the \2 to the \1", text,
    )  # fmt: skip
    text = _sub(
        rf"{_START}(?:go )?(?:see|meet|find|greet|call on|attend to|"
        rf"check in with) (?:the )?({who})(?![\w-])",
        r"walk to the \1",
        text,
    )
    to_them = (
        rf"\b(?:take|bring|carry|deliver|run|get) (?:the )?({o})(?: over| across| up)? to (?:the )?({who})(?![\w-])"
    )
    if len(rx.findall(to_them, text)) > 1:
        text = _sub(to_them, r"hand the \1 to the \2", text)
    if held := load_of(scene).lower():
        mine = (
            r"(?:it|that|this)(?: one)?(?:'s| is| goes| belongs)?(?: (?:for|to|meant for|going to|supposed to go to))"
        )
        text = _sub(rf"{_START}{mine} (?:the )?({who}){_END}", rf"hand the {held} to the \1", text)
    pair = (
        rf"{p} {_SOON}(?:{_SHALL} {_SOON}{_GETS}|gets|receives|has|is given|wants|needs|would like|asked for|"
        rf"is waiting for|is to be given) {load}"
    )
    more = rx.search(
        rf"(?<![\w-]){pair}(?:,? and|,|;|"
        rf" while) (?:the )?({who})(?: {_SOON}(?:{_SHALL} {_SOON}{_GETS}|gets|receives|wants|"
        rf"needs))? {load}{_END}",
        text,
    )
    if more is not None and not is_negated(text[: more.start()]):
        a, b, c, d = more.groups()[-4:]
        text = f"{text[: more.start()]}hand the {b} to the {a} and hand the {d} to the {c}{text[more.end() :]}"
    text = _sub(
        rf"(?<![\w-]){p} {_SOON}(?:{_SHALL} {_SOON}{_GETS}|gets|receives|"
        rf"is given) {load}{_END}",
        r"hand the \2 to the \1",
        text,
    )
    duplicate = (
        rf"(hand the ({o}) to (?:the )?({who}))(?:[,.;:!?]| and| so)+ (?:please )?(?:give|hand|pass|take|bring|"
        rf"get) (?:it|that|the \2)(?: over)? to (?:the )?\3(?![\w-])"
    )
    text = rx.sub(duplicate, r"\1", text)
    text = _sub(
        rf"\b(?:get|have|see that) (?:the )?({o})(?: over| across| back)? (?:to|delivered to|handed to|"
        rf"given to) (?:the )?({who})(?! and leave)",
        r"hand the \1 to the \2",
        text,
    )
    return _sub(
        rf"(?:the )?({o}) {_SOON}(?:belongs to|is for|goes to|should go to|must go to|needs to go to|has to go to|"
        rf"is meant for|is to go to|is due to|is supposed to go to|"
        rf"wants to go to) (?:the )?({who}){_END}(?!,? (?:so|and)? ?(?:hand|give|take|bring|pass|get))",
        r"hand the \1 to the \2", text,
    )  # fmt: skip


def _kept(text: str, load: str) -> str:
    """What is held and shall stay so: "hang on to the parcel and walk to the marker" is the walk."""
    if not load:
        return text
    keep = (
        r"(?:hang|hold) on to|hang onto|hold onto|keep hold of|keep holding|keep|hold|cling to|don't drop|"
        r"do not drop|don't let go of|carry on holding"
    )
    held = rf"(?:the )?{re.escape(load)}(?: (?:in your hands?|with you|tight|tightly|safe|there))*"
    text = rx.sub(rf"\b(?:{keep}) {held},? (?:and|but|while you|then)(?: then)? ", "", text)
    return rx.sub(
        rf",? (?:and |but |while |still )*(?:{keep}|keeping hold of|holding on to|hanging on to|"
        rf"without (?:dropping|letting go of|putting down)) {held}(?= ?(?:[,.;:!?]|$))",
        "",
        text,
    )


def _which_you(text: str, scene: SceneState) -> str:
    """A relative clause that asks: "the metal table, which you touch"."""
    one = any_of(list(scene.names))
    return _sub(
        rf"(the {one}),? (?:which|that|whom|who)(?: you)?(?: (?:then|should|must|are to|have to|will|also|now|shall|"
        rf"need to|can|please))* (touch|press|push|kick|close|shut|visit|pick up|lift|tap|grab)(?: (?:afterwards|"
        rf"then|too|once))?{_END}",
        r"\1, then \2 \1", text,
    )  # fmt: skip
