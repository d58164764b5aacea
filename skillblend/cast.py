"""Whom and what a session plays with, who is told about it, and how an instruction ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from skillblend.affordance import Affordance
from skillblend.behaviours import Perception
from skillblend.contracts import BoolArray, Bridge, Decision, Planner, Step
from skillblend.skillset import SkillSet


class Judgement(Protocol):
    """Whether a step was done, and the measurement that decided it."""

    @property
    def success(self) -> bool:
        """Whether it was done."""
        ...

    @property
    def reason(self) -> str:
        """The measurement."""
        ...


class Witness(Protocol):
    """Sees the truth: what robots cannot measure, and so may not act on."""

    def begin(self, i: int, step: Step) -> None:
        """Watch robot `i` in `step` from now on."""
        ...

    def update(self) -> None:
        """Take note of the present state."""
        ...

    def verdict(self, i: int) -> Judgement:
        """Whether robot `i` has done its step."""
        ...

    def fell(self) -> BoolArray:
        """Who lies on the floor. Shape (N,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Whom and what a session plays with.

    Attributes:
        skills: The frozen skills of N robots.
        bridge: The robots.
        perception: Where everything is.
        witness: Judges.
        planner: Decides.
        affordances: By skill name.
        values: Value functions by behaviour, of those that have one.
    """

    skills: SkillSet
    bridge: Bridge
    perception: Perception
    witness: Witness
    planner: Planner
    affordances: Mapping[str, Affordance]
    values: Mapping[str, Affordance] = field(default_factory=dict[str, Affordance])


@dataclass(kw_only=True)
class Hooks:
    """What is called along the way.

    Attributes:
        watch: After each control step.
        decided: After each decision, with the robot's number and simulated time since the instruction began, s.
        begun: Before the first step of an instruction that is carried out: not where it is refused.
        judged: After each step, with the robot's number and its entry in the report.
        ended: Once the plan of a robot is over, with its number: what becomes of it from then on is not the plan's.
    """

    watch: Callable[[], None] | None = None
    decided: Callable[[int, Decision, float], None] | None = None
    begun: Callable[[], None] | None = None
    judged: Callable[[int, Mapping[str, Any]], None] | None = None
    ended: Callable[[int], None] | None = None


@dataclass(kw_only=True)
class Outcome:
    """How an instruction was carried out.

    Attributes:
        instruction: As typed.
        planner: Name of the planner that decided.
        success: Ended with done, every step done in the judge's eyes, nobody fell.
        refused: The planner, or a rule, declined.
        reason: Why it was refused or given up; empty after success.
        choices: What an unclear word may mean, where it was refused because nobody had said which.
        answers: The instruction with each of them in its place.
        steps: Each with behaviour, arguments, success, reason and seconds.
        falls: 0 or 1.
        fault: Why the guard stopped the robot; empty where it did not.
        seconds: Simulated time.
        wall_seconds, planning_seconds: Time it took, in all and for decisions; of all robots together.
        decisions: All of them.
    """

    instruction: str
    planner: str = ""
    success: bool = False
    refused: bool = False
    reason: str = ""
    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    falls: int = 0
    fault: str = ""
    seconds: float = 0.0
    wall_seconds: float = 0.0
    planning_seconds: float = 0.0
    decisions: list[Decision] = field(default_factory=list[Decision])
