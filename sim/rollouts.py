"""Bookkeeping of rollouts that an affordance is fitted on: features when a goal is given, outcome when it ends."""

from __future__ import annotations

import numpy as np

from sim.randomisation import Randomisation
from sim.skills.spec import Rows
from skillblend.contracts import Array, IntArray

DISTURBED = Randomisation(push_every=10.0, push_speed=0.8, push_spin=0.5)
"""A push now and then, harder than in training: an affordance has to see failures to tell them from successes."""


class Book:
    """Features when a goal is given, outcome when it ends."""

    def __init__(self) -> None:
        """Empty."""
        self._open: dict[int, Array] = {}
        self._features: list[Array] = []
        self._success: list[float] = []

    @property
    def count(self) -> int:
        """Closed entries."""
        return len(self._success)

    def open(self, ids: IntArray, features: Array) -> None:
        """Goals are given to robots `ids`, which see `features` (len(ids), F)."""
        for i, row in zip(ids.tolist(), features, strict=True):
            self._open[i] = row

    def close(self, ids: IntArray, success: np.ndarray) -> None:
        """The goals of robots `ids` have ended like this, (len(ids),)."""
        for i, good in zip(ids.tolist(), success, strict=True):
            self._features.append(self._open[i])
            self._success.append(float(good))

    def rows(self, limit: int) -> Rows:
        """The first `limit` entries."""
        return np.stack(self._features[:limit]), np.array(self._success[:limit])
