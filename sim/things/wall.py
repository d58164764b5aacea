"""A straight piece of wall."""

from __future__ import annotations

from sim.things.kinds import FRONT, TOWARDS, Kind, Place, before, both, middle
from sim.things.model import Model
from sim.things.shapes import Vec, span
from skillblend.contracts import Thing


def wall(name: str, place: Place, *, size: Vec = (0.10, 2.0, 2.0), material: str = "wall") -> Model:
    """A wall with a skirting board."""
    x, y, z = (extent / 2 for extent in size)
    return Model(
        object=Thing(name=name, kind="wall", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], FRONT),
        holds=both((-x, 0.0, min(1.15, 0.9 * size[2]) - z), min(0.2, 0.8 * y), TOWARDS),
        blocks=(
            span((-x, -y, -z), (x, y, z), material),
            span((-x - 0.012, -y, -z), (-x, y, -z + min(0.09, z)), "plate", solid=False),
        ),
        rests_on=place.rests_on,
    )


KIND = Kind(about="piece of wall", build=wall, least=(0.02, 0.1, 0.2), most=(20.0, 20.0, 4.0))
