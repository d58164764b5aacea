"""A box: a parcel of cardboard, or a crate of some other material."""

from __future__ import annotations

from sim.things.kinds import FRONT, UP, Kind, Place, before, both, middle
from sim.things.model import Model
from sim.things.shapes import Vec, span
from skillblend.contracts import Thing

_GAP = FRONT - 0.02

_IN = 0.02
"""A hand is put on top, so far behind the front edge, m: what is pushed from the front slides away."""


def box(
    name: str,
    place: Place,
    *,
    size: Vec = (0.30, 0.30, 0.30),
    material: str = "card",
    mass: float = 1.0,
    free: bool = True,
) -> Model:
    """A box with flat sides, of evenly spread mass; `free`: it can be pushed, lifted and dropped."""
    x, y, z = (extent / 2 for extent in size)
    tape = (
        span((-min(0.03, x / 2), -y, z), (min(0.03, x / 2), y, z + 0.002), "tape", solid=False),
        span((-x - 0.002, -0.81 * y, -0.7 * z), (-x, -0.33 * y, -0.08 * z), "white", solid=False),
    )
    return Model(
        object=Thing(name=name, kind="box", size=size, motion="free" if free else "fixed", mass=mass),
        pose=middle(place, size[2]),
        approach=before(place, size[0], _GAP),
        holds=both((-x + _IN, 0.0, z), min(0.15, 0.72 * y), UP),
        blocks=(span((-x, -y, -z), (x, y, z), material), *(tape if material == "card" else ())),
        top=z,
        rests_on=place.rests_on,
    )


KIND = Kind(
    about="parcel or crate that can be pushed, lifted and carried", build=box, motion="free",
    takes=frozenset({"size", "material", "mass"}), least=(0.03, 0.03, 0.03), most=(1.5, 1.5, 1.5), 
    carries=frozenset({"on"}),
)  # fmt: skip
