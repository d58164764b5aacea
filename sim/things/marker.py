"""A round mark on the floor."""

from __future__ import annotations

from sim.things.kinds import Kind, Place
from sim.things.model import Model, Pose, Stand
from sim.things.shapes import Block, Vec
from skillblend.contracts import Thing

_RIM = 0.04


def marker(name: str, place: Place, *, size: Vec = (0.48, 0.48, 0.006), material: str = "red") -> Model:
    """A disc that one stands on, facing anywhere; nobody runs into it."""
    radius, high = min(size[:2]) / 2, size[2] / 2
    rim = Block(
        center=(0.0, 0.0, 0.002), half=(radius + _RIM, radius + _RIM, 0.002), material="white", solid=False,
        shape="cylinder",
    )  # fmt: skip
    disc = Block(
        center=(0.0, 0.0, high), half=(radius, radius, high), material=material, solid=False, shape="cylinder"
    )
    return Model(
        object=Thing(name=name, kind="marker", size=size),
        pose=Pose.upright(place.x, place.y, place.z, place.heading),
        approach=Stand(x=0.0, y=0.0, heading=0.0),
        blocks=(rim, disc),
        rests_on=place.rests_on,
    )


KIND = Kind(about="round mark on the floor", build=marker, least=(0.1, 0.1, 0.002), most=(2.0, 2.0, 0.02))
