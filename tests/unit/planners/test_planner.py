"""The product decides, retries are bounded, and bad input is named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from planners.language import LanguageScorer
from planners.oracle import OraclePlanner
from planners.planner import Query, ScoredPlanner
from planners.scoring import OptionScorer
from skillblend.contracts import Array, SceneState, Step
from skillblend.errors import InputError, PlanError, ShapeError, UnknownNameError
from skillblend.options import ground_options

WALK = Step(text="walk to the button", behaviour="walk_to", arguments=("button",))
PRESS = Step(text="press the button", behaviour="press", arguments=("button",))


class FixedScorer:
    """Gives fixed weights to some options and little to the others."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = weights

    def probabilities(self, query: Query) -> Array:
        """The fixed weights, normalised."""
        weights = np.array([self.weights.get(text, 1e-6) for text in query.texts])
        return weights / weights.sum()


def test_the_product_decides(lab: SceneState) -> None:
    planner = ScoredPlanner("fixed", FixedScorer({"press the button": 0.7, "walk to the button": 0.3}))
    free = planner.decide("press the button", lab, [], {})
    assert free.chosen.step == PRESS
    grounded = planner.decide("press the button", lab, [], {"press the button": 0.1, "walk to the button": 0.9})
    assert grounded.chosen.step == WALK
    assert grounded.chosen.score == pytest.approx(0.27, abs=1e-3)
    scores = [option.score for option in grounded.options]
    assert scores == sorted(scores, reverse=True)
    assert {option.step for option in grounded.options} == set(ground_options(lab))


def test_ends_have_affordance_one_unless_given(lab: SceneState) -> None:
    planner = ScoredPlanner("fixed", FixedScorer({"done": 0.9}))
    decision = planner.decide("turn left", lab, [], {"refuse": 0.5})
    ends = {option.step.text: option.affordance for option in decision.options}
    assert (ends["done"], ends["refuse"]) == (1.0, 0.5)


def test_a_step_that_failed_twice_is_given_up(lab: SceneState) -> None:
    planner = ScoredPlanner("fixed", FixedScorer({"press the button": 0.8, "refuse": 0.1}))
    once = [(WALK, True), (PRESS, False)]
    assert planner.decide("press the button", lab, once, {}).chosen.step == PRESS
    decision = planner.decide("press the button", lab, [*once, (PRESS, False)], {})
    assert decision.chosen.step.text == "refuse"
    banned = next(option for option in decision.options if option.step == PRESS)
    assert (banned.affordance, banned.reason) == (0.0, "failed 2 times")


def test_a_plan_is_not_done_before_anything_was_done_or_after_a_failure(lab: SceneState) -> None:
    planner = ScoredPlanner("fixed", FixedScorer({"done": 0.9, "refuse": 0.05}))
    for history, reason in (
        ([], "nothing has been done yet"),
        ([(WALK, True), (PRESS, False)], "the last step, 'press the button', failed"),
    ):
        decision = planner.decide("press the button", lab, history, {})
        assert decision.chosen.step.text == "refuse"
        assert next(o.reason for o in decision.options if o.step.text == "done") == reason
    assert planner.decide("press the button", lab, [(PRESS, False), (PRESS, True)], {}).chosen.step.text == "done"


def test_failures_of_different_steps_end_a_plan_too(lab: SceneState) -> None:
    weights = {"walk to the button": 0.6, "press the button": 0.5, "refuse": 0.01}
    planner = ScoredPlanner("fixed", FixedScorer(weights))
    history: list[tuple[Step, bool]] = []
    while (step := planner.decide("press the button", lab, history, {}).chosen.step).text != "refuse":
        history.append((step, False))
    assert [step.text for step, _ in history] == ["walk to the button"] * 2 + ["press the button"] * 2
    wander = [(WALK, False), (PRESS, False), (WALK, True), (PRESS, False)] * 2
    decision = planner.decide("press the button", lab, wander, {})
    assert [option.step.text for option in decision.options if option.allowed] == ["refuse"]
    assert "6 steps failed, at most 3 may" in next(o.reason for o in decision.options if not o.allowed)


def test_a_plan_cannot_go_on_for_ever(lab: SceneState) -> None:
    planner = ScoredPlanner("fixed", FixedScorer({"turn left": 0.9}), max_steps=3)
    turn = Step(text="turn left", behaviour="turn", arguments=("90",))
    decision = planner.decide("turn left", lab, [(turn, True)] * 3, {})
    assert decision.chosen.step.text in ("done", "refuse")
    assert "at most 3" in next(o.reason for o in decision.options if o.step == turn)


def test_without_value_only_what_is_forbidden_counts(lab: SceneState) -> None:
    planner = ScoredPlanner("bold", FixedScorer({"press the button": 0.7, "walk to the button": 0.3}), value=False)
    unlikely = planner.decide("press the button", lab, [], {"press the button": 0.1, "walk to the button": 0.9})
    assert unlikely.chosen.step == PRESS
    assert "do not count" in unlikely.chosen.reason
    forbidden = planner.decide("press the button", lab, [], {"press the button": 0.0})
    assert forbidden.chosen.step == WALK
    assert forbidden.planner == "bold"


def test_a_scorer_that_loses_options_is_named(lab: SceneState) -> None:
    class Short:
        def probabilities(self, query: Query) -> Array:
            return np.ones(len(query.steps) - 1)

    with pytest.raises(ShapeError, match="of planner 'short'"):
        ScoredPlanner("short", Short()).decide("turn left", lab, [], {})


def test_the_oracle_refuses_where_its_step_is_forbidden(lab: SceneState) -> None:
    decision = OraclePlanner(["press the button"]).decide("x", lab, [], {"press the button": 0.0})
    assert decision.chosen.step.text == "refuse"


def test_nothing_left_is_a_plan_error(lab: SceneState) -> None:
    planner = ScoredPlanner("fixed", FixedScorer({}))
    nothing = {step.text: 0.0 for step in ground_options(lab)}
    with pytest.raises(PlanError, match="score 0"):
        planner.decide("press the button", lab, [], nothing)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_affordances_are_probabilities(lab: SceneState, value: float) -> None:
    with pytest.raises(InputError, match="probability"):
        ScoredPlanner("fixed", FixedScorer({})).decide("turn left", lab, [], {"turn left": value})


def test_affordances_are_for_options(lab: SceneState) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'turn left'"):
        ScoredPlanner("fixed", FixedScorer({})).decide("turn left", lab, [], {"turn lefft": 1.0})


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        (None, "is text, not NoneType"),
        (b"walk", "not bytes"),
        ("", "holds no words"),
        ("  ?! ", "holds no words"),
        ("a" * 2001, "2001 characters, allowed are 2000"),
        ("walk\x00 on", "control character"),
        ("walk \x1b[31m", "control character"),
        ("walk \ud800", "control character"),
        ("walk \u202eback", "control character, U\\+202E"),
    ],
)
def test_bad_instructions_are_named(lab: SceneState, instruction: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ScoredPlanner("fixed", FixedScorer({})).decide(instruction, lab, [], {})


def test_longest_instruction_is_accepted(lab: SceneState) -> None:
    scores = FixedScorer({"refuse": 1.0})
    assert ScoredPlanner("fixed", scores).decide("a" * 2000, lab, [], {}).chosen.step.text == "refuse"


@pytest.mark.parametrize("limits", [{"max_failures": 0}, {"max_steps": 0}])
def test_limits_are_positive(limits: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="at least 1"):
        ScoredPlanner("fixed", FixedScorer({}), **limits)


def test_the_oracle_replays_retries_and_gives_up(lab: SceneState) -> None:
    oracle = OraclePlanner(["walk to the button", "press the button"])
    history: list[tuple[Step, bool]] = []
    seen: list[str] = []
    for ok in (True, False, True, True):
        step = oracle.decide("anything", lab, history, {}).chosen.step
        seen.append(step.text)
        history.append((step, ok))
    assert seen == ["walk to the button", "press the button", "press the button", "done"]
    failed = [(WALK, True), (PRESS, False), (PRESS, False)]
    assert oracle.decide("anything", lab, failed, {}).chosen.step.text == "refuse"


def test_the_oracle_needs_a_plan_that_fits(lab: SceneState) -> None:
    with pytest.raises(InputError, match="needs a plan"):
        OraclePlanner([])
    with pytest.raises(PlanError, match="no option in this scene"):
        OraclePlanner(["press the table"]).decide("x", lab, [], {})


@pytest.mark.parametrize("instruction", ["press the button", "walk to the red marker", "turn around"])
def test_the_real_planner_decides(real: tuple[Any, Any], lab: SceneState, instruction: str) -> None:
    planner = ScoredPlanner("saycan", LanguageScorer(OptionScorer(*real)))
    decision = planner.decide(instruction, lab, [], {})
    assert sum(option.lm_score for option in decision.options) == pytest.approx(1.0)
    expected = {"press the button": "walk to the button"}.get(instruction, instruction)
    assert decision.chosen.step.text == expected
