"""An answer to a question names one of its choices; anything else is none."""

from __future__ import annotations

import pytest

from skillblend.asking import Clarification

ASKED = Clarification(
    choices=("wooden table", "metal table"), answers=("go to the wooden table", "go to the metal table")
)


@pytest.mark.parametrize(
    "line", ["metal table", "the metal table", "Metal.", "the metal one", "2", "the second one", "two"]
)
def test_answers(line: str) -> None:
    assert ASKED.answered(line) == "go to the metal table"


@pytest.mark.parametrize("line", ["", "the table", "3", "0", "the third one", "go to the shelf", "wooden metal"])
def test_what_is_none(line: str) -> None:
    assert ASKED.answered(line) == ""


def test_it_says_what_there_is() -> None:
    assert str(ASKED) == "which one: 1) the wooden table, 2) the metal table?"
    assert ASKED and not Clarification() and Clarification().answered("the table") == ""
