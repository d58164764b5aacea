"""What the console keeps of what was carried out, lists and forgets."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from rich.console import Console

from skillblend.contracts import Decision, Option, SceneState, Step
from skillblend.draft import Draft
from skillblend.terminal import telling


class Notes:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[str], list[str], bool]] = []
        self.regretted: list[str] = []
        self.trouble = ""

    def learn(
        self, instruction: str, scene: SceneState, steps: Sequence[Mapping[str, Any]], decisions: Sequence[Decision],
        *, success: bool,
    ) -> str:  # fmt: skip
        assert scene.things
        chosen = [made.chosen.step.text for made in decisions]
        self.told.append((instruction, [entry["text"] for entry in steps], chosen, success))
        return self.trouble

    def mistaken(self, instruction: str) -> None:
        self.regretted.append(instruction)

    def lines(self) -> list[str]:
        return ["  1. 'nod': turn left"] if self.told else []

    def forget(self, number: int) -> str:
        return f"forgotten: episode {number}"


@pytest.fixture
def notes(shell: Any, player: Any, options: dict[str, Step]) -> Notes:
    """A memory that the shell keeps, and a player that says by which decisions it made its plans."""
    plan = player.plan

    def decided(instruction: str) -> Draft | None:
        draft = plan(instruction)
        if draft is not None:
            chosen = [Option(step=step, lm_score=1.0, affordance=1.0) for step, _ in draft.steps]
            draft.decisions = [Decision(instruction="", history=(), options=(o,), chosen=o) for o in chosen]
        return draft

    player.plan = decided
    shell.memory = Notes()
    return shell.memory


def test_what_was_carried_out_is_kept_with_its_decisions(shell: Any, notes: Notes) -> None:
    shell.follow("plan turn left, press the button")
    steps = ["turn left", "press the button"]
    assert notes.told == [("plan turn left, press the button", steps, steps, True)]


def test_what_failed_is_told_as_that(shell: Any, player: Any, notes: Notes) -> None:
    player.fails = ["turn left", "turn left"]
    shell.follow("plan turn left")
    assert notes.told == [("plan turn left", ["turn left"], ["turn left"], False)]


def test_what_leaves_a_part_undone_is_no_success(shell: Any, player: Any, notes: Notes) -> None:
    plan = player.plan

    def unverified(instruction: str) -> Draft:
        draft = plan(instruction)
        draft.unverified = "plan completed, not verified: nothing was done about the shelf"
        return draft

    player.plan = unverified
    shell.follow("plan turn left")
    assert [success for *_, success in notes.told] == [False]


def test_what_was_refused_stopped_or_undone_is_not_kept(shell: Any, player: Any, notes: Notes) -> None:
    shell.follow("plan nothing")
    assert notes.told == []
    shell.follow("plan turn left")
    notes.told.clear()
    shell.follow("undo")
    assert notes.told == []
    player.moving.clear()
    shell.line("plan stand still")
    assert player.moving.wait(10.0)
    shell.follow("stop")
    assert notes.told == []


def test_lists_and_forgets(shell: Any, notes: Notes, out: io.StringIO) -> None:
    shell.follow("memory", "plan turn left", "memory", "forget episode 1", "Please forget episode number 7.")
    lines = [line.strip() for line in out.getvalue().splitlines()]
    assert "nothing yet" in lines and "1. 'nod': turn left" in lines
    assert "forgotten: episode 1" in lines and "forgotten: episode 7" in lines
    assert len(notes.told) == 1, "forgetting is no instruction"


def test_what_cannot_be_kept_is_said(shell: Any, notes: Notes, out: io.StringIO) -> None:
    notes.trouble = "not kept: disk full"
    shell.follow("plan turn left")
    assert "not kept: disk full" in out.getvalue() and not shell.failed


def test_without_one_it_says_how_to_have_one(make: Any) -> None:
    out = io.StringIO()
    make(telling(Console(file=out, width=200))).follow("memory", "forget episode 1", "plan turn left")
    assert out.getvalue().count("begin with --memory PATH") == 2


def test_what_is_corrected_afterwards_was_mistaken(notes: Notes, corrected: Any) -> None:
    assert corrected.memory is notes and notes.regretted == ["touch the table"]
