"""What a robot did in a run, control step by control step: `motion.safetensors` in the run's folder.

Each row is the state before a control step and the joint targets that were sent in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from skillblend.contracts import Array, WorldState
from skillblend.errors import InputError
from skillblend.files import atomic_write, json_text

FILE = "motion.safetensors"
_ARRAYS = {"time": 1, "qpos": 2, "qvel": 2, "targets": 2}
"""Names, and how many axes each has."""


class Recorded(Protocol):
    """A simulated robot, as far as its motion is recorded."""

    state: WorldState

    @property
    def qpos(self) -> Array:
        """Shape (nq,)."""
        ...

    @property
    def qvel(self) -> Array:
        """Shape (nv,)."""
        ...

    @property
    def sent(self) -> Array:
        """Joint targets of the latest control step. Shape (J,), rad."""
        ...


@dataclass(frozen=True, kw_only=True)
class MotionRecord:
    """T control steps of one robot.

    Attributes:
        time: Simulated. Shape (T,), s.
        qpos, qvel: Of the simulation before each step; base, joints, things. Shapes (T, nq), (T, nv).
        targets: Joint targets sent in it. Shape (T, J), rad.
        about: Robot, scene, instruction, joint names, control step (s); JSON-ready.
    """

    time: Array
    qpos: Array
    qvel: Array
    targets: Array
    about: dict[str, Any]

    def __len__(self) -> int:
        """T."""
        return len(self.time)


@dataclass(kw_only=True)
class MotionRecorder:
    """Takes note of a robot's control steps.

    >>> recorder = MotionRecorder(of=bridge)
    >>> recorder.update()  # after every control step
    >>> recorder.save(folder, {"robot": "h1", ...})
    """

    of: Recorded
    _rows: list[tuple[float, Array, Array, Array]] = field(default_factory=list[tuple[float, Array, Array, Array]])

    def __post_init__(self) -> None:
        """The state before the first step."""
        self._before = self._now()

    def _now(self) -> tuple[float, Array, Array]:
        return float(self.of.state.time[0]), self.of.qpos.copy(), self.of.qvel.copy()

    def update(self) -> None:
        """A control step has passed."""
        self._rows.append((*self._before, self.of.sent.copy()))
        self._before = self._now()

    def save(self, folder: Path, about: dict[str, Any]) -> None:
        """Write what was recorded; nothing, and no file of an earlier run, where there was no step.

        Raises:
            InputError: It cannot be written.
        """
        if not self._rows:
            (folder / FILE).unlink(missing_ok=True)
            return
        time, qpos, qvel, targets = (np.array(column, dtype=np.float64) for column in zip(*self._rows, strict=True))
        tensors = {"time": time, "qpos": qpos, "qvel": qvel, "targets": targets}
        atomic_write(folder / FILE, save(tensors, metadata={"about": json_text(about)}))


def read_motion(run: Path) -> MotionRecord:
    """The motion of the run in folder `run`.

    Raises:
        InputError: There is none, or it is damaged.
    """
    path = run / FILE
    try:
        with safe_open(path, framework="numpy") as file:
            arrays: dict[str, Array] = {name: file.get_tensor(name) for name in _ARRAYS}
            about: Any = json.loads(file.metadata()["about"])
        _check(arrays, dict(about))
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{run} must hold the {FILE} that `skillblend run` leaves where a robot moved: {error}; run it again"
        ) from error
    return MotionRecord(**arrays, about=dict(about))


def _check(arrays: dict[str, Array], about: dict[str, Any]) -> None:
    steps = len(arrays["time"])
    for name, axes in _ARRAYS.items():
        values = arrays[name]
        if values.ndim != axes or len(values) != steps or not np.isfinite(values).all():
            raise ValueError(f"{name} {values.shape} must be {steps} rows of finite numbers")
    needed = ("robot", "scene", "instruction", "joint_names", "control_dt")
    missing = [key for key in needed if key not in about]
    if missing:
        raise ValueError(f"it does not say {', '.join(missing)}")
    if arrays["targets"].shape[1] != len(about["joint_names"]):
        raise ValueError(f"targets {arrays['targets'].shape} are not of {len(about['joint_names'])} joints")
