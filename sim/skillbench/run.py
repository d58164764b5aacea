"""The benchmark run itself: play what is missing, keep every line, tell how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sim.skillbench.engine import Engine, jobs
from sim.skillbench.results import Episode, Results
from skillblend.checks import check_integer

MOST_ENVS = 1000
Progress = Callable[[Sequence[Episode]], None]
"""Told the episodes that have just been added."""


def run(results: Results, models: Path, engine: Engine, *, num_envs: int, progress: Progress) -> None:
    """Play all that is missing; what has been played is on the disk, whatever happens.

    Raises:
        InputError: `num_envs` is out of range, or the disk takes no more.
        SimulationError: A process ended, or a task measured no number.
    """
    check_integer("num-envs", num_envs, 1, MOST_ENVS)
    progress(list(results.found.values()))
    for episodes in engine(jobs(results, models, num_envs)):
        results.append(episodes)
        progress(episodes)
