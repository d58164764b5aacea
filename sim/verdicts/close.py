"""Verdict on closing: the doors are shut at the end, and a hand pressed on the cabinet while they were open."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import BoolArray, IntArray, Robot, Step
from skillblend.errors import InputError

SHUT = 0.02
"""Share of their way up to which doors count as shut."""

FORCE = 2.0
"""What a hand presses with that pushes a door, N: it takes as much to feel one."""


class CloseVerdict(VerdictRule):
    """By the doors, and by contact."""

    name = "close"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._open: BoolArray = np.zeros(n, dtype=np.bool_)
        self._pushed: BoolArray = np.zeros(n, dtype=np.bool_)

    def check(self, step: Step) -> None:
        """It has doors."""
        thing = self.scene.thing(argument(step))
        if not thing.doors:
            raise InputError(f"{step.text!r}: the {thing.name} has no doors; choose a cabinet")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Open or not, and nobody has pushed."""
        self._open[i], self._pushed[i] = self._share(i, step, track) > SHUT, False

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Whether a hand pushes."""
        for i, step in zip(ids.tolist(), steps, strict=True):
            force = track.now.hand_force.get(argument(step))
            if force is not None and self._share(i, step, track) > 0.0:
                self._pushed[i] |= bool((force[i] >= FORCE).any())

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """How far open, and who shut them."""
        name, share = argument(step), self._share(i, step, track)
        if not self._open[i]:
            return StepVerdict(success=share <= SHUT, reason=f"the {name} was shut before, {share:.0%} open now")
        return StepVerdict(
            success=share <= SHUT and bool(self._pushed[i]),
            reason=f"the {name} is {share:.0%} open, {SHUT:.0%} allowed, and "
            f"{'a hand' if self._pushed[i] else 'no hand'} pressed on it",
        )

    def _share(self, i: int, step: Step, track: Track) -> float:
        things = track.now.things or self.scene.state
        openness = things.thing(argument(step)).openness
        return 0.0 if openness is None else float(openness[i if len(openness) > 1 else 0])


VERDICT = CloseVerdict
