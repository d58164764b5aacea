"""Verdict on raised hands: at the end both wrists are near the height of the shoulders or above."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule
from skillblend.contracts import Frame, Robot, Step
from skillblend.kinematics import Limbs
from skillblend.scales import Scales

BELOW_SHOULDER = 0.1
"""Wrists count as raised up to so far below the shoulder joints in the default pose, m, of the reference
body."""


class RaiseHandsVerdict(VerdictRule):
    """Measured at the lower wrist."""

    name = "raise_hands"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self.height = shoulder_height(robot) - BELOW_SHOULDER * Scales.of(robot).reach

    def check(self, step: Step) -> None:
        """Possible everywhere."""

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Height of the lower wrist."""
        low = float(track.now.wrists[i, :, 2].min())
        return StepVerdict(
            success=low >= self.height, reason=f"the lower wrist is {low:.2f} m high, {self.height:.2f} needed"
        )


def shoulder_height(robot: Robot) -> float:
    """Height of the first shoulder joints above the floor in the default pose, m."""
    joints = [i for i, name in enumerate(robot.joint_names) if "shoulder" in name]
    body = next(body for body in robot.bodies if body.joint in joints)
    pose = Limbs(robot, [Frame(body=body.name, offset=(0.0, 0.0, 0.0))])(
        robot.default_pose[None], np.zeros((1, robot.num_joints))
    )
    return robot.base_height + float(pose.position[0, 0, 2])


VERDICT = RaiseHandsVerdict
