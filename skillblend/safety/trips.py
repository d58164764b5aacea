"""What ends a motion: every reason, and the checks of measurements and requests that find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.errors import ShapeError
from skillblend.kinematics import gravity_base
from skillblend.rows import copy_rows
from skillblend.safety.rules import ActuatorRules, Limits

SLACK = 1e-6
"""Clocks are compared with this tolerance, s."""
HUGE = 1e6
"""Measurements are cut off here before arithmetic, so that nothing overflows."""


class Trip(IntFlag):
    """Reasons for a fault; several can hold at once."""

    STALE = 1
    FROZEN = 2
    NOT_FINITE = 4
    CHECKSUM = 8
    CLOCK = 16
    IMPLAUSIBLE = 32
    TILT = 64
    BODY_RATE = 128
    JOINT_VELOCITY = 256
    TEMPERATURE = 512
    MOTOR = 1024
    RIVAL = 2048
    STOP = 4096
    BAD_REQUEST = 8192
    LIMIT_REQUEST = 16384
    STEP_REQUEST = 32768
    SILENCE = 65536


UNTRUSTED = int(Trip.STALE | Trip.FROZEN | Trip.NOT_FINITE | Trip.CHECKSUM | Trip.CLOCK | Trip.IMPLAUSIBLE)
"""The measurement itself cannot be believed."""
POLICY_SIDE = int(Trip.BAD_REQUEST | Trip.LIMIT_REQUEST | Trip.STEP_REQUEST | Trip.SILENCE)
"""The robot is well, its policy is not: a supported stand is possible."""


@dataclass(kw_only=True)
class RobotStatus:
    """What a driver knows beside the observation, for N robots; None where it cannot tell.

    Attributes:
        temperature: Motor windings. Shape (N, J), degrees Celsius.
        checksum_ok: Whether the message's own checksum agreed. Shape (N,).
        motor_fault: Whether any motor reports an error. Shape (N,).
        publishers: How many writers the command topic has, ourselves included. Shape (N,).
        stop: Whether an emergency stop is held down. Shape (N,).
    """

    temperature: Array | None = None
    checksum_ok: BoolArray | None = None
    motor_fault: BoolArray | None = None
    publishers: IntArray | None = None
    stop: BoolArray | None = None


class StateMonitor:
    """Checks measurements and keeps the latest ones that can be believed.

    Attributes:
        believed: The latest measurement that can be believed.
        tilt: Angle between base and world vertical. Shape (N,), rad.
        body_rate: Norm of the base angular velocity. Shape (N,), rad/s.
        received: When the latest believable message came, our clock; NaN before. Shape (N,), s.
    """

    def __init__(self, robot: Robot, limits: Limits, rules: ActuatorRules, n: int) -> None:
        """Nothing received yet; `n` robots."""
        self._robot, self._limits, self._rules = robot, limits, rules
        self.believed = Observation(
            time=np.zeros(n),
            joint_position=np.tile(limits.pose, (n, 1)),
            joint_velocity=np.zeros((n, robot.num_joints)),
            base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
            base_angular_velocity=np.zeros((n, 3)),
        )
        self.tilt: Array = np.zeros(n)
        self.body_rate: Array = np.zeros(n)
        self.received: Array = np.full(n, np.nan)
        self._seen: Array = np.zeros((n, 2 * robot.num_joints + 7))
        self._stamp: Array = np.full(n, np.nan)
        self._stamped: Array = np.full(n, np.nan)
        self._changed: Array = np.full(n, -np.inf)
        self._temperature: Array = np.zeros(n)

    def take(self, ids: IntArray) -> StateMonitor:
        """A copy for robots `ids` alone."""
        names = (
            "believed", "tilt", "body_rate", "received", "_seen", "_stamp", "_stamped", "_changed", "_temperature",
        )  # fmt: skip
        return copy_rows(self, names, ids)

    def forget(self, ids: IntArray) -> None:
        """Robots `ids` start anew: no message has come, clocks may have been set."""
        self.received[ids] = np.nan
        self._stamp[ids] = np.nan
        self._changed[ids] = -np.inf

    def update(self, obs: Observation, now: float, status: RobotStatus) -> IntArray:
        """Take in one message per robot; which `Trip` conditions hold, (N,).

        Raises:
            ShapeError: The message is not for N robots with J joints.
        """
        message = self._message(obs, status)
        n = len(message)
        finite = all_of(np.isfinite(message)) & np.isfinite(obs.time)
        hot = self._heat(status, n)
        checksum = _flag(status.checksum_ok, n, default=True)
        clock, new = self._clock(obs.time, now)
        usable = finite & checksum
        clean = np.where(usable[:, None], np.clip(np.nan_to_num(message), -HUGE, HUGE), self._seen)
        implausible = usable & self._implausible(clean)
        frozen = self._frozen(clean, usable & new, now)
        believed = usable & ~implausible & ~clock
        self._believe(clean, believed, believed & new, now)
        trips = _bits(
            (Trip.NOT_FINITE, ~finite | np.isnan(hot)),
            (Trip.CHECKSUM, ~checksum),
            (Trip.CLOCK, clock),
            (Trip.IMPLAUSIBLE, implausible),
            (Trip.FROZEN, frozen),
            (Trip.TILT, believed & (self.tilt > self._rules.tilt)),
            (Trip.BODY_RATE, believed & (self.body_rate > self._rules.body_rate)),
            (Trip.JOINT_VELOCITY, believed & any_of(self._overspeed() > 0.0)),
            (Trip.TEMPERATURE, hot > self._rules.temperature),
            (Trip.MOTOR, _flag(status.motor_fault, n, default=False)),
            (Trip.STOP, _flag(status.stop, n, default=False)),
        )
        if status.publishers is not None:
            trips |= np.where(status.publishers > 1, int(Trip.RIVAL), 0)
        return trips

    def late(self, now: float) -> IntArray:
        """`Trip.STALE` where no believable message has come for too long, (N,)."""
        age = self._rules.stale_periods * self._limits.control_dt + SLACK
        return np.where(now - self.received <= age, 0, int(Trip.STALE))

    def quiet(self) -> BoolArray:
        """Where a robot is upright, slow and near enough to its standing pose to hold it, (N,)."""
        rules, carrying = self._rules, self._limits.carrying
        error = np.abs(self.believed.joint_position - self._limits.pose)[:, carrying].max(axis=1, initial=0.0)
        return (
            (self.tilt < rules.stand_tilt)
            & (self.body_rate < rules.stand_body_rate)
            & (np.abs(self.believed.joint_velocity).max(axis=1) < rules.stand_joint_velocity)
            & (error < rules.stand_pose_error)
        )

    def explain(self, trip: Trip, i: int) -> str:
        """The figure behind `trip` for robot `i`, where there is one."""
        speed = self._overspeed()[i]
        worst = int(np.argmax(speed))
        texts: dict[Trip, Callable[[], str]] = {
            Trip.TILT: lambda: f"{self.tilt[i]:.2f} rad, allowed {self._rules.tilt:.2f}",
            Trip.BODY_RATE: lambda: f"{self.body_rate[i]:.2f} rad/s, allowed {self._rules.body_rate:.2f}",
            Trip.JOINT_VELOCITY: lambda: (
                f"{self._robot.joint_names[worst]} {self.believed.joint_velocity[i, worst]:.1f} rad/s, "
                f"allowed {self._limits.joint_velocity_trip[worst]:.1f}"
            ),
            Trip.TEMPERATURE: lambda: f"{self._temperature[i]:.0f} C, allowed {self._rules.temperature:.0f}",
        }
        found = texts.get(trip)
        name = (trip.name or str(trip)).lower()
        return f"{name}: {found()}" if found else name

    def _message(self, obs: Observation, status: RobotStatus) -> Array:
        """The measurement as one row per robot: positions, velocities, quaternion, angular velocity."""
        n, j = self.believed.joint_position.shape
        shapes = {
            "time": (obs.time, (n,)),
            "joint_position": (obs.joint_position, (n, j)),
            "joint_velocity": (obs.joint_velocity, (n, j)),
            "base_quaternion": (obs.base_quaternion, (n, 4)),
            "base_angular_velocity": (obs.base_angular_velocity, (n, 3)),
            "temperature": (status.temperature, (n, j)),
            "checksum_ok": (status.checksum_ok, (n,)),
            "motor_fault": (status.motor_fault, (n,)),
            "publishers": (status.publishers, (n,)),
            "stop": (status.stop, (n,)),
        }
        for name, (values, shape) in shapes.items():
            if values is not None and np.shape(values) != shape:
                raise ShapeError(f"{name} {np.shape(values)} must be {shape}: this guard watches {n} robots")
        parts = (obs.joint_position, obs.joint_velocity, obs.base_quaternion, obs.base_angular_velocity)
        return np.concatenate(parts, axis=1, dtype=np.float64)

    def _heat(self, status: RobotStatus, n: int) -> Array:
        if status.temperature is not None:
            self._temperature = status.temperature.max(axis=1).astype(np.float64)
            return self._temperature
        return np.zeros(n)

    def _clock(self, time: Array, now: float) -> tuple[BoolArray, BoolArray]:
        """Where the robot's clock jumped against ours, and where the message is a new one."""
        known = np.isfinite(self._stamp)
        usable = np.isfinite(time)
        advance = np.where(known & usable, time - self._stamp, 0.0)
        elapsed = np.where(known, now - self._stamped, 0.0)
        new = usable & (~known | (advance != 0.0))
        tolerance = self._rules.clock_periods * self._limits.control_dt + SLACK
        jump = known & new & ((advance < 0.0) | (np.abs(advance - elapsed) > tolerance))
        self._stamp = np.where(new, time, self._stamp)
        self._stamped = np.where(new, now, self._stamped)
        return jump, new

    def _implausible(self, message: Array) -> BoolArray:
        j = self._robot.num_joints
        norm = np.linalg.norm(message[:, 2 * j : 2 * j + 4], axis=1)
        position, slack = message[:, :j], self._rules.position_overrun
        low, high = self._robot.position_lower - slack, self._robot.position_upper + slack
        return (np.abs(norm - 1.0) > 0.1) | any_of((position < low) | (position > high))

    def _frozen(self, message: Array, fresh: BoolArray, now: float) -> BoolArray:
        changed = fresh & any_of(message != self._seen)
        self._seen = np.where(fresh[:, None], message, self._seen)
        first = fresh & ~np.isfinite(self._changed)
        self._changed = np.where(changed | first, now, self._changed)
        age = self._rules.frozen_periods * self._limits.control_dt + SLACK
        return fresh & (now - self._changed > age)

    def _believe(self, message: Array, believed: BoolArray, new: BoolArray, now: float) -> None:
        j, old, rows = self._robot.num_joints, self.believed, believed[:, None]
        quaternion = message[:, 2 * j : 2 * j + 4]
        quaternion = quaternion / np.maximum(np.linalg.norm(quaternion, axis=1, keepdims=True), SLACK)
        omega = message[:, 2 * j + 4 :]
        self.believed = Observation(
            time=old.time,
            joint_position=np.where(rows, message[:, :j], old.joint_position),
            joint_velocity=np.where(rows, message[:, j : 2 * j], old.joint_velocity),
            base_quaternion=np.where(rows, quaternion, old.base_quaternion),
            base_angular_velocity=np.where(rows, omega, old.base_angular_velocity),
        )
        tilt = np.arccos(np.clip(-gravity_base(quaternion)[:, 2], -1.0, 1.0))
        self.tilt = np.where(believed, tilt, self.tilt)
        rate = np.linalg.norm(omega, axis=1)
        self.body_rate = np.where(believed, rate, self.body_rate)
        self.received = np.where(new, now, self.received)

    def _overspeed(self) -> Array:
        return np.abs(self.believed.joint_velocity) - self._limits.joint_velocity_trip


class RequestMonitor:
    """Checks the targets that a policy asks for.

    Attributes:
        latest: Latest request that passed. Shape (N, J), rad.
    """

    def __init__(self, robot: Robot, limits: Limits, rules: ActuatorRules, n: int) -> None:
        """No request yet; `n` robots."""
        self._limits = limits
        self._low = robot.position_lower - rules.request_overrun
        self._high = robot.position_upper + rules.request_overrun
        self.latest: Array = np.tile(limits.pose, (n, 1))
        self._known: BoolArray = np.zeros(n, dtype=np.bool_)

    def take(self, ids: IntArray) -> RequestMonitor:
        """A copy for robots `ids` alone."""
        return copy_rows(self, ("latest", "_known"), ids)

    def forget(self, rows: BoolArray) -> None:
        """The next request in `rows` (N,) comes from someone else: no step from the previous one."""
        self._known &= ~rows

    def update(self, targets: Array, fresh: BoolArray) -> IntArray:
        """Take in requests (N, J), rad, where they are `fresh` (N,); which `Trip` conditions hold, (N,)."""
        targets = np.where(fresh[:, None], targets, self.latest)
        finite = all_of(np.isfinite(targets))
        clean = np.where(finite[:, None], targets, self.latest)
        outside = any_of((clean < self._low) | (clean > self._high))
        usable = finite & ~outside
        clean = np.where(usable[:, None], clean, self.latest)
        leap = self._known & any_of(np.abs(clean - self.latest) > self._limits.request_step)
        self.latest = np.where((usable & ~leap)[:, None], clean, self.latest)
        self._known |= usable & fresh
        return _bits((Trip.BAD_REQUEST, ~finite), (Trip.LIMIT_REQUEST, outside), (Trip.STEP_REQUEST, usable & leap))


def any_of(conditions: BoolArray) -> BoolArray:
    """Where any column holds. (N, J) -> (N,)."""
    return np.asarray(conditions.any(axis=1))


def all_of(conditions: BoolArray) -> BoolArray:
    """Where all columns hold. (N, J) -> (N,)."""
    return np.asarray(conditions.all(axis=1))


def _flag(values: BoolArray | None, n: int, *, default: bool) -> BoolArray:
    return np.full(n, default, dtype=np.bool_) if values is None else np.asarray(values, dtype=np.bool_)


def _bits(*conditions: tuple[Trip, BoolArray]) -> IntArray:
    out: IntArray = np.zeros(len(conditions[0][1]), dtype=np.int64)
    for trip, rows in conditions:
        out[rows] |= int(trip)
    return out
