"""Verdict on walking to a thing: at the end the base is near where one stands to use it."""

from __future__ import annotations

import numpy as np

from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Step

STAND_TOLERANCE, MARKER_TOLERANCE = 0.35, 0.30
"""From the stand of a thing, and from the centre of a floor marker, m."""


class WalkToVerdict(VerdictRule):
    """The place at the end counts, not the way."""

    name = "walk_to"

    def check(self, step: Step) -> None:
        """There is such a thing."""
        self.scene.thing(argument(step))

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Distance from where one stands."""
        thing = self.around(i, track).thing(argument(step))
        marker = thing.object.kind == "marker"
        allowed = MARKER_TOLERANCE if marker else STAND_TOLERANCE
        away = float(np.hypot(*(track.now.base[i, :2] - thing.stand.xy)))
        what = f"the {thing.name}" if marker else f"the stand of the {thing.name}"
        return StepVerdict(success=away <= allowed, reason=f"{away:.2f} m from {what}, {allowed} allowed")


VERDICT = WalkToVerdict
