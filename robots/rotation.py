"""Rotation matrices from the two descriptions that the tables use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skillblend.contracts import Array


def matrix_from_rpy(rpy: Sequence[float]) -> Array:
    """Rotation matrix (3, 3) of fixed-axis roll, pitch, yaw (rad).

    Source: URDF specification, ``R = Rz(yaw) Ry(pitch) Rx(roll)``.
    """
    roll, pitch, yaw = np.eye(3)
    return matrix_about(yaw, rpy[2]) @ matrix_about(pitch, rpy[1]) @ matrix_about(roll, rpy[0])


def matrix_about(axis: Array, angle: float) -> Array:
    """Rotation matrix (3, 3) by `angle` (rad) about the unit vector `axis` (3,).

    Source: Rodrigues' rotation formula.
    """
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
