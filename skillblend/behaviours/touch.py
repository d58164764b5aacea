"""Touch a thing with the better placed hand: press on it until it pushes back, then let go."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.hands import better_hand, check_reach, one_hand, resting
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.kinematics import to_heading
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb

KINDS = ("table", "shelf", "box")
"""What has a surface to touch."""

HAND = 0.03
"""From the wrist to the surface of a hand, m: hands of all robots have a collision ball of this radius."""

BEFORE, TOUCH_CLEARANCE = 0.12, 0.01
"""Wrist distance from a surface before touching it, and distance of the hand where the affordance is asked for, m, of
the reference body."""

LIFT_AHEAD, LIFTED, LIFT_SECONDS = 0.15, 0.05, 1.2
"""A hand is lifted at most so far ahead of the feet, m: a table's edge is in front of it; until it is so little below
its height, m, or for so long, s; lengths of the reference body."""

APPROACH_SECONDS, CORRECTION, FARTHEST = 0.8, 2.0, 0.05
"""How long a hand stays in front of a surface before it goes on, s; how fast its target is corrected along the
surface for where the wrist stays off, 1/s, and at most how far, m, of the reference body: a hand that is 3 cm off
slips past an edge."""

SPEED, FREE = 0.10, 0.035
"""How fast a hand goes on to the surface, m/s; until so near to it, m, it cannot have met it yet; reference body."""

PUSH, DEEPEST = 0.03, -0.07
"""The hand has met something when it stays so much further behind its target than it did in the air, m; how far the
target may go, m: below 0, behind the surface, so that what is softer or farther than expected is not pushed on for
ever; reference body."""

HELD, BACK_SPEED, BACK_SECONDS, BESIDE_SECONDS = 0.45, 0.3, 0.5, 0.8
"""How long it presses, s; how fast its target goes back, m/s, of the reference body; how long it goes back, and
beside the body, s."""

_FOLLOWS = 0.15
"""Share of the way by which what is taken for the lag in the air follows the latest, each control step."""

MOVED = ("arms", "torso")
"""What reaching moves; the legs stand and step as walking lets them: planted ones do not withstand a surface that
pushes back."""

LIMIT = 9.0
"""Given up after, s."""


class Stretch(IntEnum):
    """What a hand is doing."""

    LIFT = 0
    APPROACH = 1
    ADVANCE = 2
    BACK = 3
    BESIDE = 4


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

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """At it."""
        del scene
        (name,) = words(step, 1)
        return Needs(any_of=(frozenset({f"at({name})"}),))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Touched."""
        (name,) = words(step, 1)
        return facts | {f"touched({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets the better hand there."""
        (name,) = words(step, 1)
        points = stage.perception.touch_points(i, name, question_clearance(stage))
        return Question(skill="reaching", goal=one_hand(stage, i, points))

    def runner(self, stage: Stage, n: int) -> Touching:
        """Lift, approach, press, go back."""
        return Touching(stage, n)


class Touching:
    """Lifts a hand beside the body, brings it before the surface, then onto it until it is held up: for N robots.

    That something is in the way shows in the joints alone: the wrist stays further behind its target than it did in
    the air just before.
    """

    def __init__(self, stage: Stage, n: int, *, deepest: float | None = None) -> None:
        """`n` robots that touch nothing yet.

        Args:
            stage: Skills, perception and rules.
            n: How many.
            deepest: Hands go on to this wrist distance from the surface, m, whatever they meet; None for hands that
                stop at what they meet.
        """
        self.stage, scales = stage, stage.scales
        self._push = PUSH * scales.reach if deepest is None else np.inf
        self._deepest = DEEPEST * scales.reach if deepest is None else deepest
        self._before, self._free = BEFORE * scales.reach, round(HAND + FREE * scales.reach, 6)
        self._advances, self._returns = (speed * scales.reach * stage.dt for speed in (SPEED, BACK_SPEED))
        self._ahead = scales.place((LIFT_AHEAD, 0.0, 0.0))[0]
        self._lifted, self._farthest = LIFTED * scales.reach, FARTHEST * scales.reach
        self._hand: IntArray = np.zeros(n, dtype=np.int64)
        self._surface: Array = np.zeros((n, 3))
        self._normal: Array = np.zeros((n, 3))
        self._clearance: Array = np.full(n, self._before)
        self._lag: Array = np.full(n, np.nan)
        self._correction: Array = np.zeros((n, 3))
        self._stretch: IntArray = np.zeros(n, dtype=np.int64)
        self._ticks: IntArray = np.zeros(n, dtype=np.int64)
        self._held: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Choose the hand of robot `i`, and remember where it goes."""
        (name,) = words(step, 1)
        before = self.stage.perception.touch_points(i, name, self._before)
        surface = self.stage.perception.touch_points(i, name, 0.0)
        hand = better_hand(self.stage, i, before)
        self._hand[i] = hand
        self._surface[i] = surface[hand]
        self._normal[i] = (np.asarray(before[hand]) - self._surface[i]) / self._before
        self._clearance[i], self._lag[i], self._correction[i] = self._before, np.nan, 0.0
        self._stretch[i] = self._ticks[i] = self._held[i] = 0
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """The next goal of each hand."""
        del obs
        stage, rows = self.stage, np.arange(len(ids))
        middle, heading = stage.perception.stances()
        point = self._surface[ids] + self._clearance[ids, None] * self._normal[ids]
        local = to_heading((point - middle[ids])[:, None], heading[ids])[:, 0]
        normal = to_heading(self._normal[ids][:, None], heading[ids])[:, 0]
        near = np.isin(self._stretch[ids], (Stretch.LIFT, Stretch.BESIDE))
        local[near, 0] = np.minimum(local[near, 0], self._ahead)
        wrist = stage.skills.wrists()[ids][rows, self._hand[ids]]
        self._advance(ids, ((wrist - local) * normal).sum(axis=1), local[:, 2] - wrist[:, 2])
        goal = np.tile(resting(stage), (len(ids), 1, 1))
        goal[rows, self._hand[ids]] = local + self._correct(ids, local - wrist, normal)
        space = stage.skills.skill("reaching").goal_space
        over = (self._stretch[ids] == Stretch.BESIDE) & (self._seconds(ids) > BESIDE_SECONDS)
        return stage.skills.one_hot("reaching", space.clip(goal.reshape(-1, 6)), limbs=MOVED), over

    def _correct(self, ids: IntArray, error: Array, normal: Array) -> Array:
        """What is added to targets (n, 3), m, so that hands come to where they shall, along the surface."""
        going = np.isin(self._stretch[ids], (Stretch.APPROACH, Stretch.ADVANCE))
        along = error - (error * normal).sum(axis=1)[:, None] * normal
        step = np.where(going[:, None], CORRECTION * self.stage.dt * np.nan_to_num(along), 0.0)
        self._correction[ids] = np.clip(self._correction[ids] + step, -self._farthest, self._farthest)
        return np.asarray(self._correction[ids] * going[:, None], dtype=np.float64)

    def _seconds(self, ids: IntArray) -> Array:
        """In the present stretch, s."""
        return self._ticks[ids].astype(np.float64) * self.stage.dt

    def _advance(self, ids: IntArray, behind: Array, below: Array) -> None:
        """Let hands go on to their next stretch.

        Args:
            ids: Which robots.
            behind: How far the wrist is from its target, out of the surface, m.
            below: How far it is below its target, m.
        """
        self._ticks[ids] += 1
        stretch, seconds = self._stretch[ids].copy(), self._seconds(ids)
        self._press(ids[stretch == Stretch.ADVANCE], behind[stretch == Stretch.ADVANCE])
        up = ~(below >= self._lifted) | (seconds > LIFT_SECONDS)
        ready = {
            Stretch.LIFT: up,
            Stretch.APPROACH: seconds > APPROACH_SECONDS,
            Stretch.ADVANCE: self._held[ids] * self.stage.dt > HELD,
            Stretch.BACK: seconds > BACK_SECONDS,
        }
        for now, over in ready.items():
            done = ids[(stretch == now) & over]
            self._stretch[done], self._ticks[done] = now + 1, 0
        back = ids[self._stretch[ids] >= Stretch.BACK]
        self._clearance[back] = np.minimum(self._clearance[back] + self._returns, self._before)

    def _press(self, ids: IntArray, behind: Array) -> None:
        """Onto the surface, while nothing pushes back."""
        air = self._clearance[ids] > self._free
        lag = self._lag[ids]
        self._lag[ids] = np.where(air, np.where(np.isfinite(lag), lag + _FOLLOWS * (behind - lag), behind), lag)
        met = ~air & (behind - self._lag[ids] >= self._push)
        there = met | (~np.isfinite(self._push) & (self._clearance[ids] <= self._deepest))
        step = np.where(there, 0.0, self._advances)
        self._clearance[ids] = np.maximum(self._clearance[ids] - step, self._deepest)
        self._held[ids] += there


def question_clearance(stage: Stage) -> float:
    """Wrist distance from a surface where affordances are asked for, m."""
    return round(HAND + TOUCH_CLEARANCE * stage.scales.reach, 6)


BEHAVIOUR = TouchThing()
