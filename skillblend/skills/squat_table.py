"""Balanced squats: for each height of the base the pose with both soles flat and the centre of mass over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, Frame, Robot
from skillblend.errors import InputError
from skillblend.kinematics import Limbs
from skillblend.scales import Scales

_FURTHEST = 0.015
"""The centre of mass is kept so far from the middle of the sole as in the default pose, at most this far, m, of the
reference body."""
_KNEES, _HEIGHTS, _ITERATIONS = 128, 40, 6


@dataclass(frozen=True, kw_only=True)
class SquatTable:
    """Poses with both soles flat and the centre of mass over them, from the lowest height to standing.

    Attributes:
        height: Of the base above the soles, evenly spaced. Shape (H,), m.
        pose: Shape (H, J), rad.
        lean: Forward tilt of the base. Shape (H,), rad.
        middle: Middle of the soles before the base, level frame. Shape (H,), m.
    """

    height: Array
    pose: Array
    lean: Array
    middle: Array

    def poses(self, height: Array) -> Array:
        """Joint angles (N, J), rad, at base heights (N,); NaN where the height is."""
        place = np.clip((height - self.height[0]) / (self.height[1] - self.height[0]), 0.0, len(self.height) - 1.0)
        row = np.minimum(np.nan_to_num(place).astype(np.int64), len(self.height) - 2)
        return self.pose[row] + (place - row)[:, None] * (self.pose[row + 1] - self.pose[row])

    def leans(self, height: Array) -> Array:
        """Forward tilt (N,), rad."""
        return np.interp(height, self.height, self.lean)

    def middles(self, height: Array) -> Array:
        """Middle of the soles before the base (N,), m."""
        return np.interp(height, self.height, self.middle)

    @staticmethod
    def of(robot: Robot, margin: float) -> SquatTable:
        """Worked out from the kinematics of `robot`: how low it comes follows from its joints' limits.

        For each knee angle the ankle follows from balance, by Newton's method, with the base upright. Where the ankle
        is at its limit, the base leans instead. The lowest pose is the last before knee or hip are at their limits.

        Raises:
            InputError: The robot cannot bend its knees at all.
        """
        legs = _Sagittal(robot)
        low, high = robot.position_lower, robot.position_upper
        zero: Array = np.zeros(_KNEES)
        knee = legs.home[1] + (high[legs.knee[0]] - margin - legs.home[1]) * np.arange(_KNEES) / (_KNEES - 1)
        stop = zero + low[legs.ankle[0]] + margin
        off = legs.measure(robot.default_pose[None], zero[:1])[1]
        furthest = _FURTHEST * Scales.of(robot).length
        aim = float(np.clip(off, -furthest, furthest)[0])

        def unbalanced(knee: Array, ankle: Array, lean: Array) -> Array:
            return legs.measure(legs.pose(knee, ankle, lean), lean)[1] - aim

        ankle = _root(lambda x: unbalanced(knee, x, zero), legs.home[2] - 0.5 * (knee - knee[0]))
        leant = _root(lambda x: unbalanced(knee, stop, x), zero + 0.1)
        lean, ankle = np.where(ankle < stop, leant, 0.0), np.maximum(ankle, stop)
        pose = legs.pose(knee, ankle, lean)
        height, off, middle = legs.measure(pose, lean)
        hip = pose[:, legs.hip[0]]
        fine = (np.abs(off - aim) < 1e-3) & (hip > low[legs.hip[0]] + margin) & (hip < high[legs.hip[0]] - margin)
        fine &= (np.abs(lean) < 1.0) & (np.diff(height, prepend=np.inf) < 0.0)
        count = len(fine) if fine.all() else int(np.argmin(fine))
        if count < 2:
            raise InputError(
                f"{robot.name} cannot squat within {margin} rad of its joints' limits; bend its default pose"
            )
        heights: Array = height[count - 1] + (height[0] - height[count - 1]) * np.arange(_HEIGHTS) / (_HEIGHTS - 1)

        def at(values: Array) -> Array:
            return np.interp(heights, height[:count][::-1], values[:count][::-1])

        poses = np.stack([at(column) for column in pose.T], axis=1)
        return SquatTable(height=heights, pose=poses, lean=at(lean), middle=at(middle))


class _Sagittal:
    """Both legs bent alike, and where that brings base and centre of mass."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.hip, self.knee, self.ankle = (
            [robot.role(role, side) for side in ("left", "right")] for role in ("hip_pitch", "knee", "ankle_pitch")
        )
        self.home = [float(robot.default_pose[j[0]]) for j in (self.hip, self.knee, self.ankle)]
        self._feet = Limbs(robot, robot.feet)
        self._mass = sum(body.mass for body in robot.bodies)
        self._fixed, groups = np.zeros(3), dict[int, list[tuple[Frame, float]]]()
        for i, body in enumerate(robot.bodies):
            joints, place = _from_base(robot, i)
            if joints:
                x, y, z = body.com.tolist()
                groups.setdefault(joints, []).append((Frame(body=body.name, offset=(x, y, z)), body.mass))
            else:
                self._fixed = self._fixed + body.mass * place
        self._moving = [
            (Limbs(robot, [f for f, _ in group]), np.array([m for _, m in group])) for group in groups.values()
        ]

    def pose(self, knee: Array, ankle: Array, lean: Array) -> Array:
        """Joint angles (N, J) with soles flat under a base that leans by `lean` (N,)."""
        pose = np.tile(self.robot.default_pose, (len(knee), 1))
        pose[:, self.knee], pose[:, self.ankle] = knee[:, None], ankle[:, None]
        pose[:, self.hip] = (sum(self.home) - knee - ankle - lean)[:, None]
        return pose

    def measure(self, pose: Array, lean: Array) -> tuple[Array, Array, Array]:
        """Height of the base, how far the centre of mass and the base are from the soles' middle. Each (N,), m."""
        still = np.zeros_like(pose)
        feet = self._feet(pose, still).position.mean(axis=1)
        moments = [np.einsum("nlc,l->nc", limbs(pose, still).position, mass) for limbs, mass in self._moving]
        centre = (self._fixed + sum(moments, np.zeros_like(feet))) / self._mass - feet
        c, s = np.cos(lean), np.sin(lean)
        return s * feet[:, 0] - c * feet[:, 2], c * centre[:, 0] + s * centre[:, 2], c * feet[:, 0] + s * feet[:, 2]


def _from_base(robot: Robot, index: int) -> tuple[int, Array]:
    """Joints between the base and a body, and where its centre of mass is with all of them at zero, base axes, m."""
    joints, place = 0, robot.bodies[index].com
    while index > 0:
        body = robot.bodies[index]
        joints, place, index = joints + (body.joint >= 0), body.position + body.rotation @ place, body.parent
    return joints, place


def _root(function: Callable[[Array], Array], x: Array) -> Array:
    """Where `function` is zero, elementwise, by Newton's method from `x` (N,)."""
    for _ in range(_ITERATIONS):
        value = function(x)
        x = x - np.clip(value / ((function(x + 1e-5) - value) / 1e-5), -0.2, 0.2)
    return x
