"""A plan is shown, asked about, changed, carried out, resumed and undone."""

from __future__ import annotations

import io
from typing import Any

import pytest

from skillblend.asking import Clarification
from skillblend.contracts import Step
from skillblend.draft import Draft


def test_a_plan_is_shown_and_a_risky_one_is_asked_about(careful: Any, player: Any, out: io.StringIO) -> None:
    careful.follow("plan turn left, press the button")
    assert player.done == [] and careful.draft is not None
    assert out.getvalue().splitlines()[:3] == [
        "plan:", "  1. turn left (80%)", "  2. press the button (80%, cannot be undone)",
    ]  # fmt: skip
    careful.follow("preview", "skip 2", "edit 1 turn right", "")
    assert "2 steps simulated" in out.getvalue()
    assert player.done == ["turn right"] and careful.draft is None


@pytest.mark.parametrize("line", ["cancel", "c", "no", "stop!", "n", "wait", "abort"])
def test_a_plan_is_cancelled_by_whatever_stops(careful: Any, player: Any, out: io.StringIO, line: str) -> None:
    careful.follow("plan press the button", line, "")
    assert player.done == [] and careful.draft is None
    assert "cancelled; nothing moved" in out.getvalue()


def test_another_instruction_takes_the_place_of_a_plan(careful: Any, player: Any, out: io.StringIO) -> None:
    careful.follow("plan press the button", "nod")
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
def test_answers_that_make_no_sense_are_told_so(careful: Any, out: io.StringIO, line: str, said: str) -> None:
    careful.follow("plan press the button", line)
    assert said in out.getvalue()


def test_a_step_that_fails_is_tried_once_more_and_the_rest_can_be_resumed(
    shell: Any, player: Any, out: io.StringIO
) -> None:
    player.fails = ["turn right"]
    shell.follow("plan turn left, turn right")
    assert player.done == ["turn left", "turn right"] and "once more: turn right" in out.getvalue()
    player.fails, player.done = ["turn right"] * 2, []
    shell.follow("plan turn left, turn right, raise both hands")
    assert player.done == ["turn left"] and shell.failed == 1
    shell.follow("resume")
    assert player.done == ["turn left", "turn right", "raise both hands"]


def test_a_pause_keeps_the_rest_of_the_plan(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.line("plan turn left, stand still, turn right")
    assert player.moving.wait(10.0)
    shell.line("pause")
    shell.wait()
    assert out.getvalue().endswith("stopped; the robot stands; `resume` goes on with: stand still, turn right\n")


def test_undo_stops_what_moves_and_says_that_nothing_is_undone_yet(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.line("plan turn left, stand still")
    assert player.moving.wait(10.0)
    shell.follow("undo")
    assert "`undo` has stopped it; once the robot stands, `undo` goes back what was done" in out.getvalue()
    assert "stopped; the robot stands" in out.getvalue() and "undoing" not in out.getvalue()
    shell.follow("undo")
    assert "undoing:\n  turn right by 90 degrees\n" in out.getvalue()


def test_undo_goes_back_what_can_be_gone_back(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.follow("undo", "plan walk to the red marker, turn left, walk forward one metre, raise both hands", "undo")
    assert "nothing to undo" in out.getvalue()
    assert "these cannot be undone and stay: walk to the red marker" in out.getvalue()
    assert player.done[4:] == ["stand with the hands down", "walk backward 1 m", "turn right by 90 degrees"]
    shell.follow("undo")
    assert out.getvalue().endswith("'walk to the red marker' cannot be undone\n")


def test_an_unclear_word_is_a_question_whose_answer_is_taken(shell: Any, player: Any, out: io.StringIO) -> None:
    choices = Clarification(choices=("red marker", "blue marker"), answers=("plan turn left", "plan turn right"))
    ask = Draft(instruction="go there", refused="unclear", question=choices)
    plan = player.plan
    player.plan = lambda text: ask if text == "go there" else plan(text)
    shell.follow("go there", "2")
    assert "which one: 1) the red marker, 2) the blue marker?" in out.getvalue()
    assert player.done == ["turn right"]


def test_a_plan_that_leaves_something_undone_is_not_called_done(
    shell: Any, player: Any, options: dict[str, Step], out: io.StringIO
) -> None:
    left = "plan completed, not verified: nothing was done about 'sing'"
    draft = Draft(instruction="turn and sing", steps=[(options["turn left"], 1.0)], unverified=left)
    player.plan = lambda text: draft
    shell.follow("turn and sing")
    assert player.done == ["turn left"] and out.getvalue().endswith(f"{left}\n") and shell.failed == 1


def test_again(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.follow("again", "plan turn left", "again")
    assert player.done == ["turn left"] * 2 and "nothing has been done yet" in out.getvalue()
