"""Verdict on touching: a hand came onto the thing's surface."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, IntArray, Robot, Step
from skillblend.errors import InputError

TOUCH_DISTANCE = 0.06
"""A wrist this near to the surface touches it, m: the hand's own radius is 0.03-0.04 m."""


class TouchVerdict(VerdictRule):
    """The nearest that a wrist came."""

    name = "touch"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._nearest: Array = np.full(n, np.inf)

    def check(self, step: Step) -> None:
        """It has a place for a hand."""
        thing = self.scene.thing(argument(step))
        if not thing.touches:
            raise InputError(f"{step.text!r}: the {thing.name} cannot be touched; it lies on the floor")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Nothing near yet."""
        self._nearest[i] = np.inf

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """The nearest so far."""
        for rows, thing in self.by_thing(ids, steps, track):
            gap = thing.surface_distance(track.now.wrists[rows]).min(axis=1)
            self._nearest[rows] = np.minimum(self._nearest[rows], gap)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Distance against the hand's radius."""
        nearest = float(self._nearest[i])
        return StepVerdict(
            success=nearest <= TOUCH_DISTANCE,
            reason=f"a wrist came within {nearest:.3f} m of the {argument(step)}, {TOUCH_DISTANCE} needed",
        )


VERDICT = TouchVerdict
