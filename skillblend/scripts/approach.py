"""Walking commands of scripts and blenders: how they are asked for, where to stand, and how to get there."""

from __future__ import annotations

import numpy as np

from skillblend.blend_config import SkillColumns
from skillblend.contracts import Array, Robot
from skillblend.scales import Scales

_NEAR = 0.55
"""Within it `step_to` steps in all directions at once, m; of the reference body."""

_COMMANDS = (0.5, 0.25, 0.2, 0.12)
"""Change of a walking command per unit action, forward and left, the command where the action is zero, and what is
rest, m/s; of the reference body."""


def walking_command(robot: Robot, skill: str) -> SkillColumns:
    """A walking command for `skill`: speeds are shares of the body, rates of turning are not."""
    pace = Scales.of(robot).speed
    forward, left, slow, rest = (round(speed * pace, 4) for speed in _COMMANDS)
    return SkillColumns(skill=skill, base=(slow, 0.0, 0.0), scale=(forward, left, 0.5), dead_zone=rest)


def walk_to(stand: Array, turn: Array, scales: Scales | None = None) -> tuple[Array, Array]:
    """Commands (N, 3) towards `stand` (N, 2), heading `turn` (N,) there; distances (N,). Zero on arrival.

    Distances and speeds are shares of the body that `scales` are of; of the reference body where there are none.
    """
    length, speed = (1.0, 1.0) if scales is None else (scales.length, scales.speed)
    rate = speed / length
    distance = np.linalg.norm(stand, axis=1)
    bearing = np.arctan2(stand[:, 1], stand[:, 0])
    travel = distance > 0.6 * length
    command = np.zeros((len(stand), 3))
    forward = np.clip(1.5 * rate * distance, 0.0, speed) * np.maximum(np.cos(bearing), 0.0) ** 2
    settle = np.clip(1.3 * rate * stand, np.array([-0.4, -0.3]) * speed, np.array([0.5, 0.3]) * speed)
    command[:, :2] = np.where(travel[:, None], np.stack([forward, 0 * forward], axis=1), settle)
    command[:, 2] = np.clip(1.6 * np.where(travel, bearing, turn), -0.6, 0.6)
    command[(distance < 0.13 * length) & (np.abs(turn) < 0.25)] = 0.0
    return command, distance


def step_to(stand: Array, turn: Array, speed: float, scales: Scales | None = None) -> tuple[Array, Array]:
    """As `walk_to`, at `speed` (m/s, of the reference body) at most, but without rest until it is there.

    Whoever arrives asks for rest.
    """
    length, pace = (1.0, 1.0) if scales is None else (scales.length, scales.speed)
    rate = pace / length
    command, distance = walk_to(stand, turn, scales)
    command[:, 0] = np.minimum(command[:, 0], speed * pace)
    near = np.concatenate([stand * [1.5 * rate, 2.0 * rate], 2.0 * turn[:, None]], axis=1)
    near = np.clip(near, [-0.4 * pace, -0.3 * pace, -0.6], [0.4 * pace, 0.3 * pace, 0.6])
    return np.where((distance < _NEAR * length)[:, None], near, command), distance
