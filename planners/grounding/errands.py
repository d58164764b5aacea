"""Errands, said in a roundabout way: "by way of", "drop it in", "throw it away", "with it in your hands".

Each becomes the plain form that `planners.grounding.doings` reads: "carry the parcel to the marker, then put it
in the bin". By lookup: only for things that the scene has an option to pick up, and for places that it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from planners import rx
from planners.corpus.lookup import possible_steps
from planners.grounding.doings import inflected, puts, takes
from planners.grounding.looks import lexicon
from planners.grounding.pronouns import is_negated, load_of
from skillblend.contracts import SceneState

_AND = r"(?:,? (?:and|then|and then|there and)|[,;.:]) (?:then |there |just |finally )?"
_END = r"(?= ?(?:[,.;:!?]|$)| (?:and|then|before|after|once|when)\b)"
_INTO, _OVER = r"(?:in|into|inside)", r"(?:to|towards?|over to|across to|up to|as far as)"
_VIA = r"(?:by way of|via|past|going past|passing|passing by|by)"
_KEEP = r"(?:hold on to|hold onto|keep hold of|keep holding|keep|hold)"
_GO_AND, _BY = (
    r"(?:(?:go|come|walk)(?: over| back| across)? and )?",
    r"(?:by|at|next to|beside|near|in front of|before)",
)
_WALK = r"(?:walk|go|come|head|move|get|step)(?: back| over| across| up| along)?"
_HANDS = r"(?: (?:in|between) (?:your|both)(?: own)? (?:hands|arms|palms))"
_WITH, _CARRYING = (
    rf"with {{o}}(?: still| safely| firmly)?{_HANDS}",
    rf"(?:while )?(?:carrying|holding) {{o}}{_HANDS}?",
)


@dataclass(frozen=True)
class _Names:
    """Names of a scene, as alternatives of a pattern.

    Attributes:
        loads: What can be picked up.
        places: Everything.
        people: Persons.
        held: What is in the robot's hands; empty where nothing is.
        bins: Names of bins, plain.
        inside: Whether what is put there is put in it, by name in lower case; only of places that take things.
    """

    loads: str
    places: str
    people: str
    held: str
    bins: tuple[str, ...]
    inside: tuple[tuple[str, bool], ...]


def read_errands(text: str, scene: SceneState) -> tuple[str, tuple[str, ...]]:
    """`text`, which names things as `scene` does, with errands in their plain form; and what was read as what."""
    names = _names_of(scene)
    notes: list[str] = []
    if not names.loads:
        return text, ()
    for pattern, plain in _rules(names):
        text = pattern.sub(lambda match, plain=plain: _noted(match, plain(match, names), notes), text)
    return text, tuple(notes)


def _noted(match: re.Match[str], plain: str | None, notes: list[str]) -> str:
    """The plain form, with a note; what was said where there is none, or where it is not to be done."""
    if plain is None or plain == match.group() or is_negated(match.string[: match.start()]):
        return match.group()
    notes.append(f"read {match.group().strip()!r} as {plain.strip()!r}")
    return plain


def _names_of(scene: SceneState) -> _Names:
    steps = possible_steps(scene.things)
    loads = [step.arguments[0].lower() for step in steps if takes(step)]
    inside = {step.arguments[1].lower(): " in the " in step.text for step in steps if puts(step)}
    return _Names(
        loads=_any(loads),
        places=_any([thing.name.lower() for thing in scene.things]),
        people=_any([thing.name.lower() for thing in scene.things if thing.kind == "person"]),
        held=load_of(scene).lower(),
        bins=tuple(thing.name.lower() for thing in scene.things if thing.kind == "bin"),
        inside=tuple(inside.items()),
    )


def _any(names: Sequence[str]) -> str:
    found = sorted(dict.fromkeys(names), key=len, reverse=True)
    return "(?:" + "|".join(re.escape(name) for name in found) + ")" if found else ""


@cache
def _verbs(use: str) -> str:
    words = [form for verb in lexicon()["doings"][use].split() for form in (verb, *inflected(verb))]
    return "|".join(sorted(words, key=len, reverse=True))


_Plain = Callable[[re.Match[str], _Names], str | None]


@cache
def _rules(names: _Names) -> tuple[tuple[re.Pattern[str], _Plain], ...]:
    """Patterns and what makes their plain form, in the order in which they are used."""
    loads, places = names.loads, names.places
    o, x, y = (rf"(?P<{key}>(?:the )?{said})" for key, said in zip("oxy", (loads, places, places), strict=True))
    bring, put = rf"\b(?P<v>{_verbs('bring')})(?: up)?", rf"(?P<p>{_verbs('put')})(?: down)?"
    again, rid = (
        rf"(?:the {loads}|it)",
        r"dispos(?:e|ing) of|recycl(?:e|ing)|get(?:ting)? rid of|discard(?:ing)?|trash(?:ing)?|bin(?:ning)?|"
        r"ditch(?:ing)?|"
        r"(?:throw|toss|chuck|clear)(?:ing)? (?:out|away)",
    )
    found: list[tuple[str, _Plain]] = [
        (rf"\b{_GO_AND}stand(?P<s>ing)? (?:right )?{_BY} {x}\b", _stood),
        (rf"\blet (?:it|{again}) (?:fall|drop|go)(?: down)?(?P<i> {_INTO})?{_END}", _falls),
        (rf"\b(?:throw|toss|chuck|sling|fling|clear)(?:ing)? {o} (?:away|out){_END}", _thrown),
        (rf"\b(?:{rid}) {o}(?P<more>(?:(?:,? and|,| and|,?(?: and)? then) (?:the )?{loads})+){_END}", _all_thrown),
        (rf"\b(?:{rid}) {o}{_END}", _thrown),
        *((rf"\b{held.format(o=o)},? (?:now )?{_WALK} {_OVER} {x}\b", _carried) for held in (_WITH, _CARRYING)),
        *((rf"\b{_WALK} {_OVER} {x},? {held.format(o=o)}", _carried) for held in (_WITH, _CARRYING)),
        (rf"{bring} {o}(?: with you)?,? {_VIA} {x},? {_OVER} {y}\b", _by_way),
        (rf"{bring} {o} {_OVER} {y},? {_VIA} {x}\b", _by_way),
        (rf"{bring} {o} {_OVER} {x}{_AND}(?:on )?{_OVER} {y}\b", _by_way),
        (rf"{bring} {o} {_OVER} {x}{_AND}{put} {again}(?: {_INTO}| on| down| there| onto| off| in there| on there)*"
         rf"(?: (?P<y>(?:it|(?:the )?{places})))?{_END}", _left),
        (rf"{_AND}{_KEEP} {o}{_HANDS}?{_END}", _kept),
    ]  # fmt: skip
    if names.people:
        found.append((rf"{bring} (?P<x>(?:the )?{names.people}) {o}\b", _to_person))
    return tuple((rx.compiled(pattern), plain) for pattern, plain in found)


def _plain_name(said: str) -> str:
    return said.removeprefix("the ")


def _where(place: str, names: _Names) -> str:
    """As in "in the bin", "on the shelf"; empty for a place that takes nothing."""
    inside = dict(names.inside).get(_plain_name(place))
    return "" if inside is None else f"{'in' if inside else 'on'} the {_plain_name(place)}"


def _stood(match: re.Match[str], names: _Names) -> str:
    del names
    return f"{'walking to' if match.group('s') else 'walk to'} the {_plain_name(match.group('x'))}"


def _kept(match: re.Match[str], names: _Names) -> str | None:
    """Nothing more than to have picked it up."""
    del names
    before = match.string[: match.start()]
    o = _plain_name(match.group("o"))
    return "" if rx.search(rf"\b(?:{_verbs('take')})\b[^,.;:!?]* (?:the )?{re.escape(o)}\b", before) else None


def _falls(match: re.Match[str], names: _Names) -> str | None:
    loads = rx.findall(names.loads, match.string[: match.end()])
    return f"drop the {loads[-1]}{match.group('i') or ''}" if loads else None


def _thrown(match: re.Match[str], names: _Names) -> str | None:
    return f"throw the {_plain_name(match.group('o'))} in the {names.bins[0]}" if len(names.bins) == 1 else None


def _all_thrown(match: re.Match[str], names: _Names) -> str | None:
    loads = [_plain_name(match.group("o")), *rx.findall(names.loads, match.group("more"))]
    words = [f"throw the {load} in the {bin_}" for load in loads for bin_ in names.bins]
    return " and ".join(words) if len(names.bins) == 1 else None


def _carried(match: re.Match[str], names: _Names) -> str | None:
    o, x = (_plain_name(match.group(key)) for key in "ox")
    walk = f"walk to the {x}"
    return None if o == x else walk if o == names.held else f"pick up the {o} and {walk}"


def _by_way(match: re.Match[str], names: _Names) -> str | None:
    del names
    v, o, x, y = (_plain_name(match.group(key)) for key in "voxy")
    return None if o in (x, y) or x == y else f"{v} the {o} to the {x}, then {v} the {o} to the {y}"


def _left(match: re.Match[str], names: _Names) -> str | None:
    p, o, x = (_plain_name(match.group(key)) for key in "pox")
    y = match.groupdict().get("y") or "it"
    where = _where(x, names)
    return f"{p} the {o} {where}" if where and _plain_name(y) in ("it", x) else None


def _to_person(match: re.Match[str], names: _Names) -> str:
    del names
    return f"{match.group('v')} the {_plain_name(match.group('o'))} to the {_plain_name(match.group('x'))}"
