"""How regularly a driver writes: the time from one command to the next, noted where it is sent."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skillblend.hardware.driver import Link

LATE = 0.003
"""A period longer than this counts as late, s: one and a half of `skillblend.hardware.driver.WRITE_DT`."""


class TimedLink:
    """A link that notes the periods between commands.

    Attributes:
        periods: Those so far, s.
    """

    def __init__(self, link: Link, counts: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """Pass everything on to `link`.

        Args:
            link: To the robot.
            counts: Whether the command just sent belongs to a motion that is followed; others end a row of periods.
            clock: Monotonic, s.
        """
        self._link, self._counts, self._clock = link, counts, clock
        self._last: float | None = None
        self.periods = array("d")

    def receive(self) -> bytes | None:
        """The newest state message."""
        return self._link.receive()

    def send(self, data: bytes) -> None:
        """Give a command to the motors, and note when."""
        self._link.send(data)
        if not self._counts():
            self._last = None
            return
        now = self._clock()
        if self._last is not None:
            self.periods.append(now - self._last)
        self._last = now

    def release(self) -> bool:
        """Ask for the release of the built-in mode; whether it is."""
        return self._link.release()


@dataclass(frozen=True, kw_only=True)
class Regularity:
    """What `periods` of a writer amount to.

    Attributes:
        periods: How many.
        seconds: Their sum.
        p50, p99, worst: ms; NaN without periods.
        late: Share longer than `LATE`.
    """

    periods: int
    seconds: float
    p50: float
    p99: float
    worst: float
    late: float

    @classmethod
    def of(cls, periods: Sequence[float]) -> Regularity:
        """From periods in s."""
        values = np.asarray(periods, dtype=np.float64)
        if not values.size:
            return cls(periods=0, seconds=0.0, p50=np.nan, p99=np.nan, worst=np.nan, late=np.nan)
        p50, p99, worst = (float(v) for v in 1e3 * np.quantile(values, (0.5, 0.99, 1.0)))
        late = float((values > LATE).mean())
        return cls(periods=values.size, seconds=float(values.sum()), p50=p50, p99=p99, worst=worst, late=late)
