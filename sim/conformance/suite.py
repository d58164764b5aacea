"""Runs the trials: walking robots, a policy, a guard between the two, a fault, and a judge.

One link period, 5 ms: the robots' state messages as bytes, to the guard; every fourth one is also seen by
the policy, whose targets reach the guard 0 to 10 ms later; the guard's commands as bytes to the motors,
without transport time. Simulated time throughout.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from sim.conformance.faults import DEADLINES, Fault
from sim.conformance.injection import Injection
from sim.conformance.judge import NEVER_BAD, Finding, Moment, MotorJudge
from sim.conformance.robot import LINK_DT, SpeakingRobots
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.errors import InputError
from skillblend.hardware.crc import Bytes
from skillblend.intervals import wilson_interval
from skillblend.safety import Command, Guard, RobotStatus
from skillblend.skills.skill import PolicySkill

SECONDS = 3.5
"""Length of a trial, s."""
BATCH = 100
"""Trials that run beside each other; results do not depend on it."""
STAND_SHARE = 0.2
"""Share of the commands that ask for standing still."""
MAX_TRIALS = 100_000
_COMMAND, _STAND, _PHASE, _DELAY = 220, 221, 222, 223
_COMMAND_PERIODS = 240


class Filter(Protocol):
    """What stands between policy and motors: a `Guard`, or something that should fail."""

    command: Command

    def observe(self, obs: Observation, now: float, status: RobotStatus | None = None) -> None:
        """Take in a measurement."""
        ...

    def filter(self, targets: Array, now: float, source: str = "", fresh: BoolArray | None = None) -> Array:
        """Take in targets."""
        ...

    def tick(self, now: float) -> Array:
        """No targets came."""
        ...

    def arm(self) -> None:
        """Passive to damping."""
        ...

    def stand(self) -> None:
        """Damping to standing."""
        ...

    def run(self) -> None:
        """Standing to running."""
        ...


MakeFilter = Callable[[Robot, int], Filter]
Trial = tuple[Fault | None, int]
"""A class and a number."""


def make_guard(robot: Robot, n: int) -> Filter:
    """The guard as it is shipped."""
    return Guard(robot, num=n)


@dataclass(frozen=True, kw_only=True)
class ClassResult:
    """What became of the trials of one fault class.

    Attributes:
        fault: Its name; ``"none"`` for trials without a fault, which pass if the robot walks on unhindered.
        trials, passed: How many.
        interval: 95% Wilson interval of the share that passed.
        deadline: Time allowed from the bad state to the safe mode, s; None without a fault.
        latency_mean, latency_max: Time taken, over the trials that became safe, s; None where none did.
        damping, stand: In how many trials each safe mode was on at the end.
        failures: Trial number and reasons.
    """

    fault: str
    trials: int
    passed: int
    interval: tuple[float, float]
    deadline: float | None
    latency_mean: float | None
    latency_max: float | None
    damping: int
    stand: int
    failures: dict[int, list[str]] = field(default_factory=dict[int, list[str]])


def run_suite(
    skill: PolicySkill[Any],
    trials: int,
    seed: int,
    *,
    faults: Sequence[Fault | None] = (*Fault, None),
    batch: int = BATCH,
    make: MakeFilter = make_guard,
    loaded: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[ClassResult]:
    """`trials` trials of each of `faults`; None is the control group, in which nothing goes wrong.

    Args:
        skill: Who walks.
        trials: Of each class.
        seed: Of everything.
        faults: Classes, in this order.
        batch: Trials that run beside each other; results do not depend on it.
        make: What stands between policy and motors.
        loaded: Each robot carries something at its palms.
        progress: Called with (done, total).

    Raises:
        InputError: `trials` or `batch` out of range.
    """
    check_trials(trials)
    if batch < 1:
        raise InputError(f"batch = {batch} must be at least 1")
    every = [(fault, number) for fault in faults for number in range(trials)]
    findings: list[Finding] = []
    with quiet(), np.errstate(invalid="ignore", over="ignore"):
        for first in range(0, len(every), batch):
            findings += _Trials(skill, every[first : first + batch], seed, make, loaded).run()
            if progress is not None:
                progress(len(findings), len(every))
    return [_summary(fault, findings[i * trials : (i + 1) * trials]) for i, fault in enumerate(faults)]


def check_trials(trials: int) -> None:
    """Refuse senseless numbers.

    Raises:
        InputError: Not between 1 and `MAX_TRIALS`.
    """
    if not 1 <= trials <= MAX_TRIALS:
        raise InputError(f"trials = {trials} must be between 1 and {MAX_TRIALS}")


def _summary(fault: Fault | None, findings: list[Finding]) -> ClassResult:
    reasons = [_reasons(fault, finding) for finding in findings]
    passed = sum(not r for r in reasons)
    taken = [f.latency for f in findings if np.isfinite(f.latency)]
    return ClassResult(
        fault=fault.value if fault is not None else "none",
        trials=len(findings),
        passed=passed,
        interval=wilson_interval(passed, len(findings)),
        deadline=DEADLINES[fault] if fault is not None else None,
        latency_mean=round(float(np.mean(taken)), 6) if taken else None,
        latency_max=round(max(taken), 6) if taken else None,
        damping=sum(f.mode == "damping" for f in findings),
        stand=sum(f.mode == "stand" for f in findings),
        failures={i: r for i, r in enumerate(reasons) if r},
    )


def _reasons(fault: Fault | None, finding: Finding) -> list[str]:
    if fault is not None:
        return finding.reasons(DEADLINES[fault])
    found = [reason for reason in finding.reasons(np.inf) if reason != NEVER_BAD]
    return found + (["stopped without a fault"] if finding.mode == "damping" else [])


class _Trials:
    """Some trials beside each other, each with its fault and its number."""

    def __init__(
        self,
        skill: PolicySkill[Any],
        trials: Sequence[tuple[Fault | None, int]],
        seed: int,
        make: MakeFilter,
        loaded: bool,
    ) -> None:
        order = [*Fault, None]
        numbers = np.array([order.index(fault) * MAX_TRIALS + number for fault, number in trials])
        self.robots = SpeakingRobots(skill.robot, numbers, seed, loaded=loaded)
        self.judge = MotorJudge(skill.robot, len(trials), self.robots.noise)
        self.injection = Injection([fault for fault, _ in trials], self.robots, self.judge)
        self.walker = Walker(skill, self.robots)
        self.guard = make(skill.robot, len(trials))
        self._told = Moment.of(self.robots.truth())

    def run(self) -> list[Finding]:
        """From standing up to the end; what the judge found."""
        for _ in range(round(SECONDS / LINK_DT)):
            self._link_period()
        return self.judge.findings()

    def _link_period(self) -> None:
        robots, injection, codec = self.robots, self.injection, self.robots.codec
        now, truth = robots.time, robots.truth()
        injection.world(truth)
        state = codec.decode_state(injection.wire(codec.encode_state(injection.state(robots.measure(truth)))))
        publishers, rivals = injection.rivals()
        self.guard.observe(state.observation(), now, state.status(publishers=publishers))
        if robots.steps == 0:
            self.guard.arm()
            self.guard.stand()
            self.guard.run()
        targets, fresh = injection.request(*self.walker.speak(state.observation()))
        if fresh.any():
            self.guard.filter(targets, now, fresh=fresh)
        else:
            self.guard.tick(now)
        command = self.guard.command
        sent = codec.encode_command(command.targets, command.stiffness, command.damping, command.enabled)
        self._told = self._told.updated(injection.informed, truth)
        self.judge.see(now, truth, robots.obey(sent), self._told)
        if rivals.any():
            robots.obey(self._rival(sent, rivals))
        robots.step()

    def _rival(self, sent: Bytes, rivals: BoolArray) -> Bytes:
        """Another program that also wants the robots to stand, in `rivals` (N,)."""
        robot, n = self.robots.robot, self.robots.sim.n
        theirs = self.robots.codec.encode_command(
            np.tile(robot.default_pose, (n, 1)), np.tile(robot.stiffness, (n, 1)),
            np.tile(robot.damping, (n, 1)), np.full(n, True),
        )  # fmt: skip
        return np.where(rivals[:, None], theirs, sent)


class Walker:
    """The walking policy under random commands, on its own clock and a little slow."""

    def __init__(self, skill: PolicySkill[Any], robots: SpeakingRobots) -> None:
        """Draw when commands change and how slow each policy is."""
        streams, ids = robots.streams, robots.ids
        self._skill, self._robots = skill, robots
        self._periods = round(skill.robot.control_dt / LINK_DT)
        self._phase: IntArray = streams.integers(ids, _PHASE, 0, _COMMAND_PERIODS)
        self._delay: IntArray = streams.integers(ids, _DELAY, 0, 3)
        self._command: Array = np.zeros((len(ids), 3))
        self._memory = None
        self._targets: Array = np.tile(skill.robot.default_pose, (len(ids), 1))

    def speak(self, obs: Observation) -> tuple[Array, BoolArray]:
        """Latest targets (N, J), rad, and where they are new, (N,)."""
        step = self._robots.steps
        self._choose()
        if self._memory is None:
            self._memory = self._skill.new_memory(obs)
        if step % self._periods == 0:
            self._targets = self._skill.act(obs, self._command, self._memory)
        fresh: BoolArray = (step - self._delay) % self._periods == 0
        return self._targets, fresh & (step >= self._delay)

    def _choose(self) -> None:
        """New commands for those whose turn it is."""
        step, ids, draw = self._robots.steps, self._robots.ids, self._robots.streams.uniform
        turn = ((step + self._phase) % _COMMAND_PERIODS == 0) | (step == 0)
        if not turn.any():
            return
        space = self._skill.goal_space
        command = draw(ids, _COMMAND, space.lower, space.upper, 3)
        command *= draw(ids, _STAND, 0.0, 1.0) >= STAND_SHARE
        self._command = np.where(turn[:, None], command, self._command)


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings of the guard: trips are what is looked for."""
    logger = logging.getLogger("skillblend.safety.guard")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
