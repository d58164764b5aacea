"""What is drawn for longer than a moment shows how far it is, at a terminal and nowhere else."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.console import Console

from sim.render import RenderingUnavailable, Studio, visual_world
from skillblend.cli.output import moving

MAIN = "import skillblend.cli; skillblend.cli.main()"


@pytest.fixture(autouse=True)
def drawing() -> None:
    import robots
    from sim import scenes

    try:
        Studio(visual_world(robots.load("h1"), scenes.load("empty")).model, width=16, height=16).close()
    except RenderingUnavailable as error:
        pytest.skip(str(error))


def at_a_terminal(*words: str, more: Mapping[str, str] | None = None, columns: int = 120) -> tuple[str, str]:
    """What a command prints into a pipe, and at a terminal."""
    main, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=child,
        env=os.environ | {"TERM": "xterm"} | dict(more or {}),
    ) as process:  # fmt: skip
        os.close(child)
        assert process.stdout is not None
        seen = bytearray()
        while True:
            try:
                data = os.read(main, 65536)
            except OSError:
                break
            seen += data
        out = process.stdout.read().decode()
        assert process.wait(60.0) == 0, seen.decode()
    os.close(main)
    return out, seen.decode(errors="replace")


def test_a_filmstrip_has_a_bar(tmp_path: Path) -> None:
    words = ("filmstrip", "reaching", "--seconds", "2", "--out", str(tmp_path / "a.png"))
    _, seen = at_a_terminal(*words)
    assert "drawing reaching" in seen and "100/100" in seen
    piped = subprocess.run([sys.executable, "-c", MAIN, *words], capture_output=True, text=True, check=True)
    assert "drawing" not in piped.stdout + piped.stderr


@pytest.mark.slow
def test_a_run_has_a_line_while_it_moves_and_none_with_json(tmp_path: Path) -> None:
    words = ("run", "turn left", "--planner", "bag_of_words", "--out", str(tmp_path / "run"))
    out, seen = at_a_terminal(*words)
    assert "turn left | Ctrl-C stops | drawing: " in seen and "s of robot time" in seen
    assert "Ctrl-C" not in out and "report.json" in out.replace("\n", ""), "what is printed goes where it went"
    out, seen = at_a_terminal(*words, "--json")
    assert "Ctrl-C" not in seen and json.loads(out)["instruction"] == "turn left"


def test_at_forty_columns_the_line_still_says_what_how_far_and_how_to_stop() -> None:
    progress = moving()
    console = Console(width=40, record=True, file=io.StringIO())
    task = progress.add_task("moving", total=None, robot=12.3, frames=370)
    progress.update(task, description="walk to the wooden table, 2.3 m from it")
    console.print(progress.get_renderable())
    text = " ".join(console.export_text().replace("0:00:00", "").split())
    for part in ("walk to the wooden table, 2.3 m from it", "Ctrl-C stops", "12.3 s of robot time"):
        assert part in text


@pytest.mark.slow
def test_a_storyboard_has_a_bar(tmp_path: Path) -> None:
    words = (
        "preview",
        "turn left",
        "--planner",
        "bag_of_words",
        "--futures",
        "2",
        "--out",
        str(tmp_path / "preview"),
    )
    _, seen = at_a_terminal(*words)
    assert "drawing the storyboard" in seen
    out, seen = at_a_terminal(*words, "--json")
    assert "drawing" not in seen and json.loads(out)


@pytest.mark.slow
def test_a_training_has_a_bar_for_its_video(tmp_path: Path) -> None:
    words = ("--num-envs", "64", "--steps", "5000", "--evaluate", "2", "--threads", "1", "--out", str(tmp_path))
    _, seen = at_a_terminal("train", "skill", "reaching", *words)
    assert "evaluating reaching" in seen and "drawing reaching" in seen and "400/400" in seen


def test_the_encoder_draws_no_bar_where_nobody_looks() -> None:
    from planners.retrieval import find_encoder

    find_encoder()  # or this says how to install it
    code = "from planners.retrieval import SentenceEncoder; SentenceEncoder()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == done.stderr == ""
