"""The two judges of a blender's task: the paper's, by its error at the end, and the strict one, by what has held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.evaluate import evaluate_task, run_episodes
from sim.randomisation import NOMINAL
from sim.tasks.baselines import baseline
from sim.tasks.blend import BlendTask, blend_task
from sim.tasks.spec import TASKS
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, WorldState
from skillblend.shipped import MODELS

H1 = robots.load("h1")
SPEC = TASKS["far_reach"]
Judge = Callable[[BlendTask, WorldState], BoolArray]


@pytest.fixture(scope="module")
def controller() -> BlendController:
    found = make_blender(SPEC, H1, MODELS)
    assert isinstance(found, BlendController)
    return found


def between(*spans: tuple[float, float]) -> Judge:
    """True while the time of the episode is in one of `spans`, s."""

    def holds(task: BlendTask, state: WorldState) -> BoolArray:
        del task
        return np.any([(state.time > a - 1e-9) & (state.time < b - 1e-9) for a, b in spans], axis=0)

    return holds


def outcome(controller: BlendController, **changes: Any) -> dict[str, Array]:
    """Metrics of two episodes of 1.2 s in which the robot stands."""
    spec = replace(SPEC, episode_seconds=1.2, **changes)
    env = BatchEnv(blend_task(spec, controller), 2, randomisation=NOMINAL)
    return run_episodes(env, baseline("noop", SPEC, controller), 2).metrics


@pytest.mark.parametrize(
    ("spans", "counts", "strict"),
    [
        (((0.6, 9.0),), "end", 1.0),
        (((0.8, 9.0),), "end", 0.0),
        (((0.1, 0.9),), "end", 0.0),
        (((0.1, 0.9),), "ever", 1.0),
        (((0.1, 0.5), (0.6, 1.0)), "ever", 0.0),
        (((0.1, 0.9), (1.0, 9.0)), "ever", 1.0),
    ],
)
def test_the_strict_judge_wants_half_a_second_without_a_break(
    controller: BlendController, spans: tuple[tuple[float, float], ...], counts: str, strict: float
) -> None:
    found = outcome(controller, success=between(*spans), counts=counts)
    assert found["strict_success"].tolist() == [strict, strict]


def test_the_time_to_hold_is_the_tasks(controller: BlendController) -> None:
    found = outcome(controller, success=between((0.8, 9.0)), hold_seconds=0.3)
    assert found["strict_success"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("error", "judged"), [(0.049, 1.0), (0.051, 0.0)])
def test_the_papers_judge_looks_at_its_error_alone(controller: BlendController, error: float, judged: float) -> None:
    found = outcome(controller, paper_error=lambda task, state: np.full(state.num, error))
    assert found["paper_success"].tolist() == [judged, judged]
    assert found["strict_success"].tolist() == [0.0, 0.0]


def test_a_fall_loses_before_the_strict_judge_only(
    controller: BlendController, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = between((1.0, 9.0))
    monkeypatch.setattr("sim.tasks.blend.fallen", lambda state, lowest: late(None, state))  # type: ignore[arg-type]
    found = outcome(
        controller, success=between((0.1, 9.0)), counts="ever", paper_error=lambda task, state: np.zeros(state.num)
    )
    assert found["fell"].tolist() == [1.0, 1.0] and found["lost"].tolist() == [0.0, 0.0]
    assert found["strict_success"].tolist() == [0.0, 0.0] and found["paper_success"].tolist() == [1.0, 1.0]


def test_a_lost_thing_ends_the_episode_and_is_no_fall(controller: BlendController) -> None:
    found = outcome(controller, lost=between((0.5, 9.0)))
    assert found["lost"].tolist() == [1.0, 1.0] and found["fell"].tolist() == [0.0, 0.0]
    assert (found["length"] == 5).all()  # decisions of 0.1 s


def test_a_new_episode_starts_from_nothing(controller: BlendController) -> None:
    task = blend_task(replace(SPEC, episode_seconds=1.2, success=between((0.0, 9.0))), controller)
    env = BatchEnv(task, 2, randomisation=NOMINAL)
    act, observation = baseline("noop", SPEC, controller), env.reset()
    for _ in range(12):
        observation = env.step(act(observation[:, : task.actor_size])).observation
    assert (task.held == 0.0).all() and (task.longest == 0.0).all() and not task.lost.any()


def test_both_judges_are_in_a_report(controller: BlendController) -> None:
    found = evaluate_task("far_reach", controller, baseline("noop", SPEC, controller), "noop", 2, 7)
    assert found["strict_success_rate"] == found["paper_success_rate"] == 0.0
    for judge in ("strict", "paper"):
        low, high = found[f"{judge}_success_interval"]
        assert low == 0.0 and 0.5 < high < 1.0
    assert found["lost_rate"] == 0.0
