"""Humanoid robots: published numbers, our choices, and an MJCF of our own. NumPy only.

``load("h1")`` is Unitree's H1 (19 joints), ``load("g1")`` the G1 (29), ``load("h1_2")`` the H1-2 (27, fingers
welded). Masses, inertias, axes and limits are the published ones (``robots/data``, see ``NOTICE.md`` there);
gains, default poses, contact points and shapes are ours (one module per robot).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from robots import g1, h1, h1_2
from robots.assembly import LOCKED, build
from robots.spec import Spec
from skillblend.contracts import Robot
from skillblend.errors import UnknownNameError

_SPECS: Mapping[str, Spec] = MappingProxyType({spec.name: spec for spec in (h1.SPEC, g1.SPEC, h1_2.SPEC)})


def names() -> tuple[str, ...]:
    """Names that `load` accepts; each is the `Robot.name` of what it loads."""
    return tuple(
        name
        for spec in _SPECS.values()
        for name in ((spec.name, spec.name + LOCKED) if spec.lockable else (spec.name,))
    )


@cache
def load(name: str, *, locked: bool = False) -> Robot:
    """The robot called `name`, one of `names()`. Its arrays are read-only: callers share it.

    Args:
        name: ``"h1"``, ``"g1"``, ``"h1_2"``, or one of the last two followed by ``"_locked"``.
        locked: Weld the joints that SkillBlender welds, at zero, which leaves 21: G1's wrists and waist roll
            and pitch, H1-2's forearm roll and wrists. The H1 has none of these, so it stays as it is.

    Raises:
        UnknownNameError: No such robot.
    """
    if name not in names():
        raise UnknownNameError("robot", name, names())
    return build(_SPECS[name.removesuffix(LOCKED)], locked=locked or name.endswith(LOCKED))


__all__ = ["load", "names"]
