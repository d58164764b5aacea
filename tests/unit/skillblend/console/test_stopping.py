"""Stopping, and what waits: `stop` acts while the robot moves, questions and models hold nothing up."""

from __future__ import annotations

import io
import signal
import threading
import time
from typing import Any

import pytest

from skillblend.playing import MOST_WAITING
from skillblend.side_job import SideJob

STRANGE = "[/x] [bold]"


def test_stop_acts_while_the_robot_moves(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    assert shell.busy
    shell.line("stop")
    shell.wait()
    assert not shell.busy and out.getvalue() == "stopping\nstopped; the robot stands\n"
    shell.follow("nod")
    assert out.getvalue().endswith("done\n")


@pytest.mark.parametrize(
    "line", ["stop!", "Stop.", "halt", "stop the robot", "no no no", "\u200bstop", "help", "not there!", "pause"]
)
def test_whatever_means_stop_stops(shell: Any, player: Any, out: io.StringIO, line: str) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    shell.line(line)
    shell.wait()
    assert out.getvalue() == "stopping\nstopped; the robot stands\n"


@pytest.mark.parametrize("line", ["stop!", "wait", "no no no", "\u200bstop", "pause"])
def test_where_nothing_moves_a_stop_word_is_no_instruction(
    shell: Any, player: Any, out: io.StringIO, line: str
) -> None:
    shell.follow(line)
    assert not player.moving.is_set()
    assert out.getvalue() == "nothing was going on; the robot stands\n"


def test_what_is_typed_while_it_moves_waits_is_shown_and_is_dropped_by_stop(
    shell: Any, player: Any, out: io.StringIO
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


def test_what_waits_is_done_in_order(shell: Any, player: Any, out: io.StringIO) -> None:
    player.gate.clear()
    shell.line("plan slowly, turn left")
    shell.line("nod")
    shell.line("plan turn right")
    player.gate.set()
    shell.wait()
    assert player.done == ["turn left", "nod", "turn right"]
    assert "next: nod" in out.getvalue()


def test_what_is_typed_after_a_stop_is_done(shell: Any, player: Any, out: io.StringIO) -> None:
    """Also where the robot has not come to rest yet."""
    standing = threading.Event()
    player.stand = lambda: (standing.wait(10.0), setattr(player, "stop_requested", False))[0]
    shell.line("walk")
    assert player.moving.wait(10.0)
    for line in ("stop", "nod"):
        shell.line(line)
    standing.set()
    shell.wait()
    assert player.done == ["walk", "nod"] and "dropped" not in out.getvalue()


def test_only_so_many_wait(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.line("walk")
    for _ in range(MOST_WAITING + 1):
        shell.line("nod")
    assert len(shell.waiting) == MOST_WAITING
    assert out.getvalue().endswith(f"{MOST_WAITING} lines wait already; this one is dropped: nod\n")
    shell.leave()


def test_where_nothing_moves_stopping_somewhere_is_an_instruction(shell: Any, player: Any) -> None:
    shell.line("stop at the marker")
    assert player.moving.wait(10.0) and shell.busy
    shell.leave()


def test_while_it_moves_questions_are_answered_and_orders_are_not_taken(
    shell: Any, player: Any, out: io.StringIO
) -> None:
    shell.line("walk")
    assert player.moving.wait(10.0)
    for line in ("reset", "undo-", "status"):
        shell.line(line)
    text = out.getvalue().splitlines()
    assert text[0] == "the robot is busy; type stop first"
    assert text[-1].endswith("| stop or Ctrl-C stops")
    shell.leave()
    assert not shell.busy


def test_a_question_that_takes_long_holds_up_no_stop(shell: Any, player: Any, out: io.StringIO) -> None:
    slow = threading.Event()
    shell.decision = lambda: None if slow.wait(20.0) else None
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


def test_who_waits_can_be_interrupted_and_wait_again() -> None:
    gate, done = threading.Event(), threading.Event()
    errand = SideJob(lambda: done.set() if gate.wait(20.0) else None, "errand")
    errand.start()
    main = threading.get_ident()
    threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        errand.wait()
    threading.Timer(0.1, gate.set).start()
    errand.wait()
    assert done.is_set()


def test_a_stop_ends_a_preview_and_shows_nothing_of_it(
    shell: Any, player: Any, out: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def simulated(steps: Any) -> str:
        begun.set()
        while not player.stop_requested:
            time.sleep(0.001)
        return f"none of {len(steps)} futures"

    monkeypatch.setattr(player, "preview", simulated)
    shell.line("preview plan turn left")
    assert begun.wait(10.0)
    shell.follow("stop")
    assert out.getvalue().endswith("stopping\nstopped; nothing moved\n") and "futures" not in out.getvalue()


def test_a_stop_while_it_plans_means_that_nothing_moves(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.line("plan slowly, turn left")
    shell.line("no, wait")
    player.gate.set()
    shell.wait()
    assert player.done == [] and out.getvalue() == "stopping\nstopped; nothing moved\n"


def test_a_refusal_is_printed_as_it_is_and_a_failure_comes_back(shell: Any, player: Any, out: io.StringIO) -> None:
    shell.follow("fail")
    assert out.getvalue() == f"{STRANGE}\n"
    shell.line("break")
    with pytest.raises(ZeroDivisionError):
        shell.wait()
    player.fault = STRANGE
    shell.follow("walk")
    assert f"the guard stopped the robot: {STRANGE}\n" in out.getvalue()
