"""The workshop: a button on a wall, two tables, a shelf, a box and two floor markers around the start.

The robot starts at the origin and faces +x. Heights and distances suit the reach of a standing H1 (wrists
0.9-1.5 m high, up to 0.4 m in front of the feet); relative moves of up to two metres forward from the start
run into nothing.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from sim.scene import Scene
from sim.things.box import box
from sim.things.button import button
from sim.things.kinds import H1, Fit, Place
from sim.things.marker import marker
from sim.things.model import Stand
from sim.things.shelf import shelf
from sim.things.table import HEIGHT, table

_LEFT, _RIGHT = float(np.pi / 2), float(-np.pi / 2)


def scene(fit: Fit = H1) -> Scene:
    """All of it is fixed, but the button's cap."""
    put = partial(Place, fit=fit)
    top, case = fit.height(HEIGHT), fit.height(1.15) / 1.15 * 1.58
    return Scene(
        name="workshop",
        about="a button on a wall, two tables, a shelf, a box and two markers",
        start=Stand(x=0.0, y=0.0, heading=0.0),
        things=(
            button("button", put(x=2.735, y=0.0, z=fit.height(1.15))),
            table("wooden table", put(x=1.3, y=2.075, heading=_LEFT), size=(0.65, 1.5, top), beside=0.35),
            table("metal table", put(x=0.9, y=-2.125, heading=_RIGHT), size=(0.65, 1.3, top), material="metal"),
            marker("red marker", put(x=1.15, y=-0.35)),
            marker("blue marker", put(x=-1.35, y=-0.8), material="blue"),
            shelf("shelf", put(x=-1.1, y=2.08, heading=_LEFT), size=(0.32, 1.0, case), books=True),
            box(
                "box",
                put(x=1.65, y=1.98, z=top, heading=_LEFT, rests_on="wooden table"),
                size=(0.30, 0.42, 0.26),
                free=False,
            ),
        ),
    )
