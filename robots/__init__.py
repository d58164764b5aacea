"""Humanoid robots: published numbers, our choices, and an MJCF of our own. NumPy only."""

from __future__ import annotations

from functools import cache

from robots import h1
from robots.build import build
from skillblend.contracts import Robot
from skillblend.errors import UnknownNameError

_SPECS = {spec.name: spec for spec in (h1.SPEC,)}


def names() -> tuple[str, ...]:
    """Names that `load` knows."""
    return tuple(_SPECS)


@cache
def load(name: str, *, locked: bool = False) -> Robot:
    """The robot called `name`.

    Raises:
        UnknownNameError: No such robot.
    """
    if name not in _SPECS:
        raise UnknownNameError("robot", name, names())
    return build(_SPECS[name], locked=locked)


__all__ = ["load", "names"]
