"""Push a thing along what it lies on, to the left or to the right, with the flat of one hand against its side."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.handling import (
    ITEMS,
    SURFACES,
    Parcel,
    ahead,
    both,
    both_hands,
    check_depth,
    check_height,
    check_size,
    is_carried,
    palm,
    seen,
)
from skillblend.behaviours.hands import check_reach
from skillblend.behaviours.pick_up import FARTHEST, LIMIT, WAITS, Take, Taking
from skillblend.contracts import Array, SceneState, Step
from skillblend.errors import PlanError
from skillblend.predicates import on
from skillblend.safety.plan import HANDS, ROOM, Situation
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales

SIDES = {"left": 1.0, "right": -1.0}
"""Ways, as the robot stands before it, and their signs."""

PREDICATES = {"slid": ("thing", "side or thing")}
"""It has been pushed to that side."""

FAR, SPARE = 0.20, 0.03
"""How far it is pushed, m, of the reference body; what is left of the surface beside it then, at least, m."""

BESIDE, INTO = 0.09, 0.03
"""The hand comes down so far from its side, m, and is sent so far into it, m: of the reference body."""

SECONDS = {
    Take.WAIT: 1.0, Take.BESIDE: 1.2, Take.CLOSE: 0.8, Take.FIRM: 2.5, Take.LIFT: 0.6, Take.BACK: 1.0,
}  # fmt: skip
"""How long each stretch takes, s; hands push in the fourth."""


class PushAside(Behaviour):
    """Boxes and parcels that are free and lie on a table."""

    name = "push_aside"
    about = "push a parcel along the table, to the left or to the right"
    parts = frozenset({"legs", "arms", "torso"})

    def ground(self, scene: SceneState) -> list[Step]:
        """Two steps a thing."""
        return [
            Step(text=f"push the {thing.name} to the {side}", behaviour=self.name, arguments=(thing.name, side))
            for thing in scene.things
            if thing.kind in ITEMS and is_carried(thing)
            for side in SIDES
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Empty hands, within reach, and room on that side."""
        name, side = words(step, 2)
        if situation.held:
            return f"{HANDS}: the {situation.held[0]} is in them; put it down first"
        why = check_reach(Step(text=step.text, behaviour=self.name, arguments=(name,)), situation, rules)
        thing = situation.things.get(name)
        if why or thing is None or thing.pose is None:
            return why
        parcel = seen(thing, situation.heading)
        return (
            check_size(thing, situation, rules)
            or check_height(f"the {name} takes", float(parcel.middle[2]) + parcel.above, rules)
            or check_depth(thing, situation, rules)
            or _no_way(name, side, parcel, situation, rules)
        )

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """Those of taking it."""
        return both_hands(words(step, 2)[0], scene)

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Has been pushed that way."""
        name, side = words(step, 2)
        return facts | {f"slid({name}, {side})"}

    def inverse(self, step: Step) -> Step:
        """Back."""
        name, side = words(step, 2)
        other = next(each for each in SIDES if each != side)
        return Step(text=f"push the {name} to the {other}", behaviour=self.name, arguments=(name, other))

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets the hands to its sides."""
        name, _ = words(step, 2)
        parcel = seen(stage.perception.scene_state().thing(name), float(stage.perception.poses()[i, 2]), i)
        x, y, z = ahead(stage, i, parcel.middle)
        x = min(x, FARTHEST * Scales.of(stage.robot).reach)
        goal = both(x, y, z + parcel.above, parcel.width + 2 * palm(stage)).reshape(1, 6)
        return Question(skill="reaching", goal=stage.skills.skill("reaching").goal_space.clip(goal)[0])

    def runner(self, stage: Stage, n: int) -> PushingAside:
        """Step by step."""
        return PushingAside(stage, n)


def _no_way(name: str, side: str, parcel: Parcel, situation: Situation, rules: PlanRules) -> str:
    """Why it cannot be pushed to that side: it would not stay on what it lies on, or something lies there."""
    scene = SceneState(things=tuple(situation.things.values()))
    far = FAR * rules.reach / PlanRules().reach
    for support in scene.things:
        if support.kind not in SURFACES or support.pose is None or not on(scene, name, support.name)[0]:
            continue
        angle = 2.0 * float(np.arctan2(support.pose[0, 6], support.pose[0, 3]))
        across = np.array([-np.sin(angle), np.cos(angle)])
        mine = float((parcel.middle[:2] - support.pose[0, :2]) @ across) * SIDES[side]
        free = support.size[1] / 2 - mine - parcel.width / 2
        for other in scene.things:
            if other.name in (name, support.name) or other.pose is None or not on(scene, other.name, support.name)[0]:
                continue
            theirs = float((other.pose[0, :2] - support.pose[0, :2]) @ across) * SIDES[side]
            if theirs > mine:
                free = min(free, theirs - mine - parcel.width / 2 - float(np.hypot(*other.size[:2])) / 2)
        need = far + SPARE
        return (
            "" if free >= need else f"{ROOM}: {max(free, 0):.2f} m are free {side} of the {name}, {need:.2f} needed"
        )
    return f"{ROOM}: the {name} lies on nothing that it could be pushed along"


class PushingAside(Taking):
    """Pushes things aside with N robots, which stand so that the way is before them: half of it at each side."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots with empty hands."""
        super().__init__(stage, n)
        self._side: Array = np.ones(n)
        self._depth: Array = np.zeros(n)
        self._begins: Array = np.zeros(n)
        self._lay: Array = np.zeros((n, 2))

    def begin(self, i: int, step: Step) -> float:
        """Look at the thing."""
        name, side = words(step, 2)
        if side not in SIDES:
            raise PlanError(f"{step.text!r}: a thing is pushed to the {' or the '.join(SIDES)}")
        super().begin(i, Step(text=step.text, behaviour=step.behaviour, arguments=(name,)))
        self._side[i] = SIDES[side]
        return LIMIT

    def _aside(self, i: int) -> float:
        return -self._side[i] * FAR * self._scales.reach / 2

    def _reach(self, i: int, stretch: Take) -> None:
        """Wrist targets of robot `i`; goes on when the stretch is over."""
        reach, share = self._scales.reach, self._ticks[i] * self.stage.dt / SECONDS[stretch]
        parcel, side = self._parcel(i), self._side[i]
        x, y, z = ahead(self.stage, i, parcel.middle)
        hand = 1 if side > 0 else 0  # pushed to the left, by the right hand
        outer = y - side * (parcel.width / 2 + self._palm)
        if stretch == Take.WAIT:
            level = z + parcel.above
            self._goal[i] = both(WAITS[0] * reach, y, level, parcel.width + 2 * self._palm + 2 * WAITS[1])
            self._depth[i] = min(x, FARTHEST * reach)
        elif stretch == Take.BESIDE:
            self._goal[i, hand] = [self._depth[i], outer - side * BESIDE * reach, z + parcel.above]
        elif stretch == Take.CLOSE:
            self._goal[i, hand, 1] += side * BESIDE * reach * self.stage.dt / SECONDS[stretch]
            self._begins[i], self._lay[i] = self._goal[i, hand, 1], parcel.middle[:2]
        elif stretch == Take.FIRM:
            self._goal[i, hand, 1] = self._begins[i] + side * min(share, 1.0) * (FAR + INTO) * reach
            share += float(np.linalg.norm(parcel.middle[:2] - self._lay[i])) >= FAR * reach
        elif stretch == Take.LIFT:
            self._goal[i, hand, 1] -= side * BESIDE * reach * self.stage.dt / SECONDS[stretch]
        elif stretch == Take.BACK:
            left = max(1.0 - share, self.stage.dt)
            step = min(1.0, self.stage.dt / left)
            self._goal[i, hand, 0] += (WAITS[0] * reach - self._goal[i, hand, 0]) * step
        if share >= 1.0:
            self._next(i)


BEHAVIOUR = PushAside()
