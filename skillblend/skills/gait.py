"""The gait that walking's policy corrects: its reference amplitudes and limits, for a robot of any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.checks import check_limits, check_number, check_vector
from skillblend.contracts import Array, Robot
from skillblend.errors import InputError
from skillblend.kinematics import Limbs
from skillblend.scales import Scales, leg_action_scale

_LIFT = 0.075315
"""Lift of the swing foot in the reference, as a share of the leg."""
_ACTION_SCALE = 0.3
"""Largest residual angle of a unit action, rad."""


@dataclass(frozen=True, kw_only=True)
class WalkingConfig:
    """Gait reference and limits of the walking skill; the defaults are those of the reference body, the H1.

    Attributes:
        period: Gait cycle, s.
        swing: Hip pitch amplitude of the swing leg, rad; knee moves twice as much.
        stride: Hip pitch amplitude per forward command, rad per m/s.
        sway: Hip roll amplitude per sideways command, rad per m/s.
        turn: Hip yaw amplitude per yaw-rate command, rad per rad/s.
        arm_swing: Shoulder pitch amplitude per forward command, rad per m/s.
        action_scale: Residual joint angle per unit action, rad; one for all leg joints, or one for each.
        arm_rate: Largest speed of arm and torso references, rad/s: what makes taking over smooth.
        command_rate: Largest change of the followed command, m/s^2, m/s^2, rad/s^2: a reversal asked for at
            once is carried out over a second.
        lower, upper: Limits of forward (m/s), sideways (m/s) and yaw-rate (rad/s) commands.
        wake_speed: Estimated base speed at which a standing robot starts to step by itself, m/s.
        wake_tilt: The same for the horizontal part of gravity in the base frame.
        hold_distance: A robot that is to stand still and has come further from where it stopped, by leg
            odometry, steps back there, m; 0 for never.
        hold_speed: At most so fast, m/s.
    """

    period: float = 0.8
    swing: float = 0.22
    stride: float = 0.24
    sway: float = 0.235
    turn: float = 0.2
    arm_swing: float = 0.3
    action_scale: float | tuple[float, ...] = _ACTION_SCALE
    arm_rate: float = 2.5
    command_rate: tuple[float, float, float] = (1.5, 0.8, 2.0)
    lower: tuple[float, float, float] = (-0.5, -0.3, -0.6)
    upper: tuple[float, float, float] = (1.0, 0.3, 0.6)
    wake_speed: float = 0.30
    wake_tilt: float = 0.12
    hold_distance: float = 0.10
    hold_speed: float = 0.2

    def __post_init__(self) -> None:
        """Refuse values that no robot can walk by; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        check_number("period", self.period, 0.2, 5.0)
        scales = self.action_scale if isinstance(self.action_scale, tuple) else (self.action_scale,)
        check_vector("action_scale", scales, max(len(scales), 1), 0.001, 3.0)
        check_number("arm_rate", self.arm_rate, 0.01, 50.0)
        for name in ("swing", "stride", "sway", "turn", "arm_swing"):
            check_number(name, getattr(self, name), 0.0, 3.0)
        for name in ("wake_speed", "wake_tilt", "hold_distance", "hold_speed"):
            check_number(name, getattr(self, name), 0.0, 10.0)
        check_vector("command_rate", self.command_rate, 3, 0.001, 1000.0)
        check_vector("lower", self.lower, 3, -10.0, 10.0)
        check_vector("upper", self.upper, 3, -10.0, 10.0)
        check_limits(self.lower, self.upper)

    @staticmethod
    def for_robot(robot: Robot) -> WalkingConfig:
        """The gait of `robot`: the reference body's at equal Froude numbers.

        A cycle lasts ``0.8 s sqrt(s)``, rounded to two control steps. Feet move by what the command covers in half
        a cycle, so that hip amplitudes go with period over lever. Source: `skillblend.scales`.
        """
        scales, base = Scales.of(robot), WalkingConfig()
        steps = 2 * robot.control_dt
        period = round(steps * round(base.period * scales.time / steps), 6)
        pace = period / base.period
        return WalkingConfig(
            period=period,
            swing=_swing(robot, _LIFT * scales.leg),
            stride=_digits(base.stride * pace / scales.length),
            sway=_digits(base.sway * pace / scales.roll_length),
            turn=_digits(base.turn * pace),
            action_scale=_one_or_each(leg_action_scale(robot, scales, _ACTION_SCALE)),
            lower=_commands(base.lower, scales.speed),
            upper=_commands(base.upper, scales.speed),
            wake_speed=_digits(base.wake_speed * scales.speed),
            hold_distance=_digits(base.hold_distance * scales.length),
            hold_speed=_digits(base.hold_speed * scales.speed),
        )


def _one_or_each(values: tuple[float, ...]) -> float | tuple[float, ...]:
    return values[0] if len(set(values)) == 1 else values


def _digits(value: float) -> float:
    return round(value, 4)


def _commands(limits: tuple[float, float, float], speed: float) -> tuple[float, float, float]:
    """Limits of a command: speeds go with sqrt(s); to turn takes a robot of any size as long."""
    return round(limits[0] * speed, 2), round(limits[1] * speed, 2), limits[2]


def _swing(robot: Robot, lift: float) -> float:
    """Hip amplitude at which hip - a, knee + 2 a, ankle - a lifts the sole of a hanging leg by `lift` m; rad."""
    legs, still = Limbs(robot, robot.feet), np.zeros((1, robot.num_joints))
    hip, knee, ankle = (robot.role(role, "left") for role in ("hip_pitch", "knee", "ankle_pitch"))
    ground = float(legs(robot.default_pose[None], still).position[0, 0, 2])

    def lifted(amplitude: float) -> float:
        pose = robot.default_pose[None].copy()
        pose[0, [hip, knee, ankle]] += np.array([-amplitude, 2.0 * amplitude, -amplitude])
        return float(legs(pose, still).position[0, 0, 2]) - ground

    low, high = 0.02, 0.8
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if lifted(middle) > lift else (middle, high)
    return _digits((low + high) / 2)


def scale_each(config: WalkingConfig, legs: int) -> Array:
    """Residual angle per unit action of each leg joint. Shape (legs,), rad.

    Raises:
        InputError: As many scales as joints of another robot.
    """
    scale = config.action_scale
    if isinstance(scale, tuple) and len(scale) != legs:
        raise InputError(f"action_scale has {len(scale)} numbers, the robot {legs} leg joints; give one for each")
    return np.broadcast_to(np.asarray(scale, dtype=np.float64), (legs,)).copy()
