"""A counter: a closed front under a top that juts out a little."""

from __future__ import annotations

from sim.things.kinds import EDGE, UP, Kind, Place, before, both, middle
from sim.things.model import Model
from sim.things.shapes import Vec, span
from skillblend.contracts import Thing

_TOP, _JUT = 0.04, 0.06


def counter(name: str, place: Place, *, size: Vec = (0.60, 1.6, 0.92), material: str = "cream") -> Model:
    """A counter to stand before."""
    x, y, z = (extent / 2 for extent in size)
    return Model(
        object=Thing(name=name, kind="counter", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], EDGE),
        holds=both((-x + 0.025, 0.0, z), min(0.2, 0.8 * y), UP),
        blocks=(
            span((-x, -y, z - _TOP), (x, y, z), "dark wood"),
            span((-x + _JUT, -y, -z), (x, y, z - _TOP), material),
        ),
        top=z,
        rests_on=place.rests_on,
    )


KIND = Kind(about="counter with a closed front", build=counter, least=(0.25, 0.3, 0.3), carries=frozenset({"on"}))
