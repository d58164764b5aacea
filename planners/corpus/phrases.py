"""The words that training sentences are made of: ``phrases.json``, and one file a verb in ``verbs/``.

Verbs are written ``"walk|walking|walked to {o}"``: imperative, gerund, participle, and what follows;
``{o}`` is where an object goes, ``{x}`` another one, ``{d}`` a distance, ``{s}`` a side. In sentence
patterns ``{a}`` is an imperative, ``{a_ing}`` a gerund and ``{a_ed}`` a participle; what is called a comes
before b in the plan. A pattern that begins with ``>`` begins with an imperative, so that "could you" may
stand in front.

``verbs/NAME.json`` holds the words for the behaviour NAME, whether it exists or not. In the lists of what is
impossible, ``"@kick"`` stands for the next phrase of that verb; it is left out once there is such
a behaviour, and so is every phrase that the verb's file has. The ``role`` of a verb is what `planners.grounding`
reads other words as.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from planners import corpus
from planners.corpus import lookup
from skillblend.errors import InputError, UnknownNameError

FILE = Path(__file__).resolve().with_name("phrases.json")
VERBS = "verbs"
"""Folder of the verbs' files, beside the modules of this package."""

IMPOSSIBLE = {
    "impossible": "alone",
    "impossible_with_object": "object",
    "impossible_with_two": "two",
    "impossible_tails": "tails",
    "misplaced": "bare",
}
"""Lists of what no behaviour does, and what the phrases for them are called in a verb's file."""


@cache
def _book() -> dict[str, dict[str, Any]]:
    return json.loads(FILE.read_text(encoding="utf-8"))


def verbs() -> dict[str, dict[str, Any]]:
    """The files of all verbs, by behaviour.

    Raises:
        InputError: A file is called otherwise than the behaviour that it is about.
    """
    return _verbs(tuple(corpus.__path__))


@cache
def _verbs(folders: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((p for f in folders for p in (Path(f) / VERBS).glob("*.json")), key=lambda p: p.name):
        entry = json.loads(path.read_text(encoding="utf-8"))
        if entry["behaviour"] != path.stem:
            raise InputError(f"{path} is about {entry['behaviour']!r}; call it {entry['behaviour']}.json")
        found[path.stem] = entry
    return found


def new_verbs() -> tuple[str, ...]:
    """Verbs that can be done, and are asked for by their file alone: those with a plan of behaviours that exist."""
    known = lookup.known_behaviours()
    return tuple(verb for verb, entry in verbs().items() if "plan" in entry and is_possible(verb, known))


def is_possible(verb: str, known: frozenset[str]) -> bool:
    """Whether the `known` behaviours do what `verb` asks for: its own, or all that its plan takes."""
    return {behaviour for behaviour, *_ in verbs()[verb].get("plan", [[verb]])} <= known


def verb_of(role: str) -> str:
    """The verb that does what other words are read as: ``"take"``, ``"put on"``, ``"put in"``, ``"push"`` ...

    Raises:
        UnknownNameError: No verb has that role.
    """
    found = {entry["role"]: verb for verb, entry in verbs().items() if "role" in entry}
    if role not in found:
        raise UnknownNameError("role of a verb", role, found)
    return found[role]


def plan_of(verb: str) -> tuple[tuple[str, tuple[int | str, ...]], ...]:
    """What `verb` takes, from scratch: behaviours in order, each with the numbers of its things, and with words."""
    return tuple((behaviour, tuple(numbers)) for behaviour, *numbers in verbs()[verb]["plan"])


def said(verb: str, use: str) -> tuple[str, ...]:
    """The phrases of `verb` for one `use`, such as ``"say"`` or ``"wishes"``.

    Raises:
        UnknownNameError: There is no such verb, or it has no such phrases.
    """
    if verb not in verbs():
        raise UnknownNameError("verb", verb, verbs())
    words = verbs()[verb]["words"]
    if use not in words:
        raise UnknownNameError(f"phrases of {verb}", use, words)
    return tuple(words[use])


def phrases(name: str) -> tuple[str, ...]:
    """The list called `name`.

    Raises:
        UnknownNameError: There is no such list.
    """
    return _phrases(name, lookup.known_behaviours(), tuple(verbs()))


@cache
def _phrases(name: str, known: frozenset[str], there: tuple[str, ...]) -> tuple[str, ...]:
    del there  # the verbs are read again when there are others
    lists = _book()["lists"]
    if name not in lists:
        raise UnknownNameError("phrase list", name, lists)
    return tuple(_resolved(lists[name], IMPOSSIBLE[name], known) if name in IMPOSSIBLE else lists[name])


def _resolved(entries: list[str], use: str, known: frozenset[str]) -> Iterator[str]:
    """`entries` with the phrases of verbs in their places, and those that have no place at the end."""
    waiting = {
        verb: iter(entry["words"].get(use, ())) for verb, entry in verbs().items() if not is_possible(verb, known)
    }
    possible = {p for verb in new_verbs() for phrases_of in verbs()[verb]["words"].values() for p in phrases_of}
    for entry in entries:
        if not entry.startswith("@"):
            yield from [entry] if entry not in possible else []
        elif entry[1:] in waiting:
            yield from [next(waiting[entry[1:]])]
    for rest in waiting.values():
        yield from rest


@cache
def phrase_table(name: str) -> dict[str, tuple[str, ...]]:
    """The table called `name`: lists by key.

    Raises:
        UnknownNameError: There is no such table.
    """
    tables = _book()["tables"]
    if name not in tables:
        raise UnknownNameError("phrase table", name, tables)
    return {key: tuple(values) for key, values in tables[name].items()}


def things_of(verb: str) -> int:
    """How many things `verb` is about."""
    return 1 + max((n for _, arguments in plan_of(verb) for n in arguments if not isinstance(n, str)), default=-1)


def moves(use: str) -> dict[str, tuple[str, ...]]:
    """Phrases for moves without an object, by option text, for one `use`: ``"say"``, ``"shouts"``, ``"wishes"``.

    Raises:
        UnknownNameError: Moves have no such phrases.
    """
    return _moves(use, tuple(verbs()))


@cache
def _moves(use: str, there: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    orders = _book()["orders"]
    if use not in orders:
        raise UnknownNameError("phrases of moves", use, orders)
    found = {
        text: tuple(words[use])
        for entry in map(verbs().__getitem__, there)
        for text, words in entry.get("moves", {}).items()
        if use in words
    }
    order: list[str] = orders[use]
    return {text: found[text] for text in (*order, *(t for t in found if t not in order))}


def distances() -> dict[str, tuple[str, ...]]:
    """Words for distances, by metres."""
    return {metres: tuple(words) for metres, words in verbs()["walk"]["distances"].items()}
