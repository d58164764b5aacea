"""Steps of plans become motion, for N robots at once, each at its own point; no I/O.

Whoever owns the robots feeds it.

>>> run = StepRun(stage, n=16)
>>> run.begin(3, step)
>>> while not run.over[3]:
...     bridge.send(run.act(bridge.read()))
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from skillblend.behaviours import BEHAVIOURS, Runner, Stage
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Step
from skillblend.errors import PlanError
from skillblend.options import ENDS

SETTLED, SETTLE_LIMIT = 0.4, 4.0
"""Feet must have been quiet for this long before a step is over, s, and how long that may take, s."""


DROPPED = 0.1
"""Hands that have been closed for so long have dropped what they held, s."""


class Phase(IntEnum):
    """What a robot is doing: standing, in a step, coming to rest after one, or keeping the pose it ended in."""

    RESTING = 0
    ACTING = 1
    SETTLING = 2
    KEEPING = 3


class StepRun:
    """The one step loop, as a state machine.

    Attributes:
        stage: Skills, perception and rules.
        phase: `Phase` of each robot. Shape (N,).
        steps: The latest step of each robot; None before the first.
        seconds: Since it began, robot time. Shape (N,).
        finished: Its behaviour ended by itself, not by time or interruption. Shape (N,).
        dropped: What it held has slipped out of its hands since its step began. Shape (N,).
    """

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots at rest."""
        self.stage = stage
        self.phase: IntArray = np.full(n, int(Phase.RESTING), dtype=np.int64)
        self.steps: list[Step | None] = [None] * n
        self.finished: BoolArray = np.zeros(n, dtype=np.bool_)
        self.dropped: BoolArray = np.zeros(n, dtype=np.bool_)
        self._closed: IntArray = np.zeros(n, dtype=np.int64)
        self._ticks: IntArray = np.zeros(n, dtype=np.int64)
        self._quiet: IntArray = np.zeros(n, dtype=np.int64)
        self._settling: IntArray = np.zeros(n, dtype=np.int64)
        self._limit: Array = np.zeros(n)
        self._kind: IntArray = np.full(n, -1, dtype=np.int64)
        self._names = BEHAVIOURS.names()
        self._runners: dict[int, Runner] = {}

    @property
    def seconds(self) -> Array:
        """Since each robot's step began. Shape (N,), s."""
        return self._ticks.astype(np.float64) * self.stage.dt

    @property
    def over(self) -> BoolArray:
        """Robots that are in no step. Shape (N,)."""
        return (self.phase == Phase.RESTING) | (self.phase == Phase.KEEPING)

    def begin(self, i: int, step: Step, *, limit: float = 0.0) -> None:
        """Start robot `i` on `step`; what it was doing is dropped.

        Args:
            i: Which robot.
            step: Grounded in what is perceived now.
            limit: Given up after so long, s; 0 for the behaviour's own limit.

        Raises:
            PlanError: The step only ends a plan, or there is no way to do it from here.
            UnknownNameError: No such behaviour or thing.
            InputError: The arguments mean nothing.
        """
        if step.behaviour in ENDS:
            raise PlanError(f"{step.text!r} ends a plan and moves nothing; begin a step that moves")
        behaviour = BEHAVIOURS[step.behaviour]
        kind = self._names.index(behaviour.name)
        if kind not in self._runners:
            self._runners[kind] = behaviour.runner(self.stage, len(self.phase))
        own = self._runners[kind].begin(i, step)
        self.steps[i], self._kind[i], self._limit[i] = step, kind, limit or own
        self.phase[i] = Phase.ACTING
        self.finished[i] = self.dropped[i] = False
        self._ticks[i] = self._quiet[i] = self._settling[i] = 0

    def interrupt(self, i: int) -> None:
        """End the step of robot `i` at once, unfinished; it comes to rest."""
        self.phase[i] = Phase.RESTING
        self.finished[i] = False

    def act(self, obs: Observation) -> Array:
        """Joint targets (N, J), rad, for this control step.

        Args:
            obs: Of all N robots.
        """
        skills, dt = self.stage.skills, self.stage.dt
        blend = skills.stand()
        driven = (self.phase == Phase.ACTING) | (self.phase == Phase.KEEPING)
        ended = np.zeros(obs.num, dtype=np.bool_)
        for kind in np.unique(self._kind[driven]):
            ids = np.flatnonzero(driven & (self._kind == kind))
            part, ended[ids] = self._runners[int(kind)].drive(ids, obs)
            blend = blend.put(driven & (self._kind == kind), part.spread(ids, obs.num))
        targets = skills.act(obs, blend)
        self._drop(skills.hands.dropped)
        acting, settling = self.phase == Phase.ACTING, self.phase == Phase.SETTLING
        self._ticks[acting | settling] += 1
        self._settle(settling)
        late = acting & (self._ticks * dt >= self._limit - 1e-9)
        self._end(np.flatnonzero(acting & (ended | late)), ended)
        return targets

    def _drop(self, empty: BoolArray) -> None:
        """Hands that have closed on nothing for a while are empty: the step ends, unfinished."""
        self._closed = np.where(empty, self._closed + 1, 0)
        for i in np.flatnonzero(self._closed * self.stage.dt >= DROPPED):
            self.stage.skills.hands.let_go(np.array([i]))
            self.dropped[i] = True
            if self.phase[i] != Phase.RESTING:
                self.interrupt(int(i))

    def _settle(self, settling: BoolArray) -> None:
        """Feet quiet long enough, so that the next step starts from a stance."""
        dt = self.stage.dt
        self._quiet = np.where(settling & ~self.stage.skills.stepping, self._quiet + 1, 0)
        self._settling[settling] += 1
        calm = self._quiet >= round(SETTLED / dt)
        self.phase[settling & (calm | (self._settling >= round(SETTLE_LIMIT / dt)))] = Phase.RESTING

    def _end(self, ids: IntArray, ended: BoolArray) -> None:
        """Steps of robots `ids` are over, by themselves where `ended`."""
        self.finished[ids] = ended[ids]
        for i in ids:
            keeps = BEHAVIOURS[self._names[int(self._kind[i])]].keeps_pose
            self.phase[i] = Phase.KEEPING if keeps else Phase.SETTLING
