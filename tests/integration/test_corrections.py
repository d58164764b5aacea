"""What is said to a robot on its way, in the simulator: it stops, does what was meant, and goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest

from skillblend.cli.player import SimulatedPlayer
from skillblend.shell import Shell
from skillblend.shipped import MODELS
from skillblend.simulated import load_planner, open_session

pytestmark = pytest.mark.slow

PATIENCE = 600.0
"""How long anything may take on a machine that has much else to do, s."""


class SaidSoFar(list[tuple[str, str, Mapping[str, Any]]]):
    """What a console said: kind, text, data."""

    def steps(self) -> list[tuple[str, bool]]:
        """Steps that ended, and whether they were done, judged from the simulator's state."""
        return [(data["step"]["text"], data["step"]["success"]) for kind, _, data in self if kind == "step"]

    def said(self, kind: str) -> list[str]:
        return [text for found, text, _ in self if found == kind]


@pytest.fixture(scope="module")
def talk() -> Callable[[str], tuple[Shell, SaidSoFar]]:
    """A console around a robot in a scene."""

    planner = cache(load_planner)

    def make(scene: str) -> tuple[Shell, SaidSoFar]:
        heard = SaidSoFar()
        shell = Shell(
            lambda shell: SimulatedPlayer(
                lambda hooks: open_session("h1", scene, 0, MODELS, planner, hooks=hooks), shell
            ),
            lambda kind, text, data: heard.append((kind, text, data)),
        )
        return shell, heard

    return make


def until(holds: Callable[[], bool], heard: SaidSoFar) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, heard[-10:]
        time.sleep(0.01)


def moving(shell: Shell, step: str, heard: SaidSoFar, seconds: float = 1.0) -> None:
    """Until `step` has gone on for so many seconds of robot time."""
    until(lambda: shell.doing[0].startswith(step), heard)
    begun = shell.player.time
    until(lambda: shell.player.time > begun + seconds, heard)


def end(shell: Shell) -> None:
    shell.wait()
    assert not shell.player.fallen and not shell.player.fault


def test_not_that_one_stops_and_goes_to_the_other(talk: Callable[[str], tuple[Shell, SaidSoFar]]) -> None:
    shell, heard = talk("workshop")
    shell.line("walk to the wooden table")
    moving(shell, "walk to the wooden table", heard)
    shell.line("not that one")
    end(shell)
    assert heard.steps() == [("walk to the wooden table", False), ("walk to the metal table", True)], heard[-10:]


def test_a_bit_aside_and_it_goes_on(talk: Callable[[str], tuple[Shell, SaidSoFar]]) -> None:
    shell, heard = talk("workshop")
    shell.line("walk to the red marker")
    moving(shell, "walk to the red marker", heard)
    shell.line("a bit further left")
    end(shell)
    assert heard.steps() == [
        ("walk to the red marker", False), ("step to the left", True), ("walk to the red marker", True),
    ], heard[-10:]  # fmt: skip


def test_something_first_and_it_goes_on(talk: Callable[[str], tuple[Shell, SaidSoFar]]) -> None:
    shell, heard = talk("workshop")
    shell.line("walk to the red marker")
    moving(shell, "walk to the red marker", heard)
    shell.line("stop there, first raise both hands")
    end(shell)
    assert heard.steps() == [
        ("walk to the red marker", False), ("raise both hands", True), ("walk to the red marker", True),
    ], heard[-10:]  # fmt: skip


def test_what_was_done_is_corrected_afterwards(talk: Callable[[str], tuple[Shell, SaidSoFar]]) -> None:
    shell, heard = talk("workshop")
    shell.line("walk to the wooden table")
    shell.wait()
    shell.line("no, the other one")
    end(shell)
    assert heard.steps() == [("walk to the wooden table", True), ("walk to the metal table", True)], heard[-10:]


def test_what_can_be_undone_is_and_what_cannot_is_said(talk: Callable[[str], tuple[Shell, SaidSoFar]]) -> None:
    shell, heard = talk("storeroom")
    shell.line("turn left")
    shell.wait()
    shell.line("undo")
    shell.wait()
    assert heard.steps() == [("turn left", True), ("turn right by 90 degrees", True)], heard[-10:]
    shell.line("pick up the brown parcel")
    shell.wait()
    assert heard.steps()[-1] == ("pick up the brown parcel", True), heard[-10:]
    assert "pick up the brown parcel" in heard.said("plan")[-1] and "cannot be undone" in heard.said("plan")[-1]
    shell.line("undo")
    end(shell)
    assert heard.said("hint")[-1] == "'pick up the brown parcel' cannot be undone"
