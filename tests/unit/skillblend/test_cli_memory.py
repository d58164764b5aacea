"""``--memory``: the file that it names, a table with and without it, and what makes no memory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillblend.cli import main
from skillblend.cli.memory import PLANNED, memory_path, open_memory
from skillblend.episodes import EpisodeStore

SCENE = {
    "about": "a room to plan in",
    "things": [{"name": "bell", "kind": "button"}, {"name": "shelf", "kind": "shelf"}],
}


def instructions(path: Path, *sentences: str) -> Path:
    entries = [
        {"id": f"i{k}", "category": "press", "instruction": text, "goals": [{"final": ["pressed(bell)"]}]}
        for k, text in enumerate(sentences)
    ]
    path.write_text(json.dumps({"scene": SCENE, "instructions": entries}))
    return path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["eval", "instructions", *arguments, "--plan-only", "--planner", "bag_of_words"])
    return int(caught.value.code or 0)


def test_with_and_without_in_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    memory, out = tmp_path / "memory.sqlite", tmp_path / "out.json"
    before = instructions(tmp_path / "before.json", "press the bell", "do sing")
    assert run(str(before), "--memory", str(memory), "--remember", "--out", str(out), "--json") == 0
    assert json.loads(capsys.readouterr().out)["planner"] == "bag_of_words", "nothing looks into what is being filled"
    (kept,) = EpisodeStore(memory).episodes()
    assert (kept.request, kept.robot, kept.judge) == ("press the bell", "", PLANNED)
    assert [step.text for step in kept.plan][:1] == ["press the bell"] and kept.code
    content = memory.read_bytes()
    file = instructions(tmp_path / "few.json", "press the bell")
    assert run(str(file), "--memory", str(memory), "--out", str(out)) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith(("planner", "bag_of_words"))]
    assert rows[0][4:6] == ["disturbed", "remembered"]
    assert [(row[0], row[1], row[5]) for row in rows[1:]] == [
        ("bag_of_words", "1/1", "0"), ("bag_of_words+memory", "1/1", "1")
    ]  # fmt: skip
    with_memory = json.loads((tmp_path / "out.bag_of_words_memory.json").read_text())
    assert with_memory["planner"] == "bag_of_words+memory" and memory.read_bytes() == content


def test_no_table_pretends_to_have_a_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = instructions(tmp_path / "few.json", "press the bell")
    assert run(str(file), "--memory", str(tmp_path / "none.sqlite")) == 2
    assert "none.sqlite cannot be used as memory" in capsys.readouterr().err
    assert run(str(file), "--remember") == 2
    assert "name its file with --memory" in capsys.readouterr().err


def test_one_message_and_no_memory(tmp_path: Path) -> None:
    told: list[str] = []
    assert open_memory(None, told.append) is None and not told
    assert open_memory(tmp_path / "new.sqlite", told.append) is not None and not told
    (tmp_path / "bad.sqlite").write_text("this is a text " * 100)
    assert open_memory(tmp_path / "bad.sqlite", told.append) is None
    assert len(told) == 1 and told[0].startswith("without memory: ") and "bad.sqlite" in told[0]


def test_the_users_own_lies_where_what_was_typed_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert memory_path(Path("user")) == tmp_path / "skillblend" / "memory.sqlite"
    assert memory_path(Path("./mine.sqlite")) == Path("mine.sqlite")
