"""What no training sentence may say: every run of five words of the frozen suites, as hashes.

Whoever trains does not see the suites' words. ``python -m planners.corpus.held_out --files FILE...``
writes the hashes anew, which is done when a suite is written, and never afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from planners.corpus.runs import Phrase, phrases_of, read_instructions
from skillblend.files import write_json

FILE = Path(__file__).resolve().with_name("held_out.json")
DIGITS = 12
"""Of a hash: one sentence in 10^9 is dropped for nothing."""
STOCK = ("be so kind as to", "if you could leave the", "i don't want you to", "put a finger on the")
"""Phrases of other frozen files that need not be trained on either: no option is named in them."""


def mark(phrase: Phrase) -> str:
    """The hash of five words."""
    return hashlib.sha256(" ".join(phrase).encode()).hexdigest()[:DIGITS]


def marks_of(instructions: Iterable[str]) -> list[str]:
    """The hashes of all that `instructions` say, sorted."""
    return sorted({mark(phrase) for text in instructions for phrase in phrases_of(text)})


@cache
def held_out() -> frozenset[str]:
    """The hashes of the suites, and of `STOCK`."""
    suites = json.loads(FILE.read_text(encoding="utf-8"))["phrases"]
    return frozenset([*suites, *(mark(tuple(phrase.split())) for phrase in STOCK)])


def is_held_out(text: str) -> bool:
    """Whether `text` has five words in a row that a suite has."""
    return any(mark(phrase) in held_out() for phrase in phrases_of(text))


def main(files: tuple[Path, ...]) -> None:
    """Write the hashes of the instructions in `files`."""
    write_json(FILE, {"phrases": marks_of(text for file in files for text in read_instructions(file))})


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
