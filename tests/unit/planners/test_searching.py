"""Looking ahead: what the next step alone does not tell, sequences do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from planners.planner import Query
from planners.searching import AGAINST, SearchPlanner, facts_after, missing, value
from skillblend.contracts import Array, SceneState, Step, Thing
from skillblend.options import DONE, ground_options

ROOM = SceneState(
    things=(
        Thing(name="button", kind="button"),
        Thing(name="shelf", kind="shelf"),
        Thing(name="box", kind="box", motion="free"),
    )
)
KNOWN = {step.text: step for step in ground_options(ROOM)}


class Book:
    """Shares by what has been done; the rest is spread evenly."""

    def __init__(self, shares: Mapping[str, Mapping[str, float]]) -> None:
        self.shares, self.asked = shares, list[str]()

    def probabilities(self, query: Query) -> Array:
        """Shape (K,)."""
        done = ", ".join(step.text for step, _ in query.history)
        self.asked.append(done)
        told = self.shares.get(done, {"done": 0.98})
        rest = (1.0 - sum(told.values())) / (len(query.steps) - len(told))
        return np.array([told.get(text, rest) for text in query.texts])


class Clock:
    """One more second each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def planner(book: Book, seconds: float = 1e3) -> SearchPlanner:
    return SearchPlanner("search", book, seconds=seconds, clock=Clock())


def test_what_is_clear_is_taken_at_once() -> None:
    book = Book({"": {"turn left": 0.97}})
    made = planner(book).decide("turn left", ROOM, [], {})
    assert (
        made.chosen.step.text == "turn left" and book.asked == [""] and made.chosen.reason.startswith("no affordance")
    )


def test_a_step_whose_need_is_missing_gives_way() -> None:
    """The scorer likes pressing best; nothing has brought the robot to the button."""
    book = Book(
        {
            "": {"press the button": 0.55, "walk to the button": 0.42},
            "walk to the button": {"press the button": 0.96},
            "press the button": {"done": 0.96},
        }
    )
    made = planner(book).decide("press the button", ROOM, [], {"press the button": 0.4, "walk to the button": 0.9})
    assert made.chosen.step.text == "walk to the button"
    made = planner(book).decide("press the button", ROOM, [], {})
    assert made.chosen.step.text == "walk to the button"
    assert made.chosen.reason.startswith("looked ahead: walk to the button, press the button, done")
    assert {option.step.text for option in made.options} == set(KNOWN) and made.chosen in made.options


def test_ending_without_what_was_named_gives_way() -> None:
    first = KNOWN["walk to the button"]
    book = Book({first.text: {"done": 0.6, "walk to the shelf": 0.38}})
    history = [(first, True)]
    made = planner(book).decide("go to the button and the shelf", ROOM, history, {})
    assert made.chosen.step.text == "walk to the shelf"
    assert planner(book).decide("go to the button", ROOM, history, {}).chosen.step == DONE
    assert planner(book).decide("go to the button but not to the shelf", ROOM, history, {}).chosen.step == DONE


def test_what_is_forbidden_stays_so() -> None:
    book = Book({"": {"press the button": 0.5, "walk to the button": 0.45}})
    made = planner(book).decide("press the button", ROOM, [], {"walk to the button": 0.0})
    assert made.chosen.step.text == "press the button"


def test_time_is_bounded() -> None:
    """Each look at the clock is one sequence followed; without time the best step is taken."""
    endless = {"walk to the button": 0.5, "walk to the shelf": 0.45}
    shares = {"": endless, "walk to the button": {"turn left": 0.45, "turn right": 0.45}}
    book = Book(shares)
    made = planner(book, seconds=0.5).decide("walk about", ROOM, [], {})
    assert made.chosen.step.text == "walk to the button" and len(book.asked) == 1
    book = Book(shares)
    planner(book, seconds=2.5).decide("walk about", ROOM, [], {})
    assert len(book.asked) == 3


def test_needs_and_idle_walks_count() -> None:
    at = frozenset({"at(button)", "facing(button)"})
    assert value(KNOWN["press the button"], at, ROOM) == 1.0
    assert value(KNOWN["press the button"], frozenset(), ROOM) == AGAINST
    assert value(KNOWN["walk to the button"], at, ROOM) == AGAINST
    assert value(KNOWN["pick up the box"], frozenset({"at(box)"}), ROOM) == 1.0
    assert value(KNOWN["pick up the box"], frozenset({"at(box)", "held(tin)"}), ROOM) == AGAINST
    assert value(KNOWN["pick up the box"], frozenset({"at(shelf)", "on(box, shelf)"}), ROOM) == 1.0
    assert value(DONE, frozenset(), ROOM) == 1.0


def test_what_failed_changes_nothing() -> None:
    walk = KNOWN["walk to the button"]
    assert facts_after(ROOM, [(walk, False)]) == frozenset()
    assert facts_after(ROOM, [(walk, True)]) == {"at(button)", "facing(button)"}


@pytest.mark.parametrize(
    "instruction, done, left",
    [
        ("Go to the BOX, then the shelf", [], ["shelf", "box"]),
        ("go to the box, then the shelf", ["walk to the box"], ["shelf"]),
        ("go to the box without touching the shelf", [], []),
        ("the boxes", [], []),
    ],
)
def test_things_that_are_named_are_missed(instruction: str, done: list[str], left: list[str]) -> None:
    steps: list[Step] = [KNOWN[text] for text in done]
    assert missing(instruction, ROOM, steps) == left
