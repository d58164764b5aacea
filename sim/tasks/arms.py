"""Where arms and torso go while the legs do something else."""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array
from skillblend.kinematics import Limbs
from skillblend.scales import Scales
from skillblend.skills.walking import WalkingController

_BEFORE = ((0.15, 0.06, 0.85), (0.42, 0.24, 1.25))
"""Corners of where the left wrist is while both carry something, stance frame of the reference body, m."""


def arm_ranges(controller: WalkingController) -> tuple[Array, Array]:
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


def carrying_poses(controller: WalkingController, samples: int = 8_000) -> Array:
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
