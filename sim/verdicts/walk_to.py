"""Verdict on walking to a thing: at the end the base is near where one stands to use it."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Robot, Step
from skillblend.scales import Scales

STAND_TOLERANCE, MARKER_TOLERANCE = 0.35, 0.30
"""From the stand of a thing, and from the centre of a floor marker, m, of the reference body."""


class WalkToVerdict(VerdictRule):
    """The place at the end counts, not the way."""

    name = "walk_to"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._length = Scales.of(robot).length

    def check(self, step: Step) -> None:
        """There is such a thing."""
        self.scene.thing(argument(step))

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Distance from where one stands."""
        thing = self.around(i, track).thing(argument(step))
        marker = thing.object.kind == "marker"
        allowed = self._length * (MARKER_TOLERANCE if marker else STAND_TOLERANCE)
        away = float(np.hypot(*(track.now.base[i, :2] - thing.stand.xy)))
        what = f"the {thing.name}" if marker else f"the stand of the {thing.name}"
        return StepVerdict(success=away <= allowed, reason=f"{away:.2f} m from {what}, {allowed:.2g} allowed")


VERDICT = WalkToVerdict
