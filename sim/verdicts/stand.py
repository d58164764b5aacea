"""Verdict on standing: the time went by, and the base stayed where it was."""

from __future__ import annotations

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, amount, argument
from skillblend.contracts import Robot, Step
from skillblend.scales import Scales

DRIFT, EARLY = 0.2, 0.05
"""How far the base may stray, m, of the reference body; how much too early is in time, s."""


class StandVerdict(VerdictRule):
    """Time and drift."""

    name = "stand"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._drift = DRIFT * Scales.of(robot).length

    def check(self, step: Step) -> None:
        """A number of seconds."""
        amount(step)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Seconds and metres."""
        seconds, drift = float(track.now.time[i] - track.first.time[i]), float(track.drift[i])
        good = seconds >= amount(step) - EARLY and drift < self._drift
        return StepVerdict(
            success=bool(good),
            reason=f"stood {seconds:.1f} s of {argument(step)}, strayed {drift:.2f} m, {self._drift:.2g} allowed",
        )


VERDICT = StandVerdict
