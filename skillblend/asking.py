"""A question about an unclear word, and what somebody answers to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "one": 0, "two": 1, "three": 2, "four": 3}
_EMPTY = frozenset(("the", "a", "this", "that", "one", "please", "i", "mean", "go", "to", "it", "is", "take"))


@dataclass(frozen=True, kw_only=True)
class Clarification:
    """What an unclear word may mean.

    Attributes:
        choices: Names of things.
        answers: The instruction with each of them in the unclear word's place.
    """

    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.choices)

    def __str__(self) -> str:
        return "which one: " + ", ".join(f"{k}) the {name}" for k, name in enumerate(self.choices, start=1)) + "?"

    def answered(self, line: str) -> str:
        """The instruction that `line` makes of it: by number, name, or words of one name alone; else nothing."""
        words = re.findall(r"[a-z0-9]+", line.lower())
        exact = [
            k for k, name in enumerate(self.choices) if name.lower() in (line.strip().lower(), " ".join(words[1:]))
        ]
        if exact:
            return self.answers[exact[0]]
        number = _number(words)
        if number is not None:
            return self.answers[number] if number < len(self.choices) else ""
        said = set(words) - _EMPTY
        names = [set(name.lower().split()) for name in self.choices]
        fit = [k for k, name in enumerate(names) if said and said <= name]
        return self.answers[fit[0]] if len(fit) == 1 else ""


def _number(words: Sequence[str]) -> int | None:
    """Which one is meant by its place: "2", "the second one"."""
    told = [word for word in words if word not in ("the", "one", "number")] or list(words)
    if len(told) != 1:
        return None
    word = told[0]
    if word.isdecimal():
        return int(word) - 1 if int(word) else 10**6
    return _NUMBERS.get(word)
