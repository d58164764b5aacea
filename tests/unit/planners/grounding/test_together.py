"""Two things asked for at once: paired where they share no part of the body, else refused by the parts that clash."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.grounding.together import Apart, PairingPlanner, apart
from planners.planner import Query, ScoredPlanner
from planners.retrieval import find_encoder
from sim import scenes
from skillblend.contracts import Array
from skillblend.errors import BundleError
from skillblend.plan_run import PlanRun
from skillblend.safety.heeding import heed

SCENE = scenes.load("workshop").state

ASKED = {
    "raise your hands": "raise both hands", "raise both hands": "raise both hands", "turn left": "turn left",
    "walk to the red marker": "walk to the red marker", "walk to the shelf": "walk to the shelf",
    "press the button": "walk to the button", "stand still": "stand still", "touch the box": "touch the box",
    "sing": "refuse", "turn around": "turn around",
}  # fmt: skip


class Literal:
    """Knows a few orders, and is over once the step that one asks for was done."""

    def probabilities(self, query: Query) -> Array:
        wanted = ASKED[query.instruction]
        if any(step.text == wanted and ok for step, ok in query.history):
            wanted = "done"
        found = np.array([step.text == wanted for step in query.steps], dtype=float)
        return 0.9 * found + 0.1 / len(found)


@pytest.fixture(scope="module")
def planner() -> PairingPlanner:
    try:
        find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    return PairingPlanner(GroundedPlanner(ScoredPlanner("literal", Literal()), Grounder.load()))


def run(
    planner: PairingPlanner, instruction: str, affordances: Mapping[str, float] | None = None, *, fails: int = 0
) -> PlanRun:
    carried = PlanRun(instruction)
    while not carried.over:
        carried.options(SCENE, None)
        step = carried.take(heed(planner).decide(instruction, SCENE, carried.history, affordances or {}))
        if step is not None:
            fails -= 1
            carried.record(step, success=fails < 0)
    return carried


@pytest.mark.parametrize(
    ("instruction", "one", "other"),
    [
        ("raise your hands while you walk to the red marker", "raise your hands", "walk to the red marker"),
        ("Walk to the shelf, while raising both hands.", "walk to the shelf", "raise both hands"),
        ("while walking to the shelf, raise your hands", "raise your hands", "walk to the shelf"),
        ("turn around and at the same time raise your arms", "turn around", "raise your arms"),
        ("walk to the shelf as you hold both your hands up", "walk to the shelf", "raise both hands"),
        ("go to the shelf while keeping your arms raised", "go to the shelf", "raise both hands"),
    ],
)
def test_what_is_asked_for_at_once_is_taken_apart(instruction: str, one: str, other: str) -> None:
    assert apart(instruction) == Apart(before="", one=one, other=other, after="")


def test_what_comes_before_and_after_is_kept() -> None:
    found = apart("turn left, then walk to the shelf while raising both hands and then press the button; stand still")
    assert found == Apart("turn left", "walk to the shelf", "raise both hands", "press the button, then stand still")


@pytest.mark.parametrize(
    "instruction",
    [
        "stand still for a while", "walk to the shelf", "wait a while, then walk to the shelf",
        "walk to the shelf while not touching the table", "walk to the marker without raising your hands as you go",
        "walk as far as the shelf", "while", "stand still for a while then turn left",
    ],
)  # fmt: skip
def test_all_else_goes_through_as_it_is(instruction: str) -> None:
    assert apart(instruction) is None


def test_disjoint_halves_are_one_step(planner: PairingPlanner) -> None:
    carried = run(planner, "raise your hands while you walk to the red marker", {"raise both hands": 0.5})
    assert [done.step.text for done in carried.done] == ["raise both hands while you walk to the red marker"]
    assert carried.ending is not None and carried.ending.success
    first = carried.decisions[0]
    told = {option.step.text: option.affordance for option in first.options if option.step.behaviour != "done"}
    told.pop("refuse")
    assert planner.decide(carried.instruction, SCENE, (), told).chosen.step == first.chosen.step  # from a record
    assert first.chosen.affordance == 0.5 and "at once: " in first.reading[-1]
    assert first.chosen.lm_score == pytest.approx(0.9**2, abs=0.05)
    assert sum(option.lm_score for option in first.options) == pytest.approx(1.0)


def test_before_and_after_are_steps_of_their_own(planner: PairingPlanner) -> None:
    carried = run(planner, "turn left, then raise your hands while walking to the shelf, then stand still")
    assert [done.step.text for done in carried.done] == [
        "turn left", "raise both hands while you walk to the shelf", "stand still",
    ]  # fmt: skip
    assert carried.ending is not None and carried.ending.success


@pytest.mark.parametrize(
    ("instruction", "why"),
    [
        ("walk to the red marker while turning left",
         "parts of the body: 'walk to the red marker' and 'turn left' both take the legs"),
        ("press the button while you raise your hands", "'press the button' and 'raise both hands' both take the"),
        ("touch the box while you raise your hands", "'touch the box' and 'raise both hands' both take the arms"),
    ],
)  # fmt: skip
def test_parts_that_clash_are_named(planner: PairingPlanner, instruction: str, why: str) -> None:
    carried = run(planner, instruction)
    assert carried.ending is not None and carried.ending.refused and not carried.done
    assert why in carried.ending.reason


def test_one_first_goes_where_a_half_has_to_be_done(planner: PairingPlanner) -> None:
    """Touching is out of reach: whatever the planner chooses instead comes first, alone."""
    decision = planner.decide("touch the box while you stand still", SCENE, (), {"touch the box": 0.0})
    assert decision.chosen.step.behaviour != "together"


def test_a_pair_that_fails_is_tried_again_and_is_no_success(planner: PairingPlanner) -> None:
    carried = run(planner, "raise your hands while you walk to the shelf", fails=1)
    assert len(carried.done) == 2 and carried.ending is not None and carried.ending.success
    carried = run(planner, "raise your hands while you walk to the shelf", fails=9)
    assert len(carried.done) == 2 and carried.ending is not None
    assert carried.ending.reason == "a step was never achieved"
