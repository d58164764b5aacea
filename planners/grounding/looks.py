"""Words for how a thing looks: colour, material, size ... A closed class, so it is a list and not a guess."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().with_name("lexicon.json")
NAMED = ("colour", "material")
"""Sorts of looks that a thing has only where its name says so."""

_SHADE = re.compile(r"^(?:dark|light|pale|deep|bright|vivid|neon|pastel)[- ]|[- ]?colou?red$|(?<=[a-z]{3})ish$")


_LIKE = re.compile(r"([a-z]{3,})[- ]?colou?red")


@cache
def _likened() -> dict[str, str]:
    """Colours by what has them: "grass-coloured"."""
    likened: dict[str, str] = lexicon()["coloured like"]
    return {word: colour for colour, words in likened.items() for word in words.split()}


@cache
def lexicon() -> dict[str, Any]:
    """The words of this package."""
    return json.loads(FILE.read_text(encoding="utf-8"))


@cache
def _table() -> dict[str, tuple[str, str]]:
    sorts: dict[str, dict[str, list[str]]] = lexicon()["looks"]
    return {word: (sort, base) for sort, bases in sorts.items() for base, words in bases.items() for word in words}


def is_plain_look(word: str) -> bool:
    """Whether a word is a colour or a stuff and nothing else: "red", but not "rose" or "sky"."""
    found = look_of(word)
    return found is not None and found[0] in NAMED and (found[1] == word or word.endswith(("ish", "ed")))


@cache
def look_of(word: str) -> tuple[str, str] | None:
    """Sort and plain word of a look, such as ("colour", "red") for "crimson"; None for other words."""
    like = _LIKE.fullmatch(word)
    if like is not None and like.group(1) in _likened():
        return "colour", _likened()[like.group(1)]
    for form in (word, _SHADE.sub("", word), _SHADE.sub("", word) + "e"):
        if form in _table():
            return _table()[form]
    return None


def same_look(a: str, b: str) -> bool:
    """Whether both say the same: oak is wooden, but no pine."""
    first, second = look_of(a), look_of(b)
    if first is None or first != second:
        return a == b
    return a == b or first[0] != "material" or first[1] in (a, b) or _stem(a, b)


def _stem(a: str, b: str) -> bool:
    return min(len(a), len(b)) > 2 and a[:3] == b[:3]


def other_look(a: str, b: str) -> bool:
    """Whether a thing that is one of them cannot be the other."""
    first, second = look_of(a), look_of(b)
    return first is not None and second is not None and first[0] == second[0] and not same_look(a, b)


def usual_looks(noun: str, kind: str) -> tuple[str, ...]:
    """What a thing is made of where nothing is said: a box of cardboard, a crate of wood."""
    usual: dict[str, list[str]] = lexicon()["usual"]
    return tuple(usual.get(noun, usual.get(kind, ())))
