"""An instruction becomes steps: the one plan loop, as a state machine without I/O.

Command line, evaluation, console and ROS feed it with what they see, with a planner's decisions and with how the
steps went; it says what comes next, and when and how it ends.

>>> run = PlanRun("press the button", rules)
>>> while not run.over:
...     options, objections = run.options(scene, situation)
...     decision = planner.decide(run.instruction, scene, run.history, affordances)
...     step = run.take(decision)
...     if step is not None:
...         run.record(step, success=..., reason=...)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skillblend.asking import Clarification
from skillblend.contracts import Decision, SceneState, Step
from skillblend.errors import InputError, SafetyError
from skillblend.options import DONE, ENDS, ENDS_PLAN, REFUSE, UNABLE, all_achieved, ground_options, objection
from skillblend.safety.instruction import check_instruction
from skillblend.safety.plan import GRIP, Situation, mark, overruled
from skillblend.safety.rules import Rules

MAX_STEPS = 16
"""Steps after which a plan is given up."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A step that was carried out.

    Attributes:
        step: What was tried.
        success: In the judge's eyes.
        reason: The measurement that decided it.
        seconds: How long it took, s.
    """

    step: Step
    success: bool
    reason: str = ""
    seconds: float = 0.0


@dataclass(kw_only=True)
class Ending:
    """How a plan ended.

    Attributes:
        success: It ended with done, and every step was done in the judge's eyes.
        refused: The planner, or a rule, declined.
        reason: Why it was refused or given up; empty after success.
        question: What somebody has to say first; one that nobody answers is a refusal.
    """

    success: bool = False
    refused: bool = False
    reason: str = ""
    question: Clarification = Clarification()


class PlanRun:
    """One instruction on its way.

    Attributes:
        instruction: As typed.
        rules: Of instructions and plans.
        done: Steps so far.
        decisions: All decisions so far.
        objections: What the rules hold against options now, by their texts: set by `options`, or by whoever asked.
        ending: How it ended; None while it goes on.
    """

    def __init__(self, instruction: str, rules: Rules | None = None, *, max_steps: int = MAX_STEPS) -> None:
        """Take in an instruction; what the rules for instructions forbid is over at once, refused."""
        self.instruction = instruction
        self.rules = rules or Rules()
        self.max_steps = max_steps
        self.done: list[Done] = []
        self.decisions: list[Decision] = []
        self.ending: Ending | None = None
        self.objections: Mapping[str, str] = {}
        self._refuse_harm()

    @property
    def over(self) -> bool:
        """Whether nothing more is to be decided."""
        return self.ending is not None

    @property
    def history(self) -> list[tuple[Step, bool]]:
        """Steps so far with their success, as planners read them."""
        return [(done.step, done.success) for done in self.done]

    def options(self, scene: SceneState, situation: Situation | None) -> tuple[list[Step], dict[str, str]]:
        """Every option that exists now, and what the rules hold against some of them, by their texts.

        Args:
            scene: The things with their live state.
            situation: What the rules for plans look at; None where nothing moves, and so nothing is held.
        """
        options = ground_options(scene)
        if situation is None:
            self.objections = {}
        else:
            found = {step.text: objection(step, situation, self.rules.plan) for step in options}
            self.objections = {text: why for text, why in found.items() if why}
        return options, dict(self.objections)

    def take(self, decision: Decision) -> Step | None:
        """The step that `decision` asks for; None where it ends the plan.

        The rules asked last by `options` are marked in the record of it.
        """
        decision = mark(decision, self.objections)
        self.decisions.append(decision)
        step = decision.chosen.step
        why = overruled(decision, self.objections) or self._foreseen(decision)
        if why or step == REFUSE:
            asked = Clarification() if why else Clarification(choices=decision.choices, answers=decision.answers)
            self.ending = Ending(refused=True, reason=why or self._refusal(decision), question=asked)
        elif step == DONE:
            self.ending = self._over(decision)
        else:
            return step
        return None

    def record(self, step: Step, *, success: bool, reason: str = "", seconds: float = 0.0) -> None:
        """How the step went that `take` returned; too many of them end the plan."""
        self.done.append(Done(step=step, success=success, reason=reason, seconds=seconds))
        if len(self.done) >= self.max_steps:
            self.give_up(f"given up after {len(self.done)} steps")

    def entries(self) -> list[dict[str, Any]]:
        """Steps so far as a report holds them."""
        return [
            {
                "text": done.step.text,
                "behaviour": done.step.behaviour,
                "arguments": list(done.step.arguments),
                "success": done.success,
                "reason": done.reason,
                "seconds": done.seconds,
            }
            for done in self.done
        ]

    def give_up(self, reason: str) -> None:
        """End without success: a fall, a fault, a stop."""
        if self.ending is None:
            self.ending = Ending(reason=reason)

    def _refuse_harm(self) -> None:
        try:
            check_instruction(self.instruction, self.rules.instruction)
        except SafetyError as error:
            self.ending = Ending(refused=True, reason=str(error))

    def _foreseen(self, decision: Decision) -> str:
        """Why nothing is begun: something that is asked for later can never be done, wherever the robot stands."""
        if self.done or decision.chosen.step in (DONE, REFUSE):
            return ""
        for step in decision.asked:
            why = self.objections.get(step.text, "")
            if why.startswith(GRIP):
                return f"{step.text!r} is not allowed: {why}"
        return ""

    def _over(self, decision: Decision) -> Ending:
        """Success takes that every step was achieved, and that nothing of the instruction was passed over."""
        if not all_achieved(self.history):
            return Ending(reason="a step was never achieved")
        if decision.unaccounted:
            left = ", ".join(decision.unaccounted)
            return Ending(reason=f"plan completed, not verified: nothing was done about {left}")
        return Ending(success=True)

    def _refusal(self, decision: Decision) -> str:
        """Why a planner refused: what the instruction forbids, its own check, or its own judgement."""
        if decision.chosen.reason not in ("", ENDS_PLAN):
            return decision.chosen.reason
        rules = {
            option.reason
            for option in decision.options
            if not option.allowed and option.step != DONE and option.step.text not in self.objections
        }
        return "; ".join(sorted(rules)) or UNABLE


class GivenRun(PlanRun):
    """Steps that were decided beforehand, on their way: the first that is not done ends them.

    Attributes:
        steps: Those steps.
    """

    def __init__(self, steps: Sequence[Step], rules: Rules | None = None, *, max_steps: int = MAX_STEPS) -> None:
        """Take in a plan; a ``done`` at its end is understood.

        Raises:
            InputError: There are no steps, too many, or one that moves nothing.
        """
        self.steps = tuple(steps[:-1] if steps and steps[-1] == DONE else steps)
        if not 1 <= len(self.steps) <= max_steps:
            raise InputError(f"a plan of {len(self.steps)} steps; give 1 to {max_steps} that move the robot")
        for number, step in enumerate(self.steps, start=1):
            if step.behaviour in ENDS:
                raise InputError(f"step {number}, {step.text!r}, ends a plan and moves nothing; leave it out")
        super().__init__(", then ".join(step.text for step in self.steps), rules, max_steps=len(self.steps) + 1)

    def next(self, situation: Situation) -> Step | None:
        """The step that comes next; None where the plan ends here, because it is done or may not go on.

        Raises:
            UnknownNameError: It is about a thing that is not there.
        """
        if self.done and not self.done[-1].success:
            self.give_up(f"{self.done[-1].step.text!r} was not achieved: {self.done[-1].reason}")
        elif len(self.done) == len(self.steps):
            self.ending = Ending(success=True)
        if self.over:
            return None
        step = self.steps[len(self.done)]
        why = objection(step, situation, self.rules.plan)
        if why:
            self.give_up(f"{step.text!r} is not allowed: {why}")
        return None if why else step
