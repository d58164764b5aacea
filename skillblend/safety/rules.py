"""Every number that a safety check uses, at all three depths, and the limits of a robot derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

from skillblend.contracts import Array, IntArray, Robot
from skillblend.errors import InputError, ShapeError
from skillblend.scales import Scales


@dataclass(frozen=True, kw_only=True)
class InstructionRules:
    """What an instruction may look like.

    Attributes:
        max_characters: Longest text.
    """

    max_characters: int = 2000

    def __post_init__(self) -> None:
        """Refuse numbers that are not positive."""
        _check_positive(self)


_AHEAD = 0.4
"""Where hands take a thing, ahead of the feet of the reference body, m."""


@dataclass(frozen=True, kw_only=True)
class PlanRules:
    """What a step of a plan may do; the defaults are for the reference body, the H1.

    Attributes:
        max_speed: Largest planar walking speed, m/s.
        max_yaw_rate: Largest turning rate, rad/s.
        deceleration: What the robot can be relied on to brake with, m/s^2; it walks only so fast towards a
            keep-out zone that it can still stop before it.
        clearance: Added around every keep-out zone for the robot's own body, m.
        furniture_clearance: The same around furniture, m: half the depth of a trunk. Robots stand 0.3 m from
            what they touch and arrive within 0.1 m of where they should; routes keep farther away by themselves.
        stand_off: Distance from an object at which walking to it ends, m.
        reach: Largest distance between base and an object to be pressed or touched, m.
        max_distance: Farthest destination from the base, m.
        loaded_speed, loaded_yaw_rate: The largest speeds of a robot with something in its hands, m/s and rad/s.
        loaded_clearance: Added to `clearance` then, m: what it holds is ahead of it.
        hand_low, hand_high: Between these heights both hands take a thing, and let it go, m.
        narrowest, widest: What they take is so wide, m.
        heaviest: At most so heavy, kg.
        deepest: From the front of a surface to the middle of a thing on it that hands get to, at most, m.
    """

    max_speed: float = 1.1
    max_yaw_rate: float = 0.8
    deceleration: float = 0.8
    clearance: float = 0.4
    furniture_clearance: float = 0.15
    stand_off: float = 0.4
    reach: float = 1.5
    max_distance: float = 10.0
    loaded_speed: float = 0.4
    loaded_yaw_rate: float = 0.4
    loaded_clearance: float = 0.3
    hand_low: float = 0.90
    hand_high: float = 1.35
    narrowest: float = 0.12
    widest: float = 0.42
    heaviest: float = 2.0
    deepest: float = 0.25

    def __post_init__(self) -> None:
        """Refuse numbers that are not positive."""
        _check_positive(self)

    @staticmethod
    def for_robot(robot: Robot) -> PlanRules:
        """The rules for `robot`: distances of a body go with its legs, those of a hand with its arms."""
        scales, base = Scales.of(robot), PlanRules()
        return PlanRules(
            max_speed=round(base.max_speed * scales.speed, 2),
            clearance=round(base.clearance * scales.length, 3),
            furniture_clearance=round(base.furniture_clearance * scales.length, 3),
            stand_off=round(base.stand_off * scales.reach, 3),
            reach=round(base.reach * scales.reach, 3),
            loaded_speed=round(base.loaded_speed * scales.speed, 2),
            loaded_clearance=round(base.loaded_clearance * scales.reach, 3),
            hand_low=scales.place((_AHEAD, 0.0, base.hand_low))[2],
            hand_high=scales.place((_AHEAD, 0.0, base.hand_high))[2],
            widest=round(base.widest * scales.reach, 3),
            heaviest=round(base.heaviest * scales.weight, 2),
            deepest=round(base.deepest * scales.reach, 3),
        )

    def with_load(self) -> PlanRules:
        """The same for a robot with something in its hands."""
        return replace(
            self, max_speed=self.loaded_speed, max_yaw_rate=self.loaded_yaw_rate,
            clearance=self.clearance + self.loaded_clearance,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ActuatorRules:
    """What may reach an actuator, and which measurements end a motion. Periods are control periods.

    Attributes:
        position_margin: Kept free at both ends of a joint's range, rad.
        velocity_fraction: Share of a joint's velocity limit up to which torque may speed it up.
        velocity_taper: Share of that speed over which the torque that speeds a joint up fades to zero.
        torque_fraction: Share of a joint's torque limit that a command may ask for.
        switch_seconds: Time after a policy switch over which targets regain their full rate, s.
        switch_fraction: Share of the full rate right after a switch.
        stand_rate: Speed at which the guard itself moves joints to the standing pose, rad/s.
        balance: How strongly ankles answer a lean while the guard keeps the robot standing; 1 is just what
            gravity pulls with.
        damping: Velocity gain in damping, N m s/rad, as far as the torque limit allows.
            Source: damping command of the public Unitree examples.
        tilt: Trip level, rad. Source: published trip levels of the G1.
        body_rate: Trip level, rad/s. Source: as above.
        joint_velocity: Trip level of slow joints, rad/s. Source: as above.
        joint_velocity_fraction: The trip level of a joint is at least this share of its velocity limit. The
            motor is not what moves a joint beyond its limit, since no torque speeds it up there; the ground
            is: an H1 that walks on unharmed lands its ankle at up to 14.7 rad/s for 20 ms, with a limit of 9,
            and swings its knee at up to 20, with a limit of 14 (measured every 5 ms; docs/adr/0007).
        temperature: Trip level of a motor winding, degrees Celsius. Source: published trip levels.
        position_overrun: Measured this far outside a joint's range means a broken sensor, rad.
        request_overrun: A target this far outside a joint's range means a broken policy, rad.
        request_step: A target that moves by this multiple of the largest meaningful step (`Limits.step`)
            within a control period means a broken policy.
        request_speed: So does one that moves at this multiple of the joint's velocity limit. Walking asks for
            up to 4 times the limit at an H1's ankles, 2.5 at its knees, 1.4 at its hips.
        stale_periods: Age at which the latest measurement counts as lost (published for the connection to
            the robot: 1 s; a humanoid falls in less).
        frozen_periods: Time for which measurements may stay the same to the last bit.
        clock_periods: Largest disagreement of the robot's clock with ours from one message to the next.
        silence_periods: Time without new targets after which the policy counts as dead.
        stand_tilt: Largest tilt at which standing may begin, rad.
        stand_body_rate: The same for the body rate, rad/s.
        stand_joint_velocity: The same for the fastest joint, rad/s.
        stand_pose_error: The same for the distance of any leg or waist joint from the standing pose, rad.
        hold_tilt: Tilt at which a supported stand is given up for damping, rad.
    """

    position_margin: float = 0.01
    velocity_fraction: float = 1.0
    velocity_taper: float = 0.1
    torque_fraction: float = 1.0
    switch_seconds: float = 0.3
    switch_fraction: float = 0.1
    stand_rate: float = 1.0
    balance: float = 2.5
    damping: float = 8.0
    tilt: float = 1.0
    body_rate: float = 6.0
    joint_velocity: float = 10.0
    joint_velocity_fraction: float = 1.75
    temperature: float = 120.0
    position_overrun: float = 0.3
    request_overrun: float = 0.5
    request_step: float = 1.5
    request_speed: float = 6.0
    stale_periods: float = 2.0
    frozen_periods: float = 2.0
    clock_periods: float = 2.0
    silence_periods: float = 2.0
    stand_tilt: float = 0.3
    stand_body_rate: float = 0.6
    stand_joint_velocity: float = 1.5
    stand_pose_error: float = 0.6
    hold_tilt: float = 0.5

    def __post_init__(self) -> None:
        """Refuse numbers that are not positive, and shares above one."""
        _check_positive(self)
        for name in ("velocity_fraction", "velocity_taper", "torque_fraction", "switch_fraction"):
            if getattr(self, name) > 1.0:
                raise InputError(f"{name} = {getattr(self, name)} must be a share in (0, 1]")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of all three depths."""

    instruction: InstructionRules = field(default_factory=InstructionRules)
    plan: PlanRules = field(default_factory=PlanRules)
    actuator: ActuatorRules = field(default_factory=ActuatorRules)

    @staticmethod
    def for_robot(robot: Robot) -> Rules:
        """The rules for `robot`."""
        return Rules(plan=PlanRules.for_robot(robot))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one robot's joints, margins included. Arrays have shape (J,) unless said otherwise.

    Attributes:
        position_lower, position_upper: Of targets, rad.
        velocity: Speed beyond which torque may only brake, rad/s.
        torque: N m.
        rate: Largest change of a target in one control period, rad: what the joint can travel at its
            velocity limit, and what the torque needs to go from zero to its limit.
        step: Largest difference between two successive changes, rad: the same with a full torque reversal.
        stiffness, damping: PD gains, N m/rad and N m s/rad.
        joint_velocity_trip: Trip level, rad/s.
        request_step: Change of a policy's target from one period to the next that trips, rad.
        blind_damping: Velocity gain that stays within the torque limit at any speed that does not trip, N m s/rad:
            the joints of a falling robot turn faster than their velocity limits.
        carrying: Indices of the joints that carry the body, legs and waist.
        control_dt: Control period, s.
        pose: Standing pose inside the limits, rad.
    """

    position_lower: Array
    position_upper: Array
    velocity: Array
    torque: Array
    rate: Array
    step: Array
    stiffness: Array
    damping: Array
    joint_velocity_trip: Array
    request_step: Array
    blind_damping: Array
    carrying: IntArray
    control_dt: float
    pose: Array


def derive_limits(robot: Robot, rules: ActuatorRules) -> Limits:
    """The limits of `robot` under `rules`.

    Raises:
        ShapeError: The robot's arrays do not have one value per joint.
        InputError: A range is empty, or a gain or limit is not positive and finite.
    """
    _check_robot(robot, rules)
    torque = rules.torque_fraction * robot.torque_limit
    travel = robot.velocity_limit * robot.control_dt
    span = robot.torque_limit / robot.stiffness
    step = travel + 2.0 * span
    lower = robot.position_lower + rules.position_margin
    upper = robot.position_upper - rules.position_margin
    trip = np.maximum(rules.joint_velocity, rules.joint_velocity_fraction * robot.velocity_limit)
    return Limits(
        position_lower=lower,
        position_upper=upper,
        velocity=rules.velocity_fraction * robot.velocity_limit,
        torque=torque,
        rate=travel + span,
        step=step,
        stiffness=robot.stiffness.copy(),
        damping=robot.damping.copy(),
        joint_velocity_trip=trip,
        request_step=np.minimum(rules.request_step * step, rules.request_speed * travel),
        blind_damping=np.minimum(rules.damping, torque / trip),
        carrying=robot.joints("hip", "knee", "ankle", "waist", "torso"),
        control_dt=robot.control_dt,
        pose=np.clip(robot.default_pose, lower, upper),
    )


def _check_robot(robot: Robot, rules: ActuatorRules) -> None:
    positive = {
        "velocity_limit": robot.velocity_limit,
        "torque_limit": robot.torque_limit,
        "stiffness": robot.stiffness,
        "damping": robot.damping,
        "range of motion": robot.position_upper - robot.position_lower - 2.0 * rules.position_margin,
        "control_dt": np.full(robot.num_joints, robot.control_dt),
    }
    for name, values in positive.items():
        if values.shape != (robot.num_joints,):
            raise ShapeError(f"{robot.name}: {name} {values.shape} must be ({robot.num_joints},)")
        bad = ~(np.isfinite(values) & (values > 0.0))
        if bad.any():
            joint = robot.joint_names[int(np.argmax(bad))]
            raise InputError(
                f"{robot.name}: {name} of {joint} is {values[bad][0]:.4g}, it must be positive and finite; "
                "correct the robot's table"
            )


def _check_positive(rules: InstructionRules | PlanRules | ActuatorRules) -> None:
    for item in fields(rules):
        value = getattr(rules, item.name)
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{item.name} = {value} must be positive and finite")
