"""Keeps joint targets inside position, rate, step and torque limits, whatever is asked for.

Every bound is hard. The allowed change of a target is an interval that always contains zero, because the
step limit is at least the rate limit; whatever torque is then still too much, because the joint moved, is
taken off by scaling both gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray
from skillblend.kinematics import within
from skillblend.rows import copy_rows
from skillblend.safety.rules import ActuatorRules, Limits

_LONG_AGO = -1e9
"""Before any clock that anyone uses, s."""


@dataclass(frozen=True, kw_only=True)
class Limited:
    """Targets inside all limits, and where which limit acted.

    Attributes:
        targets: Shape (N, J), rad.
        gain: Factor on both PD gains that keeps torque inside its limits. Shape (N, J), in [0, 1].
        position, rate, torque: Where that limit changed something. Shape (N, J).
    """

    targets: Array
    gain: Array
    position: BoolArray
    rate: BoolArray
    torque: BoolArray


class Limiter:
    """Remembers what was sent.

    Attributes:
        sent: Latest targets. Shape (N, J), rad.
        change: Their latest change. Shape (N, J), rad.
    """

    def __init__(self, limits: Limits, rules: ActuatorRules, n: int) -> None:
        """`n` robots at their standing pose."""
        self._limits, self._rules = limits, rules
        self.sent: Array = np.tile(limits.pose, (n, 1))
        self.change: Array = np.zeros_like(self.sent)
        self._switched: Array = np.full(n, _LONG_AGO)
        self._last = _LONG_AGO

    def take(self, ids: IntArray) -> Limiter:
        """A copy for robots `ids` alone."""
        return copy_rows(self, ("sent", "change", "_switched"), ids)

    def anchor(self, rows: BoolArray, position: Array) -> None:
        """In `rows` (N,), continue from measured `position` (N, J): nothing was commanded there."""
        if not rows.any():
            return
        inside = within(position, self._limits.position_lower, self._limits.position_upper)
        self.sent = np.where(rows[:, None], inside, self.sent)
        self.change = np.where(rows[:, None], 0.0, self.change)

    def switch(self, rows: BoolArray, now: float) -> None:
        """In `rows` (N,), someone else asks from now on: rates start small and grow back."""
        self._switched = np.where(rows, now, self._switched)

    def elapsed(self, now: float) -> float:
        """Time since the latest targets, at most one control period, s."""
        return min(max(now - self._last, 0.0), self._limits.control_dt)

    def step(self, wanted: Array, position: Array, velocity: Array, now: float) -> Limited:
        """The allowed targets nearest to `wanted` (N, J), rad, for robots that are where they say.

        Args:
            wanted: Finite targets.
            position: Measured joints. Shape (N, J), rad.
            velocity: Measured joints. Shape (N, J), rad/s.
            now: Our clock, s.
        """
        lim = self._limits
        goal = within(wanted, lim.position_lower, lim.position_upper)
        low, high = self._torque_band(velocity)
        push = lim.damping * velocity
        reachable = within(goal, position + (low + push) / lim.stiffness,
                            position + (high + push) / lim.stiffness)  # fmt: skip
        best = within(reachable, lim.position_lower, lim.position_upper)
        asked = best - self.sent
        rate = self._rate(now)
        change = within(
            asked,
            np.maximum(np.maximum(lim.position_lower - self.sent, -rate), self.change - lim.step),
            np.minimum(np.minimum(lim.position_upper - self.sent, rate), self.change + lim.step),
        )
        moved = within(self.sent + change, lim.position_lower, lim.position_upper)
        targets = np.where(change == asked, best, moved)
        self.change, self.sent, self._last = targets - self.sent, targets, now
        torque = lim.stiffness * (targets - position) - push
        gain = np.ones_like(torque)
        np.divide(high, torque, out=gain, where=torque > high)
        np.divide(low, torque, out=gain, where=torque < low)
        return Limited(
            targets=targets,
            gain=gain,
            position=goal != wanted,
            rate=change != asked,
            torque=(reachable != goal) | (gain < 1.0),
        )

    def _torque_band(self, velocity: Array) -> tuple[Array, Array]:
        """Lowest and highest torque (N, J), N m: at its velocity limit, a joint may only be braked."""
        lim = self._limits
        taper = self._rules.velocity_taper * lim.velocity
        high = lim.torque * within((lim.velocity - velocity) / taper, 0.0, 1.0)
        low = -lim.torque * within((lim.velocity + velocity) / taper, 0.0, 1.0)
        return low, high

    def _rate(self, now: float) -> Array:
        """Largest change of a target since the latest call. Shape (N, J), rad."""
        lim, rules = self._limits, self._rules
        progress = within((now - self._switched) / rules.switch_seconds, 0.0, 1.0)
        ramp = rules.switch_fraction + (1.0 - rules.switch_fraction) * progress
        return lim.rate * ramp[:, None] * (self.elapsed(now) / lim.control_dt)
