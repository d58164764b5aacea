"""The landing: two markers and a table."""

from __future__ import annotations

from functools import partial

from sim.scene import Scene
from sim.things.kinds import H1, Fit, Place
from sim.things.marker import marker
from sim.things.model import Stand
from sim.things.table import HEIGHT, table


def scene(fit: Fit = H1) -> Scene:
    """A marker nearby, one far off."""
    put = partial(Place, fit=fit)
    return Scene(
        name="landing",
        about="two markers and a table",
        start=Stand(x=0.0, y=0.0, heading=0.0),
        things=(
            marker("red marker", put(x=0.9, y=0.0)),
            marker("blue marker", put(x=2.4, y=0.6), material="blue"),
            table("wooden table", put(x=0.0, y=2.0), size=(0.65, 1.5, fit.height(HEIGHT))),
        ),
    )
