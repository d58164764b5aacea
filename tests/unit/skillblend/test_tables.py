"""Decisions on the screen: text is no markup."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from planners.oracle import OraclePlanner
from sim.scenes import load
from skillblend.cli.instructions import EvalInstructions, eval_instructions
from skillblend.session import Outcome
from skillblend.tables import decision_table

STRANGE = "[/x] [bold]"


def test_decisions_and_evaluations_print_text_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decision = OraclePlanner(["turn left"]).decide("turn left", load("workshop").state, (), {})
    chosen = replace(decision.chosen, step=replace(decision.chosen.step, text=STRANGE))
    text = io.StringIO()
    Console(file=text, width=200).print(decision_table(replace(decision, options=(chosen,), chosen=chosen), 0.0))
    assert text.getvalue().count(STRANGE) == 2

    class Done:
        def run_all(self, instructions: list[str]) -> list[Outcome]:
            return [Outcome(instruction=instruction, planner="oracle", refused=True) for instruction in instructions]

    monkeypatch.setattr("skillblend.cli.instructions.open_session", lambda *args, **options: Done())
    file = tmp_path / "instructions.json"
    item = {"id": "a", "category": "b", "instruction": STRANGE, "plans": [["refuse"]]}
    file.write_text(json.dumps({"scene": "workshop", "instructions": [item]}))
    args = EvalInstructions(file=file, out=tmp_path / "o.json", planner="oracle")  # type: ignore[arg-type]
    assert eval_instructions(args) == 0
    assert STRANGE in capsys.readouterr().out
    left = json.loads((tmp_path / "o.json").read_text())
    assert left["planner"] == left["runs"][0]["planner"] == "oracle"
