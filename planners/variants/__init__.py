"""Planners by name: one file each, with a `VARIANT`; adding the file is all it takes.

Nothing heavy is imported until a planner is loaded.

>>> from planners.variants import PLANNERS
>>> planner = PLANNERS["saycan"].load({})
"""

from __future__ import annotations

from planners.planner import Variant
from skillblend.registry import Registry

DEFAULT = "saycan"
"""The shipped one."""

PLANNERS: Registry[Variant] = Registry(
    "planner", package="planners.variants", attribute="VARIANT", of=Variant, every=True
)
"""All of them: every module of this package."""
