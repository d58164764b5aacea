"""Futures of one state: a session's robot and things copied into N simulations, each with dynamics of its own.

What a session would do is done by copies of it; the session itself is only read. A future depends on the seed and its
own number alone, whatever else is simulated beside it.

>>> forecast, = simulate(session, [plan], count=16)
>>> forecast.success.interval
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.bridge import MujocoBridge, ScenePerception
from sim.evaluate import check_seed
from sim.randomisation import Randomisation
from sim.witness import SimWitness
from skillblend.checks import check_integer
from skillblend.contracts import Array, Step
from skillblend.errors import InputError
from skillblend.forecast import Forecast, Future, KeyFrame, summarise
from skillblend.plan_run import GivenRun
from skillblend.session import Hooks, Outcome, Session

SEED = 20_161
"""Of futures, unless told otherwise: no run starts from it, so that no future knows the dynamics of the present."""

MOST = 1024
"""Futures at once."""

MOVED = 0.1
"""A thing lies elsewhere when it is so far from where it was, m."""

FRAME_EVERY = 0.5
"""Between frames, s."""


class Futures:
    """Copies of a robot and the things around it, each about to begin a plan.

    Made between two control steps of the session; `run` may then go on in another thread, and `stop` end it.
    """

    def __init__(
        self,
        session: Session,
        plans: Sequence[Sequence[Step]],
        *,
        robot: int = 0,
        count: int = 16,
        seed: int = SEED,
        first: int = 0,
        randomisation: Randomisation | None = None,
        frames: bool = False,
    ) -> None:
        """Copy the present of a robot of `session`, which is not changed, for each future of each plan.

        Future number k of one plan has the dynamics of number k of every other, so that plans are compared under the
        same conditions.

        Args:
            session: With simulated robots.
            plans: Lists of steps, begun now instead of what the robot is doing.
            robot: Which robot of the session.
            count: Futures of each plan.
            seed: Of friction, masses, gains, latency, sensor noise and pushes.
            first: Number of the first future.
            randomisation: Their ranges; those of the session by default.
            frames: Keep how each future looks.

        Raises:
            InputError: A number is out of range, the robot is no simulated one, or a plan means nothing.
        """
        _check(session, robot, seed)
        check_integer("count", count, 1, MOST)
        check_integer("first", first, 0, 2**31)
        if not 1 <= len(plans) * count <= MOST:
            raise InputError(f"{len(plans)} plans with {count} futures each; give 1 to {MOST} futures in all")
        self._plans = [GivenRun(plan, session.rules).steps for plan in plans]
        self._seed = seed
        self._episodes = [first + k for k in range(count)]
        self._copies, bridge = _copies(session, robot, seed, self._episodes * len(plans), randomisation)
        every = [plan for plan in self._plans for _ in self._episodes]
        self._notes = _Notes(self._copies, bridge, every, frames=frames)
        watch = self._notes.watch if frames else None
        self._copies.hooks = Hooks(watch=watch, judged=self._notes.judged, ended=bridge.leave)

    def run(self) -> list[Forecast]:
        """What each plan would come to.

        Raises:
            UnknownNameError: A step is about a thing that is not there.
        """
        notes, count = self._notes, len(self._episodes)
        futures = [
            Future(
                episode=self._episodes[i % count],
                outcome=outcome,
                moved=notes.moved[i],
                frames=tuple(notes.frames[i]),
            )
            for i, outcome in enumerate(self._copies.follow(notes.plans))
        ]
        return [
            summarise(plan, futures[k * count : (k + 1) * count], self._seed) for k, plan in enumerate(self._plans)
        ]

    def stop(self) -> None:
        """Let `run` end with the next control step: what is not done by then fails, with the reason "stopped"."""
        self._copies.stop_requested = True


def simulate(session: Session, plans: Sequence[Sequence[Step]], **options: Any) -> list[Forecast]:
    """What each of `plans` would come to; arguments and errors as of `Futures`."""
    return Futures(session, plans, **options).run()


def rehearse(session: Session, instruction: str, *, robot: int = 0, seed: int = SEED) -> Outcome:
    """How one copy of a robot of `session`, which is not changed, carries out `instruction`, its planner deciding.

    It ends with the next control step once `session` is told to stop.

    Raises:
        InputError: A number is out of range, or the robot is no simulated one.
        PlanError: The planner can choose nothing.
    """
    _check(session, robot, seed)
    copies, _ = _copies(session, robot, seed, [0], None)

    def watch() -> None:
        copies.stop_requested |= session.stop_requested

    copies.hooks = Hooks(watch=watch)
    return copies.run(instruction)


def _copies(
    session: Session, robot: int, seed: int, episodes: Sequence[int], randomisation: Randomisation | None
) -> tuple[Session, MujocoBridge]:
    live = session.cast.bridge
    assert isinstance(live, MujocoBridge)  # whoever calls has checked
    bridge = live.copies(robot, seed=seed, episodes=episodes, randomisation=randomisation, threads=_threads())
    return session.imagine(robot, bridge, ScenePerception(bridge), SimWitness(bridge)), bridge


def _check(session: Session, robot: int, seed: int) -> None:
    bridge = session.cast.bridge
    if not isinstance(bridge, MujocoBridge):
        raise InputError(f"futures start from a simulated robot, found {type(bridge).__name__}; simulate it first")
    check_integer("robot", robot, 0, session.n - 1)
    check_seed(seed)


def _threads() -> int:
    """As many as there are processors for us, at most four: a control step of 16 robots takes 1 to 2 ms."""
    return min(len(os.sched_getaffinity(0)), 4)


class _Notes:
    """What is written down of each future while it goes by.

    Attributes:
        plans: One a future.
        moved: Things that each plan is not about and that lie elsewhere by now.
        frames: How each looked.
    """

    def __init__(
        self, session: Session, bridge: MujocoBridge, plans: Sequence[Sequence[Step]], *, frames: bool
    ) -> None:
        self.session, self.bridge, self.plans = session, bridge, plans
        self._free = [model.name for model in bridge.scene.things if model.free]
        self._about = [{word for step in plan for word in step.arguments} for plan in plans]
        self._before = self._places()
        self._began = session.times.copy()
        self._next = FRAME_EVERY
        self._done = [0] * len(plans)
        self._keep = frames
        self.moved: list[tuple[str, ...]] = [()] * len(plans)
        self.frames: list[list[KeyFrame]] = [[] for _ in plans]
        for i in range(len(plans) if frames else 0):
            self._add(i)

    def judged(self, i: int, entry: Mapping[str, Any]) -> None:
        """A step of future `i` has ended."""
        del entry
        away = np.linalg.norm(self._places() - self._before, axis=2)[i] > MOVED
        others = [name for name, far in zip(self._free, away, strict=True) if far and name not in self._about[i]]
        self.moved[i] = tuple(others)
        if self._keep:
            self._add(i)
        self._done[i] += 1

    def watch(self) -> None:
        """A control step has gone by."""
        if float(self.session.times[0] - self._began[0]) < self._next:
            return
        for i in np.flatnonzero(~self.session.steps.over):
            self._add(int(i))
        self._next += FRAME_EVERY

    def _add(self, i: int) -> None:
        seconds = float(self.session.times[i] - self._began[i])
        self.frames[i].append(KeyFrame(step=self._done[i], seconds=seconds, qpos=self.bridge.sim.qpos[i].copy()))

    def _places(self) -> Array:
        """Of free things. Shape (N, T, 3), m."""
        state = self.bridge.things
        poses = [state.thing(name).pose for name in self._free]
        found = [pose[:, :3] for pose in poses if pose is not None]
        return np.stack(found, axis=1) if found else np.empty((len(self.plans), 0, 3))
