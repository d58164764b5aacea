"""Wave at a marker: the left hand goes up for a while."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import place, words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.safety.plan import REACH, Situation
from skillblend.safety.rules import PlanRules

PREDICATES = {"waved": ("thing",)}
"""What may be said of it in files of instructions."""

SKILL = "reaching"
UP = (0.25, 0.30, 1.40)
"""Where the left hand waves, stance frame, m; no higher than the robot reaches."""
NEAR, SECONDS, ALLOWANCE = 1.5, 2.5, 1.0
"""One waves at a thing from this near, m; for so long; given up after so much more, s."""


class WaveAt(Behaviour):
    """One hand up."""

    name = "wave_at"
    about = "wave at a marker"
    parts = frozenset({"arms"})
    keeps_pose = True

    def ground(self, scene: SceneState) -> list[Step]:
        """One step a marker."""
        return [
            Step(text=f"wave at the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
            if thing.kind == "marker"
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """It is near."""
        del rules
        (name,) = words(step, 1)
        distance = float(np.hypot(*np.subtract(situation.position, place(name, situation))))
        return "" if distance <= NEAR else f"{REACH}: nobody at the {name} sees it, {distance:.1f} m away; walk there"

    def effect(self, step: Step, facts: Facts) -> Facts:
        """A hand is up."""
        (name,) = words(step, 1)
        return facts | {"raised(hands)", f"waved({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets there."""
        del step, i
        return Question(skill=SKILL, goal=_goal(stage))

    def runner(self, stage: Stage, n: int) -> Waving:
        """Reaching with a fixed goal."""
        return Waving(stage, n)


class Waving:
    """Waves with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots with their hands down."""
        self.stage = stage
        self._left: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Start the clock of robot `i`."""
        del step
        self._left[i] = round(SECONDS / self.stage.dt)
        return SECONDS + ALLOWANCE

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """The hand goes up and stays there."""
        del obs
        self._left[ids] -= 1
        goal = np.tile(_goal(self.stage), (len(ids), 1))
        return self.stage.skills.one_hot(SKILL, goal), self._left[ids] <= 0


def _goal(stage: Stage) -> Array:
    skill = stage.skills.skill(SKILL)
    goal = np.array(skill.controller.goal_at_rest, dtype=np.float64)
    goal[:3] = UP
    return skill.goal_space.clip(goal[None])[0]


BEHAVIOUR = WaveAt()
