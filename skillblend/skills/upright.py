"""Legs as if their hip axes were upright: what lets one gait and one policy serve differently built hips."""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array, Frame, IntArray, Robot
from skillblend.kinematics import HomeChain, home_chain

_SAME = 1e-9
"""Entries of a map that differ from those of the identity by no more are its own."""


class UprightMap:
    """Between joint angles and angles about upright hip axes: yaw about the vertical, roll about the way ahead.

    Where hip roll and yaw come after the pitch joint, their axes tilt with the thigh (G1: by 0.36 rad in its default
    pose), so that a yaw also swings the foot sideways. Near the default pose the two are related by
    ``q = home + M (u - home)`` with ``M = pinv(J) J_upright``: equal motion of the sole, in position and orientation.
    The identity for legs whose axes are upright (H1); nothing is computed then.

    Source: resolved motion rate control, Whitney, IEEE Transactions on Man-Machine Systems 10 (1969).

    Attributes:
        matrix: M. Shape (J, J).
        identity: Whether there is nothing to do.
    """

    def __init__(self, robot: Robot) -> None:
        """Work M out for both legs of `robot`."""
        self.matrix = np.eye(robot.num_joints)
        for side, foot in zip(("left", "right"), robot.feet, strict=True):
            joints, block = _leg_map(robot, side, foot)
            self.matrix[np.ix_(joints, joints)] = block
        self.identity = bool(np.abs(self.matrix - np.eye(robot.num_joints)).max() < _SAME)
        self._to_joints = _entries(self.matrix)
        self._to_upright = _entries(np.linalg.inv(self.matrix).astype(np.float64))

    def to_joints(self, values: Array) -> Array:
        """Differences of joint angles (N, J) for differences of angles about upright axes (N, J)."""
        return values if self.identity else _applied(self._to_joints, values)

    def to_upright(self, values: Array) -> Array:
        """The other way: (N, J) -> (N, J)."""
        return values if self.identity else _applied(self._to_upright, values)


def _leg_map(robot: Robot, side: str, foot: Frame) -> tuple[IntArray, Array]:
    """Joints (K,) of a leg and its part of M, (K, K)."""
    chain = home_chain(robot, foot)
    yaw, roll, pitch = (robot.role(role, side) for role in ("hip_yaw", "hip_roll", "hip_pitch"))
    origins, axes = chain.origins.copy(), chain.axes.copy()
    for k, joint in enumerate(chain.joints):
        if joint == yaw and abs(axes[k, 2]) < 1.0 - _SAME:
            origins[k] = chain.origins[np.flatnonzero(chain.joints == pitch)[0]]
            axes[k] = (0.0, 0.0, 1.0)
        elif joint == roll:
            axes[k] = (1.0, 0.0, 0.0)
    wanted = HomeChain(joints=chain.joints, origins=origins, axes=axes, tip=chain.tip)
    block: Array = np.linalg.lstsq(_jacobian(chain), _jacobian(wanted), rcond=None)[0].astype(np.float64)
    return chain.joints, block


def _jacobian(chain: HomeChain) -> Array:
    """Linear and angular velocity of the tip per joint rate. Shape (6, K)."""
    return np.concatenate([np.cross(chain.axes, chain.tip - chain.origins), chain.axes], axis=1).T


_Entries = list[tuple[int, int, float]]


def _entries(matrix: Array) -> _Entries:
    """Row, column and value of what `matrix` adds to the identity."""
    extra = matrix - np.eye(len(matrix))
    rows, columns = np.nonzero(np.abs(extra) > _SAME)
    return [(int(i), int(j), float(extra[i, j])) for i, j in zip(rows, columns, strict=True)]


def _applied(entries: _Entries, values: Array) -> Array:
    """`values` (N, J) times the matrix, entry by entry: a product by BLAS would round by how large N is."""
    out = values.copy()
    for i, j, factor in entries:
        out[:, i] += factor * values[:, j]
    return out
