"""Squatting's task: balanced starts, goals over the whole range, errors at the end of holds."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import pytest

import robots
from sim.env import BatchEnv
from sim.randomisation import NOMINAL
from sim.skills.spec import TRAININGS
from sim.world import build_world
from skillblend.errors import InputError
from skillblend.skills.squatting import SquattingController

H1 = robots.load("h1")


def make(**config: Any) -> Any:
    return TRAININGS["squatting"].task(H1, SquattingController(H1), config)


@pytest.mark.parametrize("name", robots.names())
def test_the_centre_of_mass_is_over_the_soles_at_every_height(name: str) -> None:
    """By MuJoCo's own kinematics and masses."""
    robot = robots.load(name)
    table, world = SquattingController(robot).table, build_world(robot)
    data, joints = mujoco.MjData(world.model), robot.num_joints
    home = world.home.copy()
    for height, pose, lean in zip(table.height, table.pose, table.lean, strict=True):
        data.qpos[:] = home
        data.qpos[2], data.qpos[7 : 7 + joints] = height, pose
        data.qpos[3:7] = np.cos(lean / 2), 0.0, np.sin(lean / 2), 0.0
        mujoco.mj_forward(world.model, data)
        feet = np.array([data.body(frame.body).xpos for frame in robot.feet])
        turns = np.array([data.body(frame.body).xmat.reshape(3, 3) for frame in robot.feet])
        soles = feet + np.einsum("fij,fj->fi", turns, np.array([frame.offset for frame in robot.feet]))
        np.testing.assert_allclose(soles[:, 2], 0.0, atol=4e-3)
        np.testing.assert_allclose(turns[:, 2, 2], 1.0, atol=1e-4)
        off = data.subtree_com[1][:2] - soles[:, :2].mean(axis=0)
        assert abs(off[0]) < 0.02 and abs(off[1]) < 0.01


def test_goals_cover_the_range_and_both_ends() -> None:
    task = make(hold_seconds=(0.1, 0.2))
    env = BatchEnv(task, 16, seed=3, randomisation=NOMINAL)
    env.reset()
    goals = [task.goal[:, 0].copy()]
    for _ in range(60):
        env.step(np.zeros((16, task.action_size)))
        goals.append(task.goal[:, 0].copy())
    seen, space = np.concatenate(goals), task.controller.goal_space
    assert (seen >= space.lower[0]).all() and (seen <= space.upper[0]).all()
    assert {space.lower[0], space.upper[0]} <= set(seen.tolist())
    middle = (space.lower[0] + space.upper[0]) / 2
    assert 0.2 < (seen < middle).mean() < 0.8


def test_goals_below_the_lowest_height_are_clipped_for_the_skill_and_known_to_calibration() -> None:
    task = make(outside_share=1.0)
    BatchEnv(task, 8, seed=0, randomisation=NOMINAL).reset()
    low = task.controller.goal_space.lower[0]
    assert (task.raw < low).all() and (task.goal == low).all()


def test_terms_at_a_state_that_is_known() -> None:
    """At the reference of the height that is followed, at rest, nothing is lost."""
    task = make(arm_disturbance=0.0)
    env = BatchEnv(task, 4, seed=0, randomisation=NOMINAL)
    env.reset()
    state = env.state
    table, heights = task.controller.table, np.array([0.75, 0.85, 0.95, 1.0])
    task.memory.followed[:] = heights
    state.joint_position[:] = table.poses(heights)
    half = 0.5 * table.leans(heights)
    state.base_quaternion[:] = np.stack([np.cos(half), 0 * half, np.sin(half), 0 * half], axis=1)
    state.base_position[:, 2] = heights + np.array([0.0, 0.01, 0.03, 0.1])
    task.reward(state)
    terms = task.terms
    np.testing.assert_allclose(terms["exact"], np.exp([0.0, -1.0, -9.0, -100.0]), atol=1e-9)
    np.testing.assert_allclose(terms["close"], np.exp([0.0, -1 / 9, -1.0, -100 / 9]), atol=1e-9)
    np.testing.assert_allclose(terms["near"], np.exp([0.0, -0.01, -0.09, -1.0]), atol=1e-9)
    np.testing.assert_allclose(terms["reference"], 1.0)
    np.testing.assert_allclose(terms["tilt"], 0.0, atol=1e-12)
    task.goal[:, 0] = heights
    np.testing.assert_allclose(task.error(state), [0.0, 0.01, 0.03, 0.1], atol=1e-12)


def test_errors_are_means_over_the_ends_of_holds() -> None:
    metrics = {
        "height_sum": np.array([0.5, 0.0]), "height_count": np.array([25.0, 0.0]),
        "low_sum": np.array([0.0, 0.0]), "low_count": np.array([0.0, 0.0]),
    }  # fmt: skip
    errors = TRAININGS["squatting"].errors(metrics)
    np.testing.assert_allclose(errors["height"], [0.02, np.nan])
    assert np.isnan(errors["low_height"]).all()


def test_a_senseless_share_is_refused() -> None:
    with pytest.raises(InputError, match="lowest_share"):
        make(lowest_share=2.0)
