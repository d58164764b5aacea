"""What a step is planned with: how the base rocks over the foot that stays, and legs whose soles stay level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.checks import check_number
from skillblend.contracts import Array, Robot
from skillblend.kinematics import Limbs
from skillblend.scales import GRAVITY, Scales

_COM = 0.95
"""Height of the centre of mass, as a share of that of the base."""
_ON_ONE_LEG = 0.3
"""What pulls the hip of a robot on one leg down, as a share of its weight half a stance width away."""
_YIELDING = 1.8
"""Hips are pushed further than their stiffness alone asks for, by this factor: soles and knees give way, too.

This and the one above were found on the H1 without a policy: of 24 robots none fell within 3 s, before it was half.
"""
_ITERATIONS = 4
"""Of the chord method, which leaves half a centimetre within 5 cm of home, 1.5 cm at the ends of a step's range; more
would diverge where a leg is too short."""


@dataclass(frozen=True, kw_only=True)
class FootstepConfig:
    """Phases and limits of a step; the defaults are those of the reference body, the H1.

    Attributes:
        leg_scale: Joint angle per unit action, rad; at most, see `skillblend.scales.leg_action_scale`.
        push: The weight is pushed from the moving foot onto the other for so long, s.
        swing: The foot is in the air for so long, s.
        settle: Afterwards the robot is left alone for so long, s.
        lift: Of the sole in the middle of its swing, m.
        tolerance: A foot that is further from its target steps (once more, but twice at most), m.
        rate: Largest speed of a leg joint's target, rad/s.
        arm_rate: The same for arms and torso, which return to the default pose.
    """

    leg_scale: float = 0.25
    push: float = 0.26
    swing: float = 0.46
    settle: float = 0.7
    lift: float = 0.06
    tolerance: float = 0.025
    rate: float = 8.0
    arm_rate: float = 2.5

    def __post_init__(self) -> None:
        """Refuse values that no robot can step by; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        check_number("leg_scale", self.leg_scale, 0.0, 3.0)
        for name in ("push", "swing", "settle"):
            check_number(name, getattr(self, name), 0.02, 5.0)
        for name in ("lift", "tolerance"):
            check_number(name, getattr(self, name), 0.0, 0.5)
        check_number("rate", self.rate, 0.01, 50.0)
        check_number("arm_rate", self.arm_rate, 0.01, 50.0)

    @staticmethod
    def for_robot(robot: Robot) -> FootstepConfig:
        """Of `robot`: the reference body's step at equal Froude numbers."""
        scales, base = Scales.of(robot), FootstepConfig()
        return FootstepConfig(
            **{name: round(getattr(base, name) * scales.time, 3) for name in ("push", "swing", "settle")},
            **{name: round(getattr(base, name) * scales.length, 4) for name in ("lift", "tolerance")},
        )


class LevelSoles:
    """Hip roll, hip pitch, knee and ankle that put the soles, level, where they are wanted under a level base.

    Attributes:
        home: Soles in the default pose, base axes. Shape (2, 3), m.
    """

    def __init__(self, robot: Robot) -> None:
        """Work out the Jacobians of both legs in the default pose of `robot`."""
        self._robot, self._limbs = robot, Limbs(robot, robot.feet)
        roles = ("hip_roll", "hip_pitch", "knee", "ankle_pitch")
        self._joints = [[robot.role(role, side) for role in roles] for side in ("left", "right")]
        self.home = self._soles(robot.default_pose[None])[0]
        self._inverse = [np.linalg.inv(self._jacobian(k)) for k in range(2)]

    def __call__(self, places: Array) -> Array:
        """Joint angles (N, J), rad, with the soles at `places` (N, 2, 3), base axes, m: by the chord method."""
        pose = np.tile(self._robot.default_pose, (len(places), 1))
        for _ in range(_ITERATIONS):
            error = places - self._soles(pose)
            for k, (roll, pitch, knee, ankle) in enumerate(self._joints):
                change = np.einsum("ij,nj->ni", self._inverse[k], error[:, k])
                pose[:, roll] += change[:, 0]
                pose[:, pitch] += change[:, 1]
                pose[:, knee] += change[:, 2]
                pose[:, ankle] -= change[:, 1] + change[:, 2]
        return np.clip(pose, self._robot.position_lower, self._robot.position_upper)

    def _soles(self, pose: Array) -> Array:
        return self._limbs(pose, np.zeros_like(pose)).position

    def _jacobian(self, k: int) -> Array:
        """Of sole `k` for roll, pitch and knee, the ankle keeping it level. Shape (3, 3), m/rad."""
        _, pitch, knee, ankle = self._joints[k]
        columns: list[Array] = []
        for joint in self._joints[k][:3]:
            pose = self._robot.default_pose[None].copy()
            pose[0, joint] += 1e-6
            pose[0, ankle] -= 1e-6 if joint in (pitch, knee) else 0.0
            columns.append((self._soles(pose)[0, k] - self.home[k]) / 1e-6)
        return np.stack(columns, axis=1)


class Rock:
    """How the base rocks towards the foot that stays and back: pushed, then an inverted pendulum, then caught.

    Source: the linear inverted pendulum, Kajita et al., "The 3D linear inverted pendulum mode", IROS 2001. What hips
    give way under the push and on one leg is added to their targets.
    """

    def __init__(self, robot: Robot, push: float, swing: float) -> None:
        """Choose the push after which the pendulum is back where it was when the swing is over."""
        scales = Scales.of(robot)
        self._push, self._swing, self._half = push, swing, 0.5 * scales.stance_width
        self._time = float(np.sqrt(_COM * robot.base_height / GRAVITY))
        rate = np.tanh(0.5 * swing / self._time) / self._time
        self.acceleration = float(rate * self._half / (push + 0.5 * rate * push**2))
        self._speed = self.acceleration * push
        self._distance = self._half - 0.5 * self.acceleration * push**2
        stiffness = float(robot.stiffness[robot.role("hip_roll", "left")])
        self._both = _YIELDING * scales.mass * self.acceleration * scales.roll_lever / (2.0 * stiffness)
        self._one = _ON_ONE_LEG * scales.mass * GRAVITY * self._half / stiffness

    def sway(self, clock: Array) -> Array:
        """How far the base is to be towards the foot that stays, `clock` (N,) s into a step. Shape (N,), m."""
        whole = 2 * self._push + self._swing
        ground = np.minimum(np.clip(clock, 0.0, self._push), np.clip(whole - clock, 0.0, self._push))
        u = np.clip(clock - self._push, 0.0, self._swing) / self._time
        air = self._half - self._distance * np.cosh(u) + self._speed * self._time * np.sinh(u)
        swinging = (clock > self._push) & (clock < self._push + self._swing)
        return np.where(swinging, air, 0.5 * self.acceleration * ground**2)

    def rolls(self, clock: Array) -> tuple[Array, Array, Array]:
        """Added to the roll of both hips, outward for the foot that moves, and of the foot that stays, rad, (N,).

        And the share of the weight that one leg bears alone, (N,).
        """
        land, ramp = self._push + self._swing, 0.25 * self._push
        lifted = np.clip((clock - self._push) / ramp, 0.0, 1.0) * np.clip((land + ramp - clock) / ramp, 0.0, 1.0)
        pushed = np.clip(clock / ramp, 0.0, 1.0) * np.clip((land + self._push - clock) / ramp, 0.0, 1.0)
        return self._both * pushed * (1.0 - lifted), self._one * lifted, lifted
