"""What N robots feel of their own motion, filtered once for every skill and blender."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from skillblend.contracts import Array, IntArray, Observation, Robot
from skillblend.kinematics import LegOdometry, Limbs, Stance


@dataclass(kw_only=True)
class Motion:
    """Filtered estimates from joints and IMU alone.

    Attributes:
        velocity: Of the base by leg odometry, level frame. Shape (N, 3), m/s.
        average: Forward, sideways velocity and yaw rate over about half a gait cycle. Shape (N, 3).
        wrists: In the stance frame; NaN before the first step. Shape (N, 2, 3), m.
        stance: Latest kinematic estimate.
    """

    velocity: Array
    average: Array
    wrists: Array
    stance: Stance | None = field(default=None, repr=False)

    def reset(self, ids: IntArray) -> None:
        """Forget robots `ids`."""
        self.velocity[ids] = 0.0
        self.average[ids] = 0.0
        self.wrists[ids] = np.nan


class MotionFilter:
    """Advances a `Motion` by one control step."""

    def __init__(self, robot: Robot) -> None:
        """Prepare the kinematics of `robot`."""
        self.robot = robot
        self.odometry = LegOdometry(robot)
        self.arms = Limbs(robot, robot.hands)

    def new(self, n: int) -> Motion:
        """Of `n` robots at rest."""
        return Motion(velocity=np.zeros((n, 3)), average=np.zeros((n, 3)), wrists=np.full((n, 2, 3), np.nan))

    def wrists(self, obs: Observation, stance: Stance) -> Array:
        """Both wrists in the stance frame, by forward kinematics. Shape (N, 2, 3), m."""
        if stance.wrists is not None:
            return stance.wrists
        return self.arms.position(obs.joint_position) @ stance.rotation.transpose(0, 2, 1) - stance.midfoot[:, None]

    def update(self, obs: Observation, motion: Motion) -> Stance:
        """Take in what was measured now; the kinematic estimate, for whoever else needs it."""
        stance = self.odometry(obs)
        stance = replace(stance, wrists=self.wrists(obs, stance))
        motion.stance = stance
        motion.velocity += 0.35 * (stance.linear_velocity - motion.velocity)
        planar = np.concatenate([stance.linear_velocity[:, :2], stance.angular_velocity[:, 2:]], axis=1)
        motion.average += (planar - motion.average) * (self.robot.control_dt / 0.4)
        seen = self.wrists(obs, stance)
        known = np.isfinite(motion.wrists)
        motion.wrists = np.where(known, motion.wrists + 0.4 * (seen - motion.wrists), seen)
        return stance
