"""Planners by name: one file each, with a `VARIANT`; adding the file is all it takes.

Nothing heavy is imported until a planner is loaded.

>>> from planners.variants import PLANNERS
>>> planner = PLANNERS["saycan"].load({})
"""

from __future__ import annotations

from planners.planner import Variant
from skillblend.errors import InputError
from skillblend.registry import Registry

DEFAULT = "saycan"
"""The shipped one."""

SUFFIX = "+memory"
"""Behind the name of a planner that remembers (`planners.remembering`)."""

PLANNERS: Registry[Variant] = Registry(
    "planner", package="planners.variants", attribute="VARIANT", of=Variant, every=True
)
"""All of them: every module of this package."""


def planner_called(name: str) -> Variant:
    """The planner called `name`: one of `PLANNERS`, or `METHOD:MODEL` as `planners.writing` has it.

    Raises:
        UnknownNameError: No such planner or method; near misses are suggested.
        InputError: There can be no such model, or it takes a memory.
    """
    if name.endswith(SUFFIX):
        plain = name.removesuffix(SUFFIX)
        raise InputError(f"{name!r} decides by what its memory holds; give {plain!r}, and the memory with --memory")
    if ":" not in name:
        return PLANNERS[name]
    from planners.writing import written

    return written(name)
