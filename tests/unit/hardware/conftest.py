"""One codec per robot, and commands and states for it."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from skillblend.contracts import Robot
from skillblend.hardware import Codec, LowState


@pytest.fixture(scope="session", params=["h1", "g1", "g1_locked", "h1_2", "h1_2_locked"])
def robot(request: pytest.FixtureRequest) -> Robot:
    return robots.load(request.param)


@pytest.fixture
def codec(robot: Robot) -> Codec:
    return Codec(robot)


@pytest.fixture
def state(robot: Robot, rng: np.random.Generator) -> LowState:
    """Five different states."""
    n, j = 5, robot.num_joints
    quaternion = rng.standard_normal((n, 4))
    return LowState(
        time=np.linspace(7.0, 7.008, n),
        joint_position=rng.uniform(robot.position_lower, robot.position_upper, (n, j)),
        joint_velocity=rng.standard_normal((n, j)),
        joint_torque=rng.standard_normal((n, j)),
        temperature=rng.integers(20, 110, (n, j)).astype(np.float64),
        base_quaternion=quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True),
        base_angular_velocity=rng.standard_normal((n, 3)),
        motor_fault=np.zeros(n, dtype=np.bool_),
        checksum_ok=np.ones(n, dtype=np.bool_),
        mode_machine=np.zeros(n, dtype=np.int64),
    )
