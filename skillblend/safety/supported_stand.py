"""A supported stand: both feet on the ground, joints led slowly to the standing pose, ankles that balance.

PD gains alone do not keep every robot up: the H1's ankles are weaker than gravity, and it tips over within
two seconds of the best pose. So the ankles answer the capture point, which is where the robot would have to
step to come to rest, estimated from joints and IMU as the skills do.

Source: capture point of the linear inverted pendulum: Pratt et al., "Capture Point: A Step toward Humanoid
Push Recovery", Humanoids 2006.
"""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.kinematics import LegOdometry
from skillblend.rows import copy_rows
from skillblend.safety.rules import ActuatorRules, Limits

GRAVITY = 9.81
"""m/s^2."""


class SupportedStand:
    """Standing targets for N robots.

    Attributes:
        pose: Where each robot's joints are led to right now, balance aside. Shape (N, J), rad.
    """

    def __init__(self, robot: Robot, limits: Limits, rules: ActuatorRules, n: int) -> None:
        """`n` robots in the standing pose."""
        self._limits, self._rules = limits, rules
        self._odometry = LegOdometry(robot)
        pitch = [j for j in robot.joints("ankle").tolist() if "roll" not in robot.joint_names[j]]
        self._ankles: IntArray = np.array(pitch, dtype=np.int64)
        self._frequency = float(np.sqrt(GRAVITY / robot.base_height))
        weight = GRAVITY * sum(body.mass for body in robot.bodies)
        self._gain = rules.balance * weight / limits.stiffness[self._ankles].sum() if pitch else 0.0
        self._reach = (limits.torque / limits.stiffness)[self._ankles]
        self._center = self._over_feet(_still(limits.pose))[0]
        self.pose: Array = np.tile(limits.pose, (n, 1))

    def take(self, ids: IntArray) -> SupportedStand:
        """A copy for robots `ids` alone."""
        return copy_rows(self, ("pose",), ids)

    def begin(self, rows: BoolArray, targets: Array) -> None:
        """In `rows` (N,), lead the joints from `targets` (N, J), rad."""
        self.pose = np.where(rows[:, None], targets, self.pose)

    def step(self, obs: Observation, rows: BoolArray, elapsed: float) -> Array:
        """Targets (N, J), rad, for the robots in `rows` (N,); the pose alone for the others.

        Args:
            obs: Believable measurements.
            rows: Who stands.
            elapsed: Since the latest call, s.
        """
        ids: IntArray = np.flatnonzero(rows)
        wanted = self.pose.copy()
        if not len(ids):
            return wanted
        limit = self._rules.stand_rate * elapsed
        self.pose[ids] += np.clip(self._limits.pose - self.pose[ids], -limit, limit)
        lean = self._over_feet(_some(obs, ids)) - self._center
        answer = np.clip((self._gain * lean)[:, None], -self._reach, self._reach)
        wanted[ids] = self.pose[ids]
        wanted[ids[:, None], self._ankles] += answer
        return wanted

    def _over_feet(self, obs: Observation) -> Array:
        """How far the capture point lies in front of the point between the soles. Shape (N,), m."""
        seen = self._odometry(obs)
        return seen.linear_velocity[:, 0] / self._frequency - seen.midfoot[:, 0]


def _still(pose: Array) -> Observation:
    """A robot that stands still and upright in `pose` (J,)."""
    return Observation(
        time=np.zeros(1),
        joint_position=pose[None],
        joint_velocity=np.zeros((1, len(pose))),
        base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
        base_angular_velocity=np.zeros((1, 3)),
    )


def _some(obs: Observation, ids: IntArray) -> Observation:
    return Observation(
        time=obs.time[ids],
        joint_position=obs.joint_position[ids],
        joint_velocity=obs.joint_velocity[ids],
        base_quaternion=obs.base_quaternion[ids],
        base_angular_velocity=obs.base_angular_velocity[ids],
    )
