"""Step onto a floor marker with a named foot: it comes to rest on the marker, the other one beside it."""

from __future__ import annotations

import math

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Question, Stage
from skillblend.behaviours.locomotion import Journey
from skillblend.behaviours.walk_to import BEHAVIOUR as WALK_TO
from skillblend.contracts import SceneState, Step
from skillblend.errors import InputError
from skillblend.navigation import Leg
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules
from skillblend.safety.vocabulary import Verb

FEET = {"left": 1.0, "right": -1.0}
"""Names of the feet, and on which side of the base they are."""

PREDICATES = {"stepped": ("thing", "side or thing")}
"""That foot has been set on it."""

FLAT = "marker"
"""Kind of things that one steps onto."""

NEAR = 0.3
"""Who is nearer to the marker than this keeps the heading, m, of the reference body."""


class StepOn(Behaviour):
    """Two steps a marker."""

    name = "step_on"
    about = "step onto a floor marker with the left or the right foot"
    parts = frozenset({"legs"})
    verb = Verb.GO
    approaches = True

    def ground(self, scene: SceneState) -> list[Step]:
        """Each foot on each marker."""
        return [
            Step(
                text=f"step onto the {thing.name} with the {foot} foot",
                behaviour=self.name,
                arguments=(thing.name, foot),
            )
            for thing in scene.things
            if thing.kind == FLAT
            for foot in FEET
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """As for walking to it."""
        return WALK_TO.objection(_walk(step), situation, rules)

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """Where walking to it leads."""
        return WALK_TO.after(_walk(step), situation, rules)

    def effect(self, step: Step, facts: Facts) -> Facts:
        """There, and that foot on it."""
        name, foot = _named(step)
        return WALK_TO.effect(_walk(step), facts) | {f"stepped({name}, {foot})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether walking can do the first command on the way."""
        return WALK_TO.affordance(_walk(step), i, stage)

    def runner(self, stage: Stage, n: int) -> SteppingOn:
        """A walk that ends beside the marker."""
        return SteppingOn(stage, n)


class SteppingOn(Journey):
    """A route a robot, whose end has the named foot on the marker and the other one as far beside it."""

    def begin(self, i: int, step: Step) -> float:
        """Set off; the robot arrives as it comes, its base over the rim: half a stance is left either way."""
        name, foot = _named(step)
        perception, scales = self.stage.perception, self.stage.scales
        route, _ = perception.route(i, name)
        here = perception.poses()[i]
        last, end = route[-1], route[-1].position
        before = route[-2].position if len(route) > 1 else here[:2]
        way = end - before
        far = float(np.linalg.norm(way)) > NEAR * scales.length
        heading = math.atan2(way[1], way[0]) if far else float(here[2])
        beside = max(min(perception.scene_state().thing(name).size[:2]), scales.stance_width) / 2
        aside = np.array([-math.sin(heading), math.cos(heading)]) * FEET[foot] * beside
        legs = [*route[:-1], Leg(position=end - aside, keep_heading=last.keep_heading)]
        return self.set_off(i, legs, heading)


def _named(step: Step) -> tuple[str, str]:
    """The marker and the foot.

    Raises:
        InputError: There is no such foot, or an argument too many or too few.
    """
    name, foot = words(step, 2)
    if foot not in FEET:
        raise InputError(f"{step.text!r}: one steps with the {' or the '.join(FEET)} foot")
    return name, foot


def _walk(step: Step) -> Step:
    """To walk to the marker."""
    name, _ = _named(step)
    return Step(text=f"walk to the {name}", behaviour=WALK_TO.name, arguments=(name,))


BEHAVIOUR = StepOn()
