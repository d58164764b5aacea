"""Policies take over from each other through the guard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import robots
from sim.conformance.switches import PolicySwitches, _Pinned, default_policies
from skillblend.errors import InputError
from skillblend.loading import load_skillset
from skillblend.safety import ActuatorRules, Rules
from skillblend.skillset import SkillSet

MODELS = Path(__file__).resolve().parents[4] / "models"


@pytest.fixture(scope="module")
def body() -> SkillSet:
    return load_skillset(robots.load("h1"), MODELS)


def test_all_skills_take_turns(body):
    seen = []
    result = PolicySwitches(body, 2).run(6, lambda *a: seen.append(a))
    assert result.policies == ("walking", "carrying", "reaching", "squatting")
    assert result.passed, result
    assert (result.robots, result.switches, result.reasons) == (1, 6, [])
    assert result.while_walking > 0.3
    assert seen[-1] == (6, 6)


@pytest.mark.slow
@pytest.mark.xfail(
    strict=True, reason="from reaching to a gait, and from squatting to walking, one in a hundred falls"
)
def test_fifty_switches_of_four_robots(body):
    result = PolicySwitches(body, 0, robots=4).run(50)
    assert result.passed, result


@pytest.mark.slow
def test_fifty_switches_of_four_robots_that_do_not_carry(body):
    result = PolicySwitches(body, 0, robots=4, policies=("walking", "reaching", "squatting")).run(50)
    assert result.passed, result


@pytest.mark.slow
def test_one_in_a_hundred_switches_between_all_skills_makes_a_robot_fall_at_most(body):
    result = PolicySwitches(body, 3, robots=96).run(24)
    assert len(result.policies) == 4
    assert result.falls <= 0.01 * 96 * 24, result


@pytest.mark.slow
def test_two_gaits_take_over_from_each_other_without_a_fall(body):
    result = PolicySwitches(body, 5, robots=24, policies=("walking", "carrying")).run(8)
    assert (result.falls, result.trips) == (0, 0), result
    assert result.while_walking > 0.2


def test_blenders_may_take_part(body):
    switches = PolicySwitches(body, 1, policies=("walking", "far_reach"))
    result = switches.run(1)
    assert result.policies == ("walking", "far_reach")
    assert max(result.torque_excess, result.position_excess, result.velocity_excess) == 0.0


def test_every_blender_may_take_part_and_its_points_stay_where_they_are(body):
    for name in body.blenders:
        switches = PolicySwitches(body, 1, policies=("walking", name))
        goal, middle = np.zeros((1, len(body.blenders[name][0].goal_space.names))), np.array([[1.0, 2.0, 0.0]])
        goal[:, :3] = [0.5, 0.1, 1.0]
        pinned = _Pinned(body.blenders[name][0].goal_space, goal, middle, np.array([np.pi / 2]))
        np.testing.assert_allclose(pinned.seen(middle, np.array([np.pi / 2])), goal, atol=1e-12)
        seen = pinned.seen(np.array([[1.0, 2.5, 0.0]]), np.zeros(1))  # it walked half a metre to y, and turned right
        np.testing.assert_allclose(seen[0, :3], [-0.1, 0.0, 1.0], atol=1e-12)
        assert switches.policies == ("walking", name)


def test_a_robot_with_other_skills():
    """Whatever skills a robot has take turns: nothing asks for one by its name."""
    own = load_skillset(robots.load("h1_2"), MODELS)
    switches = PolicySwitches(own, 3)
    assert switches.policies == default_policies(own) and len(switches.policies) == 2
    assert switches.run(1).switches == 1
    with pytest.raises(InputError, match="two policies"):
        PolicySwitches(load_skillset(robots.load("g1"), MODELS), 0)


def test_a_fall_or_a_trip_is_no_pass(body):
    rules = Rules(actuator=ActuatorRules(joint_velocity=0.6, joint_velocity_fraction=0.01))
    result = PolicySwitches(body, 2, rules=rules).run(1)
    assert not result.passed and result.trips == 1
    assert "joint_velocity" in result.reasons[0]
    assert not replace(result, trips=0, falls=1).passed
    assert not replace(result, trips=0, falls=0, torque_excess=0.1).passed
    assert replace(result, trips=0, falls=0).passed or result.falls


@pytest.mark.parametrize(
    ("options", "about"),
    [({"robots": 0}, "at least 1"), ({"policies": ("walking",)}, "two policies"),
     ({"policies": ("walking", "dancing")}, "unknown policy 'dancing'")],
)  # fmt: skip
def test_senseless_settings(body, options, about):
    with pytest.raises(InputError, match=about):
        PolicySwitches(body, 0, **options)


@pytest.mark.parametrize("switches", [0, 10_001])
def test_senseless_numbers(body, switches):
    with pytest.raises(InputError, match="switches"):
        PolicySwitches(body, 0).run(switches)


def test_limits_are_checked_all_the_time(body):
    """A guard whose torque limit is far too high is found out."""
    robot = body.robot
    switches = PolicySwitches(body, 2)
    switches.judge.robot = replace(robot, torque_limit=0.1 * robot.torque_limit)
    result = switches.run(1)
    assert result.torque_excess > 0.0 and not result.passed
    assert np.isfinite(result.torque_excess)
