"""Squatting's controller: balanced poses from kinematics, and what it sees relative to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robots
from skillblend.contracts import Array, Observation, Robot
from skillblend.errors import InputError
from skillblend.kinematics import Limbs
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill
from skillblend.skills.spec import SKILLS
from skillblend.skills.squat_table import SquatTable
from skillblend.skills.squatting import SquattingConfig, SquattingController, SquattingTruth
from skillblend.training.carry import carry

H1 = robots.load("h1")


@pytest.fixture
def controller(robot: Robot) -> SquattingController:
    return SquattingController(robot)


def at(controller: SquattingController, height: Array) -> Observation:
    """Robots at rest in the reference pose for `height` (N,)."""
    n, half = len(height), 0.5 * controller.table.leans(height)
    quaternion = np.stack([np.cos(half), 0 * half, np.sin(half), 0 * half], axis=1)
    return Observation(
        time=np.zeros(n),
        joint_position=controller.table.poses(height),
        joint_velocity=np.zeros((n, controller.robot.num_joints)),
        base_quaternion=quaternion,
        base_angular_velocity=np.zeros((n, 3)),
    )


def test_the_range_follows_from_the_kinematics(controller: SquattingController) -> None:
    low, high = controller.goal_space.lower[0], controller.goal_space.upper[0]
    assert high == pytest.approx(controller.robot.base_height, abs=1e-3)
    assert low < 0.75 * high
    assert (controller.goal_at_rest == high).all()


def test_h1_comes_as_low_as_hip_and_ankle_let_it() -> None:
    """0.70 m: the ankle at its limit less the margin, the hip at its own."""
    table = SquatTable.of(H1, 0.03)
    ankle, hip = H1.role("ankle_pitch", "left"), H1.role("hip_pitch", "left")
    assert table.height[0] == pytest.approx(0.70, abs=0.005)
    assert table.pose[0, ankle] == pytest.approx(H1.position_lower[ankle] + 0.03, abs=1e-3)
    assert table.pose[0, hip] == pytest.approx(H1.position_lower[hip] + 0.03, abs=0.02)
    assert SquatTable.of(H1, 0.06).height[0] > table.height[0]


def test_poses_stay_within_the_limits_and_standing_is_the_default_pose(controller: SquattingController) -> None:
    robot, table = controller.robot, controller.table
    assert (table.pose >= robot.position_lower).all() and (table.pose <= robot.position_upper).all()
    np.testing.assert_allclose(table.poses(np.array([robot.base_height])), robot.default_pose[None], atol=2e-3)
    np.testing.assert_allclose(table.pose, robot.mirror(table.pose), atol=1e-9)


def test_forward_kinematics_find_the_height_that_a_pose_is_for(controller: SquattingController) -> None:
    height = np.linspace(controller.goal_space.lower[0], controller.goal_space.upper[0], 33)
    stance = controller.odometry(at(controller, height))
    np.testing.assert_allclose(stance.height, height, atol=2e-3)
    np.testing.assert_allclose(stance.midfoot[:, 0], controller.table.middles(height), atol=2e-3)


def test_at_any_height_it_sees_what_a_standing_robot_sees(controller: SquattingController) -> None:
    height = np.linspace(controller.goal_space.lower[0], controller.goal_space.upper[0], 9)
    memory = controller.new_memory(9)
    obs = at(controller, height)
    memory.reset(np.arange(9), obs.joint_position)
    for _ in range(3):
        controller.update(obs, height[:, None], memory)
    seen = controller.features(obs, height[:, None], memory)
    names = [name for name, size in controller.layout for _ in range(size)]
    vertical = names.index("gravity") + 2
    kept = [i for i, name in enumerate(names) if name not in ("depth", "fine_error") and i != vertical]
    np.testing.assert_allclose(seen[:, kept], np.tile(seen[-1, kept], (9, 1)), atol=0.02)
    np.testing.assert_allclose(seen[:, names.index("depth")], (height - controller.robot.base_height) * 5, atol=0.01)
    targets = controller.targets(np.zeros((9, controller.action_size)), height[:, None], memory)
    np.testing.assert_allclose(targets, obs.joint_position, atol=2e-3)


def test_the_followed_height_moves_at_its_rate_and_stops_at_the_end_of_the_range(
    controller: SquattingController,
) -> None:
    high, step = controller.robot.base_height, controller.config.goal_rate * controller.robot.control_dt
    memory, obs = controller.new_memory(1), at(controller, np.array([high]))
    deep = np.array([[-1.0]])
    controller.update(obs, deep, memory)
    controller.update(obs, deep, memory)
    assert memory.followed[0] == pytest.approx(high - 2 * step, abs=1e-3)
    for _ in range(500):
        controller.update(obs, deep, memory)
    assert memory.followed[0] == pytest.approx(controller.goal_space.lower[0])
    controller.wait(np.array([True]), memory)
    assert controller.followed(memory)[0] == pytest.approx(high, abs=1e-3)


def test_it_holds_the_legs_while_low_and_says_how_it_leans(controller: SquattingController) -> None:
    spec, low = SKILLS["squatting"], controller.goal_space.lower
    memory, height = controller.new_memory(2), np.array([low[0], controller.robot.base_height])
    assert spec.holds is not None and spec.lean is not None and spec.error is not None
    assert spec.holds(controller, memory).tolist() == [False, False]
    assert np.isnan(spec.error(height[:, None], memory)).all()
    controller.update(at(controller, height), height[:, None], memory)
    assert spec.holds(controller, memory).tolist() == [True, False]
    np.testing.assert_allclose(spec.lean(controller, memory), np.sin(controller.table.leans(height)), atol=0.01)
    np.testing.assert_allclose(spec.error(height[:, None] + 0.1, memory), 0.1, atol=2e-3)


def test_what_its_affordance_is_told(controller: SquattingController) -> None:
    spec, low = SKILLS["squatting"], controller.goal_space.lower[0]
    memory, obs = controller.new_memory(2), at(controller, np.array([low, low]))
    controller.update(obs, np.array([[low], [low]]), memory)
    told = spec.describe(controller, np.full((2, 1), 3.0), obs, np.array([[low], [low - 0.1]]), memory)
    expected = [[3.0, 0.0, 0.0, 0.0, 0.0], [3.0, 0.1, 0.1, 0.0, 0.0]]
    np.testing.assert_allclose(told, expected, atol=5e-3)
    assert told.shape[1] == len(spec.features)


def test_targets_are_limited_in_speed_and_range(controller: SquattingController) -> None:
    robot = controller.robot
    memory = controller.new_memory(1)
    before = memory.last_targets.copy()
    targets = controller.targets(np.full((1, controller.action_size), 1e3), np.zeros((1, 1)), memory)
    assert (np.abs(targets - before)[0, controller.legs] <= controller.config.rate * robot.control_dt + 1e-9).all()
    for _ in range(200):
        targets = controller.targets(np.full((1, controller.action_size), 1e3), np.zeros((1, 1)), memory)
    assert (targets <= robot.position_upper).all() and (targets >= robot.position_lower).all()


def test_the_critic_sees_the_truth_where_there_is_one(controller: SquattingController) -> None:
    height = np.array([controller.robot.base_height])
    memory = controller.new_memory(1)
    controller.update(at(controller, height), height[:, None], memory)
    plain = controller.privileged(height[:, None], memory)
    truth = replace(SquattingTruth.estimated(memory, height - 0.02))
    told = controller.privileged(height[:, None], memory, truth)
    assert plain.shape == told.shape == (1, controller.privileged_size)
    assert told[0, 3] - plain[0, 3] == pytest.approx(-0.1, abs=0.01)


@pytest.mark.parametrize(
    "field, value",
    [("leg_scale", -1.0), ("margin", 0.9), ("goal_rate", 0.0), ("rate", np.nan), ("arm_rate", 1e9)],
)
def test_senseless_numbers_are_refused_by_name(field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        SquattingConfig(**{field: value})


def test_a_robot_with_stiff_knees_is_refused() -> None:
    knees = [H1.role("knee", side) for side in ("left", "right")]
    upper = H1.position_upper.copy()
    upper[knees] = H1.default_pose[knees]
    with pytest.raises(InputError, match="h1 cannot squat"):
        SquatTable.of(replace(H1, position_upper=upper), 0.03)


def test_reachings_networks_start_it(tmp_path: Path) -> None:
    """A robot that stands at rest is told the same by both: the carried actor moves the legs as reaching's does."""
    out = tmp_path / "out"
    carry(MODELS / "h1" / "reaching", "squatting", H1, H1, out)
    old, new = load_skill("reaching", H1, MODELS / "h1" / "reaching"), load_skill("squatting", H1, out)
    obs = at(SquattingController(H1), np.array([H1.base_height]))
    obs = replace(obs, joint_position=H1.default_pose[None].copy())
    told = []
    for skill in (old, new):
        memory, goal = skill.new_memory(obs), skill.controller.goal_at_rest[None]
        skill.controller.update(obs, goal, memory)
        told.append(skill.bundle.actor(skill.controller.features(obs, goal, memory))[0])
    np.testing.assert_allclose(told[0][new.controller.legs], told[1], atol=1e-3)  # type: ignore[attr-defined]
    assert new.bundle.config["carried_from_skill"] == "reaching"


def test_soles_are_flat_at_every_height(controller: SquattingController) -> None:
    """Heel and toe of each sole are at one height, so that the whole sole bears."""
    robot, table = controller.robot, controller.table
    for shift in (-0.05, 0.05):
        frames = [replace(f, offset=(f.offset[0] + shift, *f.offset[1:])) for f in robot.feet]
        tips = Limbs(robot, frames)(table.pose, np.zeros_like(table.pose)).position
        c, s = np.cos(table.lean)[:, None], np.sin(table.lean)[:, None]
        height = s * tips[:, :, 0] - c * tips[:, :, 2]
        np.testing.assert_allclose(height, np.tile(table.height[:, None], (1, 2)), atol=3e-3)


def test_a_height_that_is_no_number_stays_with_its_robot() -> None:
    """A broken sensor of one robot ends no other's step."""
    table = SquatTable.of(robots.load("h1"), 0.02)
    heights = np.array([0.9, np.nan, 0.8])
    poses = table.poses(heights)
    assert np.isnan(poses[1]).all()
    np.testing.assert_array_equal(poses[[0, 2]], table.poses(heights[[0, 2]]))
