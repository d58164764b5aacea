"""The benchmark run from the command line: stopped by force, over several processes, and refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from skillblend.cli import main

COMMAND = [sys.executable, "-m", "skillblend.cli", "bench", "skillbench"]
BRIEF = ["--tasks", "button_press", "--policies", "uniform", "oracle", "--seeds", "2", "--num-envs", "2"]


def run(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *BRIEF, *options, "--out", str(out)], capture_output=True, text=True, check=False
    )


def lines(out: Path) -> list[str]:
    file = out / "episodes.jsonl"
    return file.read_text().splitlines() if file.exists() else []


def children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in text.split()]


@pytest.mark.slow
def test_killed_by_force_it_goes_on_and_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [*COMMAND, *BRIEF, "--episodes", "4", "--processes", "2", "--out", str(killed)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while len(lines(killed)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = lines(killed)
    assert 2 <= len(kept) < 16
    assert len(workers) >= 2
    while any(_alive(worker) for worker in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [worker for worker in workers if _alive(worker)]
    with (killed / "episodes.jsonl").open("a") as file:
        file.write('{"task": "button_pre')
    assert run(killed, "--episodes", "4", "--processes", "2").returncode == 0
    assert run(whole, "--episodes", "4").returncode == 0
    assert lines(killed)[: len(kept)] == kept
    assert sorted(lines(killed)) == sorted(lines(whole))
    assert len(lines(killed)) == 16
    _report_of_both_is_alike(killed, whole)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _report_of_both_is_alike(*folders: Path) -> None:
    tables: list[str] = []
    for folder in folders:
        done = subprocess.run(
            [sys.executable, "-m", "skillblend.cli", "bench", "report", str(folder), "--no-films"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        tables.append(Path(done.stdout.strip()).read_text())
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_the_best_the_median_and_the_worst_episode_are_drawn(tmp_path: Path) -> None:
    assert run(tmp_path / "out", "--episodes", "2", "--seeds", "1").returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "skillblend.cli", "bench", "report", str(tmp_path / "out"), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    summary: dict[str, Any] = json.loads(done.stdout)
    assert summary["complete"] is True
    films = sorted(p.name for p in (tmp_path / "out" / "report").glob("button_press.*.png"))
    assert films == [f"button_press.oracle.{rank}.png" for rank in ("best", "median", "worst")]


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (("--tasks", "buton_press"), "unknown task 'buton_press'"),
        (("--policies", "nop"), "unknown policy 'nop'"),
        (("--tasks", "far_reach", "--policies", "every_tick"), "nothing to run: far_reach/every_tick: not trained"),
        (("--episodes", "0"), "episodes = 0 must be"),
        (("--seeds", "0"), "seeds = 0 must be"),
        (("--num-envs", "0"), "num-envs = 0 must be"),
        (("--processes", "0"), "processes = 0 must be"),
        (("--first-seed", "-1"), "seed = -1 must be"),
        (("--robot", "h9"), "unknown robot"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_senseless_runs_are_one_line_and_leave_nothing(
    arguments: tuple[str, ...], about: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", "skillbench", *arguments, "--out", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert (caught.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"skillblend: {about}"), err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_results_has_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", "report", str(tmp_path)])
    assert caught.value.code == 2
    assert "holds no results: run.json cannot be read" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
