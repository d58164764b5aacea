"""Every error this project raises on purpose; each says what was found, what is allowed, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SkillblendError(Exception):
    """Root of all errors raised on purpose."""


class InputError(SkillblendError, ValueError):
    """A value from outside (flag, instruction, message) is not allowed."""


class ShapeError(SkillblendError, ValueError):
    """Arrays do not fit together."""


class UnknownNameError(InputError):
    """A name is not in a registry.

    Args:
        kind: What is looked up, e.g. ``"skill"``.
        name: The name that was asked for.
        known: Names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        super().__init__(f"unknown {kind} {name!r}; known: {names}{hint}")
        self.kind = kind
        self.name = name
        self.known = tuple(names)


class BundleError(SkillblendError):
    """A policy bundle is missing, truncated, tampered with, or made for something else."""


class PlanError(SkillblendError):
    """The planner cannot give a next step for this instruction in this scene."""


class SafetyError(SkillblendError):
    """A safety rule refuses an instruction, a plan or an actuator command."""


class SimulationError(SkillblendError):
    """The simulator left the range in which its results mean anything."""
