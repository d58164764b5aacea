"""A bridge with the guard inside: whoever drives the robot cannot get around it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skillblend.contracts import Array, Bridge, IntArray, Observation
from skillblend.safety.guard import Guard
from skillblend.safety.trips import RobotStatus

Clock = Callable[[], float]


class GuardedBridge:
    """Reads through the guard's eyes and sends what it lets pass; itself a `Bridge`.

    Attributes:
        guard: Armed by whoever owns it: nothing passes before `Guard.run` or `Guard.launch`.
    """

    def __init__(
        self,
        bridge: Bridge,
        guard: Guard,
        clock: Clock | None = None,
        status: Callable[[], RobotStatus | None] | None = None,
    ) -> None:
        """Put `guard` in front of `bridge`.

        Args:
            bridge: The robot.
            guard: For as many robots.
            clock: Our monotonic clock, s, on a real robot; None takes the time of the first robot's
                measurement, as a simulation that runs faster or slower than time needs it.
            status: What else the driver knows, at each reading.
        """
        self.guard = guard
        self._bridge, self._clock, self._status = bridge, clock, status
        self._now = 0.0

    def read(self) -> Observation:
        """The latest observation, seen by the guard too."""
        obs = self._bridge.read()
        self._now = self._clock() if self._clock else float(obs.time[0])
        self.guard.observe(obs, self._now, self._status() if self._status else None)
        return obs

    def send(self, targets: Array) -> None:
        """Send what the guard makes of joint targets (N, J), rad; in damping, the robot's own stop."""
        if self._clock:
            self._now = self._clock()
        allowed = self.guard.filter(targets, self._now)
        damped = self.guard.faulted & ~self.guard.holding
        if damped.all():
            self._bridge.stop()
            return
        if damped.any():
            self._bridge.stop(np.flatnonzero(damped))
        self._bridge.send(allowed)

    def stop(self, ids: IntArray | None = None) -> None:
        """Safe mode of robots `ids`, None for all, at once, latched."""
        self.guard.trip("stop", ids)
        self._bridge.stop(ids)
