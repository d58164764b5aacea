"""What drives the robot at each control step: a goal, else a walking command, else standing.

One goal at a time. A new one takes over from where the body is: all skills know what was sent, so nothing
jumps. When a goal ends, by success, failure, time or cancellation, the robot comes to rest on its feet;
after a pose to be kept it keeps it until something else is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.affordance import Affordance
from skillblend.body import Body
from skillblend.contracts import Array, GoalSpace, Observation, Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.executor import HOLDING, Behaviour, Executor
from skillblend.options import ground_options
from skillblend.prospects import Prospects
from skillblend.safety import Mode
from skillblend.safety.plan import objection
from skillblend_ros.mapping import MapPerception

SETTLED, SETTLE_LIMIT = 0.4, 4.0
"""Feet must have been quiet for this long before a goal has succeeded, s, and how long that may take."""
CLOSE, HELD = 0.04, 0.3
"""`reaching` has succeeded when both wrists were this near for this long, m and s."""
LONGEST = 120.0
"""No goal may ask for more time, s."""
NUMERIC = ("walking", "reaching")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a goal asks for.

    Attributes:
        skill: A behaviour with an argument, or a skill with numbers.
        argument: Object or amount.
        goal: Numbers inside the skill's limits.
        max_seconds: Gives up after this time; 0 for the skill's own limit.
    """

    skill: str
    argument: str = ""
    goal: tuple[float, ...] = ()
    max_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ability:
    """What can be requested.

    Attributes:
        name, description: Of the behaviour or skill.
        arguments: Those that make sense here; others may be accepted too.
        space: Of its numbers; None where it takes an argument.
    """

    name: str
    description: str
    arguments: tuple[str, ...] = ()
    space: GoalSpace | None = None


@dataclass(kw_only=True)
class Activity:
    """A goal on its way.

    Attributes:
        request: What was asked.
        phase: ``"acting"``, then ``"settling"``.
        seconds: Since it began, robot time.
        over: Whether it has ended; then `success`, `reason` and `at_rest` say how.
    """

    request: Request
    behave: Behaviour
    limit: float
    phase: str = "acting"
    seconds: float = 0.0
    over: bool = False
    success: bool = False
    reason: str = ""
    at_rest: bool = False
    quiet: float = 0.0
    finished: bool = False


class Pilot:
    """Gives joint targets at every control step, N = 1.

    Attributes:
        active: The goal on its way; None where there is none.
        body: All skills.
        perception: Where things are.
    """

    def __init__(
        self, body: Body, perception: MapPerception, affordances: dict[str, Affordance], obs: Observation
    ) -> None:
        """Stand as `obs` says."""
        self.body, self.perception = body, perception
        self.active: Activity | None = None
        self.pose_timeout, self.command_timeout = 0.5, 0.5
        self._latest = _Latest(obs)
        self._executor = Executor(body, self._latest, perception)
        self._prospects = Prospects(body, self._executor, affordances)
        self._dt = body.robot.control_dt
        self._options = {step.text: step for step in ground_options(perception.scene.objects)}
        self._command: Array = np.zeros((1, 3))
        self._commanded = -np.inf
        self._keep: Behaviour | None = None
        self._time = 0.0

    def abilities(self) -> list[Ability]:
        """Everything that can be requested in this scene."""
        steps = [s for s in self._options.values() if s.skill not in ("done", "refuse")]
        found = [
            Ability(
                name=skill,
                description="; ".join(s.text for s in steps if s.skill == skill),
                arguments=tuple(s.argument for s in steps if s.skill == skill and s.argument),
            )
            for skill in dict.fromkeys(s.skill for s in steps)
        ]
        walking, reaching = self.body.walking.goal_space, self.body.reaching.goal_space
        found.append(Ability(name="walking", description="walk for max_seconds at this velocity", space=walking))
        found.append(Ability(name="reaching", description="both wrists to these places, feet still", space=reaching))
        return found

    def check(self, request: Request, mode: Mode) -> None:
        """Refuse what cannot be done.

        Raises:
            UnknownNameError: No such skill or object.
            InputError: Goal, argument or time outside their limits, or a rule for plans forbids it.
        """
        if not 0.0 <= request.max_seconds <= LONGEST:
            raise InputError(f"max_seconds = {request.max_seconds} must be between 0 and {LONGEST:g} s")
        known = [ability.name for ability in self.abilities()]
        if request.skill not in known:
            raise UnknownNameError("skill", request.skill, known)
        if request.skill in NUMERIC:
            self._check_numbers(request)
        else:
            self._check_step(request)
        if mode != Mode.RUNNING:
            raise InputError(f"the robot is in {mode.name.lower()}; arm it, let it stand and run it first")

    def _check_step(self, request: Request) -> None:
        if request.goal:
            raise InputError(f"{request.skill} takes an argument, no numbers; found {len(request.goal)} of them")
        step = _step(request)
        why = objection(step, self.perception.situation(Mode.RUNNING))
        if why:
            raise InputError(f"{step.text!r} is not allowed: {why}")
        if request.skill == "stand" and not 0.0 < float(request.argument) <= LONGEST:
            raise InputError(f"standing takes between 0 and {LONGEST:g} s, found {request.argument}")
        if request.skill == "walk" and float(request.argument.split()[-1]) <= 0.0:
            raise InputError(f"walking takes a positive distance in m, found {request.argument!r}")

    def begin(self, request: Request, mode: Mode) -> Activity:
        """Start on `request`; whatever was going on is preempted.

        Raises:
            UnknownNameError: As `check`.
            InputError: As `check`, or localisation is lost.
            PlanError: There is no way there.
        """
        self.check(request, mode)
        if request.skill not in NUMERIC and self._lost():
            raise InputError("the robot does not know where it is: no pose has come lately; check localisation")
        behave, limit = self._behaviour(request)
        self.end("preempted by a new goal")
        self._keep = None
        self.active = Activity(request=request, behave=behave, limit=request.max_seconds or limit)
        return self.active

    def end(self, reason: str) -> None:
        """End the present goal, if there is one, without success; the robot comes to rest."""
        if self.active is not None:
            self._close(self.active, success=False, reason=reason)

    def steer(self, command: Array) -> None:
        """Walk like this, (3,) in m/s, m/s and rad/s, while no goal is active; what is not finite is a stop."""
        usable = np.isfinite(command).all()
        self._command = command[None] if usable else np.zeros((1, 3))
        self._commanded = self._time

    def tick(self, obs: Observation, mode: Mode, now: float) -> Array:
        """Joint targets (1, J), rad, for this control step.

        Args:
            obs: As measured.
            mode: What the guard allows.
            now: Robot time, s.
        """
        self._latest.obs, self._time = obs, now
        self.perception.feel(obs)
        if mode != Mode.RUNNING:
            self.end(f"the guard is in {mode.name.lower()} and lets no policy drive")
            self.body.reset(obs)
            self._keep = None
            return self.body.walk(obs, np.zeros((1, 3)))
        if self.active is not None and self.active.request.skill not in NUMERIC and self._lost():
            self.end("localisation was lost")
        return self._idle(obs) if self.active is None else self._act(self.active, obs)

    def affordance(self, text: str) -> tuple[float, str]:
        """P(success) of the option called `text` from the present state, and the rule that makes it 0, if one does.

        Raises:
            UnknownNameError: No such option here.
        """
        if text not in self._options:
            raise UnknownNameError("option", text, self._options)
        step = self._options[text]
        why = objection(step, self.perception.situation(Mode.RUNNING))
        return (0.0, why) if why else (self._prospects.of([step], self._latest.obs)[text], "")

    def _act(self, activity: Activity, obs: Observation) -> Array:
        activity.seconds += self._dt
        if activity.phase == "settling":
            return self._settle(activity, obs)
        targets, finished = activity.behave(obs)
        if finished or activity.seconds >= activity.limit:
            activity.finished = finished
            if activity.request.skill in (*HOLDING, "reaching"):
                self._keep = activity.behave
                self._close(activity, success=finished, reason="" if finished else "its time is over")
            else:
                activity.phase = "settling"
        return targets

    def _settle(self, activity: Activity, obs: Observation) -> Array:
        """Stand until the feet are quiet, so that the next goal starts from a stance."""
        targets = self.body.walk(obs, np.zeros((1, 3)))
        activity.quiet = 0.0 if self.body.stepping else activity.quiet + self._dt
        slow = activity.seconds >= activity.limit + SETTLE_LIMIT
        if activity.quiet >= SETTLED or slow:
            self._close(activity, success=activity.finished, reason="" if activity.finished else "its time is over")
        return targets

    def _idle(self, obs: Observation) -> Array:
        if self._keep is not None:
            targets, _ = self._keep(obs)
            return targets
        fresh = self._time - self._commanded <= self.command_timeout
        command = self._command if fresh else np.zeros((1, 3))
        return self._executor.walk(obs, command, localised=not self._lost())

    def _close(self, activity: Activity, *, success: bool, reason: str) -> None:
        activity.over, activity.success, activity.reason = True, bool(success), reason
        activity.at_rest = not self.body.stepping
        self.active = None

    def _lost(self) -> bool:
        return self._time - self.perception.heard > self.pose_timeout

    def _check_numbers(self, request: Request) -> None:
        if request.argument:
            raise InputError(f"{request.skill} takes numbers, no argument; found {request.argument!r}")
        self._space(request.skill).check(np.array([request.goal], dtype=np.float64).reshape(1, -1))
        if request.skill == "walking" and request.max_seconds <= 0.0:
            raise InputError("walking at a velocity needs max_seconds: how long")

    def _space(self, skill: str) -> GoalSpace:
        return self.body.walking.goal_space if skill == "walking" else self.body.reaching.goal_space

    def _behaviour(self, request: Request) -> tuple[Behaviour, float]:
        if request.skill not in NUMERIC:
            return self._executor.behaviour(_step(request))
        goal = np.array([request.goal])
        if request.skill == "walking":
            return self._walk_for(goal, request.max_seconds), LONGEST
        return self._reach_for(goal), 6.0

    def _walk_for(self, command: Array, seconds: float) -> Behaviour:
        left = round(seconds / self._dt)

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal left
            left -= 1
            return self._executor.walk(obs, command, localised=not self._lost()), left <= 0

        return behave

    def _reach_for(self, goal: Array) -> Behaviour:
        held = 0

        def behave(obs: Observation) -> tuple[Array, bool]:
            nonlocal held
            targets = self.body.reach(obs, goal)
            error = np.linalg.norm(self.body.wrists()[0] - goal.reshape(2, 3), axis=1).max()
            held = held + 1 if error < CLOSE else 0
            return targets, held > round(HELD / self._dt)

        return behave


class _Latest:
    """The bridge that the executor's behaviours see: they are handed observations, and send nothing."""

    def __init__(self, obs: Observation) -> None:
        self.obs = obs

    def read(self) -> Observation:
        """The latest observation."""
        return self.obs

    def send(self, targets: Array) -> None:
        """Nobody sends through this: `Pilot.tick` returns its targets."""
        raise InputError(f"targets {targets.shape} must go through the guard; use Pilot.tick")

    def stop(self) -> None:
        """Stopping is the guard's."""
        raise InputError("stop through the guard's services; this bridge drives nothing")


def _step(request: Request) -> Step:
    return Step(text=f"{request.skill} {request.argument}".strip(), skill=request.skill, argument=request.argument)
