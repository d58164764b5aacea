"""The torso's IMU, against the kinematics of the robot."""

from __future__ import annotations

import numpy as np

import robots
from robots.rotation import matrix_about
from skillblend.hardware.imu import base_from_torso, torso_from_base


def matrix(q: np.ndarray) -> np.ndarray:
    w, x, y, z = q
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def test_round_trip(rng):
    q = rng.standard_normal((20, 4))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    omega, yaw, rate = rng.standard_normal((20, 3)), rng.uniform(-2, 2, 20), rng.standard_normal(20)
    q2, omega2 = base_from_torso(*torso_from_base(q, omega, yaw, rate), yaw, rate)
    assert np.allclose(q2, q)
    assert np.allclose(omega2, omega)


def test_against_the_robots_own_torso_joint(rng):
    """Orientation and angular velocity of the torso follow from base, joint axis and joint rate."""
    for name in ("h1", "h1_2"):
        robot = robots.load(name)
        joint = robot.joint("torso")
        torso = next(body for body in robot.bodies if body.joint == joint)
        assert torso.parent == 0
        for _ in range(5):
            q = rng.standard_normal(4)
            q /= np.linalg.norm(q)
            omega, yaw, rate = rng.standard_normal(3), rng.uniform(-2, 2), rng.standard_normal()
            turn = torso.rotation @ matrix_about(torso.axis, yaw)
            found_q, found_omega = torso_from_base(q[None], omega[None], np.array([yaw]), np.array([rate]))
            assert np.allclose(matrix(found_q[0]), matrix(q) @ turn)
            assert np.allclose(found_omega[0], turn.T @ omega + torso.axis * rate)
