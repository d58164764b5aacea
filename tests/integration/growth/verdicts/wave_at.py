"""Verdict on waving: one wrist is well above the other."""

from __future__ import annotations

from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Step

HIGHER = 0.25
"""The waving wrist is so much above the other, m."""


class WaveAtVerdict(VerdictRule):
    """Measured at both wrists."""

    name = "wave_at"

    def check(self, step: Step) -> None:
        """It is there."""
        self.scene.thing(argument(step))

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Difference of heights."""
        left, right = track.now.wrists[i, :, 2]
        return StepVerdict(
            success=bool(left - right >= HIGHER),
            reason=f"the left wrist is {left - right:.2f} m above the right one, {HIGHER:.2f} needed",
        )


VERDICT = WaveAtVerdict
