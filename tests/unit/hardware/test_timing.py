"""Periods of a driver's commands."""

from __future__ import annotations

import numpy as np
import pytest

from skillblend.hardware.timing import Regularity, TimedLink


class Wire:
    """A link that notes what it is given."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def receive(self) -> bytes | None:
        """A state."""
        return b"state"

    def send(self, data: bytes) -> None:
        """Keep `data`."""
        self.sent.append(data)

    def release(self) -> bool:
        """At once."""
        return True


def test_periods_are_counted_while_setpoints_are_followed() -> None:
    wire, times = Wire(), iter([0.0, 0.002, 0.005, 1.0, 1.002])
    following = True
    link = TimedLink(wire, lambda: following, clock=lambda: next(times))
    for _ in range(3):
        link.send(b"a")
    following = False
    link.send(b"b")  # braking: the clock is not asked, and the row of periods ends
    following = True
    link.send(b"c")
    link.send(b"c")
    assert list(link.periods) == pytest.approx([0.002, 0.003, 0.002])
    assert wire.sent == [b"a", b"a", b"a", b"b", b"c", b"c"]
    assert link.receive() == b"state" and link.release()


def test_regularity_of_known_periods() -> None:
    found = Regularity.of([0.002] * 98 + [0.0035, 0.010])
    assert (found.periods, found.late) == (100, 0.02)
    assert found.p50 == pytest.approx(2.0) and found.worst == pytest.approx(10.0)
    assert found.seconds == pytest.approx(0.2095)
    assert found.p99 == pytest.approx(3.5 + 0.01 * 6.5)
    assert Regularity.of([]).periods == 0 and np.isnan(Regularity.of([]).p99)
