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

import numpy as np
import pytest
from safetensors.numpy import load_file

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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "word", "code"),
    [(signal.SIGINT, "stopped", 130), (signal.SIGTERM, "terminated", 143), (signal.SIGHUP, "hung up", 129)],
)
def test_a_run_that_is_ended_while_it_draws_leaves_nothing_of_itself_and_an_earlier_one_as_it_was(
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
    assert sorted(p.name for p in out.iterdir()) == ["notes.txt", "report.json"]
    assert (out / "report.json").read_text() == '{"success": true}'


@pytest.mark.slow
def test_a_run_that_is_ended_while_it_completes_its_pictures_leaves_no_half_of_one(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ("run", "turn left", "--planner", "bag_of_words", "--out", str(tmp_path))
    with started(READY, *words) as process:
        until(report.exists)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0 or err == "skillblend: stopped\n"
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert json.loads(report.read_text())["success"]


@pytest.mark.parametrize("what", ["", "preview "])
def test_ctrl_c_while_a_script_plans_or_previews_stops_that_and_goes_on(tmp_path: Path, what: str) -> None:
    script, words = tmp_path / "script", "walk to the wooden table, then walk to the shelf, then press the button"
    script.write_text(f"status\n{what}{words}\nstatus\n")
    command = ("console", "--json", "--yes", "--planner", "bag_of_words", "--script", str(script))
    with started(READY, *command) as process:
        assert process.stdout is not None
        before = json.loads(process.stdout.readline())
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    events = [json.loads(line) for line in out.splitlines()]
    assert (before["event"], err) == ("status", "")
    assert [event["event"] for event in events if event["event"] != "plan"] == ["stopping", "stopped", "status"]
    assert events[-1]["text"].startswith("stands") and process.returncode == 0


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


@pytest.mark.slow
def test_interrupted_training_says_how_to_go_on_and_does(tmp_path: Path) -> None:
    folder = tmp_path / "h1" / "walking.training"
    arguments = ["train", "skill", "walking", "--num-envs", "64", "--threads", "1", "--out", str(tmp_path)]
    with started(READY, *arguments) as process:
        until(lambda: (folder / "progress.jsonl").exists())
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_training_that_has_not_begun_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with started(READY, "train", "skill", "walking", "--out", str(tmp_path / "out")) as process:
        time.sleep(0.3)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


LOST = """
import os, signal, sys, time, ctypes
import skillblend.cli, skillblend.cli.train_planner

class Swallower:
    def __del__(self):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000): pass
        except BaseException:
            pass

def swallowed():
    try:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000): pass
    except BaseException:
        pass

def in_a_callback():
    kind = ctypes.CFUNCTYPE(None)
    kind(lambda: os.kill(os.getpid(), signal.SIGINT))()

def in_a_generator():
    def numbers():
        try:
            yield 1
        finally:
            swallowed()
    next(numbers())

def deaf():
    swallowed()
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass

def held():
    swallowed()
    ctypes.CDLL(None).sleep(60)

def work(args):
    print("ready", flush=True)
    {how}
    for _ in range(600): time.sleep(0.1)
    print("it went on to its end", flush=True)
    return 0

skillblend.cli.train_planner.train_planner = work
skillblend.cli.main()
"""
"""A command in which an interruption is lost at once, in one way or another."""


@pytest.mark.parametrize(
    "how", ["Swallower()", "swallowed()", "in_a_callback()", "in_a_generator()", "deaf()", "held()"]
)
def test_an_interruption_that_is_lost_is_repeated(how: str) -> None:
    with started(LOST.replace("{how}", how), "train", "planner") as process:
        began = time.monotonic()
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "skillblend: stopped\n")
    assert time.monotonic() - began < 30  # by itself it takes a minute


def test_what_ignores_interruptions_goes_on_ignoring_them() -> None:
    """As under nohup, and in the background of a script."""
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + LOST.replace(
        "{how}", "os.kill(os.getpid(), 2)"
    )
    with started(code.replace("range(600)", "range(3)"), "train", "planner") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "it went on to its end\n", "")


COMMANDS: dict[str, tuple[list[str], float]] = {
    "run": (["run", "walk to the red marker", "--out", "{out}/run"], 14.0),
    "run without pictures": (["run", "walk to the red marker", "--no-video", "--out", "{out}/run"], 10.0),
    "train": (["train", "skill", "walking", "--num-envs", "64", "--out", "{out}/models"], 12.0),
    "train planner": (["train", "planner", "--out", "{out}/planner"], 16.0),
    "eval": (["eval", "skill", "walking", "--episodes", "400"], 10.0),
    "console": (["console"], 9.0),
}
"""Command lines, and the longest time until they are interrupted, s."""


def interrupt(command: str, delay: float, tmp_path: Path) -> float:
    """Interrupt a command after `delay` s, with its whole process group, as a terminal does; s until its end."""
    earlier = tmp_path / "run" / "report.json"
    earlier.parent.mkdir(parents=True, exist_ok=True)
    earlier.write_text("earlier")
    words = [word.format(out=tmp_path) for word in COMMANDS[command][0]]
    process = subprocess.Popen(
        [sys.executable, "-c", READY, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0,
        env=os.environ | {"COLUMNS": "200"}, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(delay)
        if process.poll() is not None:
            return -1.0  # it had nothing left to do
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)
        seconds = time.monotonic() - began
        err = process.stderr.read() if process.stderr is not None else ""
    finally:
        process.kill()
        process.wait()
    lines = err.splitlines()
    done = process.returncode == 0 and not lines  # it was at its end before it was told
    assert done or process.returncode == 130, (command, delay, err)
    assert len(lines) <= 1 and all(line.startswith("skillblend: stopped") for line in lines), (command, delay, err)
    if command.startswith("run") and (done or earlier.read_text() != "earlier"):
        assert json.loads(earlier.read_text())["success"] is True, (command, delay)  # its own, and whole
    else:
        assert earlier.read_text() == "earlier"
        assert not done or command in ("console", "eval"), (command, delay)
    left = [p for p in tmp_path.rglob("*") if ".part" in p.name or p.name.startswith(".")]
    assert left == [], (command, delay, left)
    for path in tmp_path.rglob("*.safetensors"):
        load_file(path)
    return seconds


@pytest.mark.parametrize("command", ["run", "train", "eval"])
def test_ctrl_c_at_some_moment(command: str, tmp_path: Path) -> None:
    interrupt(command, 0.7 * COMMANDS[command][1], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_at_any_moment(command: str, tmp_path: Path) -> None:
    """The figures go to docs/log.md; that each ends in time is looked at there, not asserted."""
    rng = np.random.default_rng(list(COMMANDS).index(command))
    trials = int(os.environ.get("SKILLBLEND_INTERRUPTS", "34"))
    took = [interrupt(command, float(rng.uniform(0, COMMANDS[command][1])), tmp_path / str(k)) for k in range(trials)]
    ended = np.array([seconds for seconds in took if seconds >= 0.0])
    late, middle, worst = int((ended > 2.0).sum()), np.median(ended), ended.max()
    print(f"{command}: {len(ended)} interrupts, median {middle:.2f} s, worst {worst:.2f} s, {late} later than 2 s")
    assert len(ended) > trials // 2
