"""What can be typed besides instructions is answered, and never planned."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from planners.oracle import OraclePlanner
from skillblend.draft import Tell
from skillblend.terminal import telling


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
    shell: Any, player: Any, out: io.StringIO, line: str, found: str
) -> None:
    shell.follow(line)
    assert found in out.getvalue() and not player.moving.is_set()


@pytest.mark.parametrize("line", ["jump", "dance", "walk to the marker", "turn", "hello", "undress the table"])
def test_instructions_are_no_slips_of_commands(shell: Any, player: Any, line: str) -> None:
    shell.line(line)
    assert player.moving.wait(10.0)
    shell.leave()


def test_why_and_why_not(shell: Any, player: Any, out: io.StringIO) -> None:
    decision = OraclePlanner(["turn left"]).decide("turn left", player.scene, (), {"turn right": 0.25})
    far = {"allowed": False, "reason": "reach: too far"}
    options = [replace(o, **far) if o.step.text == "press the button" else o for o in decision.options]
    player.last = replace(decision, options=tuple(options))
    shell.follow("why", "why not press the button", "why not turn left", "why not turn rihgt", "why not fly")
    text = out.getvalue()
    assert "'turn left' won: asked for with 1.00" in text
    assert "'press the button' was not allowed: reach: too far" in text
    assert "'turn left' is what was chosen" in text
    assert "no step here is called 'turn rihgt'; did you mean 'turn right'" in text
    assert "no step here is called 'fly'" in text


def test_events_for_programs(make: Callable[[Tell], Any], capsys: pytest.CaptureFixture[str]) -> None:
    shell = make(telling(Console(stderr=True), as_json=True))
    shell.follow("plan turn left", "plan nothing")
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["plan", "ended", "refused"]
    assert events[0]["steps"] == [{"text": "turn left", "probability": 0.8, "undo": True}]
    assert events[1]["success"] is True
