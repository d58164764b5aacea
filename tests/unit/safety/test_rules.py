"""The rules' numbers, and the limits that follow from a robot's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from skillblend.errors import InputError, ShapeError
from skillblend.safety.rules import ActuatorRules, InstructionRules, PlanRules, Rules, derive_limits


@pytest.mark.parametrize("name", robots.names())
def test_limits_follow_from_robot_data(name):
    robot = robots.load(name)
    limits = derive_limits(robot, ActuatorRules(position_margin=0.02, torque_fraction=0.9))
    assert np.allclose(limits.position_lower, robot.position_lower + 0.02)
    assert np.allclose(limits.position_upper, robot.position_upper - 0.02)
    assert np.allclose(limits.torque, 0.9 * robot.torque_limit)
    span = robot.torque_limit / robot.stiffness
    assert np.allclose(limits.rate, robot.velocity_limit * robot.control_dt + span)
    assert np.allclose(limits.step - limits.rate, span)
    assert (limits.blind_damping * limits.joint_velocity_trip <= limits.torque + 1e-9).all()
    assert ((limits.pose >= limits.position_lower) & (limits.pose <= limits.position_upper)).all()


def test_rules_of_plans_are_as_large_as_the_robot(h1):
    g1 = PlanRules.for_robot(robots.load("g1"))
    assert Rules.for_robot(h1) == Rules()
    assert g1.stand_off == pytest.approx(0.4 * 0.4810 / 0.6092, abs=1e-3)
    assert g1.reach == pytest.approx(1.5 * 0.4810 / 0.6092, abs=1e-3)
    assert g1.clearance == pytest.approx(0.4 * 0.6752 / 0.8406, abs=1e-3)
    assert g1.max_speed == pytest.approx(1.1 * (0.6752 / 0.8406) ** 0.5, abs=0.01)
    assert g1.deceleration == PlanRules().deceleration  # of gravity's size for all


def test_published_trip_levels():
    rules = ActuatorRules()
    assert (rules.tilt, rules.joint_velocity, rules.body_rate, rules.temperature) == (1.0, 10.0, 6.0, 120.0)


def test_slow_joints_trip_at_the_published_speed_fast_ones_above_their_own_limit(h1):
    limits = derive_limits(h1, ActuatorRules())
    assert limits.joint_velocity_trip[h1.joint("left_knee")] == pytest.approx(24.5)
    assert limits.joint_velocity_trip[h1.joint("left_ankle")] == pytest.approx(15.75)
    assert derive_limits(h1, ActuatorRules(joint_velocity_fraction=1.0)).joint_velocity_trip.min() == 10.0


def test_standing_is_carried_by_legs_and_waist(h1):
    names = {h1.joint_names[j] for j in derive_limits(h1, ActuatorRules()).carrying}
    assert names == {n for n in h1.joint_names if not any(p in n for p in ("shoulder", "elbow"))}


@pytest.mark.parametrize("kind", [ActuatorRules, PlanRules, InstructionRules])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_rules_must_be_positive_and_finite(kind, value):
    name = next(iter(kind.__dataclass_fields__))
    with pytest.raises(InputError, match=name):
        kind(**{name: value})


@pytest.mark.parametrize("name", ["velocity_fraction", "velocity_taper", "torque_fraction", "switch_fraction"])
def test_shares_are_at_most_one(name):
    with pytest.raises(InputError, match=name):
        ActuatorRules(**{name: 1.01})


def test_arrays_must_fit_the_joints(h1):
    with pytest.raises(ShapeError, match="stiffness"):
        derive_limits(replace(h1, stiffness=h1.stiffness[:-1]), ActuatorRules())


@pytest.mark.parametrize("name", ["velocity_limit", "torque_limit", "stiffness", "damping"])
def test_numbers_of_the_robot_must_be_positive(h1, name):
    values = getattr(h1, name).copy()
    values[3] = 0.0
    with pytest.raises(InputError, match=h1.joint_names[3]):
        derive_limits(replace(h1, **{name: values}), ActuatorRules())


def test_a_margin_must_leave_a_range(h1):
    with pytest.raises(InputError, match="range of motion"):
        derive_limits(h1, ActuatorRules(position_margin=0.5))
