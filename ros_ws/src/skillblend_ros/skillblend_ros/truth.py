"""The simulator's own log: where the robot really was and what its motors really obeyed, step by step.

A file of fixed-size records after one line of JSON, appended to every tenth of a second, so that what was
written before a process was killed can be read. Nothing in it comes from the guard but the bytes of its
commands.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from sim.scene import Scene
from skillblend.contracts import Robot
from skillblend.errors import InputError
from skillblend.files import json_text

FORMAT = 3
NO_FAULT = 255
WRITE_EVERY = 0.1
"""s."""


def record_type(joints: int, buttons: int, felt: int, things: int) -> np.dtype[np.void]:
    """One physics step. SI units, world frame unless said otherwise; `Robot.joint_names` order.

    `time` is the simulator's; `wall` is monotonic; `command` counts the commands obeyed so far, `policy` the
    policy's messages seen so far, `rival` the commands of others; `fault` is the index of the fault class
    that the robot has, `NO_FAULT` for none; `held` by the gantry; `spawn` counts how often the robot was put
    back; `asked` is the policy's latest request; `hand_force` is what each hand presses with, N, on each of the
    things that it feels. `things` are positions (m) and quaternions wxyz, `openness` is the share of its way that a
    thing is open, -1 for one that does not open.
    """
    return np.dtype(
        [
            ("time", "f8"), ("wall", "f8"), ("spawn", "i4"), ("fault", "u1"), ("held", "u1"),
            ("position", "f8", 3), ("quaternion", "f8", 4), ("velocity", "f8", 3), ("omega", "f8", 3),
            ("q", "f8", joints), ("qd", "f8", joints), ("effort", "f8", joints),
            ("wrists", "f8", (2, 3)), ("travel", "f8", max(buttons, 1)), ("hand_force", "f8", (max(felt, 1), 2)),
            ("things", "f8", (max(things, 1), 7)), ("openness", "f8", max(things, 1)),
            ("command", "i8"), ("targets", "f8", joints), ("target_velocity", "f8", joints),
            ("feedforward", "f8", joints), ("stiffness", "f8", joints), ("damping", "f8", joints),
            ("enabled", "u1", joints), ("policy", "i8"), ("asked", "f8", joints), ("rival", "i8"),
        ]
    )  # fmt: skip


class TruthLog:
    """Appends records to a file."""

    def __init__(self, path: Path, robot: Robot, scene: Scene, seed: int) -> None:
        """Begin `path` anew.

        Raises:
            InputError: It cannot be written.
        """
        buttons = tuple(thing.name for thing in scene.things if thing.spring is not None)
        felt = scene.fitted(robot).felt
        about = {
            "format": FORMAT, "robot": robot.name, "joint_names": robot.joint_names, "scene": scene.source,
            "seed": seed, "buttons": buttons, "felt": felt, "things": scene.state.names,
        }  # fmt: skip
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise InputError(f"cannot write the log {path}: {error.strerror}; choose another file") from error
        self._file.write(json_text(about).encode() + b"\n")
        self._file.flush()
        self._waiting: deque[bytes] = deque()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()
        kind = record_type(robot.num_joints, len(buttons), len(felt), len(scene.state.names))
        self._record: Any = np.zeros(1, dtype=kind)

    def append(self, **values: Any) -> None:
        """Write one record; every field by name."""
        for name, value in values.items():
            self._record[name][0] = value
        self._waiting.append(self._record.tobytes())

    def close(self) -> None:
        """Write out what is left."""
        self._over.set()
        self._thread.join()
        self._file.close()

    def _write(self) -> None:
        """A disk that is slow must not hold up the robot: records are written beside it."""
        while not self._over.wait(WRITE_EVERY):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        while self._waiting:
            self._file.write(self._waiting.popleft())
        self._file.flush()


def read_truth(path: Path) -> tuple[dict[str, Any], npt.NDArray[Any]]:
    """What the log is about, and its complete records.

    Raises:
        InputError: Not such a log.
    """
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        about: dict[str, Any] = json.loads(head)
        if about["format"] != FORMAT:
            raise ValueError(f"format {about['format']}, needed {FORMAT}")
        sizes = (len(about[name]) for name in ("joint_names", "buttons", "felt", "things"))
        kind = record_type(*sizes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no log of simulator truth: {error}; sim_robot's `log` makes one") from error
    count = len(body) // kind.itemsize
    return about, np.frombuffer(body[: count * kind.itemsize], dtype=kind)
