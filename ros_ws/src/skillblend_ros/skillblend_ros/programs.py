"""Every program of this package by its name, started so that no file of a user's hides a package of ours.

A folder of the user's may hold a ``sim.py``, and Python looks there first: see `skillblend.spokes`. A program's
module is imported only once the names are ours.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from skillblend import spokes
from skillblend.errors import SkillblendError, UnknownNameError

PROGRAMS = (
    "console",
    "dds_link",
    "dds_robot",
    "demo",
    "frames",
    "gamepad",
    "guard",
    "planner",
    "record",
    "sim_robot",
    "skill_server",
    "teleop",
)
"""Modules with a function `main`."""


def run(name: str) -> int:
    """Be the program called `name`; its exit code."""
    try:
        if name not in PROGRAMS:
            raise UnknownNameError("program", name, PROGRAMS)
        spokes.claim()
    except SkillblendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    with leaving_at_once():
        program = import_module(f"skillblend_ros.{name}")
    return int(program.main())


@contextmanager
def leaving_at_once(then: Callable[[int, Any], object] | None = None) -> Generator[None]:
    """While nothing has begun, Ctrl-C and SIGTERM end the process: thrown into an import, they would be errors there.

    Afterwards they do what `then` does, or what they did before.
    """
    before = {number: signal.signal(number, _leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, then or handler)


def _leave(number: int, frame: object) -> None:
    del number, frame
    os._exit(0)


def main() -> int:
    """``python -m skillblend_ros NAME ...``."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    sys.argv[:2] = [f"skillblend_ros {name}"]
    return run(name)


console, dds_link, dds_robot, demo, frames, gamepad, guard, planner, record, sim_robot, skill_server, teleop = (
    partial(run, name) for name in PROGRAMS
)  # as entry points find them
