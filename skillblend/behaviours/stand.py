"""Stand still for a while."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import number, words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.contracts import Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.errors import InputError
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules

SECONDS, LONGEST, ALLOWANCE = 3.0, 120.0, 1.0
"""How long "stand still" is, s; nobody may ask for more, s; given up after so much more, s."""


class StandStill(Behaviour):
    """Feet on the ground, arms down."""

    name = "stand"
    about = "stand still for a number of seconds"
    parts = frozenset({"legs"})
    motionless = True

    def ground(self, scene: SceneState) -> list[Step]:
        """The same everywhere."""
        del scene
        return [Step(text="stand still", behaviour=self.name, arguments=(f"{SECONDS:g}",))]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Nothing against it anywhere."""
        del situation, rules
        _seconds(step)
        return ""

    def effect(self, step: Step, facts: Facts) -> Facts:
        """The time went by."""
        return facts | {f"stood({_seconds(step):g})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether walking can stand from here."""
        del step, i, stage
        return Question(skill="walking", goal=np.zeros(3))

    def runner(self, stage: Stage, n: int) -> Standing:
        """Walking with a zero command."""
        return Standing(stage, n)


class Standing:
    """Lets N robots stand, each for its own time."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that are over with it."""
        self.stage = stage
        self._left: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Start the clock of robot `i`."""
        seconds = _seconds(step)
        self._left[i] = round(seconds / self.stage.dt)
        return seconds + ALLOWANCE

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Stand on."""
        del obs
        self._left[ids] -= 1
        return self.stage.skills.stand(ids), self._left[ids] <= 0


def _seconds(step: Step) -> float:
    words(step, 1)
    seconds = number(step, 0)
    if not 0.0 < seconds <= LONGEST:
        raise InputError(f"{step.text!r}: standing takes between 0 and {LONGEST:g} s, got {seconds:g}")
    return seconds


BEHAVIOUR = StandStill()
