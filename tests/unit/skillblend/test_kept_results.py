"""Results that took time are never overwritten without a word: they are refused, numbered, or gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import skillblend.cli
from skillblend.cli import main
from skillblend.cli.output import keep_earlier
from skillblend.errors import InputError

CLI = Path(skillblend.cli.__file__).parent
KEEPS = ("keep_earlier(", "check_new(", "check_fresh(", "set_aside(", "_check_target(", "Results(", "export_lerobot(")
QUICK = {
    "run.py": "the same command makes it again in seconds",
    "preview.py": "the same command makes it again in seconds",
    "filmstrip.py": "a picture of seconds",
    "drawing.py": "pictures of a run",
    "output.py": "it is the guard itself",
    "bench_skillbench.py": "the run goes on where it stopped",
}  # fmt: skip


def test_an_earlier_file_is_numbered_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.json"
    keep_earlier(out)
    for text in ("first", "second", "third"):
        keep_earlier(out)
        out.write_text(text)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "results.json": "third",
        "results-1.json": "first",
        "results-2.json": "second",
    }
    assert f"the earlier {out} is {tmp_path / 'results-2.json'} now" in capsys.readouterr().err


def test_a_file_that_cannot_be_renamed_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "results.json"
    out.write_text("mine")

    def rename(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(InputError, match="cannot write to .*Permission denied"):
        keep_earlier(out)
    assert out.read_text() == "mine"


def test_every_command_that_writes_keeps_what_was_there() -> None:
    for file in sorted(CLI.glob("*.py")):
        text = file.read_text()
        if "    out: " not in text and "timing: Path" not in text:
            continue
        assert file.name in QUICK or any(name in text for name in KEEPS), f"{file.name} overwrites its results"


def test_an_evaluation_of_instructions_keeps_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "one.json", tmp_path / "results.json"
    case = {"id": "a-1", "category": "a", "instruction": "turn left", "plans": [["turn left"]]}
    file.write_text(json.dumps({"scene": "workshop", "instructions": [case]}))
    for _ in range(2):
        with pytest.raises(SystemExit) as done:
            main(
                ["eval", "instructions", str(file), "--plan-only", "--planner", "oracle", "--out", str(out), "--json"]
            )
        assert done.value.code == 0
    assert json.loads((tmp_path / "results-1.json").read_text()) == json.loads(out.read_text())
    assert "the earlier" in capsys.readouterr().err
