"""Humanoid robots: published numbers, our choices, and an MJCF of our own. NumPy only.

``load("h1")`` is Unitree's H1 (19 joints), ``load("g1")`` the G1 (29), ``load("h1_2")`` the H1-2 (27, fingers
welded). Masses, inertias, axes and limits are the published ones (``data/NAME.json``, see ``NOTICE.md`` there);
gains, default poses, contact points and shapes are ours (one module per robot, which defines `SPEC`).
"""

from __future__ import annotations

from functools import cache

from robots.assembly import LOCKED, build
from robots.spec import Spec
from skillblend.contracts import Robot
from skillblend.errors import UnknownNameError
from skillblend.registry import Registry

SPECS: Registry[Spec] = Registry("robot", package="robots", attribute="SPEC", of=Spec)
"""The modules of this package that define `SPEC`, by the name of the robot."""


def names() -> tuple[str, ...]:
    """Names that `load` accepts; each is the `Robot.name` of what it loads."""
    return tuple(found for name in SPECS for found in ((name, name + LOCKED) if SPECS[name].lockable else (name,)))


def load(name: str, *, locked: bool = False) -> Robot:
    """The robot called `name`, one of `names()`. Its arrays are read-only: callers share it.

    Args:
        name: ``"h1"``, ``"g1"``, ``"h1_2"``, another that has a module here, or one whose joints can be locked,
            followed by ``"_locked"``.
        locked: Weld the joints that SkillBlender welds, at zero, which leaves 21: G1's wrists and waist roll
            and pitch, H1-2's forearm roll and wrists. The H1 has none of these, so it stays as it is.

    Raises:
        UnknownNameError: No such robot.
        InputError: Its published numbers and our choices do not fit together.
    """
    if name not in names():
        raise UnknownNameError("robot", name, names())
    return _built(name.removesuffix(LOCKED), locked or name.endswith(LOCKED))


@cache
def _built(name: str, locked: bool) -> Robot:
    return build(SPECS[name], locked=locked)


__all__ = ["SPECS", "load", "names"]
