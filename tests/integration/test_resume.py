"""Runs that are killed and taken up again end where an unbroken one does: bit for bit, simulations included."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from planners.training import STATE
from sim.skills.spec import TRAININGS

WORK = """
import sys
from pathlib import Path
import robots
from sim.blenders import make_blender
from sim.settings import EVALUATION
from planners.training import STATE
from sim.skills.spec import TRAININGS
from sim.tasks.blend import blend_task
from sim.tasks.spec import TASKS
from sim.train import skill_task, training_env
from skillblend.shipped import MODELS
from skillblend.training.loop import LoopConfig, train
from skillblend.training.ppo import PPOConfig

what, folder, resume = sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "resume"
ppo = PPOConfig(rollout_steps=8, batch_size=128, epochs=2, actor=(16,), critic=(16,), critic_warmup=3)
robot = robots.load("h1")
if what in TRAININGS:
    task, ranges = skill_task(what, robot), TRAININGS[what].disturbed
else:
    task = blend_task(TASKS[what], make_blender(TASKS[what], robot, MODELS, fast=True))
    ranges = EVALUATION
env = training_env(task, 32, seed=3, threads=1, randomisation=ranges)
loop = LoopConfig(minutes=100, max_steps=int(sys.argv[4]), checkpoint_minutes=1e-4, log_iterations=1)
print("ready", flush=True)
train(env, ppo, loop, seed=3, folder=folder, resume=resume, progress=lambda row: print("row", flush=True))
print("done", flush=True)
"""

PLANNER = """
import sys
from pathlib import Path
from planners.training import TrainConfig, train

folder, resume = Path(sys.argv[2]), sys.argv[3] == "resume"
print("ready", flush=True)
train(
    TrainConfig(
        out=folder / "adapter", checkpoints=folder, seed=3, steps=int(sys.argv[4]), scenes=1, instructions=2,
        first_block=26, save_every=1, resume=resume,
    ),
    lambda row: print("row", flush=True),
)
print("done", flush=True)
"""


def start(what: str, folder: Path, steps: int) -> subprocess.Popen[str]:
    mode = "resume" if any((folder / name).exists() for name in ("checkpoint.safetensors", STATE)) else "begin"
    code = PLANNER if what == "planner" else WORK
    process = subprocess.Popen(
        [sys.executable, "-c", code, what, str(folder), mode, str(steps)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def finish(what: str, folder: Path, steps: int) -> None:
    with start(what, folder, steps) as process:
        out, _ = process.communicate(timeout=1200)
    assert process.returncode == 0 and out.endswith("done\n")


def is_same_run(one: Path, two: Path) -> bool:
    """All tensors of two checkpoints: networks, optimiser, random numbers, simulations, what tasks remember."""
    a, b = (load_file(folder / "checkpoint.safetensors") for folder in (one, two))
    assert a.keys() == b.keys() and any(k.startswith("env.") for k in a) and any(k.startswith("adam.") for k in a)
    return all(np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") for k in a)


def kill_at_random(what: str, tmp_path: Path, steps: int, kills: int, seconds: float) -> None:
    rng = np.random.default_rng(kills)
    began = time.monotonic()
    finish(what, tmp_path / "unbroken", steps)
    for _ in range(kills):
        process = start(what, tmp_path / "killed", steps)
        assert process.stdout is not None and process.stdout.readline() == "row\n"
        time.sleep(rng.uniform(0.0, seconds))
        process.kill()
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0)
    before = json.loads((tmp_path / "killed" / "checkpoint.json").read_text())["steps"]
    finish(what, tmp_path / "killed", steps)
    print(f"{what}: {kills} kills, {before:,} of {steps:,} before the last, {time.monotonic() - began:.0f} s")
    assert is_same_run(tmp_path / "unbroken", tmp_path / "killed")
    rows = [json.loads(line)["steps"] for line in (tmp_path / "killed" / "progress.jsonl").read_text().splitlines()]
    assert rows == sorted(set(rows)), "steps that were trained twice are logged twice"


def test_a_run_killed_twice_is_the_unbroken_one(tmp_path: Path) -> None:
    kill_at_random("walking", tmp_path, 60 * 256, 2, 1.5)


@pytest.mark.slow
@pytest.mark.parametrize("what", [*TRAININGS, "far_reach", "button_press"])
def test_a_run_killed_ten_times_is_the_unbroken_one(tmp_path: Path, what: str) -> None:
    kill_at_random(what, tmp_path, 300 * 256, 10, 1.5)


@pytest.mark.slow
def test_a_planners_training_killed_ten_times_is_the_unbroken_one(tmp_path: Path) -> None:
    """The adapter, the optimiser's averages and the step, as they are on disk."""
    rng = np.random.default_rng(10)
    steps = 60
    finish("planner", tmp_path / "unbroken", steps)
    for _ in range(10):
        process = start("planner", tmp_path / "killed", steps)
        assert process.stdout is not None and process.stdout.readline() == "row\n"
        time.sleep(rng.uniform(0.0, 1.0))
        process.kill()
        process.communicate()
        assert process.returncode in (-signal.SIGKILL, 0)
    finish("planner", tmp_path / "killed", steps)
    for path in (STATE, "adapter/adapter.safetensors"):
        one, two = (load_file(tmp_path / run / path) for run in ("unbroken", "killed"))
        assert one.keys() == two.keys() and one
        assert all(np.array_equal(one[name], two[name]) for name in one)
