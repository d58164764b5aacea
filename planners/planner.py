"""What a planner is made of: a scorer, the skills' affordances, and checks.

A scorer says how much an option is what the person wants next; an affordance how likely the skills are to manage
it; the checks what may not follow what has happened. The option with the highest product is the decision. A
variant is a name, a scorer and whether affordances count: one file of `planners.variants`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from skillblend.contracts import Array, Decision, Option, Planner, SceneState, Step
from skillblend.errors import InputError, PlanError, ShapeError, UnknownNameError
from skillblend.options import DONE, ENDS_PLAN, REFUSE, ground_options
from skillblend.safety.instruction import check_text
from skillblend.safety.rules import InstructionRules

History = Sequence[tuple[Step, bool]]
"""Steps executed so far, each with its success."""

Gold = Mapping[str, Sequence[str]]
"""Known plans, as option texts, by instruction: what a scripted planner replays."""

_ENDS = (DONE.text, REFUSE.text)


@dataclass(frozen=True, kw_only=True)
class Query:
    """One decision to be made.

    Attributes:
        instruction: As typed.
        scene: What is there now.
        history: Steps executed so far.
        steps: The options, K of them, the two ends among them.
    """

    instruction: str
    scene: SceneState
    history: History
    steps: Sequence[Step]

    @property
    def texts(self) -> list[str]:
        """What the options read."""
        return [step.text for step in self.steps]


class Scorer(Protocol):
    """Whatever can weigh options."""

    def probabilities(self, query: Query) -> Array:
        """How much each option is wanted next, in the order of ``query.steps``, summing to 1. Shape (K,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A planner by name.

    Attributes:
        name: What `--planner` takes; the name of its file.
        about: One line, for help.
        load: Makes it; given known plans, which only a scripted planner looks at.
        scripted: Whether it can do nothing without known plans.
    """

    name: str
    about: str
    load: Callable[[Gold], Planner]
    scripted: bool = False


class ScoredPlanner:
    """Chooses the option with the highest product of score and affordance that the checks allow.

    Args:
        name: Of the variant; every decision carries it.
        scorer: Weighs the options.
        value: Whether affordances count. Without, everything is taken as possible that has any; what has
            affordance 0 is forbidden from outside, by a rule, and stays so.
        max_failures: A step that failed this often has affordance 0; after twice as many failures in all,
            nothing but ``"refuse"`` is allowed.
        max_steps: After so many executed steps only ``"done"`` and ``"refuse"`` are allowed.
    """

    def __init__(
        self, name: str, scorer: Scorer, *, value: bool = True, max_failures: int = 2, max_steps: int = 24
    ) -> None:
        if max_failures < 1 or max_steps < 1:
            raise InputError(f"max_failures {max_failures} and max_steps {max_steps} must be at least 1")
        self.name = name
        self._scorer = scorer
        self._value = value
        self._max_failures = max_failures
        self._max_steps = max_steps

    def decide(
        self, instruction: str, scene: SceneState, history: History, affordances: Mapping[str, float]
    ) -> Decision:
        """Choose the next step; `affordances` maps option texts to P(success), 1 where it has nothing.

        Raises:
            InputError: The instruction is not acceptable text, or an affordance no probability.
            UnknownNameError: An affordance for something that is no option here.
            ShapeError: The scorer returned another number of scores than there are options.
            PlanError: Every option has score 0.
        """
        check_text(instruction, InstructionRules())
        steps = ground_options(scene)
        _check_affordances(affordances, steps)
        query = Query(instruction=instruction, scene=scene, history=history, steps=steps)
        scores = self._scorer.probabilities(query)
        if scores.shape != (len(steps),):
            raise ShapeError(f"scores {scores.shape} of planner {self.name!r} must be ({len(steps)},), one an option")
        options = [
            self._option(step, float(score), history, affordances) for step, score in zip(steps, scores, strict=True)
        ]
        options.sort(key=lambda option: (option.score, option.lm_score), reverse=True)
        if not options[0].score > 0.0:
            raise PlanError(
                f"no option can be chosen for {instruction[:80]!r}: all {len(options)} have score 0; "
                "give 'refuse' an affordance above 0"
            )
        return Decision(
            instruction=instruction,
            history=tuple(history),
            options=tuple(options),
            chosen=options[0],
            planner=self.name,
        )

    def _option(self, step: Step, score: float, history: History, affordances: Mapping[str, float]) -> Option:
        affordance, reason = self._affordance(step, history, affordances)
        objection = "" if step.text == REFUSE.text else self._objection(step, history)
        return Option(
            step=step, lm_score=score, affordance=affordance, allowed=not objection, reason=objection or reason
        )

    def _affordance(self, step: Step, history: History, affordances: Mapping[str, float]) -> tuple[float, str]:
        """How likely `step` is to succeed, and where that comes from."""
        given = affordances.get(step.text, 1.0)
        if step.text in _ENDS:
            return given, ENDS_PLAN
        failures = sum(done.text == step.text and not ok for done, ok in history)
        if failures >= self._max_failures:
            return 0.0, f"failed {failures} times"
        if step.text not in affordances:
            return 1.0, "no affordance given, taken as 1"
        if not self._value and given > 0.0:
            return 1.0, "affordances do not count"
        return given, ""

    def _objection(self, step: Step, history: History) -> str:
        """Why `step` may not follow `history`; ``""`` if it may. Refusing is always allowed."""
        failures = sum(not ok for _, ok in history)
        if failures >= 2 * self._max_failures:
            return f"{failures} steps failed, at most {2 * self._max_failures - 1} may"
        if step.text == DONE.text:
            return _unfinished(history)
        if len(history) >= self._max_steps:
            return f"{len(history)} steps executed, at most {self._max_steps} are allowed"
        return ""


def _unfinished(history: History) -> str:
    """Why a plan cannot be over after `history`: its own check beside what the scorer thinks."""
    if not history:
        return "nothing has been done yet"
    step, ok = history[-1]
    return "" if ok else f"the last step, {step.text!r}, failed"


def _check_affordances(affordances: Mapping[str, float], steps: Sequence[Step]) -> None:
    known = [step.text for step in steps]
    for text, value in affordances.items():
        if text not in known:
            raise UnknownNameError("option", text, known)
        if not (math.isfinite(value) and 0.0 <= value <= 1.0):
            raise InputError(f"affordance of {text!r} is {value!r}; it must be a probability in [0, 1]")
