"""Set ways of saying: "could the tin go in the bin", "wooden table. touch", "wait at the marker".

Each becomes the plain request, on a text in the scene's names. By lookup: only for things and persons of the scene.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from planners import rx
from planners.grounding.alternatives import any_of
from planners.grounding.looks import lexicon, look_of
from planners.grounding.notes import changed
from planners.grounding.places import rank_of, rests
from planners.grounding.pronouns import is_negated, load_of
from skillblend.contracts import SceneState

_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after)\b)"
_WANTS = r"(?:would like|would love|wants|needs|asked for|asks for|could use|is waiting for|is asking for)"
_DEEDS = r"(?:touch|press|push|kick|close|shut|visit|go to|walk to|pick up|lift|grab)"
_THERE = r"(?:(?:over|right) (?:there|here)|on the (?:wall|floor|ground)|off the (?:floor|ground)|in the corner)"
_IN = r"(?:in|into|on|onto|to|inside|on top of)"

_Plain = str | Callable[[re.Match[str]], str]


def without_idioms(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text` with set ways of saying in their plain form; and what was read as what."""
    if not scene.names:
        return text, ()
    said = text
    for pattern, plain in _rules(scene):
        text = rx.sub(pattern, lambda match, plain=plain: _plainly(match, plain), text)
    return text, changed(said, text)


def _plainly(match: re.Match[str], plain: _Plain) -> str:
    if is_negated(match.string[: match.start()]):
        return match.group()
    return plain(match) if callable(plain) else match.expand(plain)


def _rules(scene: SceneState) -> list[tuple[str, _Plain]]:
    """Patterns and their plain forms, in the order in which they are used."""
    one = any_of(list(scene.names))
    puts = "|".join(sorted(lexicon()["doings"]["put"].split(), key=len, reverse=True))
    known = {name.lower(): name for name in scene.names}

    def beside(match: re.Match[str]) -> str:
        under = next((n for n in scene.names if rests(scene, known[match.group("y")], n)), "")
        return f"{match.group('a')} on the {under.lower()}" if under else match.group()

    rules: list[tuple[str, _Plain]] = [
        (rf"(the {one}) (?:thing|thingy|thingie|thingamajig)\b", r"\1"),
        (rf"(?<![\w'])((?!(?:{puts})\b)[a-z]+(?: (?:to|up|up to|at|over to))?) (the {one}) {_THERE}{_END}", r"\1 \2"),
        (rf"\beither (the {one}) or (?:the )?{one}", r"\1"),
        (rf"^(?:could|can|may|might|should|shall) (the {one}) (go|be|sit|live|stand|end up)\b", r"\1 should \2"),
        (rf"(?:(?<=^)|(?<=[.;] ))(?:the )?({one})[,.:] ?({puts})(?: it| this| that)?(?= {_IN} )", r"\2 the \1"),
        (
            rf"(?:(?<=^)|(?<=[.;] ))(?:the )?({one})[,.:] ?({_DEEDS})(?: it| this| that)?{_END}(?:\. go)?",
            r"\2 the \1",
        ),
        (
            rf"\b(?P<a>(?:{puts})(?: down| back)? (?:the )?{one})(?: down| back)? (?:right |just )?(?:(?:together "
            rf")?with|"
            rf"next to|beside|alongside|by|near|close to) (?:the )?(?P<y>{one})(?: on the (?P<z>{one}))?",
            beside,
        ),
        (
            rf"\b(?:step|get|walk|move|come|go) (?:off|away from) the {one}(?:,? and(?: then)?|,? then|,) "
            rf"(?=[^,.;:!?]*?\bthe {one})",  # who goes to another thing leaves this one
            "",
        ),
        (rf"\b(?:go|come|run)(?: over)?(?: and)? (?:see|find|check on|meet|look for) (the {one})", r"walk to \1"),
        (rf"\bwait (?:at|by|on|next to|beside|near) (the {one})", r"walk to \1 and wait"),
    ]
    people = [thing.name for thing in scene.things if thing.kind == "person"]
    if people:
        rules.append((rf"(?:the )?({any_of(people)}) {_WANTS} (the {one})", r"hand \2 to \1"))
    return rules


def with_speaker(text: str, scene: SceneState) -> str:
    """`text`, before its words are linked, with names for "me" and for what is held where somebody wants it."""
    people = [thing.name.lower() for thing in scene.things if thing.kind == "person"]
    if not people:
        return text
    load, one = load_of(scene).lower(), any_of(people)
    if load:
        text = rx.sub(rf"({one} {_WANTS}) (?:that|it|this)(?: one)?{_END}", rf"\1 the {load}", text)
    speaker = rx.match(rf"(?:(?:it's|it is|this is|i'm|i am) )?({one})(?: here| speaking)?[,.:;!] ", text)
    if speaker is None:
        return text
    name, rest = speaker.group(1), text[speaker.end() :]
    asks = rx.sub(r"^(?:could|can|may|might) i (?:please )?(?:have|get) ", f"hand {name} ", rest)
    asks = rx.sub(r"\b(give|hand|bring|pass|get|fetch|to) me\b", rf"\1 {name}", asks)
    return asks if asks != rest else text


def look_first(text: str, scene: SceneState) -> str:
    """`text`, before its words are linked, with looks in front of nouns: "parcel blue", "whichever marker is red"."""
    for name in scene.names:
        *before, noun = name.lower().split()
        if len(before) == 1 and look_of(before[0]) is not None:
            text = rx.sub(rf"(?<!{before[0]} )\b{noun} {before[0]}(?= ?(?:[,.;:!?]|$)| {_IN} )", name.lower(), text)

    def front(match: re.Match[str]) -> str:
        return f"the {match.group(2)} {match.group(1)}" if look_of(match.group(2)) is not None else match.group()

    def of_several(match: re.Match[str]) -> str:
        word = match.group(1)
        return (
            f"the {word} {match.group(2)}" if look_of(word) is not None or rank_of((word,), "")[0] else match.group()
        )

    text = rx.sub(r"\bthe ([a-z]+) (?:one )?of the (?:two |three )?([a-z]+[^s\W])s\b", of_several, text)
    return rx.sub(r"\b(?:whichever|whatever) ([a-z]+) (?:that )?is ([a-z]+)\b", front, text)
