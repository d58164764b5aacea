"""Put what is in the hands into a bin: step up to it, hold it over the opening, let go, take the hands back."""

from __future__ import annotations

import math

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Facts, Needs, Stage
from skillblend.behaviours.handling import BINS, ahead, check_height, is_carried, seen
from skillblend.behaviours.hands import check_reach
from skillblend.behaviours.put_on import BEFORE, PutOn, Putting, top
from skillblend.contracts import Array, SceneState, Step, Thing
from skillblend.safety.plan import HANDS, ROOM, Situation
from skillblend.safety.rules import PlanRules

NEAR = (0.07, 0.07, 0.12)
"""The base is at its place within so much, along and across, m, and rad, of the reference body."""

OUT, FARTHEST, SIDE, CLEAR = 0.40, 0.50, 0.10, 0.04
"""How far ahead of the feet hands let go best, and at most, and how far aside, m; how far the thing is above the rim
then, m. Of the reference body."""

OFF = 0.09
"""It is let go of where its middle is so near to the bin's, m, of the reference body."""

WALLS, SPARE = 0.02, 0.03
"""How thick a bin's sides are at least, m, and what a thing needs of its opening on each side, m."""


class PutIn(PutOn):
    """What was picked up, into a bin that is open at the top."""

    name = "put_in"
    about = "put what is in the hands into a bin"

    def ground(self, scene: SceneState) -> list[Step]:
        """One step for each thing that can be carried and each bin."""
        return [
            Step(text=f"put the {item.name} in the {thing.name}", behaviour=self.name,
                 arguments=(item.name, thing.name))
            for thing in scene.things
            if thing.kind in BINS
            for item in scene.things
            if is_carried(item)
        ]  # fmt: skip

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """In the hands, before the bin, whose rim is not too high and which is wide enough."""
        name, support = words(step, 2)
        if name not in situation.held:
            return f"{HANDS}: the {name} is not in them; pick it up first"
        why = check_reach(Step(text=step.text, behaviour=self.name, arguments=(support,)), situation, rules)
        item, around = situation.things.get(name), situation.things.get(support)
        if why or item is None or around is None or item.pose is None or around.pose is None:
            return why
        parcel = seen(item, situation.heading)
        for free, taken in zip(sorted(around.size[:2]), sorted((parcel.width, parcel.depth)), strict=True):
            if taken > free - 2 * (WALLS + SPARE):
                most = free - 2 * (WALLS + SPARE)
                return f"{ROOM}: the {name} is {taken:.2f} m wide, what is put in the {support} at most {most:.2f} m"
        lowest = top(around) + CLEAR + parcel.height / 2 + parcel.above
        return (
            ""
            if lowest <= rules.hand_low
            else check_height(f"to let go of it over the {support} takes", lowest, rules)
        )

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """In the hands, and the robot at the bin."""
        del scene
        name, support = words(step, 2)
        return Needs(any_of=(frozenset({f"held({name})", f"at({support})"}),))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """In it."""
        name, support = words(step, 2)
        return (facts - {f"held({name})"}) | {f"in({name}, {support})"}

    def runner(self, stage: Stage, n: int) -> Putting:
        """Step by step."""
        return Dropping(stage, n)


class Dropping(Putting):
    """Lets things fall into bins with N robots."""

    near = NEAR

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that put nothing anywhere yet."""
        super().__init__(stage, n)
        self._middle: Array = np.zeros((n, 2))

    def _stand(self, i: int, width: float, name: str, surface: Thing, course: float) -> Array:
        """Where hands that are out are over the middle of the bin, but with room for knees and toes before it."""
        del width, name
        assert surface.pose is not None  # begin has looked
        self._middle[i] = surface.pose[0, :2]
        away = max(OUT * self._scales.reach, surface.size[0] / 2 + BEFORE * self._scales.length)
        return self._middle[i] - away * np.array([math.cos(course), math.sin(course)])

    def _over_it(self, i: int) -> Array:
        """The middle of the bin, as far as hands get."""
        x, y, _ = ahead(self.stage, i, np.append(self._middle[i], 0.0))
        reach = self._scales.reach
        return np.array([min(x, FARTHEST * reach), float(np.clip(y, -SIDE * reach, SIDE * reach))])

    def _is_down(self, i: int) -> bool:
        """At once: arms that are stretched out lose what they lower."""
        return self._parcel(i).bottom > self._surface[i] + CLEAR * self._scales.reach

    def _may_open(self, i: int) -> bool:
        """Whether it is over the opening."""
        off = self._parcel(i).middle[:2] - self._middle[i]
        return bool(np.linalg.norm(off) < OFF * self._scales.length)


BEHAVIOUR = PutIn()
