"""Verdict on turning: the heading, followed continuously, changed as asked, and the base stayed in its place."""

from __future__ import annotations

import numpy as np

from sim.verdicts.base import StepVerdict, Track, VerdictRule, amount, argument
from skillblend.contracts import Step

TOLERANCE, DRIFT = np.radians(20.0), 0.5
"""Of the angle, rad; how far the base may stray, m."""


class TurnVerdict(VerdictRule):
    """Half a turn counts in either direction."""

    name = "turn"

    def check(self, step: Step) -> None:
        """An angle."""
        amount(step)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Angle and drift."""
        wanted, turned, drift = np.radians(amount(step)), float(track.turned[i]), float(track.drift[i])
        reason = (
            f"turned {np.degrees(turned):.0f} degrees of {argument(step)} +- {np.degrees(TOLERANCE):.0f}, "
            f"strayed {drift:.2f} m, {DRIFT} allowed"
        )
        if abs(wanted) > np.pi - 1e-6:
            wanted, turned = abs(wanted), abs(turned)
        good = abs(turned - wanted) <= TOLERANCE and drift <= DRIFT
        return StepVerdict(success=bool(good), reason=reason)


VERDICT = TurnVerdict
