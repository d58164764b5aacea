"""What of `launch` and `launch_ros` our launch files use: there is no wheel of either. For tests alone.

Values of parameters become numbers and truth values as in launch_ros: what stands in a launch argument is read as
YAML, unless the file says which type it has.
"""

from __future__ import annotations

import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PATIENCE = 60.0
"""How long a process may take to end, s."""


@dataclass(frozen=True)
class Declared:
    """An argument of a launch file."""

    name: str
    default_value: str


@dataclass(frozen=True)
class Substituted:
    """Where the value of an argument goes."""

    name: str


@dataclass(frozen=True)
class TypedValue:
    """The value of an argument, and which type it has."""

    value: Substituted
    value_type: type


@dataclass(frozen=True, kw_only=True)
class NodeAction:
    """A process of a launch file."""

    package: str
    executable: str
    name: str = ""
    namespace: str = ""
    parameters: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def value_of(given: object, arguments: dict[str, str]) -> Any:
    """The value of a parameter."""
    if isinstance(given, TypedValue):
        return given.value_type(arguments[given.value.name])
    if isinstance(given, Substituted):
        found = yaml.safe_load(arguments[given.name])
        if type(found) not in (bool, int, float, str):
            raise TypeError(f"launch_ros takes no {type(found).__name__} for {given.name}")
        return found
    return given


@contextmanager
def modules() -> Iterator[None]:
    """`launch` and `launch_ros`, for as long as a launch file is read."""
    names = {
        "launch": {"LaunchDescription": list},
        "launch.actions": {"DeclareLaunchArgument": Declared},
        "launch.substitutions": {"LaunchConfiguration": Substituted},
        "launch_ros": {},
        "launch_ros.actions": {"LifecycleNode": NodeAction, "Node": NodeAction},
        "launch_ros.parameter_descriptions": {"ParameterValue": TypedValue},
    }
    for name, members in names.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def described(file: Path, given: Sequence[str]) -> tuple[list[NodeAction], dict[str, str]]:
    """Processes of a launch file, and its arguments; `given` are those of the command, NAME:=VALUE."""
    with modules():
        entries: list[Any] = runpy.run_path(str(file))["generate_launch_description"]()
    arguments = {entry.name: entry.default_value for entry in entries if isinstance(entry, Declared)}
    for word in given:
        name, mark, value = word.partition(":=")
        if not mark or name not in arguments:
            sys.exit(f"{file.name} has no argument {word!r}; it has {sorted(arguments)}")
        arguments[name] = value
    return [entry for entry in entries if isinstance(entry, NodeAction)], arguments


def command(node: NodeAction, path: Path, arguments: dict[str, str], folder: Path) -> list[str]:
    """How `node` is started; its parameters go into a file in `folder`."""
    values = {name: value_of(value, arguments) for settings in node.parameters for name, value in settings.items()}
    file = folder / f"{node.executable}.yaml"
    file.write_text(yaml.safe_dump({"/**": {"ros__parameters": values}}) if values else "{}")
    renamed = ["-r", f"__node:={node.name}"] if node.name else []
    return [str(path), "--ros-args", *renamed, "--params-file", str(file)]


def run(file: Path, given: Sequence[str], program: Callable[[str, str], Path]) -> int:
    """Start everything; when told to end, or once a process has ended, end everything, what started last first."""
    nodes, arguments = described(file, given)
    started: list[subprocess.Popen[bytes]] = []
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, frame: told.append(got))
    with tempfile.TemporaryDirectory() as folder:
        for node in nodes:
            words = command(node, program(node.package, node.executable), arguments, Path(folder))
            started.append(subprocess.Popen(words, start_new_session=True))
            print(f"[{node.executable}]: process started with pid {started[-1].pid}", flush=True)
        while not told and all(process.poll() is None for process in started):
            time.sleep(0.1)
        codes = [ended(process) for process in reversed(started)]
    print(f"all processes have ended: {codes}", flush=True)
    return 0 if told and not any(codes) else 1


def ended(process: subprocess.Popen[bytes]) -> int:
    """End a process; its exit code."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGINT)
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
