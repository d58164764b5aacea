"""Verdict on turning: the heading, followed continuously, changed as asked, and the base stayed in its place."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, amount, argument
from skillblend.contracts import Robot, Step
from skillblend.scales import Scales

TOLERANCE, DRIFT = np.radians(20.0), 0.5
"""Of the angle, rad; how far the base may stray, m, of the reference body."""


class TurnVerdict(VerdictRule):
    """Half a turn counts in either direction."""

    name = "turn"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._drift = DRIFT * Scales.of(robot).length

    def check(self, step: Step) -> None:
        """An angle."""
        amount(step)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Angle and drift."""
        wanted, turned, drift = np.radians(amount(step)), float(track.turned[i]), float(track.drift[i])
        reason = (
            f"turned {np.degrees(turned):.0f} degrees of {argument(step)} +- {np.degrees(TOLERANCE):.0f}, "
            f"strayed {drift:.2f} m, {self._drift:.2g} allowed"
        )
        if abs(wanted) > np.pi - 1e-6:
            wanted, turned = abs(wanted), abs(turned)
        good = abs(turned - wanted) <= TOLERANCE and drift <= self._drift
        return StepVerdict(success=bool(good), reason=reason)


VERDICT = TurnVerdict
