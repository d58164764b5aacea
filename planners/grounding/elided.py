"""What is left out because it was said before: "put the tin on the shelf and the cup on the table".

Written out before the other readers look: a verb that goes for several, "to" behind "go", who "her" is, which of
several comes first, what "this" and "back" mean. By lookup: only for things and places that the scene has.
"""

from __future__ import annotations

import re

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.grounding.alternatives import any_of
from planners.grounding.doings import inflected, puts
from planners.grounding.looks import lexicon
from planners.grounding.notes import changed
from planners.grounding.places import rests
from planners.grounding.pronouns import in_one_breath, is_negated, load_of, standing_at
from skillblend.contracts import SceneState

_GO = r"(?:go|walk|come|head|move|run|march|going|walking|heading|moving)"
_BOTH = re.compile(r"\bboth (?=the [^,.;:!?]*? and (?:the|a|your) )")
_BARE_GO = re.compile(r"\b(go|come|head|walk|going|coming|walking)(?= (?:the|that|this) )")
_SAME = re.compile(r"\bthe (?:very )?same ([a-z]+)\b(?! (?:as|that|which|with|where)\b)")
_ALL = r"(?:everything|all (?:the |of the )?(?:stuff|things)|whatever)"
_BAR = (
    r"apart from|except(?: for)?|but(?: not)?|other than|save(?: for)?|bar|barring|excluding|minus|besides|"
    r"aside from|"
    r"with the exception of|leaving out|not counting|only not"
)
_LYING = r"(?:(?: that)?(?:'s| is| are))?(?: (?:sitting|lying|standing|resting|left|still|now|currently))*"
_ALL_ON_ONE = re.compile(rf"(\b{_ALL}{_LYING} (?:on|in) )(?:an?|any) ")
_GIVES = r"(?:give|hand|bring|take|pass|offer|get|fetch|carry|deliver|to|giving|handing|bringing|taking|for|at)"
_PERSON = re.compile(rf"\b({_GIVES}) (her|him)\b")
_THIS = re.compile(
    r"\b(touch|press|push|hit|tap|feel|kick|close|shut|pick up|take|grab|lift|ring)(ing)? (?:this|that)"
    r"(?: one| thing)?"
    r"(?= ?(?:[,.;:!?]|$)| (?:and|then|with your|now|here|right|in front of you|before you)\b)"
    r"(?: (?:right |here|now|in front of you|before you))*"
)
"""What one stands at, pointed to."""

_BEFORE_YOU = re.compile(r"\bwhat(?:ever)?(?:'s| is) (?:right |just )?(?:in front of|before|next to) you\b")
_WHERE = (
    r"(?:where|in which|on which) (?:(?!{one})[^,.;:!?])*? "
    r"(?:are|is|live|lives|sit|sits|stand|stands|go|goes|belongs?)(?: (?:kept|stored|put|hidden|piled up))?"
)
"""What is told of a thing beside its name."""

_LATELY = re.compile(r",? (?:but |and )?(?:with |do |starting with |take )?(?P<x>the {one}) (?P<when>first|last)\b")
_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after)\b)"


def in_full(text: str, scene: SceneState) -> str:
    """`text`, in normal form, before its words are linked to things, with what is left out and needs no names."""
    text = _SAME.sub(_any_one, _BARE_GO.sub(r"\1 to", _BOTH.sub("", text)))
    text = _ALL_ON_ONE.sub(r"\1every ", text)
    people = [thing.name.lower() for thing in scene.things if thing.kind == "person"]
    here = standing_at(scene)

    def name_person(match: re.Match[str]) -> str:
        before = [name for name in people if rx.search(rf"\b{re.escape(name)}\b", text[: match.start()])]
        fit = before[-1:] or (people if len(people) == 1 else [])
        return f"{match.group(1)} {'' if ' ' not in fit[0] else 'the '}{fit[0]}" if fit else match.group()

    text = _PERSON.sub(name_person, text)
    if here is None:
        return text
    place = scene.things[here].name.lower()
    text = _BEFORE_YOU.sub(f"the {place}", text)
    return _THIS.sub(lambda match: f"{match.group(1)}{match.group(2) or ''} the {place}", text)


def _any_one(match: re.Match[str]) -> str:
    """One for all, any one: "both on the same table"; of which nothing was said before."""
    noun = match.group(1)
    return match.group() if noun in match.string[: match.start()] else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def named_in_full(text: str, scene: SceneState) -> tuple[str, tuple[str, ...], str]:
    """`text`, in the scene's names, with what is left out; what was read as what; and why it cannot be read."""
    if not scene.names:
        return text, (), ""
    one = any_of(scene.names)
    said = text
    text = _in_turn(text, one)
    text = _all_on(text, scene, one)
    text = _again(text, one)
    text, why = _back(text, scene, one)
    text = _laid(text, scene, one)
    around = rf"(?:all the way )?(?:around|round|past) the {one} (?=(?:over )?to the {one})"
    text = rx.sub(rf"\b({_GO}) {around}", r"\1 ", text)
    text = rx.sub(rf"(the {one}),? {_WHERE.replace('{one}', one)}{_END}", r"\1", text)
    text = rx.sub(rf"\b({_GO}) (?={one})", r"\1 to the ", text)
    notes = changed(said, text)
    return text, notes, why or _beside(text, one)


def _in_turn(text: str, one: str) -> str:
    """Several names with the one in front, or at the end, that is said to come first, or last."""
    match = rx.search(_LATELY.pattern.replace("{one}", one), text)
    if match is None:
        return text
    for several in rx.finditer(rf"the {one}(?:(?:, and|,| and) the {one})+", text[: match.start()]):
        names = [f"the {name}" for name in rx.findall(rf"the ({one})", several.group())]
        if match.group("x") in names:
            rest = [name.removeprefix("the ") for name in names if name != match.group("x")]
            own = [match.group("x").removeprefix("the ")]
            words = in_one_breath([*own, *rest] if match.group("when") == "first" else [*rest, *own])
            return f"{text[: several.start()]}{words}{text[several.end() : match.start()]}{text[match.end() :]}"
    return text


def _all_on(text: str, scene: SceneState, one: str) -> str:
    """The names of all that lies on a thing, or on several: "everything that's on the table"."""
    known = {name.lower(): name for name in scene.names}

    def name(match: re.Match[str]) -> str:
        places = [known[place] for place in rx.findall(rf"the ({one})", match.group("x"))]
        out = [known[thing] for thing in rx.findall(rf"the ({one})", match.group("out") or "")]
        found = [n for n in scene.names if n not in out and any(rests(scene, n, place) for place in places)]
        return in_one_breath(found) if found else match.group()

    several = rf"the {one}(?:(?:,| and|, and|, or| or) the {one})*"
    but = rf"(?:,? (?:{_BAR}) (?P<out>{several}),?)?"
    off = (
        rf"\b{_ALL}(?:,? (?:{_BAR}) (?P<out>{several}),?)? (?:(?:comes?|should come|must come|has to come|"
        rf"needs to come|goes|is) "
        rf")?(?:off|from) (?P<x>the {one}),? and (?:(?:goes|go|should go|moves?|ends up|gets put|is put) )?(?:on|"
        rf"onto|to|in|into) (the {one})"
    )
    text = rx.sub(off, lambda m: f"{name(m)} should go on {m.groups()[-1]}", text)
    late = rf"(\b{_ALL}{_LYING} (?:on|in) {several})([^.;!?]*?),? (?:{_BAR}) ({several})"
    text = rx.sub(late, lambda m: f"{m.group(1)} except {m.group(3)}{m.group(2)}", text)
    return rx.sub(rf"\b{_ALL}{_LYING} (?:on|in|off|from) (?P<x>{several}){but}", name, text)


def _again(text: str, one: str) -> str:
    """The verb of putting again: "put the a on the b and the c on the d"."""
    verbs = "|".join(
        form
        for use in ("put", "bring", "hand")
        for verb in lexicon()["doings"][use].split()
        for form in (verb, *inflected(verb))
    )
    to = r"(?:on|onto|in|into|to|inside|on top of)"
    pattern = rx.compiled(
        rf"\b(?P<v>{verbs})(?P<first>[^.;:!?]*? {to} (?:the )?{one})(?P<and>,? and(?: then)? |, (?:then )?)"
        rf"(?P<rest>(?:the )?{one}(?: (?:back|over))? {to} (?:the )?{one})"
    )
    for _ in range(8):
        match = pattern.search(text)
        if match is None or is_negated(text[: match.start()]):
            return text
        written = (
            f"{match.group('v')}{match.group('first')}{match.group('and')}{match.group('v')} {match.group('rest')}"
        )
        text = text[: match.start()] + written + text[match.end() :]
    return text


def _back(text: str, scene: SceneState, one: str) -> tuple[str, str]:
    """Where something was, for "back" where no place is said; and why that is not known."""
    verbs = r"(?:put|place|set|lay|return|bring|take|putting|placing|returning)"
    pattern = rx.compiled(
        rf"\b(?P<v>{verbs}) (?:the )?(?P<o>{one}) back(?: (?:again|where it (?:was|belongs|came from)))?{_END}"
    )
    known = {name.lower(): name for name in scene.names}
    match = pattern.search(text)
    if match is None or is_negated(text[: match.start()]):
        return text, ""
    thing = known[match.group("o")]
    under = next((other for other in scene.names if rests(scene, thing, other)), "")
    if not under:
        return text, f"I do not know where the {thing} was: say where to put it"
    return f"{text[: match.start()]}put the {match.group('o')} on the {under.lower()}{text[match.end() :]}", ""


def _laid(text: str, scene: SceneState, one: str) -> str:
    """Where something is put down or in, and no place is said: where the robot stands, or the only bin."""
    inside = {step.arguments[1]: " in the " in step.text for step in possible_steps(scene.things) if puts(step)}
    here = standing_at(scene)
    place = scene.things[here].name if here is not None else ""
    pattern = rx.compiled(
        rf"\b(?:put|place|set|lay|drop|leave|pop|throw|toss|chuck|stick)(?: down)? (?:the )?(?P<o>{one})"
        rf"(?P<how>(?: (?:down|in|on|here|there|in here|on here|in there|on there|onto it|into it))+){_END}"
    )
    match = pattern.search(text)
    if match is None or is_negated(text[: match.start()]) or load_of(scene).lower() not in ("", match.group("o")):
        return text
    into = rx.search(r"\b(?:in|into)\b", match.group("how")) is not None
    fit = [name for name, within in inside.items() if within == into or not into]
    bins = [name for name, within in inside.items() if within]
    if any(rx.search(rf"\b{re.escape(name.lower())}\b", text[: match.start()]) for name in inside):
        return text  # that place is meant
    where = place if place in fit else bins[0] if into and len(bins) == 1 else ""
    if not where:
        return text
    words = f"put the {match.group('o')} {'in' if inside[where] else 'on'} the {where.lower()}"
    return text[: match.start()] + words + text[match.end() :]


def _beside(text: str, one: str) -> str:
    """That nothing can be put beside another thing; empty where nothing is to be."""
    match = rx.search(
        rf"\b(?:put|place|set|lay|leave|stand|drop|stack|move)(?:ting|ing)? (?:down )?(?:the )?{one}(?: down)? "
        rf"(?:right )?(?:next to|beside|near|close to|alongside|between|behind|in front of|under|underneath|by) "
        rf"(?:the )?{one}",
        text,
    )
    if match is None or is_negated(text[: match.start()]):
        return ""
    return f"I can put things on or into others, not as in {match.group()!r}: say on what"
