"""Random messages find nothing, and would find something if there were anything to find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from skillblend.safety.fuzz import fuzz
from skillblend.safety.guard import Guard
from skillblend.safety.limiter import Limiter
from skillblend.safety.trips import StateMonitor, Trip


@pytest.mark.parametrize("name", ["h1", "g1", "h1_2"])
def test_no_violation(name):
    report = fuzz(robots.load(name), 30_000, num=200, seed=1)
    assert report.messages >= 30_000
    assert not report.violations, report
    assert report.modes["RUNNING"] > report.messages / 5
    assert report.modes["STAND"] and report.modes["DAMPING"] and report.modes["PASSIVE"]
    assert report.limited > report.messages / 20
    assert report.corrupted > 100
    names = {trip.name for trip in Trip} - {"FROZEN", "SILENCE", "STALE"}
    assert names <= set(report.trips), names - set(report.trips)


@pytest.mark.slow
def test_no_violation_in_a_million_messages():
    report = fuzz(robots.load("h1"), 1_000_000, seed=2)
    assert not report.violations, report


def loosen(monkeypatch, **changes) -> None:
    """Multiply limits that the guard uses, but not those that the judge reads off the robot."""
    init = Limiter.__init__

    def broken(self, limits, rules, n):
        init(self, replace(limits, **{k: factor * getattr(limits, k) for k, factor in changes.items()}), rules, n)

    monkeypatch.setattr(Limiter, "__init__", broken)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"position_upper": 1.1}, "position"), ({"torque": 1.05}, "torque"), ({"velocity": 1.5}, "torque"),
        ({"rate": 1.5, "step": 1.5}, "rate"), ({"step": 1.5, "rate": 1.3}, "step"), ({"stiffness": 0.5}, "torque"),
    ],
)  # fmt: skip
def test_the_judge_sees_a_loose_limit(h1, monkeypatch, changes, kind):
    loosen(monkeypatch, **changes)
    assert fuzz(h1, 20_000, num=200).violations[kind] > 0


def test_the_judge_sees_a_missed_corruption(h1, monkeypatch):
    update = StateMonitor.update
    monkeypatch.setattr(StateMonitor, "update", lambda self, *a: update(self, *a) & ~int(Trip.CHECKSUM | Trip.CLOCK))
    assert fuzz(h1, 20_000, num=200).violations["missed"] > 0


def test_the_judge_sees_an_unlatched_fault(h1, monkeypatch):
    latch = Guard._latch

    def forgetful(self, found, *args, **options):
        latch(self, found, *args, **options)
        self.state = np.where((found == 0) & (self.state == 4), 1, self.state)

    monkeypatch.setattr(Guard, "_latch", forgetful)
    assert fuzz(h1, 5_000, num=200).violations["resumed"] > 0


def test_results_depend_on_the_seed_alone(h1):
    first, again, other = (fuzz(h1, 3_000, num=100, seed=seed) for seed in (5, 5, 6))
    assert (first.modes, first.trips) == (again.modes, again.trips)
    assert first.trips != other.trips
