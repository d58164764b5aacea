"""Close a cabinet: walk up to its open doors and shut both with the hands."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.hands import check_reach
from skillblend.behaviours.tasks import heading_of, seen_from
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step, Thing
from skillblend.contracts.scene import WIDE
from skillblend.errors import PlanError
from skillblend.predicates import SHUT
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules

TASK = "cabinet_close"
"""The task whose blender or script closes."""

TOP, PLACE, HAND_HIGH = 0.12, 0.22, 1.22
"""Hands push so far below the upper edge of the doors at most, and no higher than the last, which is as far over the
points that the task names as the second, m, of the reference body."""

WIDEST, LOST = 0.6, 0.8
"""Share of their way beyond which open doors stand so far out that hands come on their insides: they are not begun,
and given up where a hand has pushed one so far open."""

SIDES = ("left", "right")

HELD, LIMIT = 0.5, 30.0
"""Closed for so long it is done, s; given up after, s."""


class CloseCabinet(Behaviour):
    """Both doors at once, from where they are."""

    name = "close"
    about = "close the doors of a cabinet"
    parts = frozenset({"legs", "arms", "torso"})

    def ground(self, scene: SceneState) -> list[Step]:
        """One step a cabinet."""
        return [
            Step(text=f"close the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
            if thing.kind == "cabinet"
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
        """Closed, and no longer open."""
        (name,) = words(step, 1)
        return (facts - {f"open({name})"}) | {f"closed({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets both hands to the shut doors."""
        (name,) = words(step, 1)
        thing = stage.perception.scene_state().thing(name)
        x, y, z = stage.scales.place((FRONT, ASIDE, 0.0))
        high = _height(stage, thing)
        del z, i
        return Question(skill="reaching", goal=np.array([x, y, high, x, -y, high]))

    def runner(self, stage: Stage, n: int) -> Closing:
        """The blender, or the script."""
        return Closing(stage, n)


FRONT, ASIDE = 0.38, 0.135
"""Where the left hand is when both doors are shut, ahead of and left of the feet, m, of the reference body."""


class Closing:
    """Closes cabinets with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that close nothing yet."""
        self.stage = stage
        self._names: list[str] = [""] * n
        self._held: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Remember which cabinet."""
        (name,) = words(step, 1)
        thing = self.stage.perception.scene_state().thing(name)
        if TASK not in self.stage.skills.blenders:
            raise PlanError("this robot lacks the skills to close a door: walking and reaching")
        if thing.pose is None or thing.openness is None or not all(thing.size):
            raise PlanError(f"nobody knows where the doors of the {name} are")
        if (share := _openness(thing, i)) > WIDEST:
            raise PlanError(f"the {name} is {share:.0%} open: hands get round doors that are up to {WIDEST:.0%} open")
        self._names[i], self._held[i] = name, 0
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Ask for the doors as they are now."""
        del obs
        scene = self.stage.perception.scene_state()
        things = [scene.thing(self._names[int(i)]) for i in ids.tolist()]
        share = np.array([_openness(thing, i) for thing, i in zip(things, ids.tolist(), strict=True)])
        goal = np.stack([doors(self.stage, thing, i) for thing, i in zip(things, ids.tolist(), strict=True)])
        self._held[ids] = np.where(share <= SHUT, self._held[ids] + 1, 0)
        over = (self._held[ids] * self.stage.dt >= HELD) | (share > LOST)
        return self.stage.skills.task(TASK, goal), over


def doors(stage: Stage, thing: Thing, i: int) -> Array:
    """Goal of the task, (11,), see `skillblend.scripts.cabinet_close`; doors that look alike are equally open."""
    assert thing.pose is not None  # checked before
    pose, angle = thing.pose[i], _shares(thing, i) * WIDE
    depth, wide, _ = thing.size
    width, front = wide / 2, heading_of(pose)
    points = np.zeros((2, 3))
    points[:, 0] = -depth / 2 - width * np.sin(angle)
    points[:, 1] = np.array([1.0, -1.0]) * width * (1.0 - np.cos(angle))
    c, s = np.cos(front), np.sin(front)
    world = np.stack([c * points[:, 0] - s * points[:, 1], s * points[:, 0] + c * points[:, 1]], axis=1) + pose[:2]
    flat = np.concatenate([world, np.full((2, 1), _height(stage, thing, i) - PLACE * stage.scales.reach)], axis=1)
    away = front - stage.perception.stances()[1][i]
    ahead = [np.cos(away), np.sin(away)]
    return np.concatenate([seen_from(stage, i, flat).ravel(), angle, ahead, [width]])


def _height(stage: Stage, thing: Thing, i: int = 0) -> float:
    """Where hands push the doors, m above the floor."""
    assert thing.pose is not None  # checked before
    top = float(thing.pose[i, 2]) + thing.size[2] / 2 - TOP * stage.scales.reach
    return min(top, stage.scales.place((0.0, 0.0, HAND_HIGH))[2])


def _shares(thing: Thing, i: int) -> Array:
    """Of both doors, left and right. Shape (2,)."""
    if thing.doors is not None and thing.doors.shape[1] == len(SIDES):
        return thing.doors[i]
    return np.full(len(SIDES), _openness(thing, i))


def _openness(thing: Thing, i: int) -> float:
    assert thing.openness is not None  # checked before
    return float(thing.openness[i])


BEHAVIOUR = CloseCabinet()
