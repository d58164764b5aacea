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
from typing import Any, cast

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from planners.oracle import OraclePlanner
from sim.scenes import load
from skillblend.asking import Clarification
from skillblend.cli.console import read_script
from skillblend.cli.instructions import eval_instructions
from skillblend.contracts import Step
from skillblend.errors import InputError, PlanError
from skillblend.options import all_achieved, ground_options
from skillblend.plan_run import PlanRun
from skillblend.sayings import WORDS
from skillblend.session import Outcome
from skillblend.shell import MOST_WAITING, Draft, Shell
from skillblend.tables import decision_table
from skillblend.terminal import converse, follow_script, history, phrase_completer, state_folder, telling

STRANGE = "[/x] [bold]"

ABOUT: dict[str, Any] = {"robot": "h1", "scene": "workshop", "seed": 0, "planner": "oracle"}


class FakePlayer:
    """Moves until it is told to stop, or for as long as the instruction says, which may be a plan."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.stop_requested = False
        self.fault = ""
        self.fallen = False
        self.scene = load("workshop").state
        self.last: Any = None
        self.time = 0.0
        self.moving = threading.Event()
        self.done: list[str] = []
        self.fails: list[str] = []
        self.gate = threading.Event()

    def plan(self, instruction: str) -> Draft | None:
        if not instruction.startswith("plan "):
            return None
        if instruction.startswith("plan slowly"):
            self.gate.wait(10.0)
        steps = [
            OPTIONS[text.strip()] for text in instruction.removeprefix("plan ").split(",") if text.strip() in OPTIONS
        ]
        return Draft(
            instruction=instruction, steps=[(step, 0.8) for step in steps], refused="" if steps else "no such step"
        )

    def preview(self, steps: Any) -> str:
        return f"{len(steps)} steps simulated"

    def follow(self, steps: Any) -> Outcome:
        entries: list[dict[str, Any]] = []
        for step in steps:
            if step.text in self.fails:
                self.fails.remove(step.text)
                entries.append({"text": step.text, "success": False, "reason": "missed", "seconds": 1.0})
                break
            if step.text == "stand still":
                self.run("walk")
                break
            self.done.append(step.text)
            entries.append({"text": step.text, "success": True, "reason": "measured", "seconds": 1.0})
        success = len(entries) == len(steps) and all(entry["success"] for entry in entries)
        return Outcome(instruction="", success=success, steps=entries, reason="" if success else "missed")

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
        self.done.append(instruction)
        return Outcome(instruction=instruction, success=True)

    def stand(self) -> None:
        self.stop_requested = False


OPTIONS = {step.text: step for step in ground_options(load("workshop").state)}


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def shell(out: io.StringIO) -> Shell:
    return Shell(FakePlayer, telling(Console(file=out, width=200)))


@pytest.fixture
def player(shell: Shell) -> FakePlayer:
    return cast("FakePlayer", shell.player)


@pytest.fixture
def careful(shell: Shell) -> Shell:
    shell.yes = False
    return shell


def follow(shell: Shell, *lines: str) -> None:
    for line in lines:
        shell.line(line)
        shell.wait()


def test_stop_acts_while_the_robot_moves(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    assert shell.busy
    shell.line("stop")
    shell.wait()
    assert not shell.busy and out.getvalue() == "stopping\nstopped; the robot stands\n"
    follow(shell, "nod")
    assert out.getvalue().endswith("done\n")


@pytest.mark.parametrize(
    "line", ["stop!", "Stop.", "halt", "stop the robot", "no no no", "\u200bstop", "help", "not there!", "pause"]
)
def test_whatever_means_stop_stops(shell: Shell, player: FakePlayer, out: io.StringIO, line: str) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    shell.line(line)
    shell.wait()
    assert out.getvalue() == "stopping\nstopped; the robot stands\n"


@pytest.mark.parametrize("line", ["stop!", "wait", "no no no", "\u200bstop", "pause"])
def test_where_nothing_moves_a_stop_word_is_no_instruction(
    shell: Shell, player: FakePlayer, out: io.StringIO, line: str
) -> None:
    follow(shell, line)
    assert not player.moving.is_set()
    assert out.getvalue() == "nothing was going on; the robot stands\n"


def test_what_is_typed_while_it_moves_waits_is_shown_and_is_dropped_by_stop(
    shell: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    for line in ("walk to the marker and stop there", "nod", "queue"):
        shell.line(line)
    assert shell.busy and not player.stop_requested
    shell.line("halt")
    shell.wait()
    assert out.getvalue().splitlines() == [
        "waits (1): walk to the marker and stop there", "waits (2): nod",
        "  1. walk to the marker and stop there", "  2. nod",
        "dropped 2 that waited: walk to the marker and stop there; nod", "stopping", "stopped; the robot stands",
    ]  # fmt: skip
    assert player.done == ["walk"]


def test_what_waits_is_done_in_order(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    player.gate.clear()
    shell.line("plan slowly, turn left")
    shell.line("nod")
    shell.line("plan turn right")
    player.gate.set()
    shell.wait()
    assert player.done == ["turn left", "nod", "turn right"]
    assert "next: nod" in out.getvalue()


def test_what_is_typed_after_a_stop_is_done(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    """Also where the robot has not come to rest yet."""
    standing = threading.Event()
    player.stand = lambda: (standing.wait(10.0), setattr(player, "stop_requested", False))[0]  # type: ignore[assignment]
    shell.line("walk")
    assert player.moving.wait(10.0)
    for line in ("stop", "nod"):
        shell.line(line)
    standing.set()
    shell.wait()
    assert player.done == ["walk", "nod"] and "dropped" not in out.getvalue()


def test_only_so_many_wait(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    shell.line("walk")
    for _ in range(MOST_WAITING + 1):
        shell.line("nod")
    assert len(shell.waiting) == MOST_WAITING
    assert out.getvalue().endswith(f"{MOST_WAITING} lines wait already; this one is dropped: nod\n")
    shell.leave()


def test_where_nothing_moves_stopping_somewhere_is_an_instruction(shell: Shell, player: FakePlayer) -> None:
    shell.line("stop at the marker")
    assert player.moving.wait(10.0) and shell.busy
    shell.leave()


def test_while_it_moves_questions_are_answered_and_orders_are_not_taken(
    shell: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    shell.line("walk")
    for line in ("reset", "undo-", "status"):
        shell.line(line)
    text = out.getvalue().splitlines()
    assert text[0] == "the robot is busy; type stop first"
    assert text[-1].endswith("| stop or Ctrl-C stops")
    shell.leave()
    assert not shell.busy


def test_a_question_that_takes_long_holds_up_no_stop(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    slow = threading.Event()
    shell.decision = lambda: None if slow.wait(20.0) else None  # type: ignore[method-assign]
    shell.line("walk")
    assert player.moving.wait(10.0)
    shell.line("explain")
    shell.line("stop")
    while shell.busy:
        time.sleep(0.001)
    assert out.getvalue() == "stopping\nstopped; the robot stands\n"
    slow.set()
    shell.wait()
    assert out.getvalue().endswith("nothing has been decided yet\n")


def test_a_stop_while_it_plans_means_that_nothing_moves(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    shell.line("plan slowly, turn left")
    shell.line("no, wait")
    player.gate.set()
    shell.wait()
    assert player.done == [] and out.getvalue() == "stopping\nstopped; nothing moved\n"


def test_a_refusal_is_printed_as_it_is_and_a_failure_comes_back(
    shell: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    follow(shell, "fail")
    assert out.getvalue() == f"{STRANGE}\n"
    shell.line("break")
    with pytest.raises(ZeroDivisionError):
        shell.wait()
    player.fault = STRANGE
    follow(shell, "walk")
    assert f"the guard stopped the robot: {STRANGE}\n" in out.getvalue()


def test_a_plan_is_shown_and_a_risky_one_is_asked_about(careful: Shell, player: FakePlayer, out: io.StringIO) -> None:
    follow(careful, "plan turn left, press the button")
    assert player.done == [] and careful.draft is not None
    assert out.getvalue().splitlines()[:3] == [
        "plan:", "  1. turn left (80%)", "  2. press the button (80%, cannot be undone)",
    ]  # fmt: skip
    follow(careful, "preview", "skip 2", "edit 1 turn right", "")
    assert "2 steps simulated" in out.getvalue()
    assert player.done == ["turn right"] and careful.draft is None


@pytest.mark.parametrize("line", ["cancel", "c", "no", "stop!", "n", "wait", "abort"])
def test_a_plan_is_cancelled_by_whatever_stops(
    careful: Shell, player: FakePlayer, out: io.StringIO, line: str
) -> None:
    follow(careful, "plan press the button", line, "")
    assert player.done == [] and careful.draft is None
    assert "cancelled; nothing moved" in out.getvalue()


def test_another_instruction_takes_the_place_of_a_plan(careful: Shell, player: FakePlayer, out: io.StringIO) -> None:
    follow(careful, "plan press the button", "nod")
    assert player.done == ["nod"] and "dropped: plan press the button" in out.getvalue()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("skip 3", "skip which step? found '3', give a number from 1 to 1"),
        ("skip", "skip which step? found 'nothing', give a number from 1 to 1"),
        ("edit \u00b2 turn left", "give a number from 1 to 1"),
        ("edit 1 dance", "no step here is called 'dance'; `options` lists them"),
        ("edit 1 walk to the red", "1. walk to the red marker"),
        ("skip 1", "nothing is left of the plan; nothing moved"),
    ],
)
def test_answers_that_make_no_sense_are_told_so(careful: Shell, out: io.StringIO, line: str, said: str) -> None:
    follow(careful, "plan press the button", line)
    assert said in out.getvalue()


def test_a_step_that_fails_is_tried_once_more_and_the_rest_can_be_resumed(
    shell: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    player.fails = ["turn right"]
    follow(shell, "plan turn left, turn right")
    assert player.done == ["turn left", "turn right"] and "once more: turn right" in out.getvalue()
    player.fails, player.done = ["turn right"] * 2, []
    follow(shell, "plan turn left, turn right, raise both hands")
    assert player.done == ["turn left"] and shell.failed == 1
    follow(shell, "resume")
    assert player.done == ["turn left", "turn right", "raise both hands"]


def test_a_pause_keeps_the_rest_of_the_plan(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    shell.line("plan turn left, stand still, turn right")
    assert player.moving.wait(10.0)
    shell.line("pause")
    shell.wait()
    assert out.getvalue().endswith("stopped; the robot stands; `resume` goes on with: stand still, turn right\n")


def test_undo_goes_back_what_can_be_gone_back(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    follow(shell, "undo", "plan walk to the red marker, turn left, walk forward one metre, raise both hands", "undo")
    assert "nothing to undo" in out.getvalue()
    assert "these cannot be undone and stay: walk to the red marker" in out.getvalue()
    assert player.done[4:] == ["stand with the hands down", "walk backward 1 m", "turn right by 90 degrees"]
    follow(shell, "undo")
    assert out.getvalue().endswith("'walk to the red marker' cannot be undone\n")


def test_an_unclear_word_is_a_question_whose_answer_is_taken(
    shell: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    choices = Clarification(choices=("red marker", "blue marker"), answers=("plan turn left", "plan turn right"))
    ask = Draft(instruction="go there", refused="unclear", question=choices)
    plan = player.plan
    player.plan = lambda text: ask if text == "go there" else plan(text)  # type: ignore[method-assign]
    follow(shell, "go there", "2")
    assert "which one: 1) the red marker, 2) the blue marker?" in out.getvalue()
    assert player.done == ["turn right"]


def test_a_plan_that_leaves_something_undone_is_not_called_done(
    shell: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    left = "plan completed, not verified: nothing was done about 'sing'"
    draft = Draft(instruction="turn and sing", steps=[(OPTIONS["turn left"], 1.0)], unverified=left)
    player.plan = lambda text: draft  # type: ignore[method-assign]
    follow(shell, "turn and sing")
    assert player.done == ["turn left"] and out.getvalue().endswith(f"{left}\n") and shell.failed == 1


def test_again(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    follow(shell, "again", "plan turn left", "again")
    assert player.done == ["turn left"] * 2 and "nothing has been done yet" in out.getvalue()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("optoins", "'optoins' is no command; did you mean 'options'?"),
        ("exlpain", "did you mean 'explain'?"),
        ("satus", "did you mean 'status'?"),
        ("resett", "did you mean 'reset'?"),
        ("go", "there is no plan to go"),
        ("skip 1", "there is no plan to skip"),
        ("why", "nothing has been decided yet"),
        ("why not press the button", "nothing has been decided yet"),
        ("say", "walk to the button"),
        ("objects", "red marker (marker, 1.2 m ahead): walk to"),
        ("options", "touch the shelf"),
        ("status", "stands | type an instruction, or say"),
        ("queue", "nothing waits"),
        ("clear", "nothing waits"),
        ("resume", "nothing was left undone"),
        ("help", "preview      simulate the plan that is shown"),
    ],
)
def test_commands_are_answered_and_never_planned(
    shell: Shell, player: FakePlayer, out: io.StringIO, line: str, found: str
) -> None:
    follow(shell, line)
    assert found in out.getvalue() and not player.moving.is_set()


@pytest.mark.parametrize("line", ["jump", "dance", "walk to the marker", "turn", "hello", "undress the table"])
def test_instructions_are_no_slips_of_commands(shell: Shell, player: FakePlayer, line: str) -> None:
    shell.line(line)
    assert player.moving.wait(10.0)
    shell.leave()


def test_why_and_why_not(shell: Shell, player: FakePlayer, out: io.StringIO) -> None:
    decision = OraclePlanner(["turn left"]).decide("turn left", player.scene, (), {"turn right": 0.25})
    far = {"allowed": False, "reason": "reach: too far"}
    options = [replace(o, **far) if o.step.text == "press the button" else o for o in decision.options]
    player.last = replace(decision, options=tuple(options))
    follow(shell, "why", "why not press the button", "why not turn left", "why not turn rihgt", "why not fly")
    text = out.getvalue()
    assert "'turn left' won: asked for with 1.00" in text
    assert "'press the button' was not allowed: reach: too far" in text
    assert "'turn left' is what was chosen" in text
    assert "no step here is called 'turn rihgt'; did you mean 'turn right'" in text
    assert "no step here is called 'fly'" in text


def test_events_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell(FakePlayer, telling(Console(stderr=True), as_json=True))
    follow(shell, "plan turn left", "plan nothing")
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["plan", "ended", "refused"]
    assert events[0]["steps"] == [{"text": "turn left", "probability": 0.8, "undo": True}]
    assert events[1]["success"] is True


def test_a_script_declines_what_is_risky_unless_told_yes(
    careful: Shell, player: FakePlayer, out: io.StringIO
) -> None:
    follow_script(careful, ["plan press the button", "nod"])
    assert player.done == ["nod"] and careful.failed == 1
    assert "not begun, for nobody said yes to it: all of it succeeds with 80%; --yes begins it" in out.getvalue()


def test_scripts_are_read_whole_or_refused(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("# remark\n\nturn left\n  # more\nquit\n")
    assert read_script(tmp_path / "script") == ["turn left", "quit"]
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("missing", "bytes", "."):
        with pytest.raises(InputError, match="cannot read the script"):
            read_script(tmp_path / name)


def test_completion_anywhere_in_the_line() -> None:
    completer = phrase_completer(["walk to the red marker", "raise both hands", "resume"])

    def completed(text: str) -> list[str]:
        found = completer.get_completions(Document(text), CompleteEvent())
        return [text[: len(text) + c.start_position] + c.text for c in found]

    assert completed("walk to") == ["walk to the red marker"]
    assert completed("raise both hands, then WALK to the r") == ["raise both hands, then walk to the red marker"]
    assert completed("r") == ["raise both hands", "resume"]
    assert completed("nothing like it") == []


@pytest.mark.parametrize("width", [40, 200])
def test_no_colour_and_forty_columns(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = io.StringIO()
    shell = Shell(FakePlayer, telling(Console(file=text, width=width, force_terminal=True)))
    follow(shell, "objects", "help", "fail", "plan turn left, press the button")
    assert "\x1b[3" not in text.getvalue()
    assert max(len(line) for line in text.getvalue().splitlines()) <= max(width, 100)


def typed(shell: Shell, past: Any, act: Callable[[Any], None]) -> None:
    """Run the console while `act` types into it."""
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        hand = threading.Thread(target=act, args=(keys,))
        hand.start()
        converse(shell, WORDS, past)
        hand.join()


def test_at_a_prompt_stop_and_ctrl_c_act_at_once(
    shell: Shell, player: FakePlayer, out: io.StringIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))

    def act(keys: Any) -> None:
        for stop in ("stop\r", "\x03"):
            player.moving.clear()
            keys.send_text("walk\r")
            assert player.moving.wait(10.0)
            keys.send_text(stop)
            while shell.busy:
                time.sleep(0.001)
        keys.send_text("half a line\x03\x03")  # nothing moves: the line is cleared, then it leaves

    typed(shell, history(tmp_path / "deep" / "history"), act)
    assert out.getvalue() == (
        "stopping\nstopped; the robot stands\n" * 2 + "the line is cleared; Ctrl-C once more leaves\n"
    )
    again = history(tmp_path / "deep" / "history")
    assert list(again.load_history_strings()) == ["walk", "stop", "walk"]


def test_lines_from_a_pipe_wait_for_one_another(shell: Shell, out: io.StringIO, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("nod\nnod\nquit\nnod\n"))
    converse(shell, WORDS, InMemoryHistory())
    assert out.getvalue() == "done\ndone\n"


@pytest.mark.parametrize("content", [b"nod\nnod\n", b"nod\nnod", b"nod\n\n \nnod\nquit\nnod\n"])
def test_lines_from_a_file_are_all_followed(
    shell: Shell, out: io.StringIO, monkeypatch: Any, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "lines").write_bytes(content)
    with (tmp_path / "lines").open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        converse(shell, WORDS, InMemoryHistory())
    assert out.getvalue() == "done\ndone\n"


def test_a_file_of_bytes_that_are_no_text(shell: Shell, out: io.StringIO, monkeypatch: Any, tmp_path: Path) -> None:
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
