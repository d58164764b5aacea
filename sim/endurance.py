"""Walking's hard mode: waypoints for a minute and a half, arms moving at random, punches; who is still up.

The protocol is our own. A punch is a horizontal force in a random direction at the torso's centre of mass; each robot
gets one every few seconds, all of the same impulse, so that survival becomes a curve over the impulse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.evaluate import check_episodes, check_seed
from sim.publish import commit
from sim.randomisation import Randomisation
from sim.settings import EVALUATION
from sim.skills.arms import arm_ranges
from sim.streams import Streams
from sim.walks import Walks
from skillblend.checks import check_number
from skillblend.contracts import Array, IntArray
from skillblend.intervals import bootstrap_interval, wilson_interval
from skillblend.kinematics import yaw
from skillblend.navigation import Leg, Navigator, NavigatorConfig
from skillblend.scales import Scales
from skillblend.skills.skill import PolicySkill

_ARMS, _TURN, _WAY, _WHEN, _WHERE = 70, 71, 72, 73, 74
IMPULSES = (0.0, 10.0, 20.0, 30.0, 40.0)
"""N s, of the reference body; 40 is what the hardest public walking test punches with."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What robots go through.

    Attributes:
        seconds: Length, s.
        waypoints: One after the other, each `way` from the one before, m.
        way: Nearest and furthest, m, of the reference body.
        turn: Largest change of direction at a waypoint, rad.
        arms_seconds: Arms go elsewhere so often, s.
        punch_seconds: A punch within each such span, at a random moment of it, s.
        punch: Length of a punch, s.
    """

    seconds: float = 90.0
    waypoints: int = 18
    way: tuple[float, float] = (2.0, 4.0)
    turn: float = 1.5
    arms_seconds: float = 2.0
    punch_seconds: float = 5.0
    punch: float = 0.08


@dataclass(kw_only=True)
class _Punches:
    """A force of `newtons` on each robot's torso for a moment of each span."""

    newtons: float
    course: Course
    streams: Streams
    ids: IntArray
    start: Array = field(default_factory=lambda: np.zeros(0))
    way: Array = field(default_factory=lambda: np.zeros(0))

    def forces(self, time: float) -> Array:
        """World frame, at `time`. Shape (N, 2), N."""
        within = time % self.course.punch_seconds
        if within < 1e-9 or not len(self.start):
            late = self.course.punch_seconds - self.course.punch
            self.start = self.streams.uniform(self.ids, _WHEN, 0.0, late)[:, 0]
            self.way = self.streams.uniform(self.ids, _WHERE, -np.pi, np.pi)[:, 0]
        on = (within >= self.start) & (within < self.start + self.course.punch - 1e-9)
        way = np.stack([np.cos(self.way), np.sin(self.way)], axis=1)
        return np.asarray(self.newtons * on[:, None] * way, dtype=np.float64)


def endure(
    skill: PolicySkill[Any],
    impulse: float,
    trials: int,
    seed: int,
    *,
    course: Course | None = None,
    randomisation: Randomisation = EVALUATION,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """`trials` robots through `course` under punches of `impulse`, N s, of the reference body: a row of the curve."""
    course = course or Course()
    walks = Walks(skill, trials, seed, randomisation)
    robot, scales, dt = skill.robot, Scales.of(skill.robot), skill.robot.control_dt
    newtons = impulse * scales.weight * scales.speed / (round(course.punch / dt) * dt)
    punches = _Punches(newtons=newtons, course=course, streams=walks.streams, ids=walks.ids)
    navigator = Navigator(trials, NavigatorConfig.of(scales))
    corners = routes(walks.streams, walks.ids, course, scales.length)
    for i in range(trials):
        navigator.follow(i, [Leg(position=corner) for corner in corners[i]], None)
    torso = walks.world.model.body(next(b.name for b in robot.bodies if "torso" in b.name)).id
    pull = walks.sim.batch.bind("xfrc_applied")
    low, high = arm_ranges(skill.controller)  # type: ignore[arg-type]
    arms = np.tile(robot.default_pose[walks.slow], (trials, 1))
    steps, until = round(course.seconds / dt), np.full(trials, course.seconds)
    reached = np.zeros(trials, dtype=np.int64)
    for tick in range(steps):
        if tick % round(course.arms_seconds / dt) == 0:
            arms = walks.streams.uniform(walks.ids, _ARMS, low, high, len(low))
        base = walks.state.base_position
        poses = np.column_stack([base[:, :2], yaw(walks.state.base_quaternion)])
        command, done = navigator.command(walks.ids, poses, skill.goal_space)
        reached = np.where(walks.fell, reached, navigator.index + done)
        pull[:, torso, :2] = punches.forces(tick * dt) * ~walks.fell[:, None]
        walks.step(command, arms)
        until = np.where(walks.fell, np.minimum(until, (tick + 1) * dt), until)
        if progress is not None and tick % 50 == 0:
            progress(tick, steps)
    up = int((~walks.fell).sum())
    return {
        "impulse": impulse,
        "survived": up / trials,
        "survived_interval": wilson_interval(up, trials),
        "seconds_until_fall": float(until.mean()),
        "seconds_until_fall_interval": bootstrap_interval(until),
        "waypoints": float(reached.mean()),
    }


def survival(
    skill: PolicySkill[Any],
    impulses: Sequence[float],
    trials: int,
    seed: int,
    *,
    course: Course | None = None,
    randomisation: Randomisation = EVALUATION,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The `eval endurance --json` object: a row for each of `impulses`, N s, the same courses and moments in all.

    Raises:
        InputError: No number of trials, seed or impulse.
    """
    check_episodes(trials)
    check_seed(seed)
    for impulse in impulses:
        check_number("impulse", impulse, 0.0, 1000.0)

    def report(k: int) -> Callable[[int, int], None]:
        def show(done: int, total: int) -> None:
            if progress is not None:
                progress(k * total + done, len(impulses) * total)

        return show

    rows = [
        endure(skill, i, trials, seed, course=course, randomisation=randomisation, progress=report(k))
        for k, i in enumerate(impulses)
    ]
    about = {"skill": skill.name, "robot": skill.robot.name, "trials": trials, "seed": seed}
    return about | {"curve": rows, "commit": commit(), "bundle": skill.bundle.digest[:16]}


def routes(streams: Streams, ids: IntArray, course: Course, scale: float) -> Array:
    """Waypoints of robots `ids`, which start at the origin and look along x. Shape (len(ids), W, 2), m."""
    turn = streams.uniform(ids, _TURN, -course.turn, course.turn, course.waypoints)
    way = scale * streams.uniform(ids, _WAY, *course.way, course.waypoints)
    heading = np.cumsum(turn, axis=1)
    steps = way[:, :, None] * np.stack([np.cos(heading), np.sin(heading)], axis=2)
    return np.cumsum(steps, axis=1)
