"""Makes the faults happen: when, where and how much is drawn per trial, from the trial's own random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.conformance.faults import SILENT, Fault
from sim.conformance.judge import MotorJudge, tilts
from sim.conformance.robot import LINK_DT, SpeakingRobots
from skillblend.contracts import Array, BoolArray, IntArray, WorldState
from skillblend.hardware import LowState
from skillblend.hardware.crc import Bytes

BEGIN = (1.0, 2.0)
"""The fault begins in this part of a trial, s."""
DURATION = (0.1, 0.5)
"""How long silences last, s."""
MESSAGES = 60
"""Most bad messages in a row."""
REQUESTS = 10
"""Most bad requests in a row."""
OVERRUN = (0.75, 3.0)
"""How far bad requests lie outside a joint's range, rad."""
LEAP = (6.6, 9.0)
"""Speed at which a joint would have to follow a leap of its target, in velocity limits of the joint."""
PULL = (500.0, 900.0)
"""Force that pulls a robot over, N."""
FOREVER = 2**40
"""Link periods."""
_WHEN, _LONG, _VARIANT, _WHERE, _SIZE, _VALUE, _SPOIL = range(210, 217)
_RIVAL_PERIODS = 4
"""Link periods between two messages of a rival: it publishes at 50 Hz."""
_NUMBERS = np.array([np.nan, np.inf, -np.inf])


class Injection:
    """One fault in each of N trials.

    Attributes:
        begin, end: First link period of the fault, and the first one after it. Shape (N,).
    """

    def __init__(self, faults: Sequence[Fault | None], robots: SpeakingRobots, judge: MotorJudge) -> None:
        """Draw when and where each of N `faults` happens, None for never; `judge` is told when it did."""
        self._robots, self._judge = robots, judge
        self._kinds = {fault: np.array([f == fault for f in faults]) for fault in Fault}
        draw, ids = robots.streams.uniform, robots.ids
        n, joints = len(ids), robots.robot.num_joints
        self.begin: IntArray = np.round(draw(ids, _WHEN, *BEGIN)[:, 0] / LINK_DT).astype(np.int64)
        self.end: IntArray = self.begin + self._length()
        self._variant: IntArray = robots.streams.integers(ids, _VARIANT, 0, 6)
        self._column: IntArray = robots.streams.integers(ids, _WHERE, 0, joints)
        self._size: Array = draw(ids, _SIZE, 0.0, 1.0)[:, 0]
        self._value: Array = _NUMBERS[robots.streams.integers(ids, _VALUE, 0, 3)]
        self._kept: LowState | None = None
        self._heard: Bytes | None = None
        self._asked: Array = np.tile(robots.robot.default_pose, (n, 1))
        self._wrong: Array = self._asked.copy()
        self._left: IntArray = 1 + np.floor(REQUESTS * self._size).astype(np.int64)
        self._spoken: Array = np.zeros(n)
        self._begun: BoolArray = np.zeros(n, dtype=np.bool_)

    @property
    def informed(self) -> BoolArray:
        """Where this link period's message tells the truth about the joints. Shape (N,)."""
        return ~self._now(Fault.STATE_DROPOUT, Fault.FROZEN_STATE, Fault.NAN, Fault.BAD_CRC)

    def world(self, truth: WorldState) -> None:
        """What happens to the robots' bodies, and what that makes of them."""
        robots, reached = self._robots, self._robots.steps >= self.begin
        self._judge.fault_begins(self.begin == robots.steps)
        tilt, pulled = tilts(truth.base_quaternion), self._kinds[Fault.TILT] & reached
        self._judge.bad_since(pulled & (tilt > 1.0), robots.time)
        angle = 2.0 * np.pi * self._column / robots.robot.num_joints + self._variant
        force = PULL[0] + (PULL[1] - PULL[0]) * self._size
        force = np.where(pulled & (tilt < 1.2), force, 0.0)
        robots.pull(np.stack([force * np.cos(angle), force * np.sin(angle), np.zeros_like(force)], axis=1))

    def state(self, state: LowState) -> LowState:
        """What the robots' own electronics make of their measurements."""
        hot, late = self._now(Fault.OVERHEATING), self._now(Fault.CLOCK_JUMP)
        self._judge.bad_since(hot | late | self._now(Fault.NAN), self._robots.time)
        state = self._not_a_number(self._freeze(state), np.flatnonzero(self._now(Fault.NAN)))
        heat = state.temperature.copy()
        heat[hot, self._column[hot]] = 122.0 + 10.0 * self._size[hot]
        jump = np.where(self._variant % 2 == 0, 1.0, -1.0) * 10.0 ** (2.0 * self._size - 1.0)
        return replace(state, temperature=heat, time=np.where(late, state.time + jump, state.time))

    def wire(self, data: Bytes) -> Bytes:
        """What arrives of state messages (N, state_size); where none does, the latest one is all there is."""
        spoiled, lost = self._now(Fault.BAD_CRC), self._now(Fault.STATE_DROPOUT)
        self._judge.bad_since(spoiled, self._robots.time)
        self._judge.bad_since(lost, self._robots.time - LINK_DT)
        data = self._spoil(data, np.flatnonzero(spoiled))
        if self._heard is not None:
            data = np.where(lost[:, None], self._heard, data)
        self._heard = data
        return data

    def request(self, targets: Array, fresh: BoolArray) -> tuple[Array, BoolArray]:
        """What the policy asks for (N, J), rad, and where it says something at all, (N,)."""
        silent = self._now(Fault.POLICY_HANG, Fault.POLICY_KILL)
        self._judge.bad_since(silent, self._spoken)
        fresh = fresh & ~silent
        targets = self._ask_wrongly(targets, fresh)
        self._spoken = np.where(fresh, self._robots.time, self._spoken)
        self._asked = np.where(fresh[:, None], targets, self._asked)
        return targets, fresh

    def rivals(self) -> tuple[IntArray, BoolArray]:
        """How many publish commands, (N,), and where a rival's arrives right after ours, (N,)."""
        rival = self._now(Fault.RIVAL_PUBLISHER)
        self._judge.bad_since(rival, self._robots.time)
        speaks = rival & ((self._robots.steps - self.begin) % _RIVAL_PERIODS == 0)
        return np.where(rival, 2, 1).astype(np.int64), speaks

    def _now(self, *faults: Fault) -> BoolArray:
        """Where one of `faults` is going on. Shape (N,)."""
        step = self._robots.steps
        rows = np.any([self._kinds[fault] for fault in faults], axis=0)
        return rows & (self.begin <= step) & (step < self.end)

    def _length(self) -> IntArray:
        """How many link periods each fault lasts. Shape (N,)."""
        unit = self._robots.streams.uniform(self._robots.ids, _LONG, 0.0, 1.0)[:, 0]
        silence = np.round((DURATION[0] + (DURATION[1] - DURATION[0]) * unit) / LINK_DT).astype(np.int64)
        silent = np.any([self._kinds[fault] for fault in SILENT], axis=0)
        length = np.where(silent, silence, 1 + np.floor(MESSAGES * unit).astype(np.int64))
        return np.where(self._kinds[Fault.POLICY_KILL], FOREVER, length)

    def _freeze(self, state: LowState) -> LowState:
        frozen = self._now(Fault.FROZEN_STATE)
        rows, old = frozen[:, None], self._kept or state
        self._judge.bad_since(frozen, self._robots.time - LINK_DT)
        self._kept = replace(
            state,
            time=np.where(frozen & (self._variant % 2 == 0), old.time, state.time),
            joint_position=np.where(rows, old.joint_position, state.joint_position),
            joint_velocity=np.where(rows, old.joint_velocity, state.joint_velocity),
            base_quaternion=np.where(rows, old.base_quaternion, state.base_quaternion),
            base_angular_velocity=np.where(rows, old.base_angular_velocity, state.base_angular_velocity),
        )
        return self._kept

    def _not_a_number(self, state: LowState, ids: IntArray) -> LowState:
        parts = (state.joint_position, state.joint_velocity, state.base_quaternion, state.base_angular_velocity)
        out = [part.copy() for part in parts]
        for kind, part in enumerate(out):
            rows = ids[self._variant[ids] % 4 == kind]
            part[rows, self._column[rows] % part.shape[1]] = self._value[rows]
        return replace(
            state,
            joint_position=out[0],
            joint_velocity=out[1],
            base_quaternion=out[2],
            base_angular_velocity=out[3],
        )

    def _spoil(self, data: Bytes, ids: IntArray) -> Bytes:
        """Change one to four bytes of each of the messages `ids`."""
        unit = self._robots.streams.uniform(ids, _SPOIL, 0.0, 1.0, 8)
        place = np.floor(unit[:, :4] * data.shape[1]).astype(np.int64)
        flip = (1 + np.floor(unit[:, 4:] * 255)).astype(np.uint8)
        spoiled = data.copy()
        for k in range(4):
            some = k <= self._variant[ids] % 4
            spoiled[ids[some], place[some, k]] ^= flip[some, k]
        unharmed = (spoiled[ids] == data[ids]).all(axis=1)
        spoiled[ids[unharmed], 0] ^= np.uint8(1)
        return spoiled

    def _ask_wrongly(self, targets: Array, fresh: BoolArray) -> Array:
        """Bad requests, `REQUESTS` in a row at most, where it is time for them."""
        kinds = self._kinds[Fault.LIMIT_REQUEST] | self._kinds[Fault.VELOCITY_STEP]
        asks = kinds & (self._robots.steps >= self.begin) & fresh & (self._left > 0)
        new = asks & ~self._begun
        for i in np.flatnonzero(new):
            self._wrong[i] = self._wrong_targets(int(i), targets[i])
        self._judge.bad_since(new, self._robots.time)
        self._begun |= new
        self._left = np.where(asks, self._left - 1, self._left)
        return np.where(asks[:, None], self._wrong, targets)

    def _wrong_targets(self, i: int, targets: Array) -> Array:
        """Targets (J,), rad, for trial `i`, one of them far outside its range or leaping far inside it."""
        robot, size, up, wrong = self._robots.robot, self._size[i], self._variant[i] % 2 == 0, targets.copy()
        low, high, j = robot.position_lower, robot.position_upper, int(self._column[i])
        if self._kinds[Fault.LIMIT_REQUEST][i]:
            beyond = OVERRUN[0] + (OVERRUN[1] - OVERRUN[0]) * size
            wrong[j] = high[j] + beyond if up else low[j] - beyond
            return wrong
        leap = (LEAP[0] + (LEAP[1] - LEAP[0]) * size) * robot.velocity_limit * robot.control_dt
        rises, falls = high - self._asked[i] >= leap, self._asked[i] - low >= leap
        joints = np.flatnonzero(rises | falls)
        j = int(joints[j % len(joints)])
        wrong[j] = self._asked[i, j] + (leap[j] if rises[j] and (up or not falls[j]) else -leap[j])
        return wrong
