"""Runs of words: what two texts may have in common."""

from __future__ import annotations

import json
import re
from pathlib import Path

from planners.prompt import normalise
from skillblend.errors import InputError

LENGTH = 5
"""Words in a row that make a phrase."""

Phrase = tuple[str, ...]


def words(text: str) -> Phrase:
    """The words of `text` in normal form."""
    return tuple(re.findall(r"[a-z0-9']+", normalise(text)))


def phrases_of(text: str, length: int = LENGTH) -> list[Phrase]:
    """Every run of `length` words of `text`."""
    found = words(text)
    return [found[k : k + length] for k in range(len(found) - length + 1)]


def read_instructions(file: Path) -> list[str]:
    """The instructions of a JSON file that has ``{"instructions": [{"instruction": ...}]}``.

    Raises:
        InputError: Not such a file, or without instructions.
    """
    try:
        found = [str(row["instruction"]) for row in json.loads(file.read_text(encoding="utf-8"))["instructions"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} must be JSON with 'instructions', each with an 'instruction': {error!r}") from error
    if not found:
        raise InputError(f"{file} holds no instructions; nothing can be measured")
    return found
