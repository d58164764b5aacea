"""The words that training sentences are made of, from ``phrases.json``.

Verbs are written ``"walk|walking|walked to {o}"``: imperative, gerund, participle, and what follows;
``{o}`` is where an object goes, ``{x}`` another one, ``{d}`` a distance, ``{s}`` a side. In sentence
patterns ``{a}`` is an imperative, ``{a_ing}`` a gerund and ``{a_ed}`` a participle; what is called a comes
before b in the plan. A pattern that begins with ``>`` begins with an imperative, so that "could you" may
stand in front.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from skillblend.errors import UnknownNameError

FILE = Path(__file__).resolve().with_name("phrases.json")


@cache
def _book() -> dict[str, dict[str, Any]]:
    return json.loads(FILE.read_text(encoding="utf-8"))


@cache
def phrases(name: str) -> tuple[str, ...]:
    """The list called `name`.

    Raises:
        UnknownNameError: There is no such list.
    """
    lists = _book()["lists"]
    if name not in lists:
        raise UnknownNameError("phrase list", name, lists)
    return tuple(lists[name])


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
