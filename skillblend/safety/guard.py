"""The last filter before any actuator: limits what passes, and ends a motion that must not go on.

Once per control period: `Guard.observe` a measurement, `Guard.filter` the policy's targets, send what comes
back. Where the policy has nothing to say, `Guard.tick` keeps the watchdog running. Faults latch; nothing
moves again until `Guard.rearm`, and then only to damping or standing: a policy needs `Guard.run` again.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.errors import InputError, SafetyError, ShapeError
from skillblend.rows import copy_rows
from skillblend.safety.limiter import Limited, Limiter
from skillblend.safety.machine import Event, Mode, advance, allowed
from skillblend.safety.records import Command, GuardVerdict, Record
from skillblend.safety.rules import Rules, derive_limits
from skillblend.safety.supported_stand import SupportedStand
from skillblend.safety.trips import POLICY_SIDE, UNTRUSTED, RequestMonitor, RobotStatus, StateMonitor, Trip

log = logging.getLogger(__name__)

RECORDS = 4096
"""How many records a guard keeps."""
_ACTIVE = (Mode.STAND, Mode.RUNNING)
_NO_STATUS = RobotStatus()


class Guard:
    """Watches N robots of one kind. All methods that change modes take the indices of some of them.

    Attributes:
        limits: What is enforced.
        state: `Mode` of every robot. Shape (N,).
        faults: Latched `Trip` bits. Shape (N,).
        holding: Where the safe mode is a supported stand. Shape (N,).
        records: The latest latched reasons, oldest first.
        loud: Whether latched reasons are logged as warnings, and not for debugging only.
    """

    def __init__(self, robot: Robot, rules: Rules | None = None, *, num: int = 1) -> None:
        """Guard `num` robots, all passive.

        Raises:
            InputError: Less than one robot, or the robot's numbers leave nothing to guard.
        """
        if num < 1:
            raise InputError(f"num = {num} must be at least 1")
        self.robot = robot
        self.rules = rules or Rules()
        actuator = self.rules.actuator
        self.limits = derive_limits(robot, actuator)
        self.state: IntArray = np.full(num, int(Mode.PASSIVE), dtype=np.int64)
        self.faults: IntArray = np.zeros(num, dtype=np.int64)
        self.holding: BoolArray = np.zeros(num, dtype=np.bool_)
        self.records: deque[Record] = deque(maxlen=RECORDS)
        self.loud = True
        self._monitor = StateMonitor(robot, self.limits, actuator, num)
        self._requests = RequestMonitor(robot, self.limits, actuator, num)
        self._limiter = Limiter(self.limits, actuator, num)
        self._stance = SupportedStand(robot, self.limits, actuator, num)
        self._present: IntArray = np.full(num, int(Trip.STALE), dtype=np.int64)
        self._asked: Array = np.full(num, -np.inf)
        self._source: str | None = None
        self._now = -np.inf
        self.command, self.verdict = self._output(0.0)

    def imagine(self, ids: IntArray) -> Guard:
        """One in the same state for copies of robots `ids`, which may come several times; it says nothing aloud."""
        twin = copy_rows(self, ("state", "faults", "holding", "_present", "_asked", "command", "verdict"), ids)
        twin._monitor, twin._requests = self._monitor.take(ids), self._requests.take(ids)
        twin._limiter, twin._stance = self._limiter.take(ids), self._stance.take(ids)
        known = [replace(r, robot=k) for k, i in enumerate(ids.tolist()) for r in self.records if r.robot == i]
        twin.records = deque(known, maxlen=RECORDS)
        twin.loud = False
        return twin

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return len(self.state)

    @property
    def faulted(self) -> BoolArray:
        """Where a fault is latched. Shape (N,)."""
        return self.state == Mode.FAULT

    @property
    def steady(self) -> BoolArray:
        """Where the robot is upright, slow and near its standing pose, so that `stand` is possible. (N,)."""
        return self._monitor.quiet()

    def observe(self, obs: Observation, now: float, status: RobotStatus | None = None) -> None:
        """Take in one measurement of every robot.

        Args:
            obs: As measured; ``obs.time`` is the robot's own clock.
            now: Our clock, monotonic, s.
            status: What else the driver knows.

        Raises:
            ShapeError: Not N robots with J joints; all are tripped first.
            InputError: `now` is not finite; all are tripped first.
        """
        self._advance_clock(now)
        try:
            found = self._monitor.update(obs, now, status or _NO_STATUS)
        except ShapeError:
            self._present |= int(Trip.NOT_FINITE)
            self._latch(np.full(self.num, int(Trip.NOT_FINITE)))
            raise
        self._present = found
        self._latch(found)
        leaning = self.holding & (self._monitor.tilt > self.rules.actuator.hold_tilt)
        self._latch(np.where(leaning, int(Trip.TILT), 0))

    def filter(self, targets: Array, now: float, source: str = "", fresh: BoolArray | None = None) -> Array:
        """The targets to send instead of a policy's `targets`; details in `command` and `verdict`.

        Call it once per control period. Targets are ignored for robots that are not running.

        Args:
            targets: Shape (N, J), rad.
            now: Our clock, monotonic, s.
            source: Who asks; a change starts a hand-over.
            fresh: Where new targets came, None for everywhere; the others' policies were silent. Shape (N,).

        Returns:
            Targets (N, J), rad: finite, and inside all limits.

        Raises:
            ShapeError: Not (N, J); all are tripped first.
            InputError: `now` is not finite; all are tripped first.
        """
        self._advance_clock(now)
        shape = (self.num, self.robot.num_joints)
        if np.shape(targets) != shape:
            self._latch(np.full(self.num, int(Trip.BAD_REQUEST)))
            raise ShapeError(f"targets {np.shape(targets)} must be {shape} (N, J)")
        spoke = np.full(self.num, True) if fresh is None else fresh
        if np.shape(spoke) != shape[:1]:
            self._latch(np.full(self.num, int(Trip.BAD_REQUEST)))
            raise ShapeError(f"fresh {np.shape(spoke)} must be {shape[:1]} (N,)")
        self._watch(now)
        if self._source not in (None, source):
            self.hand_over()
        self._source = source
        running = self.state == Mode.RUNNING
        self._requests.forget(~running)
        found = self._requests.update(np.asarray(targets, dtype=np.float64), spoke)
        self._latch(np.where(running & spoke, found, 0))
        self._asked = np.where(running & spoke, now, self._asked)
        return self._send(now)

    def tick(self, now: float) -> Array:
        """The targets to send where no new ones came: the watchdog's turn. Returns (N, J), rad.

        Raises:
            InputError: `now` is not finite; all are tripped first.
        """
        self._advance_clock(now)
        self._watch(now)
        return self._send(now)

    def hand_over(self, ids: IntArray | None = None) -> None:
        """The next targets come from another policy: let rates start small and grow back."""
        rows = self._rows(ids)
        self._limiter.switch(rows, self._now)
        self._requests.forget(rows)

    def trip(self, reason: str, ids: IntArray | None = None) -> None:
        """Emergency stop: damping, at once, in any mode, latched."""
        self._latch(np.where(self._rows(ids), int(Trip.STOP), 0), reason, always=True)
        self.command, self.verdict = self._output(self._now)

    def rearm(self, ids: IntArray | None = None) -> None:
        """Clear the faults; the robots brake or stand, and wait for `run`.

        Raises:
            SafetyError: No fault, or its cause is still there.
        """
        rows = self._rows(ids)
        standing, braking = rows & self.holding, rows & ~self.holding
        blocked = self.blockers() != 0
        self._check(Event.REARM_STANDING, standing, blocked)
        self._check(Event.REARM, braking, blocked)
        self._apply(Event.REARM_STANDING, standing)
        self._apply(Event.REARM, braking)
        self.faults[rows] = 0
        self.holding[rows] = False

    def arm(self, ids: IntArray | None = None) -> None:
        """Passive to damping.

        Raises:
            SafetyError: Not passive, or a rule is broken right now.
        """
        self._move(Event.ARM, self._rows(ids), self.blockers() != 0)

    def stand(self, ids: IntArray | None = None) -> None:
        """Damping or running to standing.

        Raises:
            SafetyError: Not in damping, running or standing; or not upright, slow and near the pose.
        """
        self._move(Event.STAND, self._rows(ids), (self.blockers() != 0) | ~self._monitor.quiet())

    def run(self, ids: IntArray | None = None) -> None:
        """Standing to running: from now on a policy must speak, every control period.

        Raises:
            SafetyError: Not standing, or a rule is broken right now.
        """
        rows = self._rows(ids)
        self._move(Event.RUN, rows, self.blockers() != 0)
        self._begin_running(rows)

    def damp(self, ids: IntArray | None = None) -> None:
        """Standing or running to damping.

        Raises:
            SafetyError: In fault or passive.
        """
        self._move(Event.DAMP, self._rows(ids), np.zeros(self.num, dtype=np.bool_))

    def relax(self, ids: IntArray | None = None) -> None:
        """Damping to passive.

        Raises:
            SafetyError: Standing, running or in fault.
        """
        self._move(Event.RELAX, self._rows(ids), np.zeros(self.num, dtype=np.bool_))

    def launch(self, ids: IntArray | None = None) -> None:
        """Passive to running through all states at once, for simulations that begin upright in mid-motion.

        Raises:
            SafetyError: Not passive, or a rule is broken right now.
        """
        rows = self._rows(ids)
        self._move(Event.ARM, rows, self.blockers() != 0)
        self._apply(Event.STAND, rows)
        self._apply(Event.RUN, rows)
        self._begin_running(rows)
        self._limiter.switch(rows, -np.inf)

    def reset(self, ids: IntArray | None = None) -> None:
        """Simulations start anew: passive, nothing measured, no fault. Never for a real robot."""
        rows = self._rows(ids)
        self.state[rows] = Mode.PASSIVE
        self.faults[rows] = 0
        self.holding[rows] = False
        self._present[rows] = int(Trip.STALE)
        self._monitor.forget(np.flatnonzero(rows))
        self._requests.forget(rows)

    def blockers(self) -> IntArray:
        """`Trip` conditions that hold right now and forbid arming. Shape (N,)."""
        return self._present | self._monitor.late(self._now)

    def _rows(self, ids: IntArray | None) -> BoolArray:
        rows: BoolArray = np.full(self.num, ids is None, dtype=np.bool_)
        if ids is not None:
            rows[ids] = True
        return rows

    def _begin_running(self, rows: BoolArray) -> None:
        self._asked = np.where(rows, self._now, self._asked)
        self.hand_over(np.flatnonzero(rows))

    def _advance_clock(self, now: float) -> None:
        """A clock that jumps back, or is none, ends every motion."""
        if not np.isfinite(now):
            self._latch(np.full(self.num, int(Trip.CLOCK)))
            raise InputError(f"now = {now} must be a finite time in s")
        if now < self._now:
            self._monitor.forget(np.arange(self.num))
            self._latch(np.full(self.num, int(Trip.CLOCK)))
        self._now = now

    def _watch(self, now: float) -> None:
        """Measurements too old, policy silent."""
        found = self._monitor.late(now)
        patience = self.rules.actuator.silence_periods * self.limits.control_dt + 1e-6
        silent = (self.state == Mode.RUNNING) & (now - self._asked > patience)
        self._latch(found | np.where(silent, int(Trip.SILENCE), 0))

    def _latch(self, found: IntArray, reason: str = "", *, always: bool = False) -> None:
        """Put robots with `Trip` bits `found` (N,) into their safe mode; passive ones only if `always`."""
        if not found.any():
            return
        rows = (found != 0) & (always | (self.state != Mode.PASSIVE))
        if not rows.any():
            return
        gentle = (found & ~POLICY_SIDE) == 0
        entering = rows & (self.state != Mode.FAULT)
        possible = np.isin(self.state, _ACTIVE) & self._monitor.quiet()
        new = np.where(rows, found & ~self.faults, 0)
        before = self.state.copy()
        self.holding = np.where(entering, gentle & possible, self.holding & (gentle | ~rows))
        self.faults = np.where(rows, self.faults | found, self.faults)
        self.state = np.where(rows, advance(self.state, Event.TRIP), self.state)
        self._limiter.switch(entering, self._now)
        for i in np.flatnonzero(new).tolist():
            self._note(i, Mode(before[i]), Trip(int(new[i])), reason)

    def _note(self, i: int, before: Mode, trips: Trip, reason: str) -> None:
        detail = "; ".join([*(self._monitor.explain(t, i) for t in trips), *([reason] if reason else [])])
        holding = bool(self.holding[i])
        self.records.append(
            Record(time=self._now, robot=i, before=before, trips=trips, holding=holding, detail=detail)
        )
        level, how = logging.WARNING if self.loud else logging.DEBUG, "supported stand" if holding else "damping"
        log.log(level, "robot %d: %s -> fault (%s): %s", i, before.name.lower(), how, detail)

    def _move(self, event: Event, rows: BoolArray, blocked: BoolArray) -> None:
        """Apply `event` to `rows`, all or none.

        Raises:
            SafetyError: The table refuses it, or `blocked`.
        """
        self._check(event, rows, blocked)
        self._apply(event, rows)

    def _check(self, event: Event, rows: BoolArray, blocked: BoolArray) -> None:
        refused = rows & (~allowed(self.state, event) | blocked)
        if not refused.any():
            return
        i = int(np.argmax(refused))
        why = [self._monitor.explain(trip, i) for trip in Trip(int(self.blockers()[i]))]
        reason = "; ".join(why) or "the robot must be in the right state, upright and still"
        raise SafetyError(f"robot {i} in {Mode(self.state[i]).name.lower()} refuses {event.name.lower()}: {reason}")

    def _apply(self, event: Event, rows: BoolArray) -> None:
        entering = rows & ~np.isin(self.state, _ACTIVE) & ~self.holding
        self._limiter.anchor(entering, self._monitor.believed.joint_position)
        self._stance.begin(entering, self._limiter.sent)
        self.state = np.where(rows, advance(self.state, event), self.state)

    def _send(self, now: float) -> Array:
        self.command, self.verdict = self._output(now)
        return self.command.targets

    def _output(self, now: float) -> tuple[Command, GuardVerdict]:
        """Targets and gains by mode."""
        lim, seen = self.limits, self._monitor.believed
        running = self.state == Mode.RUNNING
        standing = (self.state == Mode.STAND) | self.holding
        driven = running | standing
        stance = self._stance.step(seen, standing, self._limiter.elapsed(now))
        wanted = np.where(running[:, None], self._requests.latest, stance)
        limited = self._limiter.step(wanted, seen.joint_position, seen.joint_velocity, now)
        self._limiter.anchor(~driven, seen.joint_position)
        self._stance.begin(~standing, self._limiter.sent)
        untrusted = ((self._present | self.faults | self._monitor.late(now)) & UNTRUSTED) != 0
        speed = np.maximum(np.abs(seen.joint_velocity), 1e-9)
        brake = np.minimum(self.rules.actuator.damping, lim.torque / speed)
        brake = np.where(untrusted[:, None], lim.blind_damping, brake)
        passive = (self.state == Mode.PASSIVE)[:, None]
        rows = driven[:, None]
        command = Command(
            targets=self._limiter.sent.copy(),
            stiffness=np.where(rows, limited.gain * lim.stiffness, 0.0),
            damping=np.where(rows, limited.gain * lim.damping, np.where(passive, 0.0, brake)),
            enabled=self.state != Mode.PASSIVE,
        )
        return command, self._judge(limited, rows, now)

    def _judge(self, limited: Limited, rows: BoolArray, now: float) -> GuardVerdict:
        return GuardVerdict(
            time=now,
            mode=self.state.copy(),
            faults=self.faults.copy(),
            holding=self.holding.copy(),
            position=limited.position & rows,
            rate=limited.rate & rows,
            torque=limited.torque & rows,
        )
