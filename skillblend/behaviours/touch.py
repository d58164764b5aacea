"""Touch a thing with the better placed hand."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.behaviours.hands import better_hand, check_reach, one_hand, resting
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.kinematics import to_heading
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb

KINDS = ("table", "shelf", "box")
"""What has a surface to touch."""

APPROACH_CLEARANCE, TOUCH_CLEARANCE = 0.12, 0.04
"""Wrist distance from a surface before touching it and when touching it, m; a hand is 0.03 m thick."""

LIFT_AHEAD, LIFTED, LIFT_SECONDS = 0.15, 0.05, 1.2
"""A hand is lifted at most so far ahead of the feet, m: a table's edge is in front of it; until it is so little below
its height, m, or for so long, s."""

APPROACH_SECONDS = 0.8
"""How long a hand stays in front of a surface before it touches it, s."""

CLOSE, HELD, LIMIT = 0.04, 0.3, 5.5
"""The hand is there within, m, for so long, s; given up after, s."""


class TouchThing(Behaviour):
    """A hand on a surface, from where the robot stands."""

    name = "touch"
    about = "touch a thing with a hand"
    parts = frozenset({"arms", "torso"})
    verb = Verb.TOUCH

    def ground(self, scene: SceneState) -> list[Step]:
        """One step for each thing with a surface."""
        return [
            Step(text=f"touch the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
            if thing.kind in KINDS
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Within reach."""
        words(step, 1)
        return check_reach(step, situation, rules)

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Touched."""
        (name,) = words(step, 1)
        return facts | {f"touched({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets the better hand there."""
        (name,) = words(step, 1)
        points = stage.perception.touch_points(i, name, TOUCH_CLEARANCE)
        return Question(skill="reaching", goal=one_hand(stage, i, points))

    def runner(self, stage: Stage, n: int) -> Touching:
        """Lift, approach, touch."""
        return Touching(stage, n)


class Touching:
    """Lifts a hand beside the body, brings it in front of the surface, then onto it: for N robots."""

    def __init__(self, stage: Stage, n: int, clearance: float = TOUCH_CLEARANCE) -> None:
        """`n` robots that touch nothing yet; wrists end `clearance` m off the surface."""
        self.stage = stage
        self._clearance = clearance
        self._hand: IntArray = np.zeros(n, dtype=np.int64)
        self._before: Array = np.zeros((n, 3))
        self._surface: Array = np.zeros((n, 3))
        self._ticks: IntArray = np.zeros(n, dtype=np.int64)
        self._lifted: IntArray = np.zeros(n, dtype=np.int64)
        self._held: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Choose the hand of robot `i`, and remember where it goes."""
        (name,) = words(step, 1)
        before = self.stage.perception.touch_points(i, name, APPROACH_CLEARANCE)
        surface = self.stage.perception.touch_points(i, name, self._clearance)
        hand = better_hand(self.stage, i, before)
        self._hand[i] = hand
        self._before[i], self._surface[i] = before[hand], surface[hand]
        self._ticks[i] = self._lifted[i] = self._held[i] = 0
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """The next goal of each hand."""
        del obs
        stage, dt, rows = self.stage, self.stage.dt, np.arange(len(ids))
        self._ticks[ids] += 1
        ticks, lifted, hand = self._ticks[ids], self._lifted[ids], self._hand[ids]
        close = (lifted > 0) & ((ticks - lifted) * dt > APPROACH_SECONDS)
        middle, heading = stage.perception.stances()
        point = np.where(close[:, None], self._surface[ids], self._before[ids])
        local = to_heading((point - middle[ids])[:, None], heading[ids])[:, 0]
        wrist = stage.skills.wrists()[ids][rows, hand]
        rising = lifted == 0
        local[rising, 0] = np.minimum(local[rising, 0], LIFT_AHEAD)
        up = ~(local[:, 2] - wrist[:, 2] >= LIFTED) | (ticks * dt > LIFT_SECONDS)
        self._lifted[ids[rising & up]] = ticks[rising & up]
        goal = np.tile(resting(stage), (len(ids), 1, 1))
        goal[rows, hand] = local
        blend = stage.skills.one_hot("reaching", stage.skills.skill("reaching").goal_space.clip(goal.reshape(-1, 6)))
        there = close & (np.linalg.norm(wrist - local, axis=1) < CLOSE)
        self._held[ids] = np.where(there, self._held[ids] + 1, 0)
        return blend, self._held[ids] > round(HELD / dt)


BEHAVIOUR = TouchThing()
