from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sim.bench import DEFINITIONS, ORDER, RATIOS, bench, describe_machine
from sim.bench_rows import BatchRow, EnvRow, RawRow, Recording, ThingRow, Workload, _RolloutOnly
from sim.things.table import HEIGHT
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError
from skillblend.skills.skill import load_skill
from skillblend.training.ppo import LeanPPO

ROWS = {"raw", "batch", "batch_thing", "env_step", "rollout", "ppo", "async_vector_env", "subproc_vec_env"}
MODELS = Path(__file__).resolve().parents[3] / "models"


@pytest.mark.slow
def test_every_row_is_measured_and_written(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    result = bench(num_envs=8, nthread=1, worker_envs=2, seconds=0.05, rounds=1, out=out)
    assert set(result) >= ROWS
    assert all(result[name] > 0 for name in ROWS)
    assert result["ratios"]["env_step/batch"] == pytest.approx(result["env_step"] / result["batch"], abs=1e-3)
    assert result["intervals"]["env_step/batch"] == [result["ratios"]["env_step/batch"]] * 2
    assert {"processor", "cpus", "load_before", "mujoco"} <= set(result["machine"])
    assert json.loads(out.read_text()) == result
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_definitions_and_ratios_name_the_rows() -> None:
    assert set(DEFINITIONS) == set(ORDER) == ROWS | {"env_step_untrained"}
    assert {name for a, b, _ in RATIOS for name in (a, b)} <= set(DEFINITIONS)
    assert describe_machine()["cpus"] >= 1


@pytest.mark.parametrize(
    "options", [{"num_envs": 0}, {"rounds": 0}, {"worker_envs": 1}, {"seconds": 0.0}, {"nthread": -1}]
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be positive"):
        bench(**options)  # type: ignore[arg-type]


def test_an_unwritable_place_is_refused_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write .*bench.json"):
        bench(out=tmp_path / "file" / "bench.json")


def test_a_folder_without_a_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        bench(models=tmp_path)


@pytest.fixture
def workload(h1: Robot) -> Workload:
    return Workload(robot=h1, num_envs=10, nthread=1, actor=None, critic=None)


def test_both_raw_rows_repeat_the_recorded_motion(workload: Workload) -> None:
    """The yardstick is the same physics: `mj_step` ends where batched stepping ends, bit for bit."""
    recording = Recording.of(workload)
    batch, raw = BatchRow(recording), RawRow(recording)
    assert batch.run() > 0
    expected = recording.env.sim.qpos[7].copy()
    assert raw.run() > 0
    assert np.array_equal(raw._data.qpos, expected)
    assert (batch.unit, raw.unit) == (10 * 25, 8 * 25)


def test_the_row_with_a_thing_does_the_same_beside_a_box_at_rest(workload: Workload) -> None:
    recording = Recording.of(workload)
    batch, thing = BatchRow(recording), ThingRow(recording)
    batch.run()
    thing.run()
    moved = np.abs(recording.env.sim.qpos[:, :26] - thing._sim.qpos[:, :26]).max(axis=1)
    assert np.median(moved) < 0.05, "the same robots under the same commands"
    assert thing._sim.qpos[:, 26 + 2] == pytest.approx(HEIGHT + 0.15, abs=0.002)
    assert thing.unit == batch.unit


def test_the_environment_row_counts_its_steps(workload: Workload) -> None:
    row = EnvRow(workload)
    before = row._env.streams.episode.sum()
    assert row.run() > 0
    assert row.unit == 10 * 25
    assert row._env.streams.episode.sum() >= before


def test_learning_rows_start_from_the_trained_policy(h1: Robot) -> None:
    if not (MODELS / "h1" / "walking").is_dir():
        pytest.skip("no trained walking policy in models/")
    bundle = load_skill("walking", h1, MODELS / "h1" / "walking").bundle
    trained = Workload(robot=h1, num_envs=8, nthread=1, actor=bundle.actor, critic=bundle.critic)
    env = trained.env()
    model = trained.model(LeanPPO)
    observation = env.reset()
    action, _ = model.predict(observation.astype(np.float32), deterministic=True)
    wanted = bundle.actor(observation[:, : env.task.actor_size])
    assert action == pytest.approx(np.clip(wanted, -10, 10), abs=1e-4)
    assert np.exp(model.policy.log_std.detach().numpy()) == pytest.approx(0.1)


def test_the_rollout_row_learns_nothing(workload: Workload) -> None:
    model = workload.model(_RolloutOnly)
    before = {name: values.clone() for name, values in model.policy.state_dict().items()}
    model.learn(24 * 10)
    assert all((values == before[name]).all() for name, values in model.policy.state_dict().items())
