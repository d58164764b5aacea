"""Speed of simulation and learning, as ratios within one run: rows take turns, and medians are compared.

Every row does the same work, the walking task under actions like those of an untrained policy, so that
its rate in environment steps per second can be divided by any other row's.
"""

from __future__ import annotations

import json
import os
import platform
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sim.env import BatchEnv
from sim.gym import TaskEnv
from sim.registry import builtin_tasks, load_robot
from skillblend.contracts import Array, Robot
from skillblend.errors import InputError
from skillblend.training.ppo import LeanPPO, PPOConfig
from skillblend.training.vec_env import SB3VecEnv, subprocess_envs

TASK = "walking"
ACTION_STD = 0.5
"""Of the random actions; an untrained policy's exploration."""

DEFINITIONS: dict[str, str] = {
    "raw": "mj_step in a Python loop on one MjData, one thread; a step is one control period",
    "batch": "sim.batch stepping alone: targets of a recorded rollout written to ctrl, then Batch.step",
    "env_step": "BatchEnv.step: batch stepping, observations, rewards, randomisation, resets; random actions",
    "rollout": "SB3's collect_rollouts over BatchEnv: env_step, policy, value and buffer",
    "ppo": "LeanPPO.learn end to end: rollout and update",
    "async_vector_env": "gymnasium.vector.AsyncVectorEnv over the single Env; random actions",
    "subproc_vec_env": "stable_baselines3 SubprocVecEnv over the single Env; random actions",
}
RATIOS: tuple[tuple[str, str, float], ...] = (
    ("env_step", "batch", 0.75),
    ("ppo", "batch", 0.50),
    ("env_step", "async_vector_env", 5.0),
    ("ppo", "async_vector_env", 5.0),
    ("env_step", "subproc_vec_env", 5.0),
)
"""Numerator, denominator, target."""


class Row(ABC):
    """One thing that is timed.

    Attributes:
        unit: Environment steps in one call of `run`.
    """

    unit: int

    def prepare(self) -> None:
        """Untimed, before each `run`."""

    @abstractmethod
    def run(self) -> None:
        """Timed: `unit` environment steps."""

    def close(self) -> None:
        """Give back processes."""


class RawRow(Row):
    """`mj_step` on one robot, from the standing pose, 50 control periods at a time."""

    def __init__(self, robot: Robot, actions: Array) -> None:
        self._world = builtin_tasks().make(TASK, robot).world
        self._data = mujoco.MjData(self._world.model)
        self._actions = actions
        self.unit = 50

    def prepare(self) -> None:
        """Stand up again."""
        mujoco.mj_resetData(self._world.model, self._data)
        self._data.qpos[:] = self._world.home

    def run(self) -> None:
        """Joint targets scattered about the default pose."""
        robot, model, data = self._world.robot, self._world.model, self._data
        for k in range(self.unit):
            data.ctrl[: robot.num_joints] = robot.default_pose
            data.ctrl[: self._actions.shape[2]] += 0.3 * self._actions[k % len(self._actions), 0]
            for _ in range(self._world.substeps):
                mujoco.mj_step(model, data)


class BatchRow(Row):
    """Replays the joint targets of a rollout from the state in which it began."""

    def __init__(self, env: BatchEnv, actions: Array) -> None:
        self._batch = env.sim.batch
        self._sim = env.sim
        env.reset()
        for action in actions:
            env.step(action)
        self._state = self._batch.state.copy()
        self._targets: list[Array] = []
        for action in actions:
            env.step(action)
            self._targets.append(env.sim.ctrl.copy())
        self.unit = env.n * len(actions)

    def prepare(self) -> None:
        """Back to the beginning."""
        self._batch.state[:] = self._state

    def run(self) -> None:
        """One `BatchSim.step` for each recorded step."""
        for targets in self._targets:
            self._sim.step(targets)


class EnvRow(Row):
    """`BatchEnv.step`."""

    def __init__(self, env: BatchEnv, actions: Array) -> None:
        self._env = env
        self._actions = actions
        env.reset()
        self.unit = env.n * len(actions)

    def run(self) -> None:
        """The given actions in turn."""
        for action in self._actions:
            self._env.step(action)


class _RolloutOnly(LeanPPO):
    def train(self) -> None:
        """Learn nothing."""


class LearningRow(Row):
    """Iterations of PPO, with or without its updates."""

    def __init__(self, env: BatchEnv, *, update: bool) -> None:
        algorithm = LeanPPO if update else _RolloutOnly
        config = PPOConfig(batch_size=env.n * 6)
        self._model = algorithm(SB3VecEnv(env), config, actor_size=env.task.actor_size, seed=0)
        self.unit = env.n * config.rollout_steps

    def run(self) -> None:
        """One iteration."""
        self._model.learn(self.unit, reset_num_timesteps=False)


class AsyncRow(Row):
    """Gymnasium's worker processes."""

    def __init__(self, make: Any, num_envs: int, actions: Array) -> None:
        self._env = gymnasium.vector.AsyncVectorEnv([make] * num_envs, context="forkserver")
        self._actions = actions[:, :num_envs].astype(np.float32)
        self._env.reset(seed=0)
        self.unit = num_envs * len(actions)

    def run(self) -> None:
        """The given actions in turn."""
        for action in self._actions:
            self._env.step(action)

    def close(self) -> None:
        """End the workers."""
        self._env.close()


class SubprocRow(Row):
    """SB3's worker processes."""

    def __init__(self, make: Any, num_envs: int, actions: Array) -> None:
        self._env = subprocess_envs(make, num_envs)
        self._actions = actions[:, :num_envs].astype(np.float32)
        self._env.seed(0)
        self._env.reset()
        self.unit = num_envs * len(actions)

    def run(self) -> None:
        """The given actions in turn."""
        for action in self._actions:
            self._env.step(action)

    def close(self) -> None:
        """End the workers."""
        self._env.close()


def bench(
    robot: Robot | None = None,
    *,
    num_envs: int = 128,
    nthread: int = 0,
    worker_envs: int = 0,
    seconds: float = 4.0,
    rounds: int = 5,
    out: Path | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure all rows, `rounds` times in turn, and compare their medians.

    Args:
        robot: Defaults to H1.
        num_envs: N of the batched rows.
        nthread: Simulation threads of the batched rows, 0 for one per CPU.
        worker_envs: Environments, one process each, of the other two; 0 for four per CPU.
        seconds: About how long one measurement of one row takes.
        rounds: Measurements of each row.
        out: File to write, JSON.
        console: Where progress and the table go; None for nowhere.

    Returns:
        What is written: environment steps per second by row, ratios, definitions, machine.

    Raises:
        InputError: A number is out of range, or `out` cannot be written.
    """
    cpus = len(os.sched_getaffinity(0))
    nthread, worker_envs = nthread or cpus, worker_envs or 4 * cpus
    if num_envs < 1 or rounds < 1 or nthread < 1 or not 2 <= worker_envs <= 256 or not 0 < seconds <= 600:
        raise InputError(
            f"num_envs = {num_envs}, rounds = {rounds}, nthread = {nthread} must be positive, "
            f"worker_envs = {worker_envs} in [2, 256], seconds = {seconds} in (0, 600]"
        )
    if out is not None and not os.access(out.parent, os.W_OK):
        raise InputError(f"{out} cannot be written: {out.parent} is not a writable folder")
    console = console or Console(quiet=True)
    robot = robot or load_robot("h1")
    machine = describe_machine()
    with ExitStack() as stack:
        rows = _build(robot, num_envs, nthread, worker_envs, stack, console)
        rates = _measure(rows, seconds, rounds, console)
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    result: dict[str, Any] = {
        **{name: round(rate, 1) for name, rate in medians.items()},
        "unit": "environment steps per second, median",
        "ratios": {f"{a}/{b}": round(medians[a] / medians[b], 3) for a, b, _ in RATIOS},
        "targets": {f"{a}/{b}": target for a, b, target in RATIOS},
        "samples": {name: [round(rate, 1) for rate in values] for name, values in rates.items()},
        "definition": DEFINITIONS,
        "robot": robot.name,
        "task": TASK,
        "num_envs": num_envs,
        "threads": nthread,
        "worker_envs": worker_envs,
        "machine": machine,
    }
    if out is not None:
        temporary = out.with_name(out.name + ".tmp")
        temporary.write_text(json.dumps(result, indent=1) + "\n")
        os.replace(temporary, out)
    console.print(_table(result))
    return result


def describe_machine() -> dict[str, Any]:
    """Processor, CPUs, load and versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return {
        "processor": model,
        "cpus": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "mujoco": mujoco.mj_versionString(),
        "numpy": np.__version__,
        "gymnasium": gymnasium.__version__,
    }


def _build(
    robot: Robot, num_envs: int, nthread: int, worker_envs: int, stack: ExitStack, console: Console
) -> dict[str, Row]:
    """All rows, warmed up; worker processes first, before this process has threads."""
    probe = builtin_tasks().make(TASK, robot)
    size = (25, max(num_envs, worker_envs), probe.action_size)
    actions = ACTION_STD * np.random.default_rng(0).standard_normal(size)
    make = partial(TaskEnv, robot, TASK)

    def env() -> BatchEnv:
        return BatchEnv(builtin_tasks().make(TASK, robot), num_envs, seed=0, nthread=nthread)

    rows: dict[str, Row] = {}
    with console.status("starting worker processes"):
        for name, kind in (("async_vector_env", AsyncRow), ("subproc_vec_env", SubprocRow)):
            rows[name] = kind(make, worker_envs, actions)
            stack.callback(rows[name].close)
    mine = actions[:, :num_envs]
    rows["raw"] = RawRow(robot, actions)
    rows["batch"] = BatchRow(env(), mine)
    rows["env_step"] = EnvRow(env(), mine)
    rows["rollout"] = LearningRow(env(), update=False)
    rows["ppo"] = LearningRow(env(), update=True)
    return {name: rows[name] for name in DEFINITIONS}


def _measure(rows: dict[str, Row], seconds: float, rounds: int, console: Console) -> dict[str, list[float]]:
    """Environment steps per second, (rounds,) for each row; rows take turns, in an order that alternates."""
    rates: dict[str, list[float]] = {name: [] for name in rows}
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("warming up", total=rounds * len(rows))
        for row in rows.values():
            row.prepare()
            row.run()
        for number in range(rounds):
            names = list(rows) if number % 2 == 0 else list(reversed(rows))
            for name in names:
                progress.update(bar, description=f"round {number + 1} of {rounds}: {name}")
                rates[name].append(_rate(rows[name], seconds))
                progress.advance(bar)
    return rates


def _rate(row: Row, seconds: float) -> float:
    steps, spent = 0, 0.0
    while spent < seconds:
        row.prepare()
        began = time.perf_counter()
        row.run()
        spent += time.perf_counter() - began
        steps += row.unit
    return steps / spent


def _table(result: dict[str, Any]) -> Table:
    table = Table(
        title=f"{result['robot']} {result['task']}: {result['num_envs']} environments on "
        f"{result['threads']} threads; {result['worker_envs']} worker processes"
    )
    table.add_column("row")
    table.add_column("steps/s", justify="right")
    table.add_column("what")
    for name, text in result["definition"].items():
        table.add_row(name, f"{result[name]:,.0f}", text)
    table.add_section()
    for name, ratio in result["ratios"].items():
        target = result["targets"][name]
        table.add_row(name, f"{ratio:.2f}", f"target: at least {target:g}, {'met' if ratio >= target else 'missed'}")
    return table
