"""A robot for consoles, which moves until it is told to stop."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from rich.console import Console

from sim.scenes import load
from skillblend.contracts import Step
from skillblend.draft import Draft, Tell
from skillblend.errors import PlanError
from skillblend.options import ground_options
from skillblend.session import Outcome
from skillblend.shell import Shell
from skillblend.terminal import telling

STRANGE = "[/x] [bold]"

OPTIONS = {step.text: step for step in ground_options(load("workshop").state)}


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


class Typed(Shell):
    """A shell that waits for each line that it is given."""

    def follow(self, *lines: str) -> None:
        for line in lines:
            self.line(line)
            self.wait()


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def options() -> dict[str, Step]:
    """Every step of the place, by its text."""
    return dict(OPTIONS)


@pytest.fixture
def make() -> Callable[[Tell], Typed]:
    """A shell that tells as it is told to."""
    return lambda tell: Typed(FakePlayer, tell)


@pytest.fixture
def shell(make: Callable[[Tell], Typed], out: io.StringIO) -> Typed:
    return make(telling(Console(file=out, width=200)))


@pytest.fixture
def player(shell: Typed) -> FakePlayer:
    return cast("FakePlayer", shell.player)


@pytest.fixture
def careful(shell: Typed) -> Typed:
    """The same, asking about what is risky."""
    shell.yes = False
    return shell


@pytest.fixture
def corrected(shell: Typed, player: FakePlayer) -> Typed:
    """The shell after one table was touched, and it was said afterwards that it was the wrong one."""
    shell.line("touch the table")
    assert player.moving.wait(10.0)
    shell.doing = ("touch the wooden table, 0.1 s of robot time", 0.0)
    shell.follow("stop")
    player.moving.clear()
    shell.line("not that one")
    assert player.moving.wait(10.0)
    shell.follow("stop")
    return shell
