"""A bin: four sides and a bottom, open at the top."""

from __future__ import annotations

from sim.things.kinds import FRONT, Kind, Place, before, middle
from sim.things.model import Model
from sim.things.shapes import Vec, span
from skillblend.contracts import Thing

_WALL = 0.02


def bin_(name: str, place: Place, *, size: Vec = (0.45, 0.45, 0.55), material: str = "dark metal") -> Model:
    """A bin that stands firm; what is put in lies on its bottom."""
    x, y, z = (extent / 2 for extent in size)
    return Model(
        object=Thing(name=name, kind="bin", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], FRONT - 0.06),
        blocks=(
            span((-x, -y, -z), (x, y, -z + _WALL), material),
            *(span((a, -y, -z + _WALL), (a + _WALL, y, z), material) for a in (-x, x - _WALL)),
            *(span((-x + _WALL, b, -z + _WALL), (x - _WALL, b + _WALL, z), material) for b in (-y, y - _WALL)),
        ),
        inside=-z + _WALL,
        rests_on=place.rests_on,
    )


KIND = Kind(about="open bin", build=bin_, least=(0.1, 0.1, 0.1), most=(1.2, 1.2, 1.2), carries=frozenset({"in"}))
