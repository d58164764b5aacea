"""Crouch: bring the base as low as flat feet allow, and stay there."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules

SECONDS, LIMIT = 3.5, 8.0
"""How long it takes and is kept, s; given up after, s."""


class Crouch(Behaviour):
    """Knees bent, until something else is asked."""

    name = "crouch"
    about = "crouch down on both feet and stay low"
    parts = frozenset({"legs"})
    keeps_pose = True

    def ground(self, scene: SceneState) -> list[Step]:
        """The same everywhere."""
        del scene
        return [Step(text="crouch", behaviour=self.name)]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Nothing against it anywhere."""
        del situation, rules
        words(step, 0)
        return ""

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Has been low."""
        del step
        return facts | {"crouched()"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether squatting gets down."""
        del step, i
        return Question(skill="squatting", goal=lowest(stage))

    def runner(self, stage: Stage, n: int) -> Crouching:
        """Squatting with a fixed goal."""
        return Crouching(stage, n)


class Crouching:
    """Crouches with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that stand."""
        self.stage = stage
        self._left: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Start the clock of robot `i`."""
        words(step, 0)
        self._left[i] = round(SECONDS / self.stage.dt)
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Down, and stay so; the clock runs while the skill has the legs."""
        del obs
        skills = self.stage.skills
        self._left[ids] -= skills.planted[ids] > 0.0
        goal = np.tile(lowest(self.stage), (len(ids), 1))
        return skills.one_hot("squatting", goal, limbs=("legs", "torso")), self._left[ids] <= 0


def lowest(stage: Stage) -> Array:
    """Goal of squatting: as low as it goes. Shape (1,), m."""
    return stage.skills.skill("squatting").goal_space.lower.copy()


BEHAVIOUR = Crouch()
