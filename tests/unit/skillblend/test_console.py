"""The console: `stop` acts while the robot moves, text is no markup, lines are remembered."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from planners.oracle import OraclePlanner
from sim.scenes import load
from skillblend.cli.instructions import eval_instructions
from skillblend.contracts import Step
from skillblend.errors import PlanError
from skillblend.options import all_achieved
from skillblend.plan_run import PlanRun
from skillblend.session import Outcome
from skillblend.shell import WORDS, Shell, converse, history, state_folder
from skillblend.tables import decision_table

STRANGE = "[/x] [bold]"

ABOUT: dict[str, Any] = {"robot": "h1", "scene": "workshop", "seed": 0, "planner": "oracle"}


class FakeSession:
    """Moves until it is told to stop, or for as long as the instruction says."""

    def __init__(self) -> None:
        self.stop_requested = False
        self.fault = ""
        self.fallen = False
        self.scene = load("workshop").state
        self.last: Any = None
        self.time = 0.0
        self.moving = threading.Event()
        self.stopped_after = -1.0

    def run(self, instruction: str) -> Outcome:
        if instruction == "fail":
            raise PlanError(STRANGE)
        if instruction == "break":
            raise ZeroDivisionError
        self.moving.set()
        began = time.monotonic()
        while not self.stop_requested and instruction != "nod":
            assert time.monotonic() - began < 30.0, "nobody stopped it"
            time.sleep(0.001)
        self.stopped_after = time.monotonic() - began
        return Outcome(instruction=instruction, success=True)

    def stand(self) -> None:
        self.stood = True


class FakeShell(Shell):
    session: Any


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def shell(out: io.StringIO) -> FakeShell:
    return FakeShell(FakeSession, Console(file=out, width=200))


def test_stop_acts_while_the_robot_moves(shell: FakeShell, out: io.StringIO) -> None:
    shell.line("walk")
    assert shell.session.moving.wait(10.0)
    assert shell.busy
    shell.line("stop")
    shell.wait()
    assert not shell.busy and out.getvalue() == "stopped; the robot stands\n"
    shell.line("nod")
    shell.wait()
    assert out.getvalue().endswith("done\n")


@pytest.mark.parametrize(
    "line", ["stop!", "Stop.", "halt", "stop the robot", "no no no", "\u200bstop", "help", "not there!"]
)
def test_whatever_means_stop_stops(shell: FakeShell, out: io.StringIO, line: str) -> None:
    shell.line("walk")
    assert shell.session.moving.wait(10.0)
    shell.line(line)
    shell.wait()
    assert out.getvalue() == "stopped; the robot stands\n"


@pytest.mark.parametrize("line", ["stop!", "wait", "no no no", "\u200bstop"])
def test_where_nothing_moves_a_stop_word_is_no_instruction(shell: FakeShell, out: io.StringIO, line: str) -> None:
    shell.line(line)
    assert not shell.busy and not shell.session.moving.is_set()
    assert out.getvalue() == "nothing was going on; the robot stands\n"


def test_while_it_moves_an_instruction_that_ends_in_stop_does_not_stop(shell: FakeShell, out: io.StringIO) -> None:
    shell.line("walk")
    assert shell.session.moving.wait(10.0)
    shell.line("walk to the marker and stop there")
    assert shell.busy and not shell.session.stop_requested
    assert out.getvalue() == "the robot is busy; type stop first\n"
    shell.leave()


def test_where_nothing_moves_stopping_somewhere_is_an_instruction(shell: FakeShell) -> None:
    shell.line("stop at the marker")
    assert shell.session.moving.wait(10.0) and shell.busy
    shell.leave()


def test_while_it_moves_questions_are_answered_and_orders_are_not_taken(shell: FakeShell, out: io.StringIO) -> None:
    shell.line("walk")
    for line in ("explain", "nod", "reset"):
        shell.line(line)
    assert out.getvalue().split("\n")[:3] == [
        "nothing has been decided yet",
        *["the robot is busy; type stop first"] * 2,
    ]
    shell.leave()
    assert not shell.busy


def test_a_refusal_is_printed_as_it_is_and_a_failure_comes_back(shell: FakeShell, out: io.StringIO) -> None:
    shell.line("fail")
    shell.wait()
    assert out.getvalue() == f"{STRANGE}\n"
    shell.line("break")
    with pytest.raises(ZeroDivisionError):
        shell.wait()
    shell.session.fault = STRANGE
    shell.line("walk")
    assert f"the guard stopped the robot: {STRANGE}\n" in out.getvalue()


def typed(shell: Shell, past: Any, act: Callable[[Any], None]) -> None:
    """Run the console while `act` types into it."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        hand = threading.Thread(target=act, args=(keys,))
        hand.start()
        converse(shell, WORDS, past)
        hand.join()


def test_at_a_prompt_stop_and_ctrl_c_act_at_once(
    shell: FakeShell, out: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))

    def act(keys: Any) -> None:
        for stop in ("stop\r", "\x03"):
            shell.session.moving.clear()
            keys.send_text("walk\r")
            assert shell.session.moving.wait(10.0)
            keys.send_text(stop)
            while shell.busy:
                time.sleep(0.001)
        keys.send_text("\x03")  # nothing moves: it leaves

    typed(shell, history(tmp_path / "deep" / "history"), act)
    assert out.getvalue() == "stopped; the robot stands\n" * 2
    again = history(tmp_path / "deep" / "history")
    assert list(again.load_history_strings()) == ["walk", "stop", "walk"]


def test_lines_from_a_pipe_wait_for_one_another(shell: FakeShell, out: io.StringIO, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("nod\nnod\nquit\nnod\n"))
    converse(shell, WORDS, InMemoryHistory())
    assert out.getvalue() == "done\ndone\n"


@pytest.mark.parametrize("content", [b"nod\nnod\n", b"nod\nnod", b"nod\n\n \nnod\nquit\nnod\n"])
def test_lines_from_a_file_are_all_followed(
    shell: FakeShell, out: io.StringIO, monkeypatch: Any, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "lines").write_bytes(content)
    with (tmp_path / "lines").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        converse(shell, WORDS, InMemoryHistory())
    assert out.getvalue() == "done\ndone\n"


def test_a_file_of_bytes_that_are_no_text(
    shell: FakeShell, out: io.StringIO, monkeypatch: Any, tmp_path: Path
) -> None:
    (tmp_path / "lines").write_bytes(b"\xff\xfe?\nfail\n")
    heard: list[str] = []
    monkeypatch.setattr(shell, "line", heard.append)
    with (tmp_path / "lines").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        converse(shell, WORDS, InMemoryHistory())
    assert heard == ["\ufffd\ufffd?", "fail"]


def test_history_in_memory_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert isinstance(history(tmp_path / "file" / "history"), InMemoryHistory)
    assert isinstance(history(tmp_path / "a" / "history"), FileHistory)


def test_the_state_folder_is_xdgs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "skillblend"
    for senseless in ("", "relative/path"):
        monkeypatch.setenv("XDG_STATE_HOME", senseless)
        assert state_folder() == Path.home() / ".local" / "state" / "skillblend"


@pytest.mark.parametrize(
    ("outcomes", "good"),
    [
        ([], False),
        ([("a", True)], True),
        ([("a", False), ("a", True)], True),
        ([("a", False), ("b", True)], False),
        ([("a", True), ("b", False), ("a", True)], False),
        ([("a", True), ("a", False)], False),
    ],
)
def test_what_counts_as_achieved(outcomes: list[tuple[str, bool]], good: bool) -> None:
    assert all_achieved([(Step(text=t, behaviour="walk"), ok) for t, ok in outcomes]) is good


def test_a_step_that_was_never_achieved_makes_no_success() -> None:
    """The plan goes on after a failure, and ends with a success."""
    plan, scene = ["stand still", "turn left", "done"], load("workshop").state
    run = PlanRun("stand still, then turn left")
    for number, success in enumerate([False, True]):
        run.options(scene, None)
        step = run.take(OraclePlanner(plan[number:]).decide("turn", scene, (), {}))
        assert step is not None and step.text == plan[number]
        run.record(step, success=success)
    made = [(step, True) for step, _ in run.history]
    assert run.take(OraclePlanner([*plan[:-1], "done"]).decide("turn", scene, made, {})) is None
    assert run.ending is not None and not run.ending.success and run.ending.reason == "a step was never achieved"


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
    args: Any = SimpleNamespace(
        file=file, robot="h1", seed=0, models=None, limit=0, plan_only=False, out=tmp_path / "o.json", json=False,
        planner="oracle", layouts=1,
    )  # fmt: skip
    assert eval_instructions(args) == 0
    assert STRANGE in capsys.readouterr().out
    left = json.loads((tmp_path / "o.json").read_text())
    assert left["planner"] == left["runs"][0]["planner"] == "oracle"
