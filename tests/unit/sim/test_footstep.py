"""Footstep's task: what is asked for, and what is counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robots
from sim.env import BatchEnv
from sim.randomisation import NOMINAL
from sim.skills.spec import TRAININGS
from sim.streams import Streams
from skillblend.skills.footstep import FootstepController

H1 = robots.load("h1")


def make(n: int, **config: Any) -> tuple[BatchEnv, Any]:
    task = TRAININGS["footstep"].task(H1, FootstepController(H1), {"arm_disturbance": 0.0, **config})
    env = BatchEnv(task, n, seed=3, randomisation=NOMINAL)
    env.reset()
    return env, task


def test_goals_are_either_foot_anywhere_in_its_range() -> None:
    controller, streams, ids = FootstepController(H1), Streams(3, 500), np.arange(500)
    streams.next_episode(ids)
    draw = TRAININGS["footstep"].goals
    assert draw is not None
    goal = draw(controller, streams, ids, 5)
    assert 0.4 < (goal[:, 0] > 0).mean() < 0.6
    far = np.hypot(goal[:, 1], goal[:, 2])
    assert far.max() <= 0.25 + 1e-9 and far.max() > 0.24
    assert (goal[:, 2] * goal[:, 0]).min() >= -0.08 - 1e-9
    side, target = controller.wanted(goal)
    place = np.stack([0 * side, side * controller.width], axis=1)
    np.testing.assert_allclose(target - place, goal[:, 1:], atol=1e-9)


def test_an_episode_begins_at_rest_and_asks_for_steps_afterwards() -> None:
    env, task = make(8, rest_share=0.0)
    assert not task.goal.any()
    for _ in range(55):
        env.step(np.zeros((8, task.action_size)))
    assert (np.abs(task.goal[:, 0]) == 1.0).all()
    assert task.marks().shape == (8, 1, 3)


def test_errors_are_of_the_moving_sole_and_the_other_has_to_stay() -> None:
    env, task = make(2, rest_share=0.0)
    task.timer[:] = 1
    env.step(np.zeros((2, task.action_size)))
    task.memory.side[:] = np.sign(task.goal[:, 0])
    rows, moving = np.arange(2), np.where(task.goal[:, 0] > 0, 0, 1)
    task.feet[rows, moving, :2] = task.target[:, 0, :2] + [0.03, 0.04]
    assert task.error() == pytest.approx(0.05)
    task.feet[rows, 1 - moving, :2] = task.stays[rows, 1 - moving] + [[0.0, 0.02], [0.0, 0.04]]
    assert task.shift() == pytest.approx([0.02, 0.04])
    task.timer[:] = 1
    task.measure(env.state)
    assert task.metrics["made"].tolist() == [1.0, 1.0]
    assert task.metrics["stayed"].tolist() == [1.0, 0.0]
    found = TRAININGS["footstep"].errors(task.metrics)
    assert found["foot"] == pytest.approx(0.05)
    assert found["other_foot_moved"].tolist() == [0.0, 1.0]


def test_terms_at_the_plan_and_beside_it() -> None:
    env, task = make(2, rest_share=0.0)
    task.off_base = task.off_sole = np.array([0.0, 0.08**2])
    terms = task.rewards
    assert terms["base"].values(task, env.state) == pytest.approx([1.0, np.exp(-1.0)])
    assert terms["sole"].values(task, env.state) == pytest.approx([1.0, np.exp(-((0.08 / 0.06) ** 2))])
    assert terms["close"].values(task, env.state).tolist() == [1.0, 1.0], "nothing is asked for"
    task.goal[:, 0] = 1.0
    task.memory.clock[:] = [0.1, 5.0]
    task.target[:, 0] = task.feet[:, 0] + [0.03, 0.0, 0.0]
    assert terms["close"].values(task, env.state) == pytest.approx([np.exp(-((1.0 / 0.03) ** 2)), np.exp(-1.0)])
    task.heading[:] = 0.2 + 2 * np.arctan2(env.state.base_quaternion[:, 3], env.state.base_quaternion[:, 0])
    assert terms["heading"].values(task, env.state) == pytest.approx(0.04)
