"""The footstep skill's plan and controller on cases that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import robots
from skillblend.contracts import Observation, Robot
from skillblend.errors import InputError
from skillblend.kinematics import Limbs
from skillblend.shipped import MODELS
from skillblend.skills.footstep import FootstepController, FootstepMemory
from skillblend.skills.skill import load_skill
from skillblend.skills.spec import SKILLS
from skillblend.skills.step_plan import FootstepConfig, LevelSoles, Rock
from skillblend.training.carry import carry

H1 = robots.load("h1")


@pytest.fixture
def controller() -> FootstepController:
    return FootstepController(H1)


def standing(robot: Robot, n: int) -> Observation:
    return Observation(
        time=np.zeros(n),
        joint_position=np.tile(robot.default_pose, (n, 1)),
        joint_velocity=np.zeros((n, robot.num_joints)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )


def ready(controller: FootstepController, n: int) -> tuple[Observation, FootstepMemory]:
    obs, memory = standing(controller.robot, n), controller.new_memory(n)
    memory.reset(np.arange(n), obs.joint_position)
    return obs, memory


def test_targets_are_within_a_disc_and_not_across_the_other_foot(controller: FootstepController) -> None:
    goal = np.array([[1.0, 0.2, 0.0], [1.0, 0.25, 0.25], [1.0, 0.0, -0.25], [-1.0, 0.0, 0.25], [0.4, 0.1, 0.1]])
    side, target = controller.wanted(goal)
    width = controller.width
    assert side.tolist() == [1.0, 1.0, 1.0, -1.0, 0.0]
    np.testing.assert_allclose(target[0], [0.2, width])
    np.testing.assert_allclose(target[1] - [0.0, width], np.full(2, 0.25 / np.sqrt(2)))
    np.testing.assert_allclose(target[2], [0.0, width - 0.08])
    np.testing.assert_allclose(target[3], [0.0, -width + 0.08])


@pytest.mark.parametrize("name", ["h1", "h1_2"])
def test_soles_are_put_where_they_are_wanted_and_stay_level(name: str) -> None:
    robot = robots.load(name)
    solve = LevelSoles(robot)
    places = solve.home + np.random.default_rng(1).uniform(-0.05, 0.05, (50, 2, 3)) * [1.0, 1.0, 0.0]
    places[:, 0, 2] += 0.04
    pose = solve(places)
    found = Limbs(robot, robot.feet)(pose, np.zeros_like(pose)).position
    np.testing.assert_allclose(found, places, atol=6e-3)
    for side in ("left", "right"):
        joints = [robot.role(role, side) for role in ("hip_pitch", "knee", "ankle_pitch")]
        np.testing.assert_allclose(pose[:, joints].sum(axis=1), robot.default_pose[joints].sum(), atol=1e-9)


@pytest.mark.parametrize("name", robots.names())
def test_the_base_is_pushed_rises_as_a_pendulum_and_is_back_when_the_foot_lands(name: str) -> None:
    robot = robots.load(name)
    cfg = FootstepConfig.for_robot(robot)
    rock = Rock(robot, cfg.push, cfg.swing)
    step = 1e-4
    time = np.arange(-0.1, 2 * cfg.push + cfg.swing + 0.1, step)
    sway = rock.sway(time)
    half = 0.5 * FootstepController(robot).width
    assert sway[time < 0].max() == 0.0 and sway[time > 2 * cfg.push + cfg.swing].max() < 1e-6
    assert 0.0 < sway.max() < half
    speed = np.diff(sway) / step
    assert np.abs(np.diff(speed)).max() < 0.02, "no jumps"
    bend = np.diff(sway, n=2) / step**2
    pushed = (time[1:-1] > 0.05) & (time[1:-1] < cfg.push - 0.01)
    np.testing.assert_allclose(bend[pushed], rock.acceleration, rtol=0.01)
    air = (time[1:-1] > cfg.push + 0.01) & (time[1:-1] < cfg.push + cfg.swing - 0.01)
    pendulum = np.sqrt(0.95 * robot.base_height / 9.81)
    np.testing.assert_allclose(bend[air], -(half - sway[1:-1][air]) / pendulum**2, rtol=0.02)


def test_a_step_is_made_once_and_ends(controller: FootstepController) -> None:
    obs, memory = ready(controller, 3)
    goal = np.array([[1.0, 0.2, 0.0], [-1.0, 0.01, 0.0], [0.0, 0.2, 0.0]])
    controller.update(obs, goal, memory)
    assert controller.stepping(memory).tolist() == [True, False, False]
    assert memory.side.tolist() == [1.0, -1.0, 1.0]
    for _ in range(2):
        for _ in range(round(controller.duration / H1.control_dt) + 1):
            controller.targets(np.zeros((3, controller.action_size)), goal, memory)
            assert not controller.stepping(memory)[1:].any()
        assert not controller.stepping(memory).any()
        controller.update(obs, goal, memory)  # it has not moved: once more
    assert memory.tries[0] == 2.0 and not controller.stepping(memory).any(), "no third time"
    controller.update(obs, goal * [1.0, -1.0, 1.0], memory)
    assert controller.stepping(memory)[0], "another goal"


def test_the_plan_begins_where_feet_are_and_ends_at_the_target(controller: FootstepController) -> None:
    obs, memory = ready(controller, 1)
    goal = np.array([[-1.0, 0.1, -0.05]])
    controller.update(obs, goal, memory)
    base, sole, lift = controller.plan(memory)
    np.testing.assert_allclose(sole[0], [0.0, -controller.width], atol=1e-9)
    np.testing.assert_allclose(-base[0], controller.home[0, :2], atol=1e-9)
    assert lift[0] == 0.0
    memory.clock[:] = controller.config.push + 0.5 * controller.config.swing
    base, sole, lift = controller.plan(memory)
    assert lift[0] == pytest.approx(controller.config.lift) and base[0, 1] > -controller.home[0, 1] + 0.05
    memory.clock[:] = 2 * controller.config.push + controller.config.swing
    base, sole, lift = controller.plan(memory)
    np.testing.assert_allclose(sole[0], [0.1, -controller.width - 0.05], atol=1e-9)
    np.testing.assert_allclose(base[0], 0.5 * sole[0] - controller.home.mean(axis=0)[:2], atol=1e-9)


def test_a_mirrored_robot_sees_the_same_and_does_the_mirror_image(controller: FootstepController) -> None:
    obs, memory = ready(controller, 2)
    shaken = H1.default_pose + np.random.default_rng(2).uniform(-0.05, 0.05, H1.num_joints)
    pose = np.stack([shaken, H1.mirror(shaken[None])[0]])
    seen = Observation(
        time=obs.time,
        joint_position=pose,
        joint_velocity=0.3 * (pose - H1.default_pose),
        base_quaternion=np.array([[0.995, 0.02, 0.03, 0.0], [0.995, -0.02, 0.03, 0.0]]),
        base_angular_velocity=np.array([[0.1, 0.2, 0.3], [-0.1, 0.2, -0.3]]),
    )
    goal = np.array([[1.0, 0.12, 0.03], [-1.0, 0.12, -0.03]])
    controller.update(seen, goal, memory)
    memory.clock += 0.4
    rows = controller.features(seen, goal, memory)
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    extra = controller.privileged(goal, memory)
    np.testing.assert_allclose(extra[0], extra[1], atol=1e-9)
    action = np.tile(np.linspace(-1.0, 1.0, controller.action_size), (2, 1))
    memory.last_targets[:] = pose
    targets = controller.targets(action, goal, memory)
    np.testing.assert_allclose(targets[1], H1.mirror(targets[:1])[0], atol=1e-6)


def test_others_end_a_step_and_its_legs_are_kept_until_then(controller: FootstepController) -> None:
    obs, memory = ready(controller, 2)
    goal = np.tile([1.0, 0.2, 0.0], (2, 1))
    controller.update(obs, goal, memory)
    holds, error = SKILLS["footstep"].holds, SKILLS["footstep"].error
    assert holds is not None and holds(controller, memory).all()
    assert error is not None and error(goal, memory) == pytest.approx(0.2)
    assert error(np.zeros((2, 3)), memory).tolist() == [0.0, 0.0]
    controller.wait(np.array([True, False]), memory)
    assert holds(controller, memory).tolist() == [False, True]
    assert controller.summary(memory).shape == (2, 4)


def test_a_standing_robots_networks_start_it(tmp_path: Path) -> None:
    known = carry(MODELS / "h1" / "squatting", "footstep", H1, H1, tmp_path / "footstep")
    skill = load_skill("footstep", H1, tmp_path / "footstep")
    assert known == H1.num_joints
    before = load_skill("squatting", H1, MODELS / "h1" / "squatting")
    obs, actions = standing(H1, 1), []
    for each in (before, skill):
        memory, goal = each.new_memory(obs), each.controller.goal_at_rest[None]
        each.controller.update(obs, goal, memory)
        actions.append(each.bundle.actor(each.controller.features(obs, goal, memory)))
    np.testing.assert_allclose(actions[1], actions[0], atol=1e-3)


@pytest.mark.parametrize(
    "field, value", [("push", 0.0), ("swing", 9.0), ("lift", -1.0), ("rate", 0.0), ("leg_scale", 9.0)]
)
def test_a_step_that_no_robot_can_make_is_refused(field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        FootstepConfig(**{field: value})
