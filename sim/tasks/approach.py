"""Walking commands of scripted policies: where to stand, and how to get there."""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array


def walk_to(stand: Array, turn: Array) -> tuple[Array, Array]:
    """Commands (N, 3) towards `stand` (N, 2), heading `turn` (N,) there; distances (N,). Zero on arrival."""
    distance = np.linalg.norm(stand, axis=1)
    bearing = np.arctan2(stand[:, 1], stand[:, 0])
    travel = distance > 0.6
    command = np.zeros((len(stand), 3))
    forward = np.clip(1.5 * distance, 0.0, 1.0) * np.maximum(np.cos(bearing), 0.0) ** 2
    settle = np.clip(1.3 * stand, [-0.4, -0.3], [0.5, 0.3])
    command[:, :2] = np.where(travel[:, None], np.stack([forward, 0 * forward], axis=1), settle)
    command[:, 2] = np.clip(1.6 * np.where(travel, bearing, turn), -0.6, 0.6)
    command[(distance < 0.13) & (np.abs(turn) < 0.25)] = 0.0
    return command, distance
