"""Walk to a thing, around the furniture, and stand where one uses it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from skillblend.behaviours.arguments import place, words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.behaviours.locomotion import Journey
from skillblend.contracts import SceneState, Step
from skillblend.errors import PlanError
from skillblend.navigation import Navigator, NavigatorConfig
from skillblend.predicates import leave_places
from skillblend.safety.plan import WAY, Point, Situation, check_way
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb


class WalkTo(Behaviour):
    """Anything that has a name can be walked to."""

    name = "walk_to"
    about = "walk to a thing and stand where one uses it"
    parts = frozenset({"legs"})
    verb = Verb.GO
    approaches = True

    def ground(self, scene: SceneState) -> list[Step]:
        """One step a thing."""
        return [
            Step(text=f"walk to the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """There is a way, and it stays clear of every zone."""
        try:
            way = [situation.position, *_way(step, situation, rules)]
        except PlanError as error:
            return f"{WAY}: {error}"
        return check_way(way, situation, rules)

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """At the end of the way, facing along its last leg."""
        way = [situation.position, *_way(step, situation, rules)]
        goal, heading = way[-1], situation.heading
        corners = [point for point in way if point != goal]
        if corners:
            heading = math.atan2(goal[1] - corners[-1][1], goal[0] - corners[-1][0])
        return situation.at(goal, heading)

    def effect(self, step: Step, facts: Facts) -> Facts:
        """There, and nowhere else."""
        (name,) = words(step, 1)
        return leave_places(facts) | {f"at({name})", f"facing({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether walking can do the first command on the way."""
        (name,) = words(step, 1)
        navigator = Navigator(1, NavigatorConfig.of(stage.scales))
        navigator.follow(0, *stage.perception.route(i, name))
        space = stage.skills.skill("walking").goal_space
        command, _ = navigator.command(_FIRST, stage.perception.poses()[i : i + 1], space)
        return Question(skill="walking", goal=command[0])

    def runner(self, stage: Stage, n: int) -> WalkingTo:
        """Routes around the furniture."""
        return WalkingTo(stage, n)


class WalkingTo(Journey):
    """A route a robot."""

    def begin(self, i: int, step: Step) -> float:
        """Set off along the way that perception knows."""
        (name,) = words(step, 1)
        return self.set_off(i, *self.stage.perception.route(i, name))


_FIRST = np.zeros(1, dtype=np.int64)


def _way(step: Step, situation: Situation, rules: PlanRules) -> Sequence[Point]:
    """Corners of the walk, the last of them its end.

    Raises:
        PlanError: There is no way.
    """
    (name,) = words(step, 1)
    target = place(name, situation)
    if situation.route is not None:
        return situation.route(situation.position, name)
    x, y = situation.position
    length = math.dist((x, y), target)
    share = max(length - rules.stand_off, 0.0) / max(length, 1e-9)
    return [(x + share * (target[0] - x), y + share * (target[1] - y))]


BEHAVIOUR = WalkTo()
