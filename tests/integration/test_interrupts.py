"""Real signals to real processes: one line, the right exit code, nothing half-written, at any moment."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

READY = "import sys, skillblend.cli; print('ready', flush=True); skillblend.cli.main()"
"""As the script does it, once the interpreter itself has started."""

AT_IMPORT = """
import os, signal, sys
class Trap:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r} and self in sys.meta_path:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Trap())
import skillblend.cli
print("ready", flush=True)
skillblend.cli.main()
"""
"""The same, with a signal in the middle of an import."""


@contextmanager
def started(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
        env=os.environ | {"COLUMNS": "200"}, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.1, 0.3, 1.0])
def test_ctrl_c_after_a_delay(tmp_path: Path, delay: float) -> None:
    with started(READY, "run", "walk to the red marker", "--out", str(tmp_path / "out")) as process:
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "skillblend: stopped\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["tyro", "mujoco", "transformers"])
def test_ctrl_c_in_the_middle_of_an_import(tmp_path: Path, module: str) -> None:
    code = AT_IMPORT.format(module=module)
    with started(code, "run", "walk to the red marker", "--out", str(tmp_path / "out")) as process:
        _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (130, "skillblend: stopped\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "word", "code"), [(signal.SIGINT, "stopped", 130), (signal.SIGTERM, "terminated", 143)]
)
def test_a_run_that_is_ended_while_it_draws_leaves_nothing_of_itself_or_of_an_earlier_one(
    tmp_path: Path, number: signal.Signals, word: str, code: int
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text('{"success": true}')
    (out / "notes.txt").write_text("mine")
    part = out / ".run.part.mp4"
    with started(READY, "run", "walk to the red marker", "--out", str(out)) as process:
        until(lambda: (part.exists() and part.stat().st_size > 0) or process.poll() is not None)
        if process.poll() is not None:
            pytest.skip("this machine draws nothing")
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (code, f"skillblend: {word}\n")
    assert [p.name for p in out.iterdir()] == ["notes.txt"]


def test_a_view_on_a_busy_port_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        arguments = ("run", "walk", "--view", "--port", port, "--out", str(tmp_path / "out"))
        with started(READY, *arguments) as process:
            _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err.startswith(f"skillblend: cannot listen on 127.0.0.1:{port}: ") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_interrupted_training_says_how_to_go_on_and_does(tmp_path: Path) -> None:
    folder = tmp_path / "h1" / "walking.training"
    arguments = ["train", "skill", "walking", "--num-envs", "64", "--threads", "1", "--out", str(tmp_path)]
    with started(READY, *arguments) as process:
        until(folder.exists)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("skillblend: stopped; ") and err.endswith(f" kept in {folder}; go on with --resume\n")
    steps = json.loads((folder / "checkpoint.json").read_text())["steps"]
    assert steps > 0
    assert [p.name for p in (tmp_path / "h1").iterdir()] == ["walking.training"]
    with started(READY, *arguments, "--resume", "--minutes", "0.02") as process:
        process.communicate(timeout=120)
    assert process.returncode == 0
    config = json.loads((tmp_path / "h1" / "walking" / "config.json").read_text())
    assert config["steps"] > steps and config["job"]["resume"] is True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_training_that_has_not_begun_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with started(READY, "train", "skill", "walking", "--out", str(tmp_path / "out")) as process:
        time.sleep(0.3)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
