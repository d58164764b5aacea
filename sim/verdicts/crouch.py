"""Verdict on crouching: the base was much lower than a standing robot's for a while, and did not stray."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule
from skillblend.contracts import Array, IntArray, Robot, Step

LOW, SECONDS, DRIFT = 0.80, 0.5, 0.25
"""Share of the standing height of the base below which it is low; for so long, s; share of it that the base may stray
over the ground."""


class CrouchVerdict(VerdictRule):
    """The longest time without a break."""

    name = "crouch"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._low, self._drift = LOW * robot.base_height, DRIFT * robot.base_height
        self._since: Array = np.full(n, np.nan)
        self._longest: Array = np.zeros(n)
        self._lowest: Array = np.full(n, np.inf)

    def check(self, step: Step) -> None:
        """Possible everywhere."""

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Not low yet."""
        self._since[i], self._longest[i], self._lowest[i] = np.nan, 0.0, np.inf

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Go on with the time below, or end it."""
        height, now = track.now.base[ids, 2], track.now.time[ids]
        since = np.where(height <= self._low, np.fmin(self._since[ids], now), np.nan)
        self._since[ids] = since
        self._longest[ids] = np.fmax(self._longest[ids], now - since)
        self._lowest[ids] = np.minimum(self._lowest[ids], height)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """How long, how low, how far astray."""
        seconds, strayed = float(self._longest[i]), float(track.drift[i])
        return StepVerdict(
            success=seconds >= SECONDS and strayed <= self._drift,
            reason=f"the base was as low as {self._lowest[i]:.2f} m, {seconds:.1f} s below {self._low:.2f} m of "
            f"{SECONDS:g} needed, strayed {strayed:.2f} m, {self._drift:.2g} allowed",
        )


VERDICT = CrouchVerdict
