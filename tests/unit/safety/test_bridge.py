"""A robot behind a guarded bridge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skillblend.contracts import Array, Bridge, Observation
from skillblend.safety import GuardedBridge, Mode, RobotStatus, Trip


class Recorder:
    """A bridge to a robot that trembles, and remembers what it was told."""

    def __init__(self, observe: Callable[[], Observation]) -> None:
        self._observe = observe
        self.sent: list[Array] = []
        self.stops = 0

    def read(self) -> Observation:
        return self._observe()

    def send(self, targets: Array) -> None:
        self.sent.append(targets)

    def stop(self, ids: np.ndarray | None = None) -> None:
        self.stops += 1


@pytest.fixture
def robot(make_bench):
    """A bench with one robot, its recorder, and the guarded bridge to it, running."""
    bench = make_bench()
    recorder = Recorder(bench.obs)
    bridge: Bridge = GuardedBridge(recorder, bench.guard)
    bridge.read()
    bench.guard.launch()
    return bench, recorder, bridge


def test_targets_pass_while_all_is_well(robot):
    bench, recorder, bridge = robot
    for _ in range(10):
        bench.advance()
        bridge.read()
        bridge.send(bench.pose + 0.01)
        assert not bench.guard.faulted.any()
    assert np.array_equal(recorder.sent[-1], bench.pose + 0.01)
    assert recorder.stops == 0


def test_a_fault_becomes_the_robots_own_stop_and_nothing_is_sent_any_more(robot):
    bench, recorder, bridge = robot
    bench.advance()
    bridge.read()
    bridge.send(bench.pose * np.nan)  # stands still: a supported stand
    assert len(recorder.sent) == 1 and np.isfinite(recorder.sent[0]).all()
    assert bench.guard.faulted.all()
    bench.advance()
    bridge.stop()
    bridge.read()
    bridge.send(bench.pose)
    assert len(recorder.sent) == 1
    assert recorder.stops == 2
    assert Trip.STOP in Trip(int(bench.guard.faults[0]))


def test_our_clock_and_the_drivers_status_are_asked(make_bench):
    bench = make_bench()
    said = RobotStatus(publishers=np.array([1]))
    bridge = GuardedBridge(Recorder(bench.obs), bench.guard, clock=lambda: bench.now, status=lambda: said)
    bridge.read()
    bench.guard.launch()
    bench.advance()
    bridge.read()
    bridge.send(bench.pose)
    assert bench.guard.state[0] == Mode.RUNNING
    said.publishers = np.array([2])
    bench.advance()
    bridge.read()
    assert Trip(int(bench.guard.faults[0])) == Trip.RIVAL


def test_a_late_policy_is_noticed_by_our_clock(make_bench):
    bench = make_bench()
    bridge = GuardedBridge(Recorder(bench.obs), bench.guard, clock=lambda: bench.now)
    bridge.read()
    bench.guard.launch()
    bench.advance()
    bridge.read()
    bench.now += 0.1
    bridge.send(bench.pose)
    assert Trip.SILENCE in Trip(int(bench.guard.faults[0]))
