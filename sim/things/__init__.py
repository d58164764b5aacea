"""Things that scenes are made of: one file per kind, each with a public builder.

>>> from sim.things.kinds import Place
>>> from sim.things.table import table
>>> desk = table("desk", Place(x=1.2, y=0.0), size=(0.6, 1.2, 0.75), material="metal")

A new kind is a file with a builder and its `Kind`, and one line in `KINDS`.
"""

from __future__ import annotations

from sim.things.ball import KIND as BALL
from sim.things.bin import KIND as BIN
from sim.things.box import KIND as BOX
from sim.things.button import KIND as BUTTON
from sim.things.cabinet import KIND as CABINET
from sim.things.counter import KIND as COUNTER
from sim.things.goal import KIND as GOAL
from sim.things.item import KIND as ITEM
from sim.things.kinds import Kind, Place
from sim.things.marker import KIND as MARKER
from sim.things.model import Model
from sim.things.person import KIND as PERSON
from sim.things.shelf import KIND as SHELF
from sim.things.table import KIND as TABLE
from sim.things.wall import KIND as WALL
from skillblend.registry import Registry

KINDS: Registry[Kind] = Registry("kind of thing")
"""All kinds that a scene file may name."""

for _name, _kind in (
    ("table", TABLE),
    ("counter", COUNTER),
    ("shelf", SHELF),
    ("cabinet", CABINET),
    ("bin", BIN),
    ("marker", MARKER),
    ("button", BUTTON),
    ("box", BOX),
    ("item", ITEM),
    ("ball", BALL),
    ("person", PERSON),
    ("wall", WALL),
    ("goal", GOAL),
):
    KINDS.add(_name, _kind)

__all__ = [
    "KINDS",
    "Kind",
    "Model",
    "Place",
]
