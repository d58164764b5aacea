"""A table on four legs."""

from __future__ import annotations

from sim.things.kinds import EDGE, UP, Kind, Place, before, both, middle
from sim.things.model import Model
from sim.things.shapes import Block, Vec, span
from skillblend.contracts import Thing

HEIGHT = 0.90
"""Just under the hanging hands of H1, and just high enough for it to touch without bending, m."""

_LEG, _INSET = 0.07, 0.05


def table(
    name: str, place: Place, *, size: Vec = (0.65, 1.3, HEIGHT), material: str = "wood", beside: float = 0.0
) -> Model:
    """A table; `beside`: how far left of its middle one stands before it, m."""
    metal = "metal" in material
    legs = {"wood": "dark wood", "metal": "dark metal"}.get(material, material)
    x, y, z = (extent / 2 for extent in size)
    thick = 0.03 if metal else 0.05
    low = -z
    corners = [(cx, cy) for cx in (-x + _INSET, x - _INSET - _LEG) for cy in (-y + _INSET, y - _INSET - _LEG)]
    return Model(
        object=Thing(name=name, kind="table", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], EDGE, beside),
        holds=both((-x + 0.025, beside, z), 0.2, UP),
        blocks=(
            span((-x, -y, z - thick), (x, y, z), material),
            *(span((a, b, low), (a + _LEG, b + _LEG, z - thick), legs) for a, b in corners),
            _under(x, y, z, legs, metal=metal),
        ),
        top=z,
        rests_on=place.rests_on,
    )


def _under(x: float, y: float, z: float, material: str, *, metal: bool) -> Block:
    """Decoration: a rack near the floor, or an apron under the top."""
    if metal:
        return span((-x + 0.08, -y + 0.08, 0.20 - z), (x - 0.08, y - 0.08, 0.22 - z), "metal", solid=False)
    return span((-x + 0.07, -y + 0.07, z - 0.16), (x - 0.07, y - 0.07, z - 0.05), material, solid=False)


KIND = Kind(about="table on four legs", build=table, least=(0.25, 0.25, 0.3), carries=frozenset({"on"}))
