"""The storeroom: things to carry, to open, to throw away and to kick, around a robot at the origin that faces +x.

Two tables, a shelf, a cabinet with two doors, a bin, three parcels and a tin, a ball and a goal, three markers.
Heights suit a standing H1; moves of up to two metres forward from the start run into nothing.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from sim.scene import Scene
from sim.things.ball import ball
from sim.things.bin import bin_
from sim.things.box import box
from sim.things.cabinet import cabinet
from sim.things.goal import goal
from sim.things.item import item
from sim.things.kinds import H1, Fit, Place
from sim.things.marker import marker
from sim.things.model import Stand
from sim.things.shelf import board_top, shelf
from sim.things.table import HEIGHT, table

_LEFT, _BACK, _RIGHT = float(np.pi / 2), float(np.pi), float(-np.pi / 2)


def scene(fit: Fit = H1) -> Scene:
    """Parcels, tin and ball are free; the cabinet's doors are closed."""
    put = partial(Place, fit=fit)
    top, scale = fit.height(HEIGHT), fit.height(1.15) / 1.15
    return Scene(
        name="storeroom",
        about="two tables, a shelf, a cabinet, a bin, parcels, a tin, a ball and a goal, three markers",
        start=Stand(x=0.0, y=0.0, heading=0.0),
        things=(
            table("wooden table", put(x=2.5, y=1.3), size=(0.65, 1.4, top)),
            table("metal table", put(x=1.2, y=-2.4, heading=_RIGHT), size=(0.65, 1.3, top), material="metal"),
            shelf("shelf", put(x=0.2, y=2.6, heading=_LEFT), size=(0.36, 1.1, 1.58 * scale)),
            cabinet("cabinet", put(x=-2.6, y=0.6, heading=_BACK), size=(0.42, 0.90, 1.20 * scale)),
            bin_("bin", put(x=2.6, y=-1.3), size=(0.45, 0.45, 0.55 * scale)),
            box(
                "brown parcel",
                put(x=2.35, y=1.1, z=top, rests_on="wooden table"),
                size=(0.26, 0.30, 0.22),
                mass=1.0,
            ),
            box(
                "blue parcel",
                put(x=1.35, y=-2.24, z=top, heading=_RIGHT, rests_on="metal table"),
                size=(0.22, 0.28, 0.18),
                material="blue",
                mass=0.6,
            ),
            box(
                "wooden crate",
                put(x=-1.5, y=2.3, heading=_LEFT),
                size=(0.36, 0.40, 0.32),
                material="wood",
                mass=3.0,
            ),
            item("tin", put(x=0.45, y=2.55, z=board_top(1.58 * scale), heading=_LEFT, rests_on="shelf")),
            ball("ball", put(x=-1.1, y=-1.5, heading=_RIGHT)),
            goal("goal", put(x=-1.1, y=-3.6, heading=_RIGHT)),
            marker("red marker", put(x=1.1, y=-0.4)),
            marker("green marker", put(x=-1.2, y=0.3), material="green"),
            marker("yellow marker", put(x=0.2, y=-1.3), material="yellow"),
        ),
    )
