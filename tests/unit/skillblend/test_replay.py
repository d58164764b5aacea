"""Decisions made again from a run's log."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planners.planner import Query, ScoredPlanner
from planners.prompt import build_prompt
from sim import scenes
from skillblend.cli import main
from skillblend.cli.replay import differences, planner_of, read_trace
from skillblend.contracts import Array
from skillblend.errors import InputError
from skillblend.options import ground_options
from skillblend.tables import decision_record

SCENE = scenes.load("workshop").state
STEPS = ground_options(SCENE)


class PromptScorer:
    """Scores that depend on every character of the prompt."""

    def __init__(self, salt: str = "") -> None:
        self.salt = salt

    def probabilities(self, query: Query) -> Array:
        """Normalised. Shape (K,)."""
        prompt = build_prompt(query.instruction, query.scene, query.history)
        rng = np.random.default_rng(list((self.salt + prompt).encode()))
        weights = rng.random(len(query.steps))
        return weights / weights.sum()


def salted(salt: str = "") -> ScoredPlanner:
    return ScoredPlanner("salted", PromptScorer(salt))


def record(history: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    past = [(STEPS[k], k != 1) for k in range(history)]
    affordances = {step.text: float(rng.random()) for step in STEPS[:-2]}
    decision = salted().decide("press the button", SCENE, past, affordances)
    return json.loads(json.dumps(decision_record(decision)))


def test_the_same_planner_decides_the_same_to_the_last_bit() -> None:
    assert differences(salted(), SCENE, record()) == []


def test_another_planner_or_an_altered_log_is_noticed() -> None:
    assert any("lm_score of" in line for line in differences(salted("x"), SCENE, record()))
    altered = record()
    altered["options"][0]["lm_score"] = float(np.nextafter(altered["options"][0]["lm_score"], 1.0))
    assert len(differences(salted(), SCENE, altered)) == 1
    altered = record() | {"chosen": "turn left"}
    assert differences(salted(), SCENE, altered)[-1].startswith("chosen was 'turn left'")
    shorter = record()
    del shorter["options"][0]
    assert "other options" in differences(salted(), SCENE, shorter)[0]


def test_a_log_of_another_scene_is_refused() -> None:
    strange = record() | {"history": [{"step": "press the piano", "success": True}]}
    with pytest.raises(InputError, match="press the piano"):
        differences(salted(), SCENE, strange)


@pytest.mark.parametrize(
    ("report", "trace"),
    [
        (None, ""),
        ("{", ""),
        ("{}", ""),
        ('{"scene": 3}', ""),
        ('{"scene": "workshop"}', "{}"),
        ('{"scene": "x"}', None),
    ],
)
def test_folders_without_a_run_are_refused(tmp_path: Path, report: str | None, trace: str | None) -> None:
    if report is not None:
        (tmp_path / "report.json").write_text(report)
    if trace is not None:
        (tmp_path / "trace.jsonl").write_text(trace)
    with pytest.raises(InputError, match=r"report\.json and trace\.jsonl"):
        read_trace(tmp_path)


def test_the_command_says_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import_module("skillblend.cli.commands")  # first: what is imported later would keep the other planner for good
    (tmp_path / "report.json").write_text('{"scene": "workshop"}')
    (tmp_path / "trace.jsonl").write_text(json.dumps(record(0)) + "\n" + json.dumps(record()) + "\n")
    for salt, same in (("", 2), ("x", 0)):
        again = salted(salt)
        monkeypatch.setattr("skillblend.simulated.load_planner", {"saycan": again}.__getitem__)
        with pytest.raises(SystemExit, match="0" if same else "1"):
            main(["replay", str(tmp_path), "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (found["decisions"], found["same"]) == (2, same)
    with pytest.raises(SystemExit, match="1"):
        main(["replay", str(tmp_path)])
    assert "lm_score of" in capsys.readouterr().out


def test_the_planner_of_the_run_decides_again(tmp_path: Path) -> None:
    said = {"{}": "saycan", '{"planner": "bag_of_words"}': "bag_of_words", '{"planner": ""}': "saycan"}
    for report, name in said.items():
        (tmp_path / "report.json").write_text(report)
        assert planner_of(tmp_path) == name
    for report in ("[]", "{", '{"planner": 3}'):
        (tmp_path / "report.json").write_text(report)
        with pytest.raises(InputError, match="report"):
            planner_of(tmp_path)
    with pytest.raises(InputError, match=r"report\.json"):
        planner_of(tmp_path / "nowhere")
