"""`skillblend run` from outside: what it leaves in its folder and says, however the run ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skillblend.files import LOCK, locked


def skillblend(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "skillblend.cli", *arguments],
        capture_output=True, text=True, timeout=300, check=False, env=os.environ | {"COLUMNS": "200"} | changes,
    )  # fmt: skip


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize(
    ("instruction", "scene", "reason"),
    [
        ("make me a coffee", "workshop", "no skill can do that here"),
        ("walk to the red marker", "empty", "no skill can do that here"),
        ("punch the man", "workshop", "the instruction asks to hurt someone"),
    ],
)
def test_a_refusal_is_a_result(tmp_path: Path, instruction: str, scene: str, reason: str) -> None:
    for name in ("report.json", "run.mp4", "filmstrip.png", "notes.txt"):
        (tmp_path / name).write_text("of before")
    done = skillblend("run", *instruction.split(), "--scene", scene, "--out", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (0, 0), done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["refused"] and reason in report["reason"] and not report["steps"]
    assert report["instruction"] == instruction
    assert f"refused: {report['reason']}" in done.stdout
    assert names(tmp_path) == ["notes.txt", "report.json", "trace.jsonl"]
    if "no pictures" not in done.stdout:
        assert "the robot did not move: no video, no filmstrip" in done.stdout


@pytest.mark.slow
def test_a_refusal_waits_for_no_browser(tmp_path: Path) -> None:
    pytest.importorskip("viser")
    done = skillblend("run", "make me a coffee", "--view", "--port", "0", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "refused: " in done.stdout
    assert "waiting for a browser" not in done.stdout and "the view stays" not in done.stdout


def test_the_judges_words_are_on_the_screen_and_in_the_report(tmp_path: Path) -> None:
    done = skillblend("run", "walk to the red marker", "--no-video", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    step = json.loads((tmp_path / "report.json").read_text())["steps"][0]
    assert "m from the red marker" in step["reason"]
    assert f"walk to the red marker: achieved in {step['seconds']:.1f} s: {step['reason']}\n" in done.stdout
    assert names(tmp_path) == ["motion.safetensors", "report.json", "trace.jsonl"]


def is_encoder(process: str) -> bool:
    """Of a child that may end at any moment."""
    try:
        return b"rawvideo" in Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_an_encoder_that_is_killed_costs_the_video_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "skillblend.cli", "run", "walk to the red marker", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        encoder = ""
        while process.poll() is None and not encoder:
            time.sleep(0.01)
            pids = children.read_text().split() if children.exists() else []
            encoder = next((p for p in pids if is_encoder(p)), "")
        if not encoder:
            pytest.skip("this machine draws nothing")
        os.kill(int(encoder), signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    assert "no run.mp4: the encoder ended with code -9" in out
    assert json.loads((tmp_path / "report.json").read_text())["success"]
    assert names(tmp_path) == ["filmstrip.png", "motion.safetensors", "report.json", "trace.jsonl"]


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("of before")
    with locked(tmp_path):
        done = skillblend("run", "walk to the red marker", "--out", str(tmp_path))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"skillblend: {tmp_path} is being written to by process {os.getpid()} on ")
        assert done.stderr.endswith("; wait until it has ended, or choose another folder\n")
        assert names(tmp_path) == [LOCK, "report.json"]


@pytest.mark.parametrize("command", ["run", "plan"])
def test_no_words_are_refused_before_anything_is_loaded(command: str, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom skillblend.cli import main\n"
        f"try: main([{command!r}, ' '])\n"
        "finally: print(sorted({'torch', 'mujoco', 'transformers', 'sim', 'planners'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "[]\n")
    assert done.stderr == (
        "skillblend: the instruction holds no words; say what to do, e.g. 'walk to the red marker'\n"
    )
    assert list(tmp_path.iterdir()) == []


LONG = "n" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "walk", "--out", f"{LONG}/x"),
        ("run", "walk", "--out", "/dev/null"),
        ("run", "walk", "--models", LONG),
        ("eval", "skill", "walking", "--models", LONG),
        ("eval", "instructions", LONG),
        ("eval", "handover", "--models", LONG),
        ("replay", LONG),
        ("calibrate", "walking", "--models", LONG),
        ("filmstrip", "walking", "--out", f"{LONG}.png"),
        ("starts", "walking", "--out", LONG),
        ("bench", "speed", "--out", LONG),
        ("bench", "skillbench", "--out", LONG),
        ("bench", "report", LONG),
        ("train", "skill", "walking", "--out", LONG),
        ("train", "skill", "walking", "--initial", LONG, "--out", "t"),
        ("train", "skill", "walking", "--starts", LONG, "--out", "t"),
        ("train", "planner", "--out", LONG),
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "LONG"),
)
def test_a_name_that_no_disk_takes_is_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skillblend.cli", *arguments],
        capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("skillblend: ") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_console_without_input_says_so(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m skillblend.cli console <&-"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "skillblend: standard input is closed, nothing can be typed; open it, or use `skillblend run`\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("arguments", ["--help", "console", "plan walk --json", "eval handover --episodes 1 --json"])
def test_a_reader_that_goes_away_is_no_failure_to_talk_about(arguments: str, tmp_path: Path) -> None:
    """As in `| head`: the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "skillblend.cli", *arguments.split()],
        stdin=subprocess.PIPE, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as process:  # fmt: skip
        os.close(writing)
        _, err = process.communicate("options\nquit\n", timeout=120)
    assert process.returncode in (141, 1)  # 1 where it is rich that notices
    assert err == ""
