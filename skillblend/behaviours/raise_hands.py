"""Raise both hands and keep them up."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.behaviours.stand import BEHAVIOUR as STANDING
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, Robot, SceneState, Step
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb
from skillblend.scales import Scales

RAISED = (0.20, 0.28, 1.50)
"""Left wrist of raised hands, stance frame of the reference body, m: high, and near enough to clear furniture."""

SECONDS, ALLOWANCE = 2.5, 1.0
"""How long raising takes, s; given up after so much more, s."""


class RaiseHands(Behaviour):
    """Both hands above the shoulders, until something else is asked."""

    name = "raise_hands"
    about = "raise both hands and keep them up"
    parts = frozenset({"arms"})
    verb = Verb.RAISE
    keeps_pose = True

    def ground(self, scene: SceneState) -> list[Step]:
        """The same everywhere."""
        del scene
        return [Step(text="raise both hands", behaviour=self.name)]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Nothing against it anywhere."""
        del situation, rules
        words(step, 0)
        return ""

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Hands are up."""
        del step
        return facts | {"raised(hands)"}

    def inverse(self, step: Step) -> Step:
        """Standing lets them hang."""
        del step
        return Step(text="stand with the hands down", behaviour=STANDING.name, arguments=("1",))

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets there."""
        del step, i
        return Question(skill="reaching", goal=raised_goal(stage.robot))

    def runner(self, stage: Stage, n: int) -> Raising:
        """Reaching with a fixed goal."""
        return Raising(stage, n)


class Raising:
    """Raises the hands of N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots with their hands down."""
        self.stage, self._goal = stage, raised_goal(stage.robot)
        self._left: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Start the clock of robot `i`."""
        del step
        self._left[i] = round(SECONDS / self.stage.dt)
        return SECONDS + ALLOWANCE

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Hands up, and stay so."""
        del obs
        self._left[ids] -= 1
        goal = np.tile(self._goal, (len(ids), 1))
        return self.stage.skills.one_hot("reaching", goal), self._left[ids] <= 0


def raised_goal(robot: Robot) -> Array:
    """Reaching goal of both hands. Shape (6,), m."""
    x, y, z = Scales.of(robot).place(RAISED)
    return np.array([x, y, z, x, -y, z])


BEHAVIOUR = RaiseHands()
