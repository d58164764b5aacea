"""Walk a given way relative to where one stands: "walk forward one metre", "step to the left"."""

from __future__ import annotations

import math

import numpy as np

from skillblend.behaviours.arguments import number, words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.behaviours.locomotion import Journey
from skillblend.contracts import SceneState, Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.navigation import Leg
from skillblend.predicates import leave_places
from skillblend.safety.plan import Point, Situation, check_way
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb

DIRECTIONS = {"forward": 0.0, "left": math.pi / 2, "backward": math.pi, "right": -math.pi / 2}
"""Angle from the heading, rad."""

OPPOSITE = {"forward": "backward", "backward": "forward", "left": "right", "right": "left"}

WAYS = (
    ("walk forward half a metre", "forward", "0.5"),
    ("walk forward one metre", "forward", "1"),
    ("walk forward two metres", "forward", "2"),
    ("walk backward half a metre", "backward", "0.5"),
    ("walk backward one metre", "backward", "1"),
    ("step to the left", "left", "0.5"),
    ("step to the right", "right", "0.5"),
)
"""Text, direction, metres."""

_COMMANDS = {"forward": (0.5, 0.0), "backward": (-0.3, 0.0), "left": (0.0, 0.25), "right": (0.0, -0.25)}
"""What walking is asked whether it can: a typical velocity on the way, m/s, of the reference body."""


class Walk(Behaviour):
    """A given distance forward, backward, left or right; the heading stays."""

    name = "walk"
    about = "walk a given distance forward, backward, left or right"
    parts = frozenset({"legs"})
    verb = Verb.GO

    def ground(self, scene: SceneState) -> list[Step]:
        """The same everywhere."""
        del scene
        return [Step(text=text, behaviour=self.name, arguments=(way, metres)) for text, way, metres in WAYS]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """The way stays clear of every zone."""
        return check_way([situation.position, self._end(step, situation)], situation, rules)

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """At the end of the way."""
        del rules
        return situation.at(self._end(step, situation), situation.heading)

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Moved, and no longer where it was."""
        way, metres = words(step, 2)
        return leave_places(facts) | {f"moved({'back' if way == 'backward' else way}, {float(metres):g})"}

    def inverse(self, step: Step) -> Step:
        """As far back."""
        way, metres = words(step, 2)
        back = OPPOSITE[way]
        return Step(text=f"walk {back} {metres} m", behaviour=self.name, arguments=(back, metres))

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether walking can do a typical velocity of the way."""
        del i
        speed = stage.scales.speed
        return Question(skill="walking", goal=np.array([*_COMMANDS[_way(step)[0]], 0.0]) * speed)

    def runner(self, stage: Stage, n: int) -> Walking:
        """A straight leg."""
        return Walking(stage, n)

    def _end(self, step: Step, situation: Situation) -> Point:
        way, length = _way(step)
        course = situation.heading + DIRECTIONS[way]
        x, y = situation.position
        return x + length * math.cos(course), y + length * math.sin(course)


class Walking(Journey):
    """One straight leg a robot, forward with turning, otherwise without."""

    def begin(self, i: int, step: Step) -> float:
        """Set off from where robot `i` stands."""
        way, length = _way(step)
        x, y, heading = self.stage.perception.poses()[i]
        course = heading + DIRECTIONS[way]
        goal = np.array([x + length * np.cos(course), y + length * np.sin(course)])
        return self.set_off(i, [Leg(position=goal, keep_heading=way != "forward")], float(heading))


def _way(step: Step) -> tuple[str, float]:
    """Direction and metres.

    Raises:
        InputError: The distance is not positive.
    """
    way, _ = words(step, 2)
    if way not in DIRECTIONS:
        raise UnknownNameError("direction", way, DIRECTIONS)
    length = number(step, 1)
    if length <= 0.0:
        raise InputError(f"{step.text!r}: walking takes a positive distance in m, got {length:g}")
    return way, length


BEHAVIOUR = Walk()
