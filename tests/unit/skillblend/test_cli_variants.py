"""``skillblend eval instructions --planner A,B``: several planners in one table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillblend.cli import main
from skillblend.cli.instructions import clustered_interval
from skillblend.intervals import wilson_interval


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "few.json"
    entries = [
        {"id": "a", "category": "walk", "instruction": "walk to the shelf", "goals": [{"final": ["at(shelf)"]}]},
        {
            "id": "b",
            "category": "press",
            "instruction": "press the button",
            "goals": [{"final": ["pressed(button)"]}],
        },
    ]
    path.write_text(json.dumps({"scene": "workshop", "instructions": entries}))
    return path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["eval", "instructions", *arguments])
    return int(caught.value.code or 0)


def test_a_table_of_planners(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    planners = "bag_of_words,uniform"
    assert run(str(file), "--plan-only", "--planner", planners, "--out", str(out), "--json") == 0
    found = json.loads(capsys.readouterr().out)["planners"]
    assert [summary["planner"] for summary in found] == ["bag_of_words", "uniform"]
    assert found[0]["families"] == {"walk": {"right": 1, "total": 1}, "press": {"right": 1, "total": 1}}
    assert found[0]["interval"] == list(wilson_interval(2, 2)) and "runs" not in found[0]
    assert len(json.loads((tmp_path / "out.uniform.json").read_text())["runs"]) == 2
    assert run(str(file), "--plan-only", "--planner", planners, "--out", str(out)) == 0
    lines = capsys.readouterr().out.splitlines()
    head = next(k for k, line in enumerate(lines) if line.startswith("planner"))
    assert lines[head].split() == ["planner", "right", "95%", "interval", "disturbed", "walk", "press"]
    assert lines[head + 1].split() == ["bag_of_words", "2/2", "[0.34,", "1.00]", "0", "1/1", "1/1"]


def test_unknown_planners_and_disturbed_plans_are_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(file), "--plan-only", "--planner", "uniform,sycan") == 2
    assert "saycan" in capsys.readouterr().err
    assert run(str(file), "--plan-only", "--disturb", "moved") == 2
    assert "--plan-only" in capsys.readouterr().err


def test_layouts_of_one_instruction_count_once() -> None:
    rows = [
        {"id": "a", "good": True},
        {"id": "a", "good": True},
        {"id": "b", "good": False},
        {"id": "b", "good": False},
    ]
    assert clustered_interval(rows) == wilson_interval(1, 2)
