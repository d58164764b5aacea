"""Scripts: policies over frozen skills that know how, written down instead of trained, one file each.

A script decides as a blender does (`skillblend.blending`): goals of skills and gates, from the same observation.
Where no blender has been trained for its task, a robot acts by its script; tasks in `sim.tasks` teach and measure by
it.
"""

from __future__ import annotations

from skillblend.registry import Registry
from skillblend.scripts.base import Act, Script, Scripted, scripted

SCRIPTS: Registry[Script] = Registry("script", package="skillblend.scripts", attribute="SCRIPT")
"""By the name of the task: the modules of this package that define `SCRIPT`, and what was added."""

__all__ = ["SCRIPTS", "Act", "Script", "Scripted", "scripted"]
