"""Things that scenes are made of: one file per kind, each with a public builder.

>>> from sim.things.kinds import Place
>>> from sim.things.table import table
>>> desk = table("desk", Place(x=1.2, y=0.0), size=(0.6, 1.2, 0.75), material="metal")

A new kind is one file with a builder and its `KIND`.
"""

from __future__ import annotations

from sim.things.kinds import Kind, Place
from sim.things.model import Model
from skillblend.registry import Registry

KINDS: Registry[Kind] = Registry("kind of thing", package="sim.things", attribute="KIND")
"""All kinds that a scene file may name."""

__all__ = ["KINDS", "Kind", "Model", "Place"]
