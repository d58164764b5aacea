"""What a driver writes between two setpoints: targets led from one to the next, damping after silence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from skillblend.contracts import Array, Robot
from skillblend.errors import InputError, SafetyError, ShapeError
from skillblend.safety.rules import ActuatorRules, derive_limits


@dataclass(frozen=True, kw_only=True)
class Setpoint:
    """What a guard wants the motors of one robot to do.

    Attributes:
        targets: Shape (J,), rad.
        stiffness: Shape (J,), N m/rad.
        damping: Shape (J,), N m s/rad.
        enabled: Whether motors may have torque at all.
    """

    targets: Array
    stiffness: Array
    damping: Array
    enabled: bool = True


class Writer:
    """Interpolates the setpoints of one robot; brakes, latched, when they stop coming or make no sense.

    Attributes:
        brake: Damping that stays within the torque limits without a measurement.
        fault: Why it brakes; empty while it follows.
    """

    def __init__(self, robot: Robot, rules: ActuatorRules | None = None) -> None:
        """Nothing to follow yet: braking is all that this writer does."""
        rules = rules or ActuatorRules()
        self._robot, self._limits = robot, derive_limits(robot, rules)
        self._patience = rules.silence_periods * robot.control_dt + 1e-6
        zero = np.zeros(robot.num_joints)
        self.brake = Setpoint(targets=zero, stiffness=zero, damping=self._limits.blind_damping)
        self._from: Array = zero
        self._to: Setpoint | None = None
        self._put = -np.inf
        self.fault = ""

    def put(self, setpoint: Setpoint, now: float) -> None:
        """Lead the targets to `setpoint` within one control period from `now`, s.

        Gains change at once; a joint that had no stiffness begins at its new target.

        Raises:
            ShapeError: Not one value per joint; the motors brake from now on.
            InputError: A value is not finite, a gain is negative, or a target is outside the joint's range;
                the motors brake from now on.
        """
        try:
            self._check(setpoint)
        except (ShapeError, InputError) as error:
            self.stop(str(error))
            raise
        old = self.command(now)
        self._from = np.where(old.stiffness > 0.0, old.targets, setpoint.targets)
        self._to, self._put = setpoint, now

    def command(self, now: float) -> Setpoint:
        """What to write at `now`, s."""
        if self._to is None or self.fault:
            return self.brake
        if now - self._put > self._patience:
            self.stop(f"no setpoint for {1e3 * (now - self._put):.0f} ms")
            return self.brake
        share = float(np.clip((now - self._put) / self._robot.control_dt, 0.0, 1.0))
        return replace(self._to, targets=self._from + share * (self._to.targets - self._from))

    def stop(self, reason: str) -> None:
        """Brake from now on, until `rearm`; the first reason stays."""
        self.fault = self.fault or reason

    def rearm(self) -> None:
        """Wait for the next setpoint again.

        Raises:
            SafetyError: There is no fault.
        """
        if not self.fault:
            raise SafetyError("the writer has no fault to clear")
        self.fault, self._to = "", None

    def _check(self, setpoint: Setpoint) -> None:
        shape = (self._robot.num_joints,)
        for name in ("targets", "stiffness", "damping"):
            values: Array = getattr(setpoint, name)
            if values.shape != shape:
                raise ShapeError(f"{name} {values.shape} must be {shape} (J,)")
            if not np.isfinite(values).all() or (name != "targets" and (values < 0.0).any()):
                raise InputError(f"{name} must be finite, and gains must not be negative")
        stiff = setpoint.stiffness > 0.0
        low, high = self._robot.position_lower - 1e-5, self._robot.position_upper + 1e-5
        outside = stiff & ((setpoint.targets < low) | (setpoint.targets > high))
        if outside.any():
            j = int(np.argmax(outside))
            raise InputError(
                f"target {setpoint.targets[j]:.3f} rad of {self._robot.joint_names[j]} is outside "
                f"[{low[j]:.3f}, {high[j]:.3f}]"
            )
