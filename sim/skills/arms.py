"""Where arms and torso go while the legs do something else."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray, Memory, Robot
from skillblend.kinematics import Limbs
from skillblend.scales import Scales
from skillblend.snapshots import Stateful

_BEFORE = ((0.15, 0.06, 0.85), (0.42, 0.24, 1.25))
"""Corners of where the left wrist is while both carry something, stance frame of the reference body, m."""


class Legged(Protocol):
    """The controller of a skill that moves the legs, with arms and torso at a limited speed."""

    robot: Robot
    slow: IntArray
    """Joints of arms and torso."""


def arm_ranges(controller: Legged) -> tuple[Array, Array]:
    """Where arms and torso may wander while the legs walk: lower and upper, (len(slow),), rad."""
    robot = controller.robot
    spans = {
        "shoulder_pitch": (-1.8, 0.6), "shoulder_roll": (-0.1, 1.0), "shoulder_yaw": (-0.7, 0.9),
        "elbow": (-0.5, 1.8), "torso": (-0.5, 0.5),
    }  # fmt: skip
    low, high = robot.default_pose.copy(), robot.default_pose.copy()
    for j, role in enumerate(robot.joint_roles):
        side = role.partition("_")[0]
        part = role.removeprefix("left_").removeprefix("right_")
        if part in spans:
            a, b = spans[part]
            low[j], high[j] = (-b, -a) if side == "right" and robot.mirror_sign[j] < 0 else (a, b)
    low = np.maximum(low, robot.position_lower)
    high = np.minimum(high, robot.position_upper)
    return low[controller.slow], high[controller.slow]


def carrying_poses(controller: Legged, samples: int = 8_000) -> Array:
    """Arms and torso of a robot that carries something before it, mirror images: (M, len(slow)), rad.

    Drawn at random, and kept where the wrists are in `_BEFORE` in the default pose.
    """
    robot, rng = controller.robot, np.random.default_rng(11)
    pose = np.tile(robot.default_pose, (samples, 1))
    spans = {"shoulder_pitch": (-1.4, 0.4), "shoulder_roll": (-0.2, 0.3), "shoulder_yaw": (-0.6, 0.6),
             "elbow": (-0.8, 1.4)}  # fmt: skip
    for part, span in spans.items():
        left, right = robot.role(part, "left"), robot.role(part, "right")
        pose[:, left] = rng.uniform(*span, samples)
        pose[:, right] = pose[:, left] * robot.mirror_sign[left]
    pose = np.clip(pose, robot.position_lower, robot.position_upper)
    still = np.zeros_like(pose[:1])
    feet = Limbs(robot, robot.feet)(robot.default_pose[None], still).position[0].mean(axis=0)
    wrists = Limbs(robot, robot.hands)(pose, np.zeros_like(pose)).position[:, 0] - feet
    scales = Scales.of(robot)
    low, high = (scales.place(corner) for corner in _BEFORE)
    inside = (wrists > low).all(axis=1) & (wrists < high).all(axis=1)
    return pose[inside][:, controller.slow]


class Errands(Stateful):
    """Arms and torso of N robots, some of which are on errands of their own.

    Attributes:
        slow: Their joints, S of them.
        low, high: Where they may be. Shape (S,), rad.
        busy: Robots whose arms are on an errand. Shape (N,).
        goal: Where to. Shape (N, S), rad.
    """

    settings = ("slow", "low", "high")

    def __init__(self, controller: Legged, n: int, rate: float) -> None:
        """Nobody is busy; `rate` limits joints, rad/s."""
        robot = controller.robot
        self.slow = controller.slow
        self.low, self.high = arm_ranges(controller)
        self.busy: BoolArray = np.zeros(n, dtype=np.bool_)
        self.goal = np.tile(robot.default_pose[self.slow], (n, 1))
        self._limit = rate * robot.control_dt

    def put(self, qpos: Array, ids: IntArray, arms: Array) -> None:
        """Into states (K, nq) of robots `ids`, arms (K, S) of those that are busy."""
        rows = np.flatnonzero(self.busy[ids])
        qpos[rows[:, None], 7 + self.slow] = arms[rows]

    def go(self, targets: Array, before: Array, memory: Memory) -> Array:
        """Joint targets (N, J) with arms on their way from `before` (N, S); the skill is told."""
        if self.busy.any():
            moved = before + np.clip(self.goal - before, -self._limit, self._limit)
            targets[:, self.slow] = np.where(self.busy[:, None], moved, targets[:, self.slow])
            memory.last_targets[:, self.slow] = targets[:, self.slow]
        return targets
