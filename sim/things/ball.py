"""A ball to be kicked."""

from __future__ import annotations

from sim.contacts import BALL
from sim.things.kinds import FRONT, Kind, Place, before, middle
from sim.things.model import Model
from sim.things.shapes import Block, Vec
from skillblend.contracts import Thing


def ball(
    name: str, place: Place, *, size: Vec = (0.22, 0.22, 0.22), material: str = "white", mass: float = 0.43
) -> Model:
    """A ball of the size and mass of a football.

    Source: IFAB Laws of the Game, law 2: circumference 68-70 cm, 410-450 g.
    """
    radius = min(size) / 2
    return Model(
        object=Thing(name=name, kind="ball", size=(2 * radius, 2 * radius, 2 * radius), motion="free", mass=mass),
        pose=middle(place, 2 * radius),
        approach=before(place, 2 * radius, FRONT),
        blocks=(
            Block(center=(0.0, 0.0, 0.0), half=(radius, radius, radius), material=material, shape="ball"),
            *_patches(radius, "black" if material == "white" else "white"),
        ),
        rests_on=place.rests_on,
        contact=BALL,
    )


def _patches(radius: float, material: str) -> tuple[Block, ...]:
    """Decoration by which one sees it roll."""
    sides = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    reach, small = 0.8 * radius / 3**0.5, 0.24 * radius
    return tuple(
        Block(
            center=(reach * x, reach * y, reach * z), half=(small, small, small), material=material, solid=False,
            shape="ball",
        )
        for x, y, z in sides
    )  # fmt: skip


KIND = Kind(
    about="ball that rolls", build=ball, motion="free", takes=frozenset({"size", "material", "mass"}),
    least=(0.04, 0.04, 0.04), most=(0.6, 0.6, 0.6),
)  # fmt: skip
