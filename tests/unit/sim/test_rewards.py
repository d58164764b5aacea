"""Reward terms at states whose value can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import robots
from sim.env import BatchEnv
from sim.mdp import fallen
from sim.randomisation import NOMINAL
from sim.registry import builtin_tasks
from sim.skills.arms import arm_ranges
from sim.skills.reaching import ReachingTask
from sim.skills.walking import WalkingTask
from skillblend.contracts import Array, WorldState
from skillblend.kinematics import from_heading, turned
from skillblend.skills.walking import WalkingController

MakeEnv = Callable[..., BatchEnv]


@pytest.fixture
def walking(make_env: MakeEnv) -> tuple[BatchEnv, WalkingTask]:
    env = make_env("walking", 2, randomisation=NOMINAL, fixed_goal=(0.5, 0.0, 0.0))
    env.reset()
    task = env.task
    assert isinstance(task, WalkingTask)
    return env, task


@pytest.fixture
def reaching(make_env: MakeEnv) -> tuple[BatchEnv, ReachingTask]:
    env = make_env("reaching", 2, randomisation=NOMINAL)
    env.reset()
    task = env.task
    assert isinstance(task, ReachingTask)
    return env, task


def tilted(state: WorldState, roll: float, pitch: float = 0.0) -> WorldState:
    """The same robots, tilted about x by `roll` or about y by `pitch`, rad."""
    half = (roll or pitch) / 2
    axis = np.array([roll != 0, pitch != 0, False]) * np.sin(half)
    return replace(state, base_quaternion=np.tile([np.cos(half), *axis], (state.num, 1)))


def terms(task: WalkingTask | ReachingTask, state: WorldState) -> dict[str, Array]:
    task.reward(state)
    return task.terms


@pytest.mark.parametrize("angle", [0.0, np.pi / 6, np.pi / 3])
def test_tilt_is_the_squared_sine(walking: tuple[BatchEnv, WalkingTask], angle: float) -> None:
    env, task = walking
    expected = np.sin(angle) ** 2  # 0.75 at 60 degrees
    assert terms(task, tilted(env.state, angle))["tilt"] == pytest.approx(expected)
    assert terms(task, tilted(env.state, 0.0, -angle))["tilt"] == pytest.approx(expected)


@pytest.mark.parametrize("degrees, falls", [(44.0, False), (46.0, True), (-44.0, False), (-46.0, True)])
def test_a_robot_has_fallen_beyond_45_degrees(
    walking: tuple[BatchEnv, WalkingTask], degrees: float, falls: bool
) -> None:
    state = walking[0].state
    assert fallen(tilted(state, np.radians(degrees)), 0.6).tolist() == [falls, falls]
    assert fallen(tilted(state, 0.0, np.radians(degrees)), 0.6).tolist() == [falls, falls]


def test_a_robot_has_fallen_below_the_lowest_height(walking: tuple[BatchEnv, WalkingTask]) -> None:
    state = walking[0].state
    low = replace(state, base_position=np.array([[0, 0, 0.59], [0, 0, 0.61]]))
    assert fallen(low, 0.6).tolist() == [True, False]


@pytest.mark.parametrize("task", ["walking", "reaching"])
@pytest.mark.parametrize("robot", robots.names())
def test_a_robot_has_fallen_below_its_own_share_of_its_height(robot: str, task: str) -> None:
    own = robots.load(robot)
    env = BatchEnv(builtin_tasks().make(task, own), 2, randomisation=NOMINAL)
    env.reset()
    lowest = 0.6 / 1.01484 * own.base_height  # the H1: 0.6 m of 1.01484
    low = replace(env.state, base_position=np.array([[0, 0, lowest - 0.005], [0, 0, lowest + 0.005]]))
    assert env.task.failed(low).tolist() == [True, False]


@pytest.mark.parametrize("robot", robots.names())
def test_arms_wander_while_legs_walk_on_every_robot(robot: str) -> None:
    controller = WalkingController(robots.load(robot))
    low, high = arm_ranges(controller)
    wide = {controller.robot.joint_roles[j] for j in controller.slow[high - low > 0.4].tolist()}
    arm = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow")
    assert wide == {"torso", *(f"{side}_{part}" for side in ("left", "right") for part in arm)}
    assert (low >= controller.robot.position_lower[controller.slow]).all()
    assert (high <= controller.robot.position_upper[controller.slow]).all()


def test_velocity_terms_are_largest_at_the_command_and_fall_as_gaussians(
    walking: tuple[BatchEnv, WalkingTask],
) -> None:
    env, task = walking
    task.velocity = np.array([[0.5, 0.0, 0.0], [0.5, 0.5, 0.0]])
    task.average = np.array([[0.5, 0.0, 0.0], [0.5, 0.1, 0.3]])
    found = terms(task, env.state)
    off = 0.3 * np.exp(-0.25 / 0.25) + 0.35 * np.exp(-0.01 / 0.08) + 0.35 * np.exp(-0.01 / 0.015)
    assert found["lin_vel"] == pytest.approx([1.0, off])
    assert found["yaw_rate"] == pytest.approx([1.0, 0.5 * np.exp(-0.09 / 0.25) + 0.5 * np.exp(-0.09 / 0.03)])


def test_velocity_is_judged_in_the_heading_frame(walking: tuple[BatchEnv, WalkingTask]) -> None:
    env, task = walking
    heading = np.array([0.9, -2.0])
    task.average = np.tile([0.5, 0.0, 0.0], (2, 1))
    state = replace(
        env.state,
        base_quaternion=turned(np.tile([1.0, 0, 0, 0], (2, 1)), heading),
        base_linear_velocity=from_heading(np.tile([0.5, 0.0, 0.0], (2, 1)), heading),
    )
    task.after_tick(state, env.obs)
    assert task.velocity == pytest.approx(np.tile([0.5, 0.0, 0.0], (2, 1)))


def test_walking_terms_by_hand(walking: tuple[BatchEnv, WalkingTask]) -> None:
    env, task = walking
    joints = env.state.joint_position.shape[1]
    task.action_change = np.full((2, task.action_size), 0.2)
    task.velocity = np.tile([0.0, 0.0, -0.3], (2, 1))
    state = replace(
        env.state,
        joint_torque=np.full((2, joints), 10.0),
        base_angular_velocity=np.tile([0.3, -0.4, 5.0], (2, 1)),
    )
    found = terms(task, state)
    assert found["alive"] == pytest.approx(1.0)
    assert found["action_rate"] == pytest.approx(0.5 * task.action_size * 0.04)
    assert found["torque"] == pytest.approx(joints * 100.0)
    assert found["vertical"] == pytest.approx(0.09)
    assert found["roll_pitch_rate"] == pytest.approx(0.25)


def test_joint_limit_counts_what_lies_beyond_the_soft_range(walking: tuple[BatchEnv, WalkingTask]) -> None:
    env, task = walking
    robot = task.world.robot
    low, high = robot.position_lower, robot.position_upper
    middle = np.tile((low + high) / 2, (2, 1))
    assert terms(task, replace(env.state, joint_position=middle))["joint_limit"] == pytest.approx(0.0)
    knee = robot.joint("left_knee")
    beyond = middle.copy()
    beyond[:, knee] = high[knee]
    expected = 0.05 * (high[knee] - low[knee]) / 2
    assert terms(task, replace(env.state, joint_position=beyond))["joint_limit"] == pytest.approx(expected)


def test_reward_is_the_weighted_sum_per_second(walking: tuple[BatchEnv, WalkingTask]) -> None:
    env, task = walking
    reward = task.reward(env.state)
    total = sum(task.config.weights[k] * v for k, v in task.terms.items())
    assert set(task.terms) == set(task.config.weights)
    assert reward == pytest.approx(np.maximum(total, -0.5) * 0.02)


def test_a_fall_costs_its_price(walking: tuple[BatchEnv, WalkingTask]) -> None:
    env, task = walking
    reward = task.reward(tilted(env.state, np.pi / 3))
    total = sum(task.config.weights[k] * v for k, v in task.terms.items())
    assert reward == pytest.approx(np.maximum(total, -0.5) * 0.02 - task.config.fall_price)
    assert task.metrics["fell"].tolist() == [1.0, 1.0]


def test_reaching_terms_at_and_beside_the_targets(reaching: tuple[BatchEnv, ReachingTask]) -> None:
    env, task = reaching
    wrists = env.sim.hand_position()
    task.target = wrists.copy()
    task.target[1, :, 0] += 0.1
    found = terms(task, env.state)
    assert found["distance"] == pytest.approx([0.0, 0.1])
    assert found["near"] == pytest.approx([1.0, np.exp(-1 / 9)])
    assert found["close"] == pytest.approx([1.0, np.exp(-1.0)])
    assert found["exact"] == pytest.approx([1.0, np.exp(-100 / 9)])


def test_reaching_goals_are_the_targets_seen_from_between_the_feet(
    reaching: tuple[BatchEnv, ReachingTask],
) -> None:
    env, task = reaching
    middle = env.sim.foot_position().mean(axis=1)
    middle[:, 2] = 0.0
    heading = np.arctan2(
        2 * (env.state.base_quaternion[:, 0] * env.state.base_quaternion[:, 3]
             + env.state.base_quaternion[:, 1] * env.state.base_quaternion[:, 2]),
        1 - 2 * (env.state.base_quaternion[:, 2:] ** 2).sum(axis=1),
    )  # fmt: skip
    back = middle[:, None] + from_heading(task.goal.reshape(2, 2, 3), heading)
    assert back == pytest.approx(task.target)


def test_foot_shift_is_measured_from_where_the_episode_began(reaching: tuple[BatchEnv, ReachingTask]) -> None:
    env, task = reaching
    assert terms(task, env.state)["foot_shift"] == pytest.approx(0.0)
    task.feet = task.first_feet + np.array([0.03, 0.04, 0.0])
    assert terms(task, env.state)["foot_shift"] == pytest.approx(2 * 0.05**2)


def test_a_robot_that_is_to_stand_should_neither_lean_back_nor_roll_on_nor_walk_back(
    walking: tuple[BatchEnv, WalkingTask],
) -> None:
    env, task = walking
    task.average[:] = [0.3, 0.4, 0.0]
    task.memory.waiting[:] = [0.0, 1.0]
    task.memory.holding[:] = [False, True]
    back = terms(task, tilted(env.state, 0.0, -0.2))
    assert back["lean_back"] == pytest.approx([0.0, np.sin(0.2) ** 2])
    assert terms(task, tilted(env.state, 0.0, 0.2))["lean_back"] == pytest.approx([0.0, 0.0])
    assert back["brake"] == pytest.approx([0.0, 0.5])
    assert back["walk_back"].tolist() == [0.0, 1.0]


def test_the_sole_of_a_swing_foot_should_be_level(walking: tuple[BatchEnv, WalkingTask]) -> None:
    env, task = walking
    qpos = np.tile(env.task.world.home, (2, 1))
    qpos[:, 2] += 0.1
    ankle = env.task.world.robot.role("ankle_pitch", "left")
    qpos[1, 7 + ankle] += 0.25
    env.sim.reset(np.arange(2), qpos, np.zeros((2, env.sim.qvel.shape[1])))
    task._see(env.state)  # pyright: ignore[reportPrivateUsage]
    level = env.sim.foot_pitch()
    assert level[1, 0] - level[0, 0] == pytest.approx(0.25)
    assert terms(task, env.state)["foot_level"] == pytest.approx((level**2).sum(axis=1))
    env.sim.reset(np.arange(2), qpos - [0, 0, 0.1, *[0] * (qpos.shape[1] - 3)], np.zeros((2, env.sim.qvel.shape[1])))
    task._see(env.state)  # pyright: ignore[reportPrivateUsage]
    assert terms(task, env.state)["foot_level"][0] == 0.0
