"""A person who stands still."""

from __future__ import annotations

from sim.things.kinds import Kind, Place, before, middle
from sim.things.model import Model
from sim.things.shapes import Block, Vec, span
from skillblend.contracts import Thing

DISTANCE = 0.9
"""How far before a person one stops, m: outside of the personal space of about an arm's length.

Source: Hall, The Hidden Dimension, 1966: personal distance begins at 0.45 m, its far phase at 0.76 m.
"""


def person(name: str, place: Place, *, size: Vec = (0.30, 0.46, 1.75), material: str = "blue") -> Model:
    """A figure of legs, trunk, arms and head, as large as `size`."""
    x, y, z = (extent / 2 for extent in size)
    hip, shoulder, head = 0.95 * z - z, 1.62 * z - z, 0.14 * z
    legs = [
        Block(center=(0.0, s * 0.4 * y, (hip - z) / 2), half=(0.5 * x, 0.3 * y, (hip + z) / 2), material="black")
        for s in (-1, 1)
    ]
    arms = [
        Block(
            center=(0.0, s * 0.87 * y, (hip + shoulder) / 2), half=(0.35 * x, 0.13 * y, (shoulder - hip) / 2),
            material=material,
        )
        for s in (-1, 1)
    ]  # fmt: skip
    return Model(
        object=Thing(name=name, kind="person", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], DISTANCE),
        blocks=(
            *legs,
            span((-0.8 * x, -0.74 * y, hip), (0.8 * x, 0.74 * y, shoulder), material),
            *arms,
            Block(center=(0.0, 0.0, z - head), half=(head, head, head), material="skin", shape="ball"),
            Block(
                center=(0.0, 0.0, (shoulder + z - 2 * head) / 2),
                half=(0.06, 0.06, (z - 2 * head - shoulder) / 2 + 0.02),
                material="skin", solid=False, shape="cylinder",
            ),
        ),
        rests_on=place.rests_on,
    )  # fmt: skip


KIND = Kind(about="person who stands still", build=person, least=(0.15, 0.2, 0.5), most=(0.6, 0.9, 2.3))
