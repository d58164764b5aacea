"""Verdict on pressing: the button was pushed in beyond its threshold while a hand was at it."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, IntArray, Robot, Step
from skillblend.errors import InputError
from skillblend.scales import Scales

PRESS_DISTANCE = 0.10
"""A wrist this near to the cap counts as what pushes it, m, of the reference body."""


class PressVerdict(VerdictRule):
    """Travel counts only while a wrist is at the button."""

    name = "press"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._pushed: Array = np.zeros(n)
        self._near = PRESS_DISTANCE * Scales.of(robot).reach

    def check(self, step: Step) -> None:
        """It is a button."""
        thing = self.scene.thing(argument(step))
        if thing.spring is None:
            raise InputError(f"{step.text!r}: the {thing.name} cannot be pressed; choose a button")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Nothing pushed yet."""
        self._pushed[i] = 0.0

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """The furthest that a hand pushed."""
        for rows, thing in self.by_thing(ids, steps, track):
            gap = thing.surface_distance(track.now.wrists[rows]).min(axis=1)
            travel = track.now.travel.get(thing.name, np.zeros(self.n))[rows]
            self._pushed[rows] = np.where(
                gap <= self._near, np.maximum(self._pushed[rows], travel), self._pushed[rows]
            )

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Travel against the button's threshold."""
        spring, pushed = self.scene.thing(argument(step)).spring, float(self._pushed[i])
        assert spring is not None  # checked before
        return StepVerdict(
            success=pushed >= spring.threshold,
            reason=f"pushed in {1000 * pushed:.0f} mm by a hand, {1000 * spring.threshold:.0f} needed",
        )


VERDICT = PressVerdict
