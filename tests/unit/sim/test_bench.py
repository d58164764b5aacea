from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim.bench import DEFINITIONS, RATIOS, bench, describe_machine
from skillblend.errors import InputError

ROWS = {"raw", "batch", "env_step", "rollout", "ppo", "async_vector_env", "subproc_vec_env"}


@pytest.mark.slow
def test_every_row_is_measured_and_written(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    result = bench(num_envs=8, nthread=1, worker_envs=2, seconds=0.05, rounds=1, out=out)
    assert set(result) >= ROWS
    assert all(result[name] > 0 for name in ROWS)
    assert result["ratios"]["env_step/batch"] == pytest.approx(result["env_step"] / result["batch"], abs=1e-3)
    assert {"processor", "cpus", "load_before", "mujoco"} <= set(result["machine"])
    assert json.loads(out.read_text()) == result
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]


def test_definitions_and_ratios_name_the_rows() -> None:
    assert set(DEFINITIONS) == ROWS
    assert {name for a, b, _ in RATIOS for name in (a, b)} <= ROWS
    assert describe_machine()["cpus"] >= 1


@pytest.mark.parametrize(
    "options", [{"num_envs": 0}, {"rounds": 0}, {"worker_envs": 1}, {"seconds": 0.0}, {"nthread": -1}]
)
def test_numbers_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="must be positive"):
        bench(**options)  # type: ignore[arg-type]


def test_an_unwritable_folder_is_refused_before_measuring(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a writable folder"):
        bench(out=tmp_path / "missing" / "bench.json")
