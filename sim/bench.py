"""Speed of simulation and learning, as ratios within one run: rows take turns, and are compared turn by turn.

Every row does the same work, so that its rate in environment steps per second can be divided by any other's.
"""

from __future__ import annotations

import os
import platform
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sim.bench_rows import (
    RAW_ROBOTS,
    TASK,
    AsyncRow,
    BatchRow,
    EnvRow,
    LearningRow,
    RawRow,
    Recording,
    Row,
    SubprocRow,
    ThingRow,
    Workload,
)
from sim.registry import load_robot
from skillblend.contracts import Array, Robot
from skillblend.errors import InputError
from skillblend.files import write_json
from skillblend.skills.skill import load_skill

DEFINITIONS: dict[str, str] = {
    "raw": f"mj_step in a Python loop on one thread, {RAW_ROBOTS} robots one after the other",
    "batch": "batched simulation alone: motor commands of a recorded rollout, Batch.step with the same substeps",
    "batch_thing": "the same with a free box on a table, palms, shins, thighs and trunk that could meet it",
    "env_step": "BatchEnv.step: batched simulation, observations, rewards, randomisation, resets",
    "env_step_untrained": "the same under random actions, which make robots fall after about 1 s",
    "rollout": "collect_rollouts of training: env_step, actor, critic and buffer",
    "ppo": "LeanPPO.learn end to end: rollout and update",
    "async_vector_env": "gymnasium.vector.AsyncVectorEnv, one process for each single Env",
    "subproc_vec_env": "stable_baselines3 SubprocVecEnv, one process for each single Env",
}
"""What a row counts: environment steps, of one control period each, per second of wall time."""
ORDER = (
    "async_vector_env", "subproc_vec_env", "raw", "env_step_untrained", "batch_thing", "env_step", "batch", "ppo",
    "rollout",
)  # fmt: skip
"""Of the rows within a turn; a machine's speed drifts, so those that are compared most are neighbours."""
RATIOS: tuple[tuple[str, str, float | None], ...] = (
    ("env_step", "batch", 0.75),
    ("ppo", "batch", 0.50),
    ("env_step", "async_vector_env", 5.0),
    ("ppo", "async_vector_env", 5.0),
    ("env_step", "subproc_vec_env", 5.0),
    ("env_step_untrained", "batch", None),
    ("batch_thing", "batch", None),
)
"""Numerator, denominator, target if there is one."""


def bench(
    robot: Robot | None = None,
    *,
    num_envs: int = 256,
    nthread: int = 0,
    worker_envs: int = 0,
    seconds: float = 0.5,
    rounds: int = 20,
    models: Path | None = None,
    out: Path | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure all rows, `rounds` times in turn; a ratio is the median of those of the turns.

    Args:
        robot: Defaults to H1.
        num_envs: N of the batched rows.
        nthread: Threads of the batched rows, 0 for one per CPU.
        worker_envs: Environments, one process each, of the last two rows; 0 for four per CPU.
        seconds: About how long one measurement of one row takes.
        rounds: Measurements of each row.
        models: Folder of bundles; the walking policy in it drives all rows but one. None: random actions.
        out: File to write, JSON.
        console: Where progress and the table go; None for nowhere.

    Returns:
        What is written: environment steps per second by row, ratios with 95% intervals, definitions, machine.

    Raises:
        InputError: A number is out of range, or `out` cannot be written.
        BundleError: `models` holds no walking policy that fits.
    """
    cpus = len(os.sched_getaffinity(0))
    nthread, worker_envs = nthread or cpus, worker_envs or 4 * cpus
    if num_envs < 1 or rounds < 1 or nthread < 1 or not 2 <= worker_envs <= 256 or not 0 < seconds <= 600:
        raise InputError(
            f"num_envs = {num_envs}, rounds = {rounds}, nthread = {nthread} must be positive, "
            f"worker_envs = {worker_envs} in [2, 256], seconds = {seconds} in (0, 600]"
        )
    if out is not None:
        _check_writable(out)
    console = console or Console(quiet=True)
    robot = robot or load_robot("h1")
    bundle = load_skill(TASK, robot, models / robot.name / TASK).bundle if models else None
    workload = Workload(
        robot=robot, num_envs=num_envs, nthread=nthread,
        actor=bundle.actor if bundle else None, critic=bundle.critic if bundle else None,
    )  # fmt: skip
    machine = describe_machine()
    with ExitStack() as stack:
        rows = _build(workload, worker_envs, stack, console)
        rates = _measure(rows, seconds, rounds, console)
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    turns = {f"{a}/{b}": np.array(rates[a]) / np.array(rates[b]) for a, b, _ in RATIOS}
    result: dict[str, Any] = {
        **{name: round(medians[name], 1) for name in DEFINITIONS},
        "unit": "environment steps per second, median",
        "ratios": {name: round(float(np.median(values)), 3) for name, values in turns.items()},
        "intervals": {name: _interval(values) for name, values in turns.items()},
        "targets": {f"{a}/{b}": target for a, b, target in RATIOS if target is not None},
        "samples": {name: [round(rate, 1) for rate in values] for name, values in rates.items()},
        "definition": DEFINITIONS,
        "robot": robot.name,
        "task": TASK,
        "policy": f"bundle {bundle.digest[:12]}" if bundle else "random actions",
        "num_envs": num_envs,
        "threads": nthread,
        "worker_envs": worker_envs,
        "machine": machine,
    }
    if out is not None:
        write_json(out, result)
    console.print(_table(result))
    return result


def _interval(values: Array) -> list[float]:
    """95% bootstrap interval of the median of `values` (K,)."""
    draws = np.random.default_rng(0).choice(values, size=(2000, len(values)))
    return [round(float(x), 3) for x in np.quantile(np.median(draws, axis=1), (0.025, 0.975))]


def _check_writable(out: Path) -> None:
    """Find out before measuring, not after.

    Raises:
        InputError: `out` cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.with_name(out.name + ".tmp")
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}; choose another place") from error


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


def _build(workload: Workload, worker_envs: int, stack: ExitStack, console: Console) -> dict[str, Row]:
    """All rows, warmed up; worker processes first, before this process has threads."""
    untrained = Workload(
        robot=workload.robot, num_envs=workload.num_envs, nthread=workload.nthread, actor=None, critic=None
    )
    rows: dict[str, Row] = {}
    with console.status("starting worker processes, warming up"):
        for name, kind in (("async_vector_env", AsyncRow), ("subproc_vec_env", SubprocRow)):
            rows[name] = kind(workload, worker_envs)
            stack.callback(rows[name].close)
        recording = Recording.of(workload)
        rows["raw"] = RawRow(recording)
        rows["batch"] = BatchRow(recording)
        rows["batch_thing"] = ThingRow(recording)
        rows["env_step"] = EnvRow(workload)
        rows["env_step_untrained"] = EnvRow(untrained)
        rows["rollout"] = LearningRow(workload, update=False)
        rows["ppo"] = LearningRow(workload, update=True)
        for row in rows.values():
            row.run()
    return {name: rows[name] for name in ORDER}


def _measure(rows: dict[str, Row], seconds: float, rounds: int, console: Console) -> dict[str, list[float]]:
    """Environment steps per second, (rounds,) for each row; rows take turns, in an order that alternates."""
    rates: dict[str, list[float]] = {name: [] for name in rows}
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("", total=rounds * len(rows))
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
        spent += row.run()
        steps += row.unit
    return steps / spent


def _table(result: dict[str, Any]) -> Table:
    table = Table(
        title=f"{result['robot']} {result['task']}, {result['policy']}: {result['num_envs']} environments on "
        f"{result['threads']} threads; {result['worker_envs']} worker processes"
    )
    table.add_column("row")
    table.add_column("steps/s", justify="right")
    table.add_column("what")
    for name, text in result["definition"].items():
        table.add_row(name, f"{result[name]:,.0f}", text)
    table.add_section()
    for name, ratio in result["ratios"].items():
        target = result["targets"].get(name)
        verdict = "" if target is None else f"target {target:g}: {'met' if ratio >= target else 'missed'}"
        low, high = result["intervals"][name]
        table.add_row(name, f"{ratio:.2f}", f"[{low:.2f}, {high:.2f}]  {verdict}".rstrip())
    return table
