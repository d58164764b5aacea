"""A small thing to be carried: a tin."""

from __future__ import annotations

from sim.things.kinds import FRONT, TOWARDS, Kind, Place, before, both, middle
from sim.things.model import Model
from sim.things.shapes import Block, Vec
from skillblend.contracts import Thing


def item(
    name: str, place: Place, *, size: Vec = (0.09, 0.09, 0.14), material: str = "green", mass: float = 0.3
) -> Model:
    """An upright cylinder that is free."""
    x, y, z = (extent / 2 for extent in size)
    radius = min(x, y)
    return Model(
        object=Thing(name=name, kind="item", size=(2 * radius, 2 * radius, size[2]), motion="free", mass=mass),
        pose=middle(place, size[2]),
        approach=before(place, size[0], FRONT),
        holds=both((-radius, 0.0, 0.0), 0.0, TOWARDS),
        blocks=(
            Block(center=(0.0, 0.0, 0.0), half=(radius, radius, z), material=material, shape="cylinder"),
            Block(
                center=(0.0, 0.0, 0.0), half=(1.01 * radius, 1.01 * radius, 0.35 * z), material="white", solid=False,
                shape="cylinder",
            ),
        ),
        rests_on=place.rests_on,
    )  # fmt: skip


KIND = Kind(
    about="small tin that can be carried", build=item, motion="free", takes=frozenset({"size", "material", "mass"}),
    most=(0.3, 0.3, 0.4),
)  # fmt: skip
