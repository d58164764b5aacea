"""Deterministic evaluation: E numbered episodes of a task under a policy; independent of the number of envs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.env import BatchEnv
from skillblend.contracts import Array

Act = Callable[[Array], Array]
"""Observation (N, actor_size) -> action (N, A)."""


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """Outcome of E episodes, in episode order.

    Attributes:
        metrics: The task's measurements, each (E,).
        failed: Shape (E,).
    """

    metrics: dict[str, Array]
    failed: Array


def run_episodes(
    env: BatchEnv, act: Act, episodes: int, progress: Callable[[int, int], None] | None = None
) -> Episodes:
    """Play episodes 0 .. `episodes` - 1 of `env` (freshly built) to their ends.

    Args:
        env: Not yet reset; its number of environments only changes the speed.
        act: Deterministic policy.
        episodes: E.
        progress: Called with (done, total).
    """
    observation = env.reset()
    found: dict[int, tuple[bool, dict[str, float]]] = {}
    while len(found) < episodes:
        result = env.step(act(observation[:, : env.task.actor_size]))
        observation = result.observation
        ended = np.flatnonzero(result.terminated | result.truncated)
        for i in ended:
            number = int(result.episode[i])
            if number < episodes:
                values = {k: float(v[i]) for k, v in result.metrics.items()}
                found[number] = (bool(result.terminated[i]), values)
        if progress is not None and len(ended):
            progress(len(found), episodes)
    rows = [found[e] for e in range(episodes)]
    metrics = {k: np.array([r[1][k] for r in rows]) for k in rows[0][1]}
    return Episodes(metrics=metrics, failed=np.array([float(r[0]) for r in rows]))


def finite_mean(values: Array) -> float:
    """Mean of those of `values` (E,) that are numbers; NaN where none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
