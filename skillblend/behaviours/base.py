"""What a behaviour is: how it reads, where it makes sense, what forbids it, how it moves, what it changes.

A behaviour is one file of this package and one line in its registry; the verdict on it (`sim.verdicts`) and the
words people use for it (`planners.corpus.verbs`) are files of their own, which share nothing with it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, Robot, SceneState, Step
from skillblend.navigation import Leg
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb
from skillblend.scales import Scales
from skillblend.skillset import SkillSet

Facts = frozenset[str]
"""What holds, as predicates such as ``"at(red marker)"``: see `skillblend.predicates`."""


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What must hold before a step, as far as predicates can say it; `Behaviour.objection` measures the rest.

    Attributes:
        any_of: Sets of facts, one of which must hold whole; empty where nothing is needed.
        empty_hands: Nothing may be held.
    """

    any_of: tuple[Facts, ...] = ()
    empty_hands: bool = False

    def met(self, facts: Facts) -> bool:
        """Whether it all holds where `facts` do."""
        if self.empty_hands and any(fact.startswith("held(") for fact in facts):
            return False
        return not self.any_of or any(wanted <= facts for wanted in self.any_of)


class Perception(Protocol):
    """Where N robots and the things around them are: simulator truth in MuJoCo, localisation and a map on a robot."""

    def zones(self, i: int) -> Sequence[KeepOut]:
        """Where robot `i` may not go: the same object as long as nothing has moved."""
        ...

    def poses(self) -> Array:
        """The bases on the floor: x, y (m) and heading (rad), world frame. Shape (N, 3)."""
        ...

    def stances(self) -> tuple[Array, Array]:
        """Midpoints between the soles on the floor, world (N, 3), m, and the headings (N,), rad."""
        ...

    def scene_state(self) -> SceneState:
        """The things with their live state."""
        ...

    def situation(self, i: int, mode: Mode) -> Situation:
        """What the rules for plans look at, for robot `i`."""
        ...

    def route(self, i: int, name: str) -> tuple[Sequence[Leg], float | None]:
        """How robot `i` walks to where one stands to use the thing called `name`, and the heading there."""
        ...

    def touch_points(self, i: int, name: str, clearance: float) -> tuple[Array | None, Array | None]:
        """Where the left and the right wrist are `clearance` m off the thing's surface, world (3,), m."""
        ...


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What behaviours act with: the skills of N robots, what is perceived, and the rules.

    Attributes:
        skills: The frozen skills with their memories.
        perception: Where everything is.
        rules: What walking commands are limited by.
    """

    skills: SkillSet
    perception: Perception
    rules: PlanRules

    @property
    def robot(self) -> Robot:
        """Of which kind all are."""
        return self.skills.robot

    @cached_property
    def scales(self) -> Scales:
        """What numbers of the reference body are multiplied by."""
        return Scales.of(self.robot)

    @property
    def dt(self) -> float:
        """Control period, s."""
        return self.robot.control_dt


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a step asks of a skill: its affordance is the skill's own estimate that it reaches this goal.

    Attributes:
        skill: Name.
        goal: Shape (G,).
    """

    skill: str
    goal: Array


class Runner(Protocol):
    """How a behaviour moves: for N robots, each of which may be in the middle of another step."""

    def begin(self, i: int, step: Step) -> float:
        """Start robot `i` on `step`; the time after which it is given up, s.

        Raises:
            PlanError: There is no way to do it from here.
        """
        ...

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """One control step of robots `ids`: what their skills shall do, and whose step is over, (len(ids),).

        Args:
            ids: Those that are in a step of this behaviour.
            obs: Of all N robots.
        """
        ...


class Behaviour(ABC):
    """One kind of option.

    Attributes:
        name: Registered name, as `Step.behaviour` holds it.
        about: What it does, in a line.
        parts: Parts of the body that it moves with a purpose: two behaviours with none in common can run at once.
        verb: What people ask for it by; None for a behaviour that no word of `skillblend.safety.vocabulary` means.
        approaches: It brings the robot to the thing that it is about.
        motionless: Nothing moves.
        keeps_pose: It ends in a pose to be kept; after all others the robot comes to rest on its feet.
    """

    name: str
    about: str
    parts: frozenset[str]
    verb: Verb | None = None
    approaches: bool = False
    motionless: bool = False
    keeps_pose: bool = False

    @abstractmethod
    def ground(self, scene: SceneState) -> list[Step]:
        """The steps of this kind that exist in `scene` now."""

    @abstractmethod
    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Why `step` may not be done in `situation`, the rule's name first; empty where it may.

        Raises:
            UnknownNameError: It is about a thing that is not there.
            InputError: Its arguments mean nothing.
        """

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """What must hold before `step` in a scene of these things."""
        del step, scene
        return Needs()

    @abstractmethod
    def effect(self, step: Step, facts: Facts) -> Facts:
        """What holds once `step` has succeeded where `facts` held."""

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """`situation` once `step` has succeeded."""
        del step, rules
        return situation

    def inverse(self, step: Step) -> Step | None:
        """What undoes `step` once it has succeeded; None where nothing does."""
        del step
        return None

    @abstractmethod
    def affordance(self, step: Step, i: int, stage: Stage) -> Question | None:
        """What its success depends on, for robot `i`; None where nothing can go wrong.

        Raises:
            PlanError: There is no way to do it from here.
        """

    @abstractmethod
    def runner(self, stage: Stage, n: int) -> Runner:
        """How it moves `n` robots."""
