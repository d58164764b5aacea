"""Rules that hold over turns, and corrections while something goes on, through the console's lines."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest

from skillblend.corrections import is_about_the_last
from skillblend.session import Outcome


def begin(shell: Any, player: Any, line: str, doing: str) -> None:
    """Until `line` is being carried out, in the step `doing`."""
    player.moving.clear()
    shell.line(line)
    assert player.moving.wait(10.0)
    shell.doing = (f"{doing}, 1.0 s of robot time", 0.0)


def test_rules_hold_over_turns_and_are_shown(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.follow("rules", "never touch the metal table", "always nod afterwards", "status", "rules")
    text = out.getvalue()
    assert "no rule holds" in text and "stands | 2 rules |" in text
    assert "1. never touch the metal table" in text and "2. always nod afterwards" in text
    assert not player.moving.is_set(), "a rule is no instruction"
    shell.follow("touch the metal table")
    assert "'touch the metal table' is against your rule 'never touch the metal table'" in out.getvalue()
    assert not player.done
    shell.follow("forget all", "nod")
    assert player.done == ["nod"]


def test_what_is_always_done_comes_behind_each_instruction_once(shell: Any, player: Any) -> None:
    shell.follow("always turn left afterwards")
    shell.standing.rules[0] = type(shell.standing.rules[0])(
        text="always plan turn left afterwards", after="plan turn left"
    )
    shell.follow("nod")
    assert player.done == ["nod", "turn left"]
    shell.follow("plan nothing")
    assert player.done == ["nod", "turn left"], "nothing was done, so nothing is done afterwards"


def test_prohibitions_go_to_the_planner(shell: Any, player: Any) -> None:
    heard: list[str] = []
    run = player.run
    player.run = lambda text: (heard.append(text), run("nod"))[1]
    shell.follow("never touch the shelf", "walk to the button", "forget that", "walk to the button")
    assert heard == ["walk to the button. never touch the shelf.", "walk to the button"]


@pytest.mark.parametrize("line", ["never turn left", "from now on turn right afterwards"])
def test_a_plan_that_waits_is_dropped_by_a_rule(careful: Any, player: Any, line: str) -> None:
    careful.follow("plan turn left", line)
    assert careful.draft is None and len(careful.standing.rules) == 1 and not player.done


def test_never_stops_and_holds_from_then_on(shell: Any, player: Any) -> None:
    begin(shell, player, "walk", "walk to the shelf")
    shell.line("never touch the shelf")
    shell.wait()
    assert player.done == ["walk"] and [rule.never for rule in shell.standing.rules] == ["never touch the shelf"]


def test_the_other_one(shell: Any, player: Any, out: io.StringIO) -> None:
    begin(shell, player, "touch the table", "touch the wooden table")
    shell.line("no, the other one")
    shell.line("stop")
    shell.wait()
    assert shell.preferences.meant("touch the table") == "touch the metal table"
    player.run = lambda text: (
        player.done.append(text) or type("O", (), {"success": True, "refused": False, "reason": ""})()
    )
    player.done.clear()
    shell.follow("touch the table", "rules")
    assert player.done == ["touch the metal table"]
    assert "was corrected to 'touch the metal table' before" in out.getvalue()
    shell.follow("forget that", "touch the table")
    assert player.done[-1] == "touch the table"


def test_a_correction_changes_what_is_done_at_once(shell: Any, player: Any) -> None:
    begin(shell, player, "touch the table", "touch the wooden table")
    player.moving.clear()
    shell.line("not that one")
    assert player.moving.wait(10.0), "it begins with the other one by itself"
    assert player.done == ["touch the table"]
    shell.leave()
    assert player.done == ["touch the table", "touch the metal table"]


def test_a_question_is_asked_where_several_are_left(shell: Any, player: Any, out: io.StringIO) -> None:
    begin(shell, player, "touch the shelf", "touch the shelf")
    shell.line("wrong one")
    shell.wait()
    assert "there is no other shelf here than the shelf" in out.getvalue() and player.done == ["touch the shelf"]


@pytest.mark.parametrize("line", ["stop there, first nod", "wait, first nod"])
def test_something_first_then_what_was_left(shell: Any, player: Any, line: str) -> None:
    begun: list[str] = []
    run, third = player.run, threading.Event()

    def noted(text: str) -> Outcome:
        begun.append(text)
        if len(begun) == 3:
            third.set()
        return run(text)

    player.run = noted
    begin(shell, player, "walk", "turn left")
    shell.line(line)
    assert third.wait(10.0), "the instruction goes on by itself"
    shell.leave()
    assert player.done == ["walk", "nod", "walk"]


def test_what_is_left_of_a_plan_goes_on(shell: Any, player: Any) -> None:
    begin(shell, player, "plan turn left, stand still, turn right", "stand still")
    follow, rest = player.follow, list[list[str]]()

    def noted(steps: Any) -> Outcome:
        rest.append([step.text for step in steps])
        return Outcome(instruction="", success=True)

    player.follow = noted
    shell.line("stop there, first nod")
    shell.wait()
    assert player.done == ["turn left", "walk", "nod"] and rest == [["stand still", "turn right"]]
    player.follow = follow


@pytest.mark.usefixtures("corrected")
def test_what_was_done_is_corrected_afterwards(player: Any) -> None:
    assert player.done == ["touch the table", "touch the metal table"]


def test_nothing_is_corrected_where_nothing_was_done(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.follow("not that one")
    assert "nothing has been done yet that 'not that one' could be about" in out.getvalue() and not player.done


@pytest.mark.parametrize("line", ["not that one", "the other one", "no, the metal one"])
def test_a_plan_that_waits_is_corrected(careful: Any, player: Any, line: str) -> None:
    careful.follow("plan touch the wooden table")
    assert careful.draft is not None
    careful.follow(line)
    assert [step.text for step, _ in careful.draft.steps] == ["touch the metal table"]
    assert careful.draft.instruction == "plan touch the metal table" and not player.done


def test_an_instruction_that_names_a_thing_is_one_of_its_own(shell: Any) -> None:
    assert not is_about_the_last("the metal table") and not is_about_the_last("walk to the other table")
    assert is_about_the_last("the other one") and is_about_the_last("No, not that one!")
