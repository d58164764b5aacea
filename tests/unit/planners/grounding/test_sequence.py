"""Instructions that are nothing but options in some order, and a planner that keeps to it."""

from __future__ import annotations

import numpy as np
import pytest

from planners.grounding.sequence import kept_to, next_of, read_sequence
from planners.planner import Query, ScoredPlanner
from sim import scenes
from skillblend.contracts import Array, Step
from skillblend.options import DONE, REFUSE, ground_options

WORKSHOP, STOREROOM = scenes.load("workshop").state, scenes.load("storeroom").state
STEPS = {step.text: step for step in ground_options(WORKSHOP)}


@pytest.mark.parametrize(
    ("said", "steps"),
    [
        ("touch the shelf, then press the button", ["touch the shelf", "press the button"]),
        ("after touching the shelf and before turning left, visit the box",
         ["touch the shelf", "walk to the box", "turn left"]),
        ("after touching the shelf, but before you crouch, go to the box",
         ["touch the shelf", "walk to the box", "crouch"]),
        ("before you press the button, visit the wooden table and the metal table",
         ["walk to the wooden table", "walk to the metal table", "press the button"]),
        ("go to the shelf after pressing the button, then pressing the button",
         ["press the button", "press the button", "walk to the shelf"]),
        ("once you have pressed the button, touch the shelf and turn around",
         ["press the button", "touch the shelf", "turn around"]),
        ("press the button, but first touch the shelf", ["touch the shelf", "press the button"]),
        ("press the button. before that, touch the shelf", ["touch the shelf", "press the button"]),
        ("touch the box before turning left, then crouch", ["touch the box", "turn left", "crouch"]),
        ("end up at the box, but touch the shelf beforehand, and press the button before any of that",
         ["press the button", "touch the shelf", "walk to the box"]),
        ("finally, finish at the button", ["walk to the button"]),
        ("hands up", []),
        ("don't touch the shelf, press the button", []),
        ("touch the shelf with your nose", []),
        ("go to the shelf and press the button after touching the box", []),
        ("touch the shelf while you turn left", []),
        ("", []),
    ],
)  # fmt: skip
def test_order(said: str, steps: list[str]) -> None:
    assert [step.text for step in read_sequence(said, WORKSHOP)] == steps


def test_what_is_done_again_and_again_has_no_order() -> None:
    assert [step.text for step in read_sequence("turn left again", WORKSHOP)] == ["turn left"]
    assert read_sequence("turn left again and again", WORKSHOP) == ()


def test_the_next_is_the_first_that_is_not_done_and_no_walk_to_where_one_is() -> None:
    touch, walk, press = STEPS["touch the shelf"], STEPS["walk to the shelf"], STEPS["press the button"]
    assert next_of((touch, walk, press), ()) == touch
    assert next_of((touch, walk, press), ((walk, True), (touch, True))) == press
    assert next_of((touch,), ((walk, True), (touch, False))) == touch
    assert next_of((press, press), ((press, True),)) == press
    assert next_of((press,), ((press, True),)) == DONE


class Only:
    """Gives all but a little to one option."""

    def __init__(self, text: str) -> None:
        self.text = text

    def probabilities(self, query: Query) -> Array:
        p = np.full(len(query.texts), 0.001)
        p[query.texts.index(self.text)] = 1.0
        return p / p.sum()


def chosen(scored: str, history: tuple[tuple[Step, bool], ...], **affordances: float) -> str:
    sequence = (STEPS["touch the shelf"], STEPS["crouch"])
    values = {name.replace("_", " "): value for name, value in affordances.items()}
    made = ScoredPlanner("toy", Only(scored)).decide("touch the shelf, crouch", WORKSHOP, history, values)
    return kept_to(made, sequence, history, WORKSHOP).chosen.step.text


def test_a_scorer_that_strays_is_brought_back() -> None:
    walk, touch, crouch = STEPS["walk to the shelf"], STEPS["touch the shelf"], STEPS["crouch"]
    assert chosen("refuse", ()) == "walk to the shelf"
    assert chosen("walk to the shelf", ()) == "walk to the shelf"
    assert chosen("done", ((walk, True),)) == "touch the shelf"
    assert chosen("walk to the box", ((walk, True), (touch, True))) == "crouch"
    assert chosen("crouch", ((walk, True), (touch, True), (crouch, True))) == "done"


def test_what_may_not_be_done_is_not_and_after_a_failure_the_scorer_decides() -> None:
    assert chosen("refuse", (), walk_to_the_shelf=0.0) == REFUSE.text
    assert chosen("refuse", ((STEPS["walk to the shelf"], False),)) == REFUSE.text
