"""Verdict on handing something to a person: it was held out to them, and never left the hands."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, IntArray, Robot, Step
from skillblend.errors import InputError
from skillblend.predicates import held
from skillblend.scales import Scales

NEAR, SECONDS = 0.75, 1.0
"""It has to be within so much of the person's middle, across the floor, m; for so long, s, in one piece."""

AHEAD = 0.42
"""So far from the robot's base it counts as held out, m, of the reference body: while it walks, it has it at 0.36."""


class HandToVerdict(VerdictRule):
    """By how near it came to the person while both palms held it."""

    name = "hand_to"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._ahead = AHEAD * Scales.of(robot).reach
        self._now: Array = np.zeros(n)
        self._longest: Array = np.zeros(n)
        self._nearest: Array = np.full(n, np.inf)

    def check(self, step: Step) -> None:
        """It can be moved, and the other is a person."""
        item, person = self.scene.thing(argument(step)), self.scene.thing(argument(step, 1))
        if not item.free:
            raise InputError(f"{step.text!r}: the {item.name} cannot be moved; it stands fast")
        if person.kind != "person":
            raise InputError(f"{step.text!r}: nothing can be handed to the {person.name}; choose a person")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Start counting."""
        del step, track
        self._now[i] = self._longest[i] = 0.0
        self._nearest[i] = np.inf

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Count the time for which it is held near the person."""
        for i, step in zip(ids.tolist(), steps, strict=True):
            away, out, grip = self._away(i, step, track)
            self._nearest[i] = min(self._nearest[i], away)
            good = grip and away <= NEAR and out >= self._ahead
            self._now[i] = self._now[i] + self.robot.control_dt if good else 0.0
            self._longest[i] = max(self._longest[i], self._now[i])

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Long enough near them, and still in the hands."""
        name, person = argument(step), argument(step, 1)
        _, _, grip = self._away(i, step, track)
        return StepVerdict(
            success=bool(grip and self._longest[i] >= SECONDS - 1e-9),
            reason=f"the {name} was held out to {person} for {self._longest[i]:.1f} s, {SECONDS} needed, at "
            f"{self._nearest[i]:.2f} m, {NEAR} allowed; it is {'still' if grip else 'no longer'} in the hands",
        )

    def _away(self, i: int, step: Step, track: Track) -> tuple[float, float, bool]:
        """Distances of the thing from the person and from the robot's base, m, and whether it is held."""
        things = track.now.things
        if things is None:
            return np.inf, 0.0, False
        item, person = things.thing(argument(step)).pose, things.thing(argument(step, 1)).pose
        if item is None or person is None:
            return np.inf, 0.0, False
        away, out = (float(np.linalg.norm(item[i, :2] - at)) for at in (person[i, :2], track.now.base[i, :2]))
        return away, out, bool(held(things, argument(step))[i])


VERDICT = HandToVerdict
