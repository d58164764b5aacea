"""Random messages against a guard, with a judge of its own: it shares no limit and no formula with the guard.

One message is one measurement and one request of one robot. Half of the robots move calmly, half wildly;
some messages are corrupted in ways that must end the motion at once.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.safety.guard import Guard
from skillblend.safety.machine import Mode
from skillblend.safety.rules import Rules
from skillblend.safety.trips import RobotStatus

_DRIVEN = (Mode.STAND, Mode.RUNNING)


@dataclass(kw_only=True)
class FuzzReport:
    """Outcome of a run.

    Attributes:
        messages: How many were sent.
        violations: By kind; empty where there was none.
        modes: In how many messages the robot ended in each mode.
        trips: How often each reason was latched.
        corrupted: How many messages were corrupted while a policy was running.
        limited: In how many messages of a running policy a limit changed some target.
        seconds: Wall time.
    """

    messages: int = 0
    violations: Counter[str] = field(default_factory=Counter[str])
    modes: Counter[str] = field(default_factory=Counter[str])
    trips: Counter[str] = field(default_factory=Counter[str])
    corrupted: int = 0
    limited: int = 0
    seconds: float = 0.0


def fuzz(
    robot: Robot,
    messages: int,
    *,
    num: int = 1000,
    seed: int = 0,
    rules: Rules | None = None,
    progress: Callable[[int], None] | None = None,
) -> FuzzReport:
    """Send at least `messages` random messages to a guard of `num` robots and judge every answer.

    Args:
        robot: Whose guard.
        messages: How many.
        num: Robots behind the guard.
        seed: Of the messages.
        rules: Of the guard.
        progress: Called with the number of messages sent so far.
    """
    run = _Run(robot, num, np.random.default_rng(seed), rules or Rules())
    logger = logging.getLogger("skillblend.safety.guard")
    before, start = logger.level, time.perf_counter()
    logger.setLevel(logging.ERROR)
    try:
        while run.report.messages < messages:
            run.step()
            if progress is not None:
                progress(run.report.messages)
    finally:
        logger.setLevel(before)
    run.report.seconds = time.perf_counter() - start
    return run.report


class _Run:
    """The robots' imagined motion, the guard, and the judge's memory."""

    def __init__(self, robot: Robot, num: int, rng: np.random.Generator, rules: Rules) -> None:
        self.robot, self.rng, self.rules = robot, rng, rules
        self.guard = Guard(robot, rules, num=num)
        self.report = FuzzReport()
        self.now = 0.0
        self.q = np.tile(robot.default_pose, (num, 1))
        self.qd = np.zeros_like(self.q)
        self.wild = np.arange(num) % 2 == 1
        self.offset = rng.uniform(0.0, 100.0, num)
        self.corrupt = np.zeros(num, dtype=np.bool_)
        self.sent = np.tile(robot.default_pose, (num, 1))
        self.change = np.zeros_like(self.sent)
        self.driven = np.zeros(num, dtype=np.int64)
        self.mode = self.guard.state.copy()
        self._spoil: tuple[Callable[[Observation, Array, IntArray], None], ...] = (
            self._spoil_state, self._spoil_clock, self._spoil_status, self._spoil_request
        )  # fmt: skip

    def step(self) -> None:
        """One control period."""
        touched = self._operate()
        before = self.guard.state.copy()
        self.now += self.robot.control_dt * float(self.rng.uniform(0.8, 1.2))
        obs, targets = self._messages()
        self._corrupt(obs, targets)
        self.guard.observe(obs, self.now, self._status())
        self.guard.filter(targets, self.now, source=str(self.rng.random() < 0.02))
        _Judge(self, obs, before, touched).judge()
        self.report.messages += self.guard.num

    def _operate(self) -> BoolArray:
        """Operators bring robots back; which ones were touched, (N,)."""
        guard, rng = self.guard, self.rng
        touched = np.zeros(guard.num, dtype=np.bool_)
        lucky = rng.random(guard.num) < 0.3
        free = guard.blockers() == 0
        quiet = free & guard.steady & ~self.wild
        for rows, act in (
            (guard.faulted & free & lucky, guard.rearm),
            (self.wild & guard.faulted & lucky, guard.reset),
            ((guard.state == Mode.STAND) & free & lucky, guard.run),
            ((guard.state == Mode.DAMPING) & quiet & lucky, guard.stand),
            ((guard.state == Mode.DAMPING) & self.wild & lucky, guard.relax),
            ((guard.state == Mode.PASSIVE) & free & lucky & self.wild, guard.launch),
            ((guard.state == Mode.PASSIVE) & free & lucky & ~self.wild, guard.arm),
            ((guard.state == Mode.RUNNING) & (rng.random(guard.num) < 0.002), guard.damp),
        ):
            ids = np.flatnonzero(rows & ~touched)
            if len(ids):
                act(ids)
                touched[ids] = True
        return touched

    def _messages(self) -> tuple[Observation, Array]:
        """What healthy robots and a policy of mixed quality say."""
        rng, robot, n = self.rng, self.robot, self.guard.num
        wild = self.wild[:, None]
        noise = rng.standard_normal(self.q.shape)
        self.qd = noise * np.where(wild, 0.4 * robot.velocity_limit, 0.2)
        rules = self.rules.actuator
        limit = 0.99 * np.maximum(rules.joint_velocity, rules.joint_velocity_fraction * robot.velocity_limit)
        self.qd = np.clip(self.qd, -limit, limit)
        self.q += np.where(wild, 0.2, 0.02) * noise - 0.1 * (self.q - robot.default_pose)
        self.q = np.clip(self.q, robot.position_lower - 0.1, robot.position_upper + 0.1)
        spread = rng.uniform(-0.2, 0.2, self.q.shape)
        anywhere = rng.uniform(robot.position_lower - 0.3, robot.position_upper + 0.3, self.q.shape)
        targets = np.where(wild & (rng.random((n, 1)) < 0.8), 0.5 * (self.q + anywhere), self.q + spread)
        axis = rng.standard_normal((n, 3)) * np.where(wild, 0.1, 0.02)
        quaternion = np.concatenate([np.ones((n, 1)), axis], axis=1)
        obs = Observation(
            time=self.now + self.offset,
            joint_position=self.q.copy(),
            joint_velocity=self.qd.copy(),
            base_quaternion=quaternion / np.linalg.norm(quaternion, axis=1, keepdims=True),
            base_angular_velocity=np.clip(rng.standard_normal((n, 3)), -3.0, 3.0) * np.where(wild, 1.0, 0.1),
        )
        self.temperature = rng.uniform(20.0, 110.0, self.q.shape)
        self.checksum_ok = np.ones(n, dtype=np.bool_)
        self.motor_fault = np.zeros(n, dtype=np.bool_)
        self.publishers = np.ones(n, dtype=np.int64)
        self.stop = np.zeros(n, dtype=np.bool_)
        return obs, targets

    def _status(self) -> RobotStatus:
        return RobotStatus(
            temperature=self.temperature,
            checksum_ok=self.checksum_ok,
            motor_fault=self.motor_fault,
            publishers=self.publishers,
            stop=self.stop,
        )

    def _corrupt(self, obs: Observation, targets: Array) -> None:
        """Spoil about one message in fifty, in a way that must end the motion at once."""
        self.corrupt = self.rng.random(self.guard.num) < 0.02
        kind = self.rng.integers(0, len(self._spoil), self.guard.num)
        for i, spoil in enumerate(self._spoil):
            ids = np.flatnonzero(self.corrupt & (kind == i))
            if len(ids):
                spoil(obs, targets, ids)

    def _spoil_state(self, obs: Observation, targets: Array, ids: IntArray) -> None:
        del targets
        rng, j = self.rng, self.robot.num_joints
        value = rng.choice([np.nan, np.inf, -np.inf, 1e300, -1e300, 1e3], len(ids))
        part = rng.integers(0, 4, len(ids))
        column = rng.integers(0, j, len(ids))
        obs.joint_position[ids[part == 0], column[part == 0]] = value[part == 0]
        obs.joint_velocity[ids[part == 1], column[part == 1]] = value[part == 1]
        obs.base_quaternion[ids[part == 2], column[part == 2] % 4] = value[part == 2]
        obs.base_angular_velocity[ids[part == 3], column[part == 3] % 3] = value[part == 3]

    def _spoil_clock(self, obs: Observation, targets: Array, ids: IntArray) -> None:
        del targets
        self.offset[ids] += self.rng.choice([-5.0, -0.2, 0.2, 5.0, 1e6], len(ids))
        obs.time[ids] = self.now + self.offset[ids]

    def _spoil_status(self, obs: Observation, targets: Array, ids: IntArray) -> None:
        del targets
        kind = self.rng.integers(0, 6, len(ids))
        self.temperature[ids[kind == 0], 0] = self.rng.uniform(121.0, 500.0)
        self.checksum_ok[ids[kind == 1]] = False
        self.motor_fault[ids[kind == 2]] = True
        self.publishers[ids[kind == 3]] = 2
        self.stop[ids[kind == 4]] = True
        angle = self.rng.uniform(1.1, np.pi, int((kind == 5).sum()))
        zero = np.zeros_like(angle)
        obs.base_quaternion[ids[kind == 5]] = np.stack([np.cos(angle / 2), np.sin(angle / 2), zero, zero], axis=1)

    def _spoil_request(self, obs: Observation, targets: Array, ids: IntArray) -> None:
        del obs
        value = self.rng.choice([np.nan, np.inf, -np.inf, 1e300, -1e300, 20.0, -20.0], len(ids))
        targets[ids, self.rng.integers(0, self.robot.num_joints, len(ids))] = value


class _Judge:
    """Compares one answer with the robot's numbers."""

    def __init__(self, run: _Run, obs: Observation, before: IntArray, touched: BoolArray) -> None:
        self.run, self.obs, self.before, self.touched = run, obs, before, touched
        self.command, self.mode = run.guard.command, run.guard.state

    def judge(self) -> None:
        """Count violations, and remember this answer for the next one."""
        run, command, mode = self.run, self.command, self.mode
        driven = np.isin(mode, _DRIVEN) | run.guard.holding
        run.driven = np.where(driven & ~self.touched, run.driven + 1, driven.astype(np.int64))
        change = command.targets - run.sent
        self._count("not finite", ~self._finite())
        self._count("position", self._outside())
        self._count("torque", self._torque(driven))
        self._count("rate", (run.driven >= 2) & self._exceeds(change, 1.0))
        self._count("step", (run.driven >= 3) & self._exceeds(change - run.change, 2.0))
        self._count("gain", self._gains(driven))
        self._count("missed", run.corrupt & np.isin(self.before, _DRIVEN[1:]) & (mode != Mode.FAULT))
        self._count("resumed", (self.before == Mode.FAULT) & (mode != Mode.FAULT))
        run.sent, run.change = command.targets, change
        self._statistics()

    def _count(self, kind: str, rows: BoolArray) -> None:
        if rows.any():
            self.run.report.violations[kind] += int(rows.sum())

    def _finite(self) -> BoolArray:
        parts = (self.command.targets, self.command.stiffness, self.command.damping)
        return np.asarray(np.isfinite(np.concatenate(parts, axis=1)).all(axis=1))

    def _outside(self) -> BoolArray:
        robot, margin = self.run.robot, self.run.rules.actuator.position_margin - 1e-9
        low, high = robot.position_lower + margin, robot.position_upper - margin
        return np.asarray(((self.command.targets < low) | (self.command.targets > high)).any(axis=1))

    def _torque(self, driven: BoolArray) -> BoolArray:
        """More torque than allowed at the measured state, or any that speeds up a joint at full speed."""
        robot, obs = self.run.robot, self.obs
        finite = np.isfinite(obs.joint_position).all(axis=1) & np.isfinite(obs.joint_velocity).all(axis=1)
        sound = (driven | (self.mode == Mode.DAMPING)) & finite
        q = np.where(sound[:, None], obs.joint_position, 0.0)
        qd = np.where(sound[:, None], obs.joint_velocity, 0.0)
        torque = self.command.stiffness * (self.command.targets - q) - self.command.damping * qd
        over = np.abs(torque) > robot.torque_limit * (1.0 + 1e-9)
        fast = (torque * np.sign(qd) > 1e-6) & (np.abs(qd) >= robot.velocity_limit)
        return sound & (over | fast).any(axis=1)

    def _exceeds(self, change: Array, reversals: float) -> BoolArray:
        robot = self.run.robot
        allowed = robot.velocity_limit * robot.control_dt + reversals * robot.torque_limit / robot.stiffness
        return np.asarray((np.abs(change) > allowed + 1e-9).any(axis=1))

    def _gains(self, driven: BoolArray) -> BoolArray:
        robot, command = self.run.robot, self.command
        loose = driven[:, None]
        stiff = np.where(loose, robot.stiffness, 0.0)
        damped = np.where(loose, robot.damping, self.run.rules.actuator.damping)
        wrong = (command.stiffness < 0) | (command.stiffness > stiff) | (command.damping < 0)
        return (wrong | (command.damping > damped)).any(axis=1) | (command.enabled != (self.mode != Mode.PASSIVE))

    def _statistics(self) -> None:
        report, verdict = self.run.report, self.run.guard.verdict
        report.modes.update({mode.name: int((self.mode == mode).sum()) for mode in Mode})
        report.corrupted += int((self.run.corrupt & (self.before == Mode.RUNNING)).sum())
        changed = (verdict.position | verdict.rate | verdict.torque).any(axis=1)
        report.limited += int((changed & (self.mode == Mode.RUNNING)).sum())
        records = self.run.guard.records
        while records:
            report.trips.update(trip.name or "" for trip in records.popleft().trips)
