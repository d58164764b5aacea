"""What drives the robot at each control step: a goal, else a walking command, else standing.

One goal at a time. A new one takes over from where the body is: all skills know what was sent, so nothing
jumps. When a goal ends, by success, failure, time or cancellation, the robot comes to rest on its feet;
after a pose to be kept it keeps it until something else is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.affordance import Affordance
from skillblend.behaviours import BEHAVIOURS, Stage
from skillblend.behaviours.locomotion import walk
from skillblend.contracts import Array, Blend, GoalSpace, Observation, Robot, Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.options import ENDS, ground_options, objection
from skillblend.prospects import Prospects
from skillblend.safety import Mode
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales
from skillblend.skills.spec import SKILLS
from skillblend.skillset import SkillSet
from skillblend.step_run import Phase, StepRun
from skillblend_ros.mapping import MapPerception

CLOSE, HELD, REACH_LIMIT = 0.04, 0.3, 6.0
"""A skill's own goal is reached when the skill was this near to it for so long, m (reference body) and s; given up
after, s."""
LONGEST = 120.0
"""No goal may ask for more time, s."""
TIME_OVER = "its time is over"
_ONLY = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a goal asks for.

    Attributes:
        skill: A behaviour with arguments, or a skill with numbers.
        arguments: Things and amounts.
        goal: Numbers inside the skill's limits.
        max_seconds: Gives up after this time; 0 for the behaviour's own limit.
    """

    skill: str
    arguments: tuple[str, ...] = ()
    goal: tuple[float, ...] = ()
    max_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ability:
    """What can be requested.

    Attributes:
        name, description: Of the behaviour or skill.
        arguments: Those that make sense here; others may be accepted too.
        space: Of its numbers; None where it takes arguments.
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
        limit: Given up after so long, s.
        phase: ``"acting"``, then ``"settling"``.
        seconds: Since it began, robot time.
        over: Whether it has ended; then `success`, `reason` and `at_rest` say how.
    """

    request: Request
    limit: float
    phase: str = "acting"
    seconds: float = 0.0
    over: bool = False
    success: bool = False
    reason: str = ""
    at_rest: bool = False
    held: float = 0.0


class Pilot:
    """Gives joint targets at every control step, N = 1.

    Attributes:
        active: The goal on its way; None where there is none.
        skills: All skills.
        perception: Where things are.
    """

    def __init__(
        self, skills: SkillSet, perception: MapPerception, affordances: dict[str, Affordance], obs: Observation
    ) -> None:
        """Stand as `obs` says."""
        self.skills, self.perception = skills, perception
        self.active: Activity | None = None
        self.pose_timeout, self.command_timeout, self.things_timeout = 0.5, 0.5, 5.0
        self._obs = obs
        self._stage = Stage(skills=skills, perception=perception, rules=PlanRules.for_robot(skills.robot))
        self._steps = StepRun(self._stage, 1)
        self._prospects = Prospects(self._stage, affordances)
        self._dt = skills.robot.control_dt
        self._near = closeness(skills.robot)
        self._command: Array = np.zeros((1, 3))
        self._commanded = -np.inf
        self._keep: Request | None = None
        self._time = 0.0
        skills.reset(obs)

    def abilities(self) -> list[Ability]:
        """Everything that can be requested in this scene."""
        steps = [step for step in self._options().values() if step.behaviour not in ENDS]
        found = [
            Ability(
                name=name,
                description="; ".join(step.text for step in steps if step.behaviour == name),
                arguments=tuple(", ".join(s.arguments) for s in steps if s.behaviour == name and s.arguments),
            )
            for name in dict.fromkeys(step.behaviour for step in steps)
        ]
        for name in self.skills.names:
            about = f"the skill itself, with the numbers of its goal, for at most max_seconds: {SKILLS[name].about}"
            found.append(Ability(name=name, description=about, space=self.skills.skill(name).goal_space))
        return found

    def check(self, request: Request, mode: Mode) -> None:
        """Refuse what cannot be done.

        Raises:
            UnknownNameError: No such skill or thing.
            InputError: Goal, arguments or time outside their limits, or a rule for plans forbids it.
        """
        if not 0.0 <= request.max_seconds <= LONGEST:
            raise InputError(f"max_seconds = {request.max_seconds} must be between 0 and {LONGEST:g} s")
        if self._numeric(request):
            self._check_numbers(request)
        else:
            self._check_step(request)
        if mode != Mode.RUNNING:
            raise InputError(f"the robot is in {mode.name.lower()}; arm it, let it stand and run it first")

    def begin(self, request: Request, mode: Mode) -> Activity:
        """Start on `request`; whatever was going on is preempted.

        Raises:
            UnknownNameError: As `check`.
            InputError: As `check`, or localisation is lost.
            PlanError: There is no way there.
        """
        self.check(request, mode)
        numeric = self._numeric(request)
        if not numeric and self._lost():
            raise InputError("the robot does not know where it is: no pose has come lately; check localisation")
        self.end("preempted by a new goal")
        self._keep = None
        if not numeric:
            self._steps.begin(0, _step(request), limit=request.max_seconds)
        self.active = Activity(request=request, limit=request.max_seconds or REACH_LIMIT)
        return self.active

    def end(self, reason: str) -> None:
        """End the present goal, if there is one, without success; the robot comes to rest."""
        self._steps.interrupt(0)
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
        self._obs, self._time = obs, now
        self.perception.feel(obs)
        if mode != Mode.RUNNING:
            self.end(f"the guard is in {mode.name.lower()} and lets no policy drive")
            self.skills.reset(obs)
            self._keep = None
            return self.skills.act(obs, self.skills.stand())
        if self.active is not None and not self._numeric(self.active.request) and self._lost():
            self.end("localisation was lost")
        return self._idle(obs) if self.active is None else self._act(self.active, obs)

    def affordance(self, text: str) -> tuple[float, str]:
        """P(success) of the option called `text` from the present state, and the rule that makes it 0, if one does.

        Raises:
            UnknownNameError: No such option here.
        """
        options = self._options()
        if text not in options:
            raise UnknownNameError("option", text, options)
        step = options[text]
        why = self._objection(step) or self._prospects.objections([step]).get(text, "")
        return (0.0, why) if why else (self._prospects.of([step], self._obs)[text], "")

    def _objection(self, step: Step) -> str:
        """What the rules, as they are for this robot, hold against `step` now; or what of it nobody sees any more."""
        situation = self.perception.situation(0, Mode.RUNNING)
        return objection(step, situation, self._stage.rules) or self._unseen(step)

    def _options(self) -> dict[str, Step]:
        return {step.text: step for step in ground_options(self.perception.scene_state())}

    def _act(self, activity: Activity, obs: Observation) -> Array:
        activity.seconds += self._dt
        if self._numeric(activity.request):
            return self._act_skill(activity, obs)
        targets = self._steps.act(obs)
        if self._steps.over[0]:
            finished = bool(self._steps.finished[0])
            self._close(activity, success=finished, reason="" if finished else TIME_OVER)
        elif self._steps.phase[0] == Phase.SETTLING:
            activity.phase = "settling"
        return targets

    def _act_skill(self, activity: Activity, obs: Observation) -> Array:
        """A skill by itself: one that knows how far it is from its goal until it is there, others for their time."""
        request = activity.request
        targets = self.skills.act(obs, self._blend(request))
        late = activity.seconds >= activity.limit - 1e-9
        distance = SKILLS[request.skill].error
        if distance is not None:
            error = distance(np.array([request.goal]), self.skills.memory_of(request.skill))
            activity.held = activity.held + self._dt if error[0] < self._near else 0.0
            there = activity.held > HELD
            if there or late:
                self._keep = request
                self._close(activity, success=there, reason="" if there else TIME_OVER)
        elif late:
            self._close(activity, success=True, reason="")
        return targets

    def _blend(self, request: Request) -> Blend:
        goal = np.array([request.goal])
        if request.skill == self.skills.recovering:
            return walk(self._stage, goal, _ONLY, localised=not self._lost())
        return self.skills.one_hot(request.skill, goal)

    def _idle(self, obs: Observation) -> Array:
        if self._keep is not None:
            return self.skills.act(obs, self._blend(self._keep))
        if self._steps.phase[0] != Phase.RESTING or self._time - self._commanded > self.command_timeout:
            return self._steps.act(obs)
        blend = walk(self._stage, self._command, _ONLY, localised=not self._lost())
        return self.skills.act(obs, blend)

    def _close(self, activity: Activity, *, success: bool, reason: str) -> None:
        activity.over, activity.success, activity.reason = True, bool(success), reason
        activity.at_rest = not bool(self.skills.stepping.any())
        self.active = None

    def _lost(self) -> bool:
        return self._time - self.perception.heard > self.pose_timeout

    def _unseen(self, step: Step) -> str:
        """Which thing that `step` is about has been lost sight of; empty where none has."""
        return self.perception.things.stale(step.arguments, self._time, self.things_timeout)

    def _numeric(self, request: Request) -> bool:
        return request.skill in self.skills.names

    def _check_step(self, request: Request) -> None:
        if request.skill not in BEHAVIOURS:
            raise UnknownNameError("skill", request.skill, (*BEHAVIOURS, *self.skills.names))
        if request.goal:
            raise InputError(f"{request.skill} takes arguments, no numbers; found {len(request.goal)} of them")
        step = _step(request)
        why = self._objection(step)
        if why:
            raise InputError(f"{step.text!r} is not allowed: {why}")

    def _check_numbers(self, request: Request) -> None:
        if request.arguments:
            raise InputError(f"{request.skill} takes numbers, no arguments; found {list(request.arguments)}")
        space = self.skills.skill(request.skill).goal_space
        space.check(np.array([request.goal], dtype=np.float64).reshape(1, -1))
        if SKILLS[request.skill].error is None and request.max_seconds <= 0.0:
            raise InputError(f"{request.skill} has no end of its own and needs max_seconds: how long")


def closeness(robot: Robot) -> float:
    """How near a skill of `robot` comes to its own goal before that counts as reached, m."""
    return CLOSE * Scales.of(robot).reach


def _step(request: Request) -> Step:
    text = " ".join((request.skill, *request.arguments))
    return Step(text=text, behaviour=request.skill, arguments=request.arguments)
