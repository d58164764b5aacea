"""Where arms and torso go while the legs do something else."""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array
from skillblend.skills.walking import WalkingController


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
