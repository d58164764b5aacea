"""Velocity commands that change every few seconds: which ones are drawn in training and in evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.streams import Streams, Uses
from skillblend.contracts import Array, GoalSpace, IntArray

_KIND, _GOAL, _TIMER, _STAND, _REVERSAL = 3, 4, 5, 10, 11
"""Tags of random numbers."""
_KINDS = np.array([0.15, 0.23, 0.31, 0.39, 0.50])
"""Upper ends of the shares of commands that are fast forward, along one axis (three), still; the rest are any."""
_KEPT = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 1, 1]], dtype=np.bool_)
"""What each kind keeps of a random command."""


@dataclass(frozen=True, kw_only=True)
class CommandConfig:
    """Which commands, and for how long.

    Attributes:
        command_seconds: Shortest and longest time between commands, s.
        stand_seconds: The same for commands to stand still, s; None for no difference.
        fixed_goal: Command for whole episodes instead of random ones (forward, left, yaw rate).
        uniform_goals: Draw commands uniformly over the goal space (evaluation) instead of by curriculum.
        stand_share: Share of commands that are to stand still, besides the curriculum's own.
        reversal_share: Share of commands that reverse the one before, see `_reversed`: what robots fall of last.
    """

    command_seconds: tuple[float, float] = (1.0, 6.0)
    stand_seconds: tuple[float, float] | None = (2.0, 10.0)
    fixed_goal: tuple[float, float, float] | None = None
    uniform_goals: bool = False
    stand_share: float = 0.08
    reversal_share: float = 0.0


class Commands:
    """Draws commands (forward, left, yaw rate) of a goal space."""

    def __init__(self, space: GoalSpace, config: CommandConfig, control_dt: float) -> None:
        """Prepare what does not change between draws."""
        self.space, self.config, self._dt = space, config, control_dt
        self._uses = Uses(
            (_GOAL, space.lower, space.upper, 3), (_KIND, 0.0, 1.0, 1), (_STAND, 0.0, 1.0, 1), (_TIMER, 0.0, 1.0, 1)
        )

    def __call__(self, streams: Streams, ids: IntArray, before: Array) -> tuple[Array, IntArray]:
        """Commands (K, 3) for robots `ids` after those `before` (K, 3), and control steps (K,) until the next."""
        cfg = self.config
        goal, kind, stand, until = streams.uniforms(ids, self._uses)
        if cfg.fixed_goal is not None:
            goal = np.tile(np.array(cfg.fixed_goal), (len(ids), 1))
        elif cfg.uniform_goals:
            goal[kind[:, 0] < 0.1] = 0.0
        else:
            goal = self._curriculum(goal, kind[:, 0])
            goal[stand[:, 0] < cfg.stand_share] = 0.0
            if cfg.reversal_share:
                goal = self._reversed(streams, ids, goal, before)
        return goal, self._duration(until[:, 0], goal)

    def _duration(self, unit: Array, goal: Array) -> IntArray:
        """Control steps (K,) until the command after `goal` (K, 3), from numbers (K,) in [0, 1)."""
        cfg = self.config
        ranges = np.array([cfg.command_seconds, cfg.stand_seconds or cfg.command_seconds])
        low, high = np.round(ranges / self._dt)[(~goal.any(axis=1)).astype(np.int64)].T
        return np.floor(unit * (high + 1 - low) + low).astype(np.int64)

    def _curriculum(self, goal: Array, kind: Array) -> Array:
        """Half uniform; the rest fast forward, one axis at a time, or standing still."""
        upper = self.space.upper[0]
        row = np.searchsorted(_KINDS, kind, side="right")
        goal = np.where(_KEPT[row], goal, 0.0)
        fast = np.abs(goal[:, 0]) / upper * 0.7 * upper + 0.3 * upper
        goal[:, 0] = np.where(row == 0, fast, goal[:, 0])
        return goal

    def _reversed(self, streams: Streams, ids: IntArray, goal: Array, before: Array) -> Array:
        """`goal` (K, 3), a share of it fast backward while turning after commands ahead, fast ahead after others."""
        chosen, speed, turn = streams.uniform(ids, _REVERSAL, 0.0, 1.0, 3).T
        space = self.space
        back, ahead = (limit[0] * (0.7 + 0.3 * speed) for limit in (space.lower, space.upper))
        spin = np.where(turn < 0.5, space.lower[2], space.upper[2]) * (0.4 + 0.6 * (2.0 * turn % 1.0))
        was_ahead = before[:, 0] > 0.2 * space.upper[0]
        hard = np.stack([np.where(was_ahead, back, ahead), goal[:, 1], np.where(was_ahead, spin, goal[:, 2])], axis=1)
        return np.where((chosen < self.config.reversal_share)[:, None], hard, goal)
