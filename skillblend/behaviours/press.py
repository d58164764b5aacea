"""Press a button: by the blender trained for it where there is one, else with a reaching hand."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.hands import check_reach, one_hand
from skillblend.behaviours.touch import Touching, question_clearance
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.kinematics import to_heading
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb

BLENDER = "button_press"
"""The task whose blender presses."""

PRESS_CLEARANCE = 0.005
"""Wrist distance from the button's face when it is pressed, m: hands of all robots have 0.03 m, buttons a travel."""

CLOSE, HELD, LIMIT = 0.04, 0.4, 8.0
"""The hand is there within, m, of the reference body, for so long, s; given up after, s."""


class Press(Behaviour):
    """Push a button in."""

    name = "press"
    about = "press a button"
    parts = frozenset({"legs", "arms", "torso"})
    verb = Verb.PRESS

    def ground(self, scene: SceneState) -> list[Step]:
        """One step a button."""
        return [
            Step(text=f"press the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
            if thing.kind == "button"
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Within reach."""
        words(step, 1)
        return check_reach(step, situation, rules)

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """At it."""
        del scene
        (name,) = words(step, 1)
        return Needs(any_of=(frozenset({f"at({name})"}),))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Pressed, and touched on the way."""
        (name,) = words(step, 1)
        return facts | {f"pressed({name})", f"touched({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets the better hand there."""
        (name,) = words(step, 1)
        points = stage.perception.touch_points(i, name, question_clearance(stage))
        return Question(skill="reaching", goal=one_hand(stage, i, points))

    def runner(self, stage: Stage, n: int) -> Pressing:
        """The blender, or a hand."""
        return Pressing(stage, n)


class Pressing:
    """Presses buttons with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that press nothing yet."""
        self.stage = stage
        self._close = CLOSE * stage.scales.reach
        self._by_hand = Touching(stage, n, deepest=PRESS_CLEARANCE)
        self._blended: BoolArray = np.zeros(n, dtype=np.bool_)
        self._point: Array = np.zeros((n, 3))
        self._held: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """The left hand's place is the blender's goal; without either, any hand reaches for it."""
        (name,) = words(step, 1)
        point, _ = self.stage.perception.touch_points(i, name, PRESS_CLEARANCE)
        self._blended[i] = point is not None and BLENDER in self.stage.skills.blenders
        if point is None or not self._blended[i]:
            return self._by_hand.begin(i, step)
        self._point[i], self._held[i] = point, 0
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Blenders and hands, each for their robots."""
        blended = self._blended[ids]
        if not blended.any():
            return self._by_hand.drive(ids, obs)
        over = np.zeros(len(ids), dtype=np.bool_)
        blend = self.stage.skills.stand(ids)
        for rows, drive in ((blended, self._blend), (~blended, self._by_hand.drive)):
            if rows.any():
                part, over[rows] = drive(ids[rows], obs)
                blend = blend.put(rows, part.spread(np.flatnonzero(rows), len(ids)))
        return blend, over

    def _blend(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        del obs
        skills = self.stage.skills
        middle, heading = self.stage.perception.stances()
        local = to_heading((self._point[ids] - middle[ids])[:, None], heading[ids])[:, 0]
        blend = skills.task(BLENDER, np.concatenate([local, local], axis=1))
        near = np.linalg.norm(skills.wrists()[ids, 0] - local, axis=1) < self._close
        self._held[ids] = np.where(near, self._held[ids] + 1, 0)
        return blend, self._held[ids] > round(HELD / self.stage.dt)


BEHAVIOUR = Press()
