"""The guard passes the suite, and the suite fails without it, or without any one of its protections."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.conformance.faults import DEADLINES, Fault
from sim.conformance.robot import SpeakingRobots
from sim.conformance.suite import make_guard, run_suite
from sim.load import LOAD
from skillblend.errors import InputError
from skillblend.safety import ActuatorRules, Command, Guard, Rules, Trip
from skillblend.safety.trips import RequestMonitor, StateMonitor

NEVER = 1e9


def test_every_fault_leads_to_a_safe_mode_in_time_and_walking_goes_on_without_one(walking):
    found = run_suite(walking, 3, 1)
    assert [r.fault for r in found] == [*(f.value for f in Fault), "none"]
    for result in found:
        assert (result.passed, result.failures) == (3, {}), result
    for result, fault in zip(found, Fault, strict=False):
        assert result.latency_max is not None and result.latency_max <= DEADLINES[fault]
        assert result.damping + result.stand == 3
    assert (found[-1].damping, found[-1].stand) == (0, 0)


@pytest.mark.slow
def test_all_twelve_hundred(walking):
    found = run_suite(walking, 100, 0)
    assert sum(r.passed for r in found[:-1]) == 1200, [r.failures for r in found]
    assert found[-1].passed == 100


def test_trials_do_not_depend_on_those_beside_them(walking):
    faults = (Fault.TILT, Fault.POLICY_HANG)
    together = run_suite(walking, 1, 3, faults=faults)
    assert run_suite(walking, 1, 3, faults=faults[::-1], batch=1) == together[::-1]
    assert run_suite(walking, 1, 4, faults=faults) != together


def test_with_a_load_it_walks_on_and_is_stopped_in_time(walking):
    found = run_suite(walking, 2, 1, faults=(Fault.POLICY_HANG, None), loaded=True)
    assert [(r.passed, r.failures) for r in found] == [(2, {}), (2, {})]
    masses = [
        SpeakingRobots(walking.robot, np.arange(4), 1, loaded=loaded).sim.batch.expand("body_mass").sum(axis=1)
        for loaded in (True, False)
    ]
    more = masses[0] - masses[1]
    assert (more > LOAD[0]).all() and (more < LOAD[1]).all() and more.std() > 0.1


class NoGuard:
    """Passes on whatever a policy asks for, and repeats it when the policy is silent: what must not pass."""

    def __init__(self, robot, n):
        pose = np.tile(robot.default_pose, (n, 1))
        self.command = Command(
            targets=pose,
            stiffness=np.tile(robot.stiffness, (n, 1)),
            damping=np.tile(robot.damping, (n, 1)),
            enabled=np.full(n, True),
        )

    def observe(self, obs, now, status=None):
        pass

    def filter(self, targets, now, source="", fresh=None):
        assert fresh is not None
        usable = np.isfinite(targets) & fresh[:, None]
        self.command = replace(self.command, targets=np.where(usable, targets, self.command.targets))
        return self.command.targets

    def tick(self, now):
        return self.command.targets

    arm = stand = run = lambda self: None


def test_every_class_fails_without_a_guard(walking):
    for result in run_suite(walking, 3, 1, faults=tuple(Fault), make=NoGuard):
        assert result.passed == 0, result


# What each class relies on. The rest of the guard stays as it is.
RELAXED = {
    Fault.STATE_DROPOUT: {"stale_periods": NEVER},
    Fault.FROZEN_STATE: {"stale_periods": NEVER, "frozen_periods": NEVER},
    Fault.TILT: {"tilt": NEVER, "body_rate": NEVER, "joint_velocity": NEVER},
    Fault.LIMIT_REQUEST: {"request_overrun": NEVER, "request_step": NEVER, "request_speed": NEVER},
    Fault.VELOCITY_STEP: {"request_step": NEVER, "request_speed": NEVER},
    Fault.OVERHEATING: {"temperature": NEVER},
    Fault.POLICY_HANG: {"silence_periods": NEVER},
    Fault.POLICY_KILL: {"silence_periods": NEVER},
    Fault.CLOCK_JUMP: {"clock_periods": NEVER},
}


@pytest.mark.parametrize("fault", RELAXED, ids=str)
def test_a_class_fails_without_its_rule(walking, fault):
    rules = Rules(actuator=ActuatorRules(**RELAXED[fault]))
    (result,) = run_suite(walking, 3, 1, faults=(fault,), make=lambda robot, n: Guard(robot, rules, num=n))
    assert result.passed < 3, result


@pytest.mark.parametrize(
    ("fault", "trips"),
    [(Fault.NAN, Trip.NOT_FINITE | Trip.BAD_REQUEST | Trip.STALE | Trip.SILENCE | Trip.FROZEN | Trip.IMPLAUSIBLE),
     (Fault.BAD_CRC, Trip.CHECKSUM), (Fault.RIVAL_PUBLISHER, Trip.RIVAL)],
    ids=str,
)  # fmt: skip
def test_a_class_fails_without_its_trip(walking, monkeypatch, fault, trips):
    for monitor in (StateMonitor, RequestMonitor):
        update = monitor.update
        monkeypatch.setattr(monitor, "update", lambda self, *a, update=update: update(self, *a) & ~int(trips))
    (result,) = run_suite(walking, 3, 1, faults=(fault,))
    assert result.passed < 3, result


def test_a_guard_that_forgets_its_faults_fails(walking, monkeypatch):
    latch = Guard._latch

    def forgetful(self, found, *args, **options):
        latch(self, found, *args, **options)
        self.state = np.where((self.state == 4) & (self.blockers() == 0), 3, self.state)

    monkeypatch.setattr(Guard, "_latch", forgetful)
    for result in run_suite(walking, 2, 1, faults=(Fault.BAD_CRC, Fault.POLICY_HANG)):
        assert result.passed == 0, result


def test_a_guard_that_stops_for_nothing_fails(walking):
    rules = Rules(actuator=ActuatorRules(joint_velocity=1.0, joint_velocity_fraction=0.01))
    (result,) = run_suite(walking, 2, 1, faults=(None,), make=lambda robot, n: Guard(robot, rules, num=n))
    assert result.passed == 0


def test_a_fault_that_finds_the_robot_already_stopped_is_no_pass(walking):
    rules = Rules(actuator=ActuatorRules(joint_velocity=1.0, joint_velocity_fraction=0.01))
    (result,) = run_suite(walking, 2, 1, faults=(Fault.NAN,), make=lambda robot, n: Guard(robot, rules, num=n))
    assert result.passed == 0
    assert any("not driven" in reason for reasons in result.failures.values() for reason in reasons)


def test_progress_is_told(walking):
    seen = []
    run_suite(walking, 1, 1, faults=(None, Fault.NAN), batch=1, progress=lambda *a: seen.append(a), make=make_guard)
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(("trials", "batch"), [(0, 1), (100_001, 1), (1, 0)])
def test_senseless_numbers(walking, trials, batch):
    with pytest.raises(InputError, match="must be"):
        run_suite(walking, trials, 0, batch=batch)
