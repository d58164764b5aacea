"""Verdict on two steps at once: both are done, each judged by its own rule."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule
from skillblend.contracts import IntArray, Robot, Step
from skillblend.contracts.pairs import TOGETHER, halves
from skillblend.errors import InputError


class TogetherVerdict(VerdictRule):
    """The rules of both halves watch from the beginning, and have to be met at the same moment."""

    name = TOGETHER

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._rules: dict[tuple[int, str], VerdictRule] = {}

    def check(self, step: Step) -> None:
        """Both halves can be judged."""
        for k, half in enumerate(halves(step)):
            self._rule(k, half).check(half)

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Begin both."""
        for k, half in enumerate(halves(step)):
            self._rule(k, half).begin(i, half, track)

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Let both take note."""
        for k in (0, 1):
            mine = [halves(step)[k] for step in steps]
            for name in dict.fromkeys(half.behaviour for half in mine):
                rows = [row for row, half in enumerate(mine) if half.behaviour == name]
                some = np.array([ids[row] for row in rows], dtype=np.int64)
                self._rule(k, mine[rows[0]]).update(some, [mine[row] for row in rows], track)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Both measurements."""
        found = [self._rule(k, half).verdict(i, half, track) for k, half in enumerate(halves(step))]
        return StepVerdict(success=all(f.success for f in found), reason="; ".join(f.reason for f in found))

    def _rule(self, k: int, half: Step) -> VerdictRule:
        from sim.verdicts import VERDICTS  # the registry that this is an entry of

        if half.behaviour == TOGETHER or half.behaviour not in VERDICTS:
            raise InputError(f"cannot judge {half.text!r} as half of a step; known: {sorted(VERDICTS)}")
        if (k, half.behaviour) not in self._rules:
            self._rules[k, half.behaviour] = VERDICTS[half.behaviour](self.scene, self.robot, self.n)
        return self._rules[k, half.behaviour]


VERDICT = TogetherVerdict
