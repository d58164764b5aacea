"""What a method is, what all of them tell the model, and the planner that does what it wrote.

The written step is weighed as the one that is wanted; affordances and checks stay as they are for every planner. What
cannot be read, or does not come, is a refusal with its reason: nothing moves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from planners.planner import History, Query, ScoredPlanner
from planners.prompt import normalise, scene_text
from planners.writing.reading import steps_of
from planners.writing.writer import NothingWrittenError, TextModel
from skillblend.contracts import Array, Decision, Option, SceneState, Step
from skillblend.options import DONE, REFUSE, ground_options

REMEMBERED = 256
"""Plans that are kept while they are carried out."""

SURE = 0.99
"""What the written step gets; the rest goes to refusing, so that what cannot be done is refused."""

TOKENS = 96
"""Length of a plan at most."""


class Teller(Protocol):
    """Says what comes next."""

    def next(self, query: Query) -> Step:
        """One of the options.

        Raises:
            NothingWrittenError: Nothing can be read from what the model wrote, or it did not answer.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to ask.

    Attributes:
        name: What stands before the colon in `--planner`; the name of its file.
        about: One line, for help.
        make: Given what writes, what tells the next step.
    """

    name: str
    about: str
    make: Callable[[TextModel], Teller]


class WholePlan:
    """Asks for the whole plan once, and follows it; a step that failed is tried again.

    Args:
        writer: Writes it.
        ask: Makes the question.
    """

    def __init__(self, writer: TextModel, ask: Callable[[Query], str]) -> None:
        self._writer, self._ask = writer, ask
        self._plans: OrderedDict[tuple[str, ...], list[Step]] = OrderedDict()

    def next(self, query: Query) -> Step:
        """The first step of the plan that has not been done."""
        key = (query.instruction, *query.scene.names)
        if key not in self._plans:
            start = replace(query, history=())
            self._plans[key] = steps_of(self._writer.write(self._ask(start), tokens=TOKENS), start.steps)
            if len(self._plans) > REMEMBERED:
                self._plans.popitem(last=False)
        plan = self._plans[key]
        done = sum(ok for _, ok in query.history)
        step = plan[done] if done < len(plan) else DONE
        if step not in query.steps:
            raise NothingWrittenError(f"the language model wants to {step.text}, which is no step here any more")
        return step


class WrittenScorer:
    """Nearly all for the step that is told, a little for refusing."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    def probabilities(self, query: Query) -> Array:
        """Shape (K,).

        Raises:
            NothingWrittenError: Nothing was told.
        """
        told = self._teller.next(query)
        weights = np.array([SURE * (step == told) + (1.0 - SURE) * (step == REFUSE) for step in query.steps])
        return weights / weights.sum()


class WritingPlanner(ScoredPlanner):
    """Does what is written, and refuses, with the reason, where nothing is."""

    def decide(
        self, instruction: str, scene: SceneState, history: History, affordances: Mapping[str, float]
    ) -> Decision:
        """Choose the next step.

        Raises:
            InputError: The instruction is not acceptable text, or an affordance no probability.
            UnknownNameError: An affordance for something that is no option here.
        """
        try:
            return super().decide(instruction, scene, history, affordances)
        except NothingWrittenError as error:
            refused = Option(step=REFUSE, lm_score=1.0, affordance=1.0, reason=str(error))
            others = [
                Option(step=step, lm_score=0.0, affordance=affordances.get(step.text, 1.0))
                for step in ground_options(scene)
                if step != REFUSE
            ]
            return Decision(
                instruction=instruction, history=tuple(history), options=(refused, *others), chosen=refused,
                planner=self.name,
            )  # fmt: skip


RULES = (
    "Use only steps from the list, word for word. Use the things' own names. To touch, press or take a thing, first "
    "walk to it. If something asked for is not in the list, the whole plan is: 1. refuse"
)


def situation_text(scene: SceneState, options: Sequence[Step]) -> str:
    """What is there, and what can be done."""
    steps = "\n".join(f"- {step.text}" for step in options if step != DONE)
    return f"A robot stands among these things. {scene_text(scene.things)}Possible steps:\n{steps}\n"


def task_text(instruction: str) -> str:
    """What is asked for."""
    return f"Task: {normalise(instruction)}\n"


def plan_text(plan: Sequence[str]) -> str:
    """A plan as it is to be written."""
    return "Plan:\n" + "".join(f"{k}. {text}\n" for k, text in enumerate(plan, start=1))
