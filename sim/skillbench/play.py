"""Plays numbered episodes of one policy on one task; an episode depends on its seed and its number alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.env import BatchEnv, StepResult
from sim.registry import load_robot
from sim.settings import EVALUATION
from sim.skillbench.matrix import Cell, acting
from sim.skillbench.results import Episode
from sim.tasks.blend import blend_task
from sim.tasks.measures import MOTION
from sim.tasks.spec import TASKS
from skillblend.contracts import Robot
from skillblend.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Job:
    """Some episodes of a cell.

    Attributes:
        cell: Whose.
        robot: Name.
        models: Where the bundles are.
        seed: Of the episodes.
        episodes: Their numbers; all are simulated at once.
    """

    cell: Cell
    robot: str
    models: Path
    seed: int
    episodes: tuple[int, ...]


def make_env(job: Job, robot: Robot) -> tuple[BatchEnv, Callable[..., np.ndarray]]:
    """The environments of a job, which its next `reset` puts into its episodes, and the policy."""
    controller, act = acting(job.cell, robot, job.models)
    env = BatchEnv(
        blend_task(TASKS[job.cell.task], controller), len(job.episodes), seed=job.seed, randomisation=EVALUATION
    )
    env.restart(job.seed, np.array(job.episodes))
    return env, act


def play(job: Job) -> list[Episode]:
    """All episodes of a job, to their ends.

    Raises:
        SimulationError: A measurement is no number.
    """
    env, act = make_env(job, load_robot(job.robot))
    observation = env.reset()
    wanted, found = set(job.episodes), dict[int, Episode]()
    while len(found) < len(wanted):
        result = env.step(act(observation[:, : env.task.actor_size]))
        observation = result.observation
        for i in np.flatnonzero(result.terminated | result.truncated):
            number = int(result.episode[i])
            if number in wanted and number not in found:
                found[number] = _episode(job, number, result, int(i), env)
    return [found[number] for number in job.episodes]


def _episode(job: Job, number: int, result: StepResult, i: int, env: BatchEnv) -> Episode:
    m = {name: float(values[i]) for name, values in result.metrics.items()}
    measured = {name: m[name] for name in ("error", "paper_error", *MOTION)}
    if not np.isfinite(list(measured.values())).all():
        raise SimulationError(f"{job.cell} seed {job.seed} episode {number} measured {measured}; mend the task")
    whole, period = m["broken"] == 0, env.task.world.robot.control_dt * env.task.decimation
    return Episode(
        task=job.cell.task, policy=job.cell.policy, seed=job.seed, episode=number,
        paper=m["paper_success"] > 0 and whole, strict=m["strict_success"] > 0 and whole, fell=m["fell"] > 0,
        broken=not whole, error=m["error"], paper_error=m["paper_error"], seconds=round(m["length"] * period, 3),
        after=m["first_success"] if np.isfinite(m["first_success"]) else None,
        motion={name: measured[name] for name in MOTION},
    )  # fmt: skip
