"""What is in the hands of N robots, and the skill that walks and stands with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray
from skillblend.errors import ShapeError, UnknownNameError
from skillblend.rows import copy_rows
from skillblend.skills.spec import SKILLS

COMMAND = 3
"""Numbers of a walking command, which come first in the goal of a skill that carries."""


class Hands:
    """Full or empty, of N robots.

    Attributes:
        carrier: The skill that walks and stands with what the hands hold; empty where there is none.
        grip: How each robot's hands hold their thing, in the carrier's terms; NaN where they are empty. Shape (N, C).
        dropped: Whose hands have closed on nothing, although they should hold something. Shape (N,).
    """

    def __init__(self, spaces: Mapping[str, GoalSpace], n: int) -> None:
        """Empty hands of `n` robots whose skills have these goals, by their names."""
        self._skills = tuple(spaces)
        self.carrier = next((name for name in spaces if SKILLS[name].carries is not None), "")
        self._holding = SKILLS[self.carrier].carries if self.carrier else None
        size = len(spaces[self.carrier].names) - COMMAND if self.carrier else 0
        self.grip: Array = np.full((n, size), np.nan)
        self.dropped: BoolArray = np.zeros(n, dtype=np.bool_)

    def take(self, ids: IntArray) -> Hands:
        """Those of robots `ids` alone, as copies; a robot may come twice."""
        return copy_rows(self, ("grip", "dropped"), ids)

    @property
    def full(self) -> BoolArray:
        """Whose hands hold something. Shape (N,)."""
        if self._holding is None:
            return np.zeros(len(self.grip), dtype=np.bool_)
        return np.asarray(np.isfinite(self.grip).all(axis=1), dtype=np.bool_)

    def hold(self, ids: IntArray, grip: Array) -> None:
        """From now on the hands of robots `ids` are full: they walk and stand with `grip` (len(ids), C).

        Raises:
            UnknownNameError: The robot has no skill that holds anything.
            ShapeError: Grips of another size.
        """
        if self._holding is None:
            raise UnknownNameError("skill", "that carries", self._skills)
        if grip.shape != (len(ids), self.grip.shape[1]):
            raise ShapeError(f"grips {grip.shape} of {self.carrier} must be ({len(ids)}, {self.grip.shape[1]})")
        self.grip[ids] = grip

    def let_go(self, ids: IntArray) -> None:
        """The hands of robots `ids` are empty."""
        self.grip[ids] = np.nan
        self.dropped[ids] = False

    def goals(self, command: Array, ids: IntArray) -> Array:
        """Of the carrier, for robots `ids` that follow walking commands (len(ids), 3)."""
        assert self._holding is not None  # hands are full
        return self._holding.goal(command, self.grip[ids])

    def see(self, wrists: Array) -> None:
        """Take note of where the wrists (N, 2, 3) are, m; NaN where nobody knows yet."""
        known = self.full & np.isfinite(wrists).all(axis=(1, 2))
        self.dropped[:] = False
        if self._holding is not None and known.any():
            self.dropped[known] = self._holding.lost(self.grip[known], wrists[known])
