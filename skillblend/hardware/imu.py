"""An IMU in the torso, above the waist yaw joint, speaks about the base, and the other way round."""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array


def base_from_torso(quaternion: Array, omega: Array, yaw: Array, yaw_rate: Array) -> tuple[Array, Array]:
    """Orientation and angular velocity of the base from those of the torso.

    Args:
        quaternion: Torso in the world, wxyz. Shape (N, 4).
        omega: Of the torso, torso frame. Shape (N, 3), rad/s.
        yaw: Angle of the torso joint, which turns the torso about the base z axis. Shape (N,), rad.
        yaw_rate: Shape (N,), rad/s.

    Returns:
        Base in the world, wxyz, (N, 4); angular velocity of the base, base frame, (N, 3), rad/s.
    """
    turned = _rotate_z(omega, yaw)
    turned[:, 2] -= yaw_rate
    return _turn_z(quaternion, -yaw), turned


def torso_from_base(quaternion: Array, omega: Array, yaw: Array, yaw_rate: Array) -> tuple[Array, Array]:
    """The inverse of `base_from_torso`; same shapes."""
    total = omega.copy()
    total[:, 2] += yaw_rate
    return _turn_z(quaternion, yaw), _rotate_z(total, -yaw)


def _turn_z(quaternion: Array, angle: Array) -> Array:
    """Orientations (N, 4), wxyz, followed by a turn about their own z axis."""
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    w, x, y, z = quaternion.T
    return np.stack([w * c - z * s, x * c + y * s, y * c - x * s, z * c + w * s], axis=1)


def _rotate_z(vectors: Array, angle: Array) -> Array:
    """Vectors (N, 3) rotated about z by `angle` (N,)."""
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = vectors.T
    return np.stack([c * x - s * y, s * x + c * y, z], axis=1)
