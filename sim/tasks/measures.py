"""How a robot moves during an episode: what pictures and errors do not say.

Tilt, height, torque and power are the columns of SkillBench's tables. Source: Kuang et al., "SkillBlender", arXiv
2506.09366, appendix, and its code: power is the product of two means. Speed and jerk are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, IntArray, WorldState
from skillblend.kinematics import gravity_base, length

MOTION = ("tilt", "height", "torque", "power", "speed", "jerk")
"""Names of the measurements: rad, m, N m, N m rad/s, m/s, rad/s^3."""
_TILT, _HEIGHT, _TORQUE, _RATE, _SPEED, _JERK = range(6)


@dataclass(kw_only=True)
class Measures:
    """Means over the control steps of an episode, for N robots.

    Attributes:
        sums: Of what is averaged. Shape (N, 6).
        steps: Control steps so far. Shape (N,).
        rates: Joint velocities at the last two. Shape (2, N, J), rad/s.
    """

    sums: Array
    steps: Array
    rates: Array

    @staticmethod
    def of(n: int, joints: int) -> Measures:
        """For `n` robots with `joints` joints."""
        return Measures(sums=np.zeros((n, 6)), steps=np.zeros(n), rates=np.zeros((2, n, joints)))

    def begin(self, ids: IntArray) -> None:
        """New episodes for robots `ids`."""
        self.sums[ids] = 0.0
        self.steps[ids] = 0.0

    def add(self, state: WorldState, dt: float) -> None:
        """Take note of the state after a control step of `dt` s."""
        x, y, z = gravity_base(state.base_quaternion).T
        roll, pitch = np.arctan2(-y, -z), np.arcsin(np.clip(x, -1.0, 1.0))
        change = (state.joint_velocity - 2.0 * self.rates[1] + self.rates[0]) / dt**2
        for column, values in (
            (_TILT, 0.5 * (np.abs(roll) + np.abs(pitch))),
            (_HEIGHT, state.base_position[:, 2]),
            (_TORQUE, np.abs(state.joint_torque).mean(axis=1)),
            (_RATE, np.abs(state.joint_velocity).mean(axis=1)),
            (_SPEED, length(state.base_linear_velocity[:, :2])),
            (_JERK, np.where(self.steps >= 2, np.abs(change).mean(axis=1), 0.0)),
        ):
            self.sums[:, column] += values
        self.rates[0], self.rates[1] = self.rates[1], state.joint_velocity
        self.steps += 1

    def means(self) -> dict[str, Array]:
        """By the names of `MOTION`, each (N,)."""
        mean = self.sums / np.maximum(self.steps, 1.0)[:, None]
        jerk = self.sums[:, _JERK] / np.maximum(self.steps - 2.0, 1.0)
        power = mean[:, _RATE] * mean[:, _TORQUE]
        return dict(
            zip(
                MOTION,
                (mean[:, _TILT], mean[:, _HEIGHT], mean[:, _TORQUE], power, mean[:, _SPEED], jerk),
                strict=True,
            )
        )
