"""The benchmark run on a Ray cluster: the same table, whatever becomes of a worker."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from skillblend.cli import main

BRIEF = ["--tasks", "button_press", "--policies", "uniform", "oracle", "--episodes", "4", "--seeds", "2"]
COMMAND = [sys.executable, "-m", "skillblend.cli", "bench", "skillbench", *BRIEF, "--num-envs", "2"]

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="Ray is not installed: pip install --no-deps -r requirements-ray.lock",
)


def lines(out: Path) -> list[str]:
    file = out / "episodes.jsonl"
    return file.read_text().splitlines() if file.exists() else []


@needs_ray
@pytest.mark.slow
def test_a_cluster_that_loses_one_of_two_workers_gives_the_same_table(tmp_path: Path) -> None:
    from ray.cluster_utils import Cluster  # pyright: ignore[reportMissingImports]

    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
    try:
        out, whole = tmp_path / "ray", tmp_path / "whole"
        command = [*COMMAND, "--engine", "ray", "--ray-address", cluster.address, "--out", str(out)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            until = time.monotonic() + 240
            while not lines(out) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            kept = len(lines(out))
            cluster.remove_node(workers[0], allow_graceful=False)
            _, err = process.communicate(timeout=400)
        assert process.returncode == 0, err
        assert 1 <= kept < 16
    finally:
        cluster.shutdown()
    alone = subprocess.run([*COMMAND, "--out", str(whole)], capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stderr
    assert sorted(lines(out)) == sorted(lines(whole))
    assert len(lines(out)) == 16


@needs_ray
@pytest.mark.slow
def test_without_an_address_a_cluster_is_started_for_the_run(tmp_path: Path) -> None:
    brief = [*COMMAND, "--episodes", "2", "--seeds", "1", "--policies", "uniform"]
    for name, options in {"ray": ["--engine", "ray"], "local": []}.items():
        done = subprocess.run(
            [*brief, *options, "--out", str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert lines(tmp_path / "ray") == lines(tmp_path / "local")


@needs_ray
def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*COMMAND[3:], "--engine", "ray", "--ray-address", "127.0.0.1:9", "--out", str(tmp_path / "out")])
    assert caught.value.code == 2
    assert "no Ray cluster answers at 127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_the_message_says_how_to_get_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*COMMAND[3:], "--engine", "ray", "--out", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert (caught.value.code, out, err.count("\n")) == (2, "", 1)
    assert "pip install --no-deps -r requirements-ray.lock" in err
    assert not (tmp_path / "out").exists()


def test_an_address_without_the_engine_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*COMMAND[3:], "--ray-address", "127.0.0.1:9", "--out", str(tmp_path / "out")])
    assert caught.value.code == 2
    assert "--ray-address 127.0.0.1:9 is for --engine ray; add it" in capsys.readouterr().err
