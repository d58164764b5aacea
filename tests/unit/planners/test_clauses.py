"""Long instructions are shown clause by clause, and only where one thing comes after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from planners.clauses import PieceByPiece, clauses_of
from skillblend.contracts import Array, Step

GO_BIN, TOUCH = ("walk to the bin", "walk_to", ("bin",)), ("touch the shelf", "touch", ("shelf",))
GO_SHELF, LEFT = ("walk to the shelf", "walk_to", ("shelf",)), ("turn left", "turn", ("90",))
OPTIONS = ["walk to the bin", "walk to the shelf", "touch the shelf", "turn left", "done", "refuse"]
TEXT = "go to the shelf, touch the shelf, turn left and go to the bin"


def step(entry: tuple[str, str, tuple[str, ...]]) -> tuple[Step, bool]:
    return Step(text=entry[0], behaviour=entry[1], arguments=entry[2]), True


class Model:
    """Knows one clause at a time, and forgets all but the first of a longer text."""

    PLANS = {
        "go to the shelf": ["walk to the shelf"], "touch the shelf": ["walk to the shelf", "touch the shelf"],
        "turn left": ["turn left"], "go to the bin": ["walk to the bin"], TEXT: ["walk to the shelf"],
        "sing, and that is all there is to it": ["refuse"],
    }  # fmt: skip

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, text: str, history: Sequence[tuple[Step, bool]]) -> Array:
        self.seen.append(text)
        plan = [*self.PLANS.get(text, ["refuse"]), "done"]
        return np.array([0.9 if option == plan[len(history)] else 0.02 for option in OPTIONS])


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (TEXT, ["go to the shelf", "touch the shelf", "turn left", "go to the bin"]),
        ("go to the shelf, then to the bin", ["go to the shelf", "go to the bin"]),
        ("first visit the bin, next the shelf, and after that wait", ["visit the bin", "visit the shelf", "wait"]),
        ("1. turn left 2. go to the bin", ["turn left", "go to the bin"]),
        ("turn left, hands up, wait", ["turn left", "hands up", "wait"]),
        (
            "before you go to the bin, turn left, wait, turn right",
            ["before you go to the bin, turn left, wait, turn right"],
        ),
        ("turn left, do not touch it, wait", ["turn left, do not touch it, wait"]),
        ("go to the bin", ["go to the bin"]),
    ],
)
def test_clauses(text: str, clauses: list[str]) -> None:
    assert clauses_of(text) == clauses


def test_a_long_instruction_is_carried_out_to_its_end() -> None:
    model, pieces = Model(), PieceByPiece()
    history: list[tuple[Step, bool]] = []
    for entry in (GO_SHELF, TOUCH, LEFT, GO_BIN):
        p = pieces.weigh(TEXT, history, OPTIONS, model)
        assert OPTIONS[int(np.argmax(p))] == entry[0] and p.sum() == pytest.approx(1.0)
        history.append(step(entry))
    assert OPTIONS[int(np.argmax(pieces.weigh(TEXT, history, OPTIONS, model)))] == "done"
    again = PieceByPiece().weigh(TEXT, history, OPTIONS, model)  # from nowhere, as a replay does
    assert OPTIONS[int(np.argmax(again))] == "done"


def test_what_is_short_or_refused_is_shown_whole() -> None:
    model = Model()
    PieceByPiece().weigh("go to the bin", [], OPTIONS, model)
    assert model.seen == ["go to the bin"]
    text = "sing, turn left, go to the bin, go to the shelf, turn left"
    p = PieceByPiece().weigh(text, [], OPTIONS, model)
    assert OPTIONS[int(np.argmax(p))] == "refuse" and model.seen[1:] == [text]
