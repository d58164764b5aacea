"""Steps, decisions, and who takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from skillblend.contracts.scene import SceneState


@dataclass(frozen=True, kw_only=True)
class Step:
    """One grounded step of a plan: what the console prints and the executor runs.

    Attributes:
        text: The option as the language model reads it, e.g. ``"walk to the red marker"``.
        behaviour: Registered name, e.g. ``"walk_to"``; ``"done"`` and ``"refuse"`` end a plan.
        arguments: Things and amounts that it is grounded in, e.g. ``("red marker",)``.
    """

    text: str
    behaviour: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Option:
    """One candidate of a decision.

    Attributes:
        step: What would be done.
        lm_score: p(option | instruction, scene, history), normalised over the options.
        affordance: P(success | step, state) in [0, 1].
        allowed: False where a safety rule forbids it.
        reason: Why it is not allowed, or where its affordance comes from.
    """

    step: Step
    lm_score: float
    affordance: float
    allowed: bool = True
    reason: str = ""

    @property
    def score(self) -> float:
        """The product that decides; 0 where a rule forbids the option."""
        return self.lm_score * self.affordance if self.allowed else 0.0


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The record of one planning decision: everything that `explain` prints.

    Attributes:
        instruction: As typed.
        history: Steps executed so far, with their success.
        options: All candidates, best product first.
        chosen: The winner.
        planner: Name of the planner that decided.
        reading: What was read as what: words as things of the scene, what the rule for prohibitions read, and what
            the planner alone would have done; empty where all was plain and nothing is forbidden.
        choices: What an unclear word of the instruction may mean, where the refusal is a question.
        answers: The instruction with each of the choices in the unclear word's place.
        unaccounted: What the instruction speaks of and nothing was done about, where the plan is over.
        asked: Of the steps that the instruction asks for, as far as it was read, those that take hold of things or
            move them; where one can never be done, nothing is begun.
        remembered: Numbers of the remembered instructions whose next step is the one that was chosen.
    """

    instruction: str
    history: tuple[tuple[Step, bool], ...]
    options: tuple[Option, ...]
    chosen: Option
    planner: str = ""
    reading: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    unaccounted: tuple[str, ...] = ()
    asked: tuple[Step, ...] = ()
    remembered: tuple[int, ...] = ()


class Planner(Protocol):
    """Instruction, scene and history -> the next step."""

    name: str
    """What `--planner` calls it; every report, trace and evaluation says who decided."""

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        """Choose the next step; `affordances` maps option texts to P(success).

        Raises:
            InputError: The instruction is not acceptable text.
            PlanError: No option can be chosen.
        """
        ...
