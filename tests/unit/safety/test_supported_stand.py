"""Standing under the guard alone, on paper and in MuJoCo."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim.batch import BatchSim
from sim.world import build_world
from skillblend.safety import ActuatorRules, Guard, Mode, Rules, Trip
from skillblend.safety.rules import derive_limits
from skillblend.safety.supported_stand import SupportedStand


@pytest.fixture
def stance(h1) -> SupportedStand:
    rules = ActuatorRules()
    return SupportedStand(h1, derive_limits(h1, rules), rules, 2)


BOTH = np.array([True, True])


def test_a_robot_that_stands_well_is_asked_for_its_pose(h1, make_bench, stance):
    obs = make_bench(num=2).obs()
    assert np.allclose(stance.step(obs, BOTH, 0.02), h1.default_pose, atol=0.01)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_ankles_push_against_a_lean_and_nothing_else_does(h1, make_bench, stance, sign):
    bench = make_bench(num=2)
    lean = np.tile([np.cos(0.025), 0.0, sign * np.sin(0.025), 0.0], (2, 1))  # 0.05 rad about y
    change = stance.step(bench.obs(base_quaternion=lean), BOTH, 0.02) - h1.default_pose
    ankles = h1.joints("ankle")
    assert (change[:, ankles] * sign > 0.05).all()
    assert not np.delete(change, ankles, axis=1).any()


def test_the_answer_is_stronger_than_gravity_and_within_the_torque_limit(h1, make_bench, stance):
    bench, ankles = make_bench(num=2), h1.joints("ankle")
    angle = 0.04
    lean = np.tile([np.cos(angle / 2), 0.0, np.sin(angle / 2), 0.0], (2, 1))
    torque = (stance.step(bench.obs(base_quaternion=lean), BOTH, 0.02) - h1.default_pose)[0, ankles] * 120.0
    weight = 9.81 * sum(body.mass for body in h1.bodies)
    assert torque.sum() > weight * h1.base_height * angle
    far = np.tile([np.cos(0.15), 0.0, np.sin(0.15), 0.0], (2, 1))
    torque = (stance.step(bench.obs(base_quaternion=far), BOTH, 0.02) - h1.default_pose)[0, ankles] * 120.0
    assert np.allclose(torque, 40.0)


def test_joints_are_led_to_the_pose_at_the_standing_rate(h1, make_bench, stance):
    elsewhere = np.tile(h1.default_pose, (2, 1))
    column = h1.joint("left_elbow")
    elsewhere[:, column] += 0.05
    stance.begin(np.array([True, False]), elsewhere)
    obs = make_bench(num=2).obs()
    found = [stance.step(obs, BOTH, 0.02)[:, column] - h1.default_pose[column] for _ in range(4)]
    assert np.allclose(np.array(found)[:, 0], [0.03, 0.01, 0.0, 0.0])
    assert not np.array(found)[:, 1].any()


def test_only_those_who_stand_are_answered(h1, make_bench, stance):
    lean = np.tile([np.cos(0.025), 0.0, np.sin(0.025), 0.0], (2, 1))
    found = stance.step(make_bench(num=2).obs(base_quaternion=lean), np.array([False, True]), 0.02)
    assert np.array_equal(found[0], h1.default_pose)
    assert not np.array_equal(found[1], h1.default_pose)


def stand(name: str, push: float, periods: int, rules: Rules | None = None):
    """Six robots, pushed in six directions, then held by the guard alone; guard and base heights."""
    robot = robots.load(name)
    world = build_world(robot)
    n, angle = 6, np.arange(6) * np.pi / 3
    sim, guard = BatchSim(world, n, 1), Guard(robot, rules, num=n)
    speed = np.zeros((n, world.model.nv))
    speed[:, 0], speed[:, 1] = push * np.cos(angle), push * np.sin(angle)
    sim.reset(np.arange(n), np.tile(world.home, (n, 1)), speed)
    for period in range(periods):
        now = period * robot.control_dt
        guard.observe(sim.state(np.full(n, now)), now)
        if period == 0:
            guard.launch()
            guard.stand()
        sim.step(guard.tick(now))
    return guard, sim.state(np.zeros(n)).base_position[:, 2]


@pytest.mark.parametrize(("name", "push"), [("h1", 0.0), ("h1", 0.3), ("g1", 0.3), ("h1_2", 0.0)])
def test_robots_keep_standing(name, push):
    guard, height = stand(name, push, 400)
    assert guard.state.tolist() == [Mode.STAND] * 6
    assert np.allclose(height, guard.robot.base_height, atol=0.05)


def test_h1_falls_without_its_ankles_and_the_guard_notices():
    guard, height = stand("h1", 0.0, 200, Rules(actuator=ActuatorRules(balance=1e-3)))
    assert guard.state.tolist() == [Mode.FAULT] * 6
    assert (height < 0.8).all()
    assert all(Trip.TILT in Trip(int(faults)) for faults in guard.faults)
