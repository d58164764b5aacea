"""Other words for what a behaviour does: "sashay across to the shelf" becomes "walk to the shelf".

Only where a clause asks something of a thing that is there and that it can be asked of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from planners import rx
from planners.grounding.looks import lexicon
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.safety.vocabulary import Verb

_SMALL = (
    r"(?:(?:right|straight|all the way|directly|quickly|slowly|down|up|on|over|across|along|around|off|out|back|away|"
    r"about|gently|lightly|softly|firmly|briefly|hard|gingerly|carefully) )*"
)
_TOWARDS = (
    r"(?:to|towards?|at|by|onto|on|near|beside|next to|in front of|up to|into position (?:at|by)|before|alongside|"
    r"in the direction of|for|"
    r"close to|over to) "
)
_SELF = re.compile(
    rf"\b([a-z]+) (?:yourself|your ?self|urself|your (?:butt|backside|body|bones|feet|frame)|ur butt) "
    rf"{_SMALL}{_TOWARDS}$"
)
_HAND = re.compile(
    r"\b([a-z]+) (?:a|an|your|one|both|the|one of your|ur|either|your (?:left|right)|the (?:left|right)) ?"
    r"(?:flat |open |left |right )?(?:hands?|palms?|fingers?|fingertips?|fists?|knuckles|thumb) "
    r"(?:\w+ly )?(?:flat )?(?:on|onto|on top of|against|upon|to|along|over|across|atop) $"
)
_DIRECT = re.compile(rf"\b([a-z]+) {_SMALL}(?:against |at |on |onto |down on )?$")
_GOING = re.compile(rf"\b([a-z]+) {_SMALL}{_TOWARDS}$")
FLAT = "marker"
"""Kind of things that one walks onto."""

_WITH_FOOT = re.compile(r" with the (?:left|right) foot\b")
"""Behind a thing that a named foot is set on, which is no walk to it."""

_ONTO = re.compile(
    r"\b(step|stepping|get|getting|go|going|move|moving|walk|walking|stand|standing|be) "
    r"(?:right )?(?:up )?(?:on|onto|on top of) $"
)


@cache
def _deeds() -> dict[str, str]:
    return {word: name for name, words in lexicon()["deeds"].items() for word in words.split()}


def deed_of(word: str) -> tuple[str, str]:
    """What a form of a verb means, and its ending; two empty texts for a word that is not in the list."""
    for ending in ("", "ing", "ed"):
        stem = word.removesuffix(ending) if ending else word
        if ending and stem == word:
            continue
        short = stem[:-1] if len(stem) > 2 and stem[-1:] == stem[-2:-1] else stem
        for form in (stem, stem + "e", short):
            if form in _deeds():
                return _deeds()[form], ending
    return "", ""


def read_deeds(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text`, with the scene's names in it, by verbs that every scorer knows; and what was read as what."""
    notes: list[str] = []
    text = _TURNING.sub(lambda match: _turn(match, notes), text)
    text = _RESTING.sub(lambda match: _rest(match, notes), text)
    text = _SIDEWAYS.sub(r"step to the \2", text)
    for thing in scene.things:
        for match in reversed(list(rx.finditer(rf"(?<![\w-])(?:the )?{re.escape(thing.name.lower())}\b", text))):
            text = _reword(text, match.start(), thing, scene, notes)
    return text, tuple(notes)


_TURNING = re.compile(
    r"\b([a-z]+)(?= (?:(?:a|one) quarter |ninety degrees |90 degrees |yourself )?"
    r"(?:to |around|round|about|left|right|clock|anti|counter|your))"
)


_RESTING = re.compile(
    r"(?:(?<=^)|(?<=[,.;:] )|(?<=then )|(?<=and ))([a-z]+)(?: out)?(?= for | here| there| a |[,.;]|$)"
)
_SIDEWAYS = re.compile(r"\b(side-?step|step) (left|right)\b")


def _rest(match: re.Match[str], notes: list[str]) -> str:
    """Another word for waiting, alone in its clause."""
    if deed_of(match.group(1)) != ("waiting", ""):
        return match.group()
    notes.append(f"read {match.group()!r} as 'wait'")
    return "wait"


def _turn(match: re.Match[str], notes: list[str]) -> str:
    """Another word for turning, before a direction."""
    name, ending = deed_of(match.group(1))
    if name != Verb.TURN.value:
        return match.group()
    notes.append(f"read {match.group(1)!r} as 'turn{ending}'")
    return f"{Verb.TURN.value[:-3]}{ending}"


def _reword(text: str, at: int, thing: Thing, scene: SceneState, notes: list[str]) -> str:
    """`text` with another verb before the name of `thing`, which stands `at` there, where that is of use."""
    if _WITH_FOOT.match(text, at + len("the " * text.startswith("the ", at)) + len(thing.name)):
        return text
    found = _stepping(text[:at]) if thing.kind == FLAT else None
    found = found or _asked(text[:at])
    if found is None:
        return text
    start, name, ending = found
    words = _possible(name, thing, scene)
    if not words and _stroke(text[start:at].split()[0]) and not _OVER.search(text[start:]):
        words = _possible(Verb.TOUCH.value, thing, scene)
    if not words:
        return text
    head, space, rest = words.partition(" ")
    words = f"{head}{ending}{space}{rest}"
    if text[start:at].strip() == words:
        return text
    notes.append(f"read {text[start:at].strip()!r} as {words!r}")
    return f"{text[:start]}{words} {'' if text.startswith('the ', at) else 'the '}{text[at:]}"


def _asked(before: str) -> tuple[int, str, str] | None:
    """Where the verb before a name begins, what it means, and its ending."""
    for pattern, name in ((_SELF, Verb.GO.value), (_HAND, Verb.TOUCH.value)):
        match = pattern.search(before)
        if match is not None and _stem(match.group(1)) in lexicon()["carriers"][name].split():
            ending = "ing" if match.group(1).endswith("ing") else ""
            return match.start(), name, ending
    for pattern, wanted in ((_GOING, (Verb.GO.value,)), (_DIRECT, (Verb.TOUCH.value, Verb.PRESS.value))):
        match = pattern.search(before)
        if match is None:
            continue
        name, ending = deed_of(match.group(1))
        if name in wanted:
            return match.start(), name, ending
    return None


def _stepping(before: str) -> tuple[int, str, str] | None:
    """The same for what lies flat on the floor: to step onto it is to walk there."""
    match = _ONTO.search(before)
    return None if match is None else (match.start(), Verb.GO.value, "ing" if match.group(1).endswith("ing") else "")


_OVER = re.compile(r"^\w+ (?:[^,.;:!?]*? )?(?:over|down|off|out|away|aside)\b(?! to\b)")
"""What is struck so as to fall or fly is more than touched."""


def _stroke(verb: str) -> bool:
    """Whether a verb of pressing is no more than a touch where there is nothing to press: "slap the table"."""
    stems = {verb, *(verb.removesuffix(ending) for ending in ("ing", "ed"))}
    stems |= {f"{stem}e" for stem in stems} | {stem[:-1] for stem in stems if stem[-1:] == stem[-2:-1]}
    return bool(stems & set(lexicon()["strokes"].split()))


def _stem(word: str) -> str:
    """The plain form of a verb, as far as its ending tells."""
    short = word.removesuffix("ing")
    known = " ".join(lexicon()["carriers"].values()).split()
    return next((form for form in (word, short, f"{short}e", short[:-1]) if form in known), word)


def _possible(name: str, thing: Thing, scene: SceneState) -> str:
    """How an option asks for a deed on `thing`: what is to be touched may be there to be pressed; "" for none."""
    found = {
        verb.value: step.text.removesuffix(f" the {thing.name}")
        for step in _steps(scene)
        if step.arguments == (thing.name,) and (verb := BEHAVIOURS[step.behaviour].verb) is not None
    }
    if name == Verb.TOUCH.value:
        return found.get(Verb.PRESS.value) or found.get(name, "")
    return found.get(name, "")


def _steps(scene: SceneState) -> Sequence[Step]:
    return [step for name in BEHAVIOURS for step in BEHAVIOURS[name].ground(scene)]
