"""The upright map: angles about upright hip axes move the sole as such axes would."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from skillblend.contracts import Array, Robot
from skillblend.kinematics import Limbs, home_chain
from skillblend.skills.upright import UprightMap

N = 7


def sole_velocity(robot: Robot, rates: Array) -> Array:
    """Of the left sole for joint rates (J,) in the default pose: linear, then angular. Shape (6,)."""
    linear = Limbs(robot, robot.feet)(robot.default_pose[None], rates[None]).velocity[0, 0]
    chain = home_chain(robot, robot.feet[0])
    return np.concatenate([linear, rates[chain.joints] @ chain.axes])


def test_yaw_turns_the_sole_and_does_not_swing_it(robot: Robot) -> None:
    """A yaw about the vertical through the hip turns the foot about the point below it."""
    upright = UprightMap(robot)
    rates = np.zeros((1, robot.num_joints))
    rates[0, robot.role("hip_yaw", "left")] = 1.0
    velocity = sole_velocity(robot, upright.to_joints(rates)[0])
    assert velocity[3:] == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)
    assert velocity[2] == pytest.approx(0.0, abs=1e-9)
    assert abs(velocity[1]) < 0.04  # G1 without the map: 0.23 m/rad


def test_without_the_map_a_yaw_swings_the_sole_of_the_g1() -> None:
    g1 = robots.load("g1")
    rates = np.zeros(g1.num_joints)
    rates[g1.role("hip_yaw", "left")] = 1.0
    assert abs(sole_velocity(g1, rates)[1]) > 0.2


def test_roll_moves_the_sole_sideways_only(robot: Robot) -> None:
    upright = UprightMap(robot)
    rates = np.zeros((1, robot.num_joints))
    rates[0, robot.role("hip_roll", "left")] = 1.0
    velocity = sole_velocity(robot, upright.to_joints(rates)[0])
    assert velocity[3:] == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)
    assert abs(velocity[0]) < 1e-9


def test_there_and_back(robot: Robot, rng: np.random.Generator) -> None:
    upright, values = UprightMap(robot), rng.normal(size=(N, robot.num_joints))
    assert upright.to_upright(upright.to_joints(values)) == pytest.approx(values)
    assert upright.to_joints(values) == pytest.approx(values @ upright.matrix.T)


def test_a_robot_alone_gets_the_same_bits_as_among_others(robot: Robot, rng: np.random.Generator) -> None:
    upright, values = UprightMap(robot), rng.normal(size=(N, robot.num_joints))
    alone = np.concatenate([upright.to_joints(values[i : i + 1]) for i in range(N)])
    assert (upright.to_joints(values) == alone).all()


def test_the_map_is_the_same_on_both_sides(robot: Robot, rng: np.random.Generator) -> None:
    upright, values = UprightMap(robot), rng.normal(size=(N, robot.num_joints))
    assert upright.to_joints(robot.mirror(values)) == pytest.approx(robot.mirror(upright.to_joints(values)), abs=1e-3)


def test_upright_hips_need_no_map() -> None:
    h1 = robots.load("h1")
    upright = UprightMap(h1)
    values = np.ones((2, h1.num_joints))
    assert upright.identity
    assert upright.to_joints(values) is values


def test_tilted_hips_do() -> None:
    assert not UprightMap(robots.load("g1")).identity
    assert not UprightMap(robots.load("h1_2")).identity
