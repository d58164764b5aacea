"""``skillblend preview``, and the same from Python: nothing moves but copies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sim.storyboard import key_frames
from skillblend.cli import main
from skillblend.cli.preview_eval import summary
from skillblend.contracts import Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.forecast import FAULT, FELL, MISSED, REFUSED, Future, plan_of, summarise
from skillblend.session import Outcome
from skillblend.simulated import open_session, plan_ahead, prepare_preview, preview

STEPS = [Step(text=text, behaviour="turn", arguments=("90",)) for text in ("turn left", "turn right")]


def entry(number: int, success: bool, reason: str = "", seconds: float = 4.0) -> dict[str, object]:
    step = STEPS[number]
    return {
        "text": step.text, "behaviour": step.behaviour, "arguments": list(step.arguments), "success": success,
        "reason": reason, "seconds": seconds,
    }  # fmt: skip


def run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 0


def test_a_plan_is_previewed_and_drawn_before_anything_moves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["preview", "raise your hands", "--planner", "bag_of_words", "--out", str(tmp_path)]
    run(*command, "--futures", "2", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "forecast.json").read_text())
    assert (told["planned"], told["refused"], told["planner"]) == (True, False, "bag_of_words")
    (step,) = told["forecast"]["steps"]
    assert step["text"] == "raise both hands" and step["done"]["count"] == 2
    low, high = told["forecast"]["success"]["interval"]
    assert (low, high) == (pytest.approx(0.342, abs=1e-3), 1.0)  # Wilson, 2 of 2
    assert [future["episode"] for future in told["forecast"]["futures"]] == [0, 1]
    with Image.open(tmp_path / "storyboard.png") as picture:
        assert picture.width > 1000 and len(picture.getcolors(10**6) or []) > 500

    run("preview", "fly", "--planner", "bag_of_words", "--out", str(tmp_path))
    assert "refused" in capsys.readouterr().out
    assert json.loads((tmp_path / "forecast.json").read_text())["forecast"] is None
    assert not (tmp_path / "storyboard.png").exists(), "a picture of another plan"


def test_planning_ahead_and_previews_change_nothing() -> None:
    session = open_session(planner="bag_of_words", seed=2)
    before = session.cast.bridge.read()
    plan, rehearsal = plan_ahead(session, "raise your hands")
    assert [step.text for step in plan] == ["raise both hands"] and rehearsal.success
    forecasts = prepare_preview(session, [plan, ["stand still"]], futures=2).run()
    assert [forecast.success.count for forecast in forecasts] == [2, 2]
    after = session.cast.bridge.read()
    np.testing.assert_array_equal(after.joint_position, before.joint_position)
    assert session.last is None and session.time == 0.0
    with pytest.raises(UnknownNameError, match="did you mean 'walk to the button'"):
        preview(session, ["walk to the buttons"])
    with pytest.raises(InputError, match="keeps no frames"):
        key_frames(forecasts[0].typical, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--futures", "0"], "futures = 0"),
        (["--futures", "1000"], "futures = 1000"),
        (["--scene", "nowhere"], "nowhere"),
        (["--planner", "bag_of_word"], "bag_of_words"),
        (["--seed", "-1"], "seed"),
    ],
)
def test_what_cannot_be_previewed_is_refused_at_once(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["preview", "turn left", *options])
    out, err = capsys.readouterr()
    assert (caught.value.code, out, err.count("\n")) == (2, "", 1) and message in err


def test_abstract_scenes_have_no_futures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sketch.json").write_text('{"things": [{"name": "table", "kind": "table"}]}')
    with pytest.raises(SystemExit):
        main(["preview", "turn left", "--scene", str(tmp_path / "sketch.json"), "--planner", "bag_of_words"])
    assert "abstract" in capsys.readouterr().err


def test_each_way_to_go_wrong_is_counted_in_its_step() -> None:
    outcomes = [
        Outcome(instruction="", success=True, steps=[entry(0, True, seconds=4.0), entry(1, True)], seconds=8.0),
        Outcome(instruction="", success=True, steps=[entry(0, True, seconds=6.0), entry(1, True)], seconds=10.0),
        Outcome(instruction="", steps=[entry(0, False, "fell")], falls=1),
        Outcome(instruction="", steps=[entry(0, True), entry(1, False, "turned 3 degrees")]),
        Outcome(instruction="", steps=[entry(0, True)], reason="'turn right' is not allowed: reach"),
        Outcome(instruction="", steps=[entry(0, True), entry(1, True)], fault="tilt: 0.6 rad"),
    ]
    found = summarise(STEPS, [Future(episode=k, outcome=outcome) for k, outcome in enumerate(outcomes)], seed=1)
    first, second = found.steps
    assert (found.success.count, found.success.total, found.falls, found.seconds) == (2, 6, 1, 9.0)
    assert (first.done.count, first.done.total, first.falls, first.seconds) == (5, 6, 1, 4.0)
    assert first.trouble == {FELL: 1} and first.why == "fell"
    assert second.trouble == {MISSED: 1, REFUSED: 1, FAULT: 1} and second.why == "turned 3 degrees"
    assert (second.done.count, second.done.total) == (2, 5)
    assert not found.typical.outcome.success, "most do not succeed"


def test_a_plan_holds_what_was_tried_again_once() -> None:
    outcome = Outcome(instruction="", steps=[entry(0, False), entry(0, True), entry(1, False)])
    assert plan_of(outcome) == STEPS


def test_previews_are_compared_with_what_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [
        {"instruction": "hands up", "plans": [["raise both hands"]]},
        {"instruction": "press it", "plans": [["press the button"]]},
        {"instruction": "fly", "refuse": True, "plans": []},
    ]
    file, out = tmp_path / "file.json", tmp_path / "report.json"
    file.write_text(json.dumps({"scene": "workshop", "instructions": entries}))
    run("eval", "preview", str(file), "--futures", "2", "--seed", "3", "--out", str(out), "--json")
    told, kept = json.loads(capsys.readouterr().out), json.loads(out.read_text())
    assert [(row["share"], row["happened"]) for row in kept["plans"]] == [(1.0, True), (0.0, False)]
    assert "reach" in kept["plans"][1]["reason"]
    assert (told["plans"], told["ece"], told["brier"], told["succeeded"]["count"]) == (2, 0.0, 0.0, 1)
    assert told["two_step_wall"] == {} and told["wall"]["p95"] > 0.0


def test_calibration_is_what_it_should_be() -> None:
    rows = [
        {"share": 0.75, "happened": k < 2, "wall_seconds": float(k), "cpu_seconds": 1.0, "steps": 2,
         "median_seconds": 5.0, "simulated_seconds": 7.0}
        for k in range(4)
    ]  # fmt: skip
    found = summary(rows)
    assert found["ece"] == pytest.approx(0.25) and found["foreseen"] == 0.75
    assert found["brier"] == pytest.approx((2 * 0.0625 + 2 * 0.5625) / 4)
    assert found["two_step_wall"]["p50"] == 1.5 and found["seconds_off_median"] == 2.0
