"""What a simulated robot carried out is kept, makes the same likelier, and is listed and forgotten by the console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillblend.cli import main
from skillblend.episodes import EpisodeStore

TURN = "turn left"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--planner", "bag_of_words"])
    return int(caught.value.code or 0)


def trace(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "trace.jsonl").read_text().splitlines()]


def test_a_run_is_kept_and_remembered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory = tmp_path / "memory.sqlite"
    about = ("--no-video", "--memory", str(memory))
    assert run("run", TURN, *about, "--out", str(tmp_path / "one")) == 0
    (kept,) = EpisodeStore(memory).episodes()
    assert (kept.request, kept.robot, kept.uses) == (TURN, "h1", 0) and [s.text for s in kept.plan] == [TURN]
    assert "deg" in kept.verdicts[0] or "rad" in kept.verdicts[0]
    assert [row["remembered"] for row in trace(tmp_path / "one")] == [[], []]

    assert run("run", TURN, *about, "--out", str(tmp_path / "two")) == 0
    assert [row["remembered"] for row in trace(tmp_path / "two")] == [[kept.number], []]
    (kept,) = EpisodeStore(memory).episodes()
    assert (kept.carried_out, kept.successes, kept.failures) == (1, 1, 0)

    script = tmp_path / "script.txt"
    script.write_text(f"memory\n{TURN}\nexplain\nforget episode {kept.number}\nmemory\n")
    capsys.readouterr()
    assert run("console", "--script", str(script), "--yes", "--memory", str(memory), "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    said = [event["text"] for event in events if event["event"] == "memory"]
    assert said[0] == f"  1. '{TURN}': {TURN} (carried out 2 times, used well 1 of 1)"
    assert said[1:] == ["forgotten: episode 1", "  nothing yet"]
    (explained,) = [event["decision"] for event in events if event["event"] == "explain"]
    assert f"remembered '{TURN}' (the same): carried out 2 times" in explained["reading"]
    assert not EpisodeStore(memory).episodes()


def test_a_memory_that_is_none_is_said_and_the_robot_moves_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = tmp_path / "memory.sqlite"
    memory.write_text("no database " * 100)
    assert run("run", TURN, "--no-video", "--memory", str(memory), "--out", str(tmp_path / "out")) == 0
    assert capsys.readouterr().out.count("without memory: ") == 1
    assert memory.read_text() == "no database " * 100
