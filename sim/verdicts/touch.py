"""Verdict on touching: one hand pressed on the thing, for a while and without a break."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.touch import SIDES
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, IntArray, Robot, Step
from skillblend.errors import InputError

FORCE, SECONDS = 2.0, 0.2
"""A hand touches what it presses on with so much, N, for so long, s."""


class TouchVerdict(VerdictRule):
    """The longest contact of each hand."""

    name = "touch"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._since: Array = np.full((n, 2), np.nan)
        self._longest: Array = np.full((n, 2), -np.inf)
        self._strongest: Array = np.zeros((n, 2))
        self._nearest: Array = np.full(n, np.inf)

    def check(self, step: Step) -> None:
        """It has a place for a hand."""
        thing = self.scene.thing(argument(step))
        if not thing.touches:
            raise InputError(f"{step.text!r}: the {thing.name} cannot be touched; it lies on the floor")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Nothing touched yet."""
        self._since[i], self._longest[i], self._strongest[i], self._nearest[i] = np.nan, -np.inf, 0.0, np.inf

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Go on with each hand's contact, or end it."""
        for rows, thing in self.by_thing(ids, steps, track):
            if thing.name not in track.now.hand_force:
                raise InputError(
                    f"no hand feels the {thing.name} here; build the world with `furnish=[scene.furnish, scene.feel]`"
                )
            force, now = track.now.hand_force[thing.name][rows], track.now.time[rows, None]
            since = np.where(force >= FORCE, np.fmin(self._since[rows], now), np.nan)
            self._since[rows] = since
            self._longest[rows] = np.fmax(self._longest[rows], now - since)
            self._strongest[rows] = np.maximum(self._strongest[rows], force)
            gap = thing.surface_distance(track.now.wrists[rows]).min(axis=1)
            self._nearest[rows] = np.minimum(self._nearest[rows], gap)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Force and time of the hand that was there longest."""
        name, hand = argument(step), int(np.lexsort((self._strongest[i], self._longest[i]))[-1])
        seconds, force = float(self._longest[i, hand]), float(self._strongest[i, hand])
        needed = f"{FORCE:g} N for {SECONDS:g} s needed"
        if force <= 0.0:
            return StepVerdict(
                success=False,
                reason=f"no hand met the {name}: the nearest wrist stayed {self._nearest[i]:.3f} m away, {needed}",
            )
        return StepVerdict(
            success=seconds >= SECONDS - 1e-6,
            reason=f"the {SIDES[hand]} hand pressed on the {name} with up to {force:.1f} N, with {FORCE:g} N or more "
            f"for {max(seconds, 0.0):.2f} s, {needed}",
        )


VERDICT = TouchVerdict
