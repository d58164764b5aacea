"""Turn on the spot: left, right, around."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from skillblend.behaviours.arguments import number, words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.behaviours.locomotion import walk
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.navigation import wrap
from skillblend.predicates import turn_away
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb

TURNS = (("turn left", "90"), ("turn right", "-90"), ("turn around", "180"))
"""Text, degrees to the left."""

GAIN, FASTEST, CLOSE, LIMIT = 2.5, 0.6, 0.08, 25.0
"""Rate for each radian left, 1/s; largest rate, that of walking, rad/s; over within, rad; given up after, s."""

_HOLD, _DRIFT_SPEED = 0.5, 0.15
"""How strongly the robot keeps its place while it turns, 1/s, and at most, m/s, of the reference body."""


class Turn(Behaviour):
    """By a quarter, or by half a turn, on the spot."""

    name = "turn"
    about = "turn on the spot"
    parts = frozenset({"legs"})
    verb = Verb.TURN

    def ground(self, scene: SceneState) -> list[Step]:
        """The same everywhere."""
        del scene
        return [Step(text=text, behaviour=self.name, arguments=(degrees,)) for text, degrees in TURNS]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Nothing against it anywhere."""
        del situation, rules
        _degrees(step)
        return ""

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """Faces elsewhere."""
        del rules
        return replace(situation, heading=situation.heading + math.radians(_degrees(step)))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Faces elsewhere than before."""
        angle = _degrees(step) % 360.0
        way = "back" if 135.0 <= angle <= 225.0 else "left" if angle < 135.0 else "right"
        return turn_away(facts) | {f"facing({way})"}

    def inverse(self, step: Step) -> Step:
        """As far back."""
        degrees = -_degrees(step)
        side = "left" if degrees > 0 else "right"
        return Step(text=f"turn {side} by {abs(degrees):g} degrees", behaviour=self.name, arguments=(f"{degrees:g}",))

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether walking can turn at its largest rate."""
        del i, stage
        return Question(skill="walking", goal=np.array([0.0, 0.0, FASTEST * np.sign(_degrees(step))]))

    def runner(self, stage: Stage, n: int) -> Turning:
        """Followed continuously, so that half a turn is not its own opposite."""
        return Turning(stage, n)


class Turning:
    """Turns N robots, each by its own angle from its own heading."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that do not turn yet."""
        self.stage = stage
        self._drift = _DRIFT_SPEED * stage.scales.speed
        self._wanted: Array = np.zeros(n)
        self._turned: Array = np.zeros(n)
        self._last: Array = np.zeros(n)
        self._place: Array = np.zeros((n, 2))

    def begin(self, i: int, step: Step) -> float:
        """Remember where robot `i` stands and faces."""
        pose = self.stage.perception.poses()[i]
        self._wanted[i] = np.radians(_degrees(step))
        self._turned[i] = 0.0
        self._last[i], self._place[i] = pose[2], pose[:2]
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Turn on, and keep the place."""
        del obs
        poses = self.stage.perception.poses()[ids]
        heading = poses[:, 2]
        self._turned[ids] += wrap(heading - self._last[ids])
        self._last[ids] = heading
        left = self._wanted[ids] - self._turned[ids]
        back = self._place[ids] - poses[:, :2]
        c, s = np.cos(heading), np.sin(heading)
        command = np.zeros((len(ids), 3))
        command[:, 0] = np.clip(_HOLD * (c * back[:, 0] + s * back[:, 1]), -self._drift, self._drift)
        command[:, 1] = np.clip(_HOLD * (-s * back[:, 0] + c * back[:, 1]), -self._drift, self._drift)
        command[:, 2] = np.clip(GAIN * left, -FASTEST, FASTEST)
        return walk(self.stage, command, ids), np.abs(left) < CLOSE


def _degrees(step: Step) -> float:
    words(step, 1)
    return number(step, 0)


BEHAVIOUR = Turn()
