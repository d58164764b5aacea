"""A cabinet with hinged doors and a board inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sim.things.kinds import EDGE, FRONT, TOWARDS, Kind, Place, before, both, middle
from sim.things.model import Model, Part
from sim.things.shapes import Vec, span
from skillblend.contracts import Thing
from skillblend.contracts.scene import WIDE

Side = Literal["left", "right"]

_WALL, _DOOR, _HANDLE = 0.02, 0.02, 0.03


def cabinet(
    name: str,
    place: Place,
    *,
    size: Vec = (0.42, 0.80, 1.20),
    material: str = "wood",
    hinges: Sequence[Side] = ("left", "right"),
    openness: float = 0.0,
) -> Model:
    """A cabinet whose doors open towards whoever stands before it, and stay where they are left.

    Args:
        name: As people say it.
        place: Where it stands.
        size: Depth with the closed doors, width and height, m.
        material: Of its doors and its top.
        hinges: Where each door hangs: two doors share the front, one takes all of it.
        openness: Share of their way that the doors are open in the beginning.
    """
    x, y, z = (extent / 2 for extent in size)
    front = -x + _DOOR
    board = -0.05 * z
    blocks = (
        span((front, -y, -z), (x, y, -z + _WALL), "dark wood"),
        span((front, -y, z - _WALL), (x, y, z), material),
        *(span((front, b, -z + _WALL), (x, b + _WALL, z - _WALL), "dark wood") for b in (-y, y - _WALL)),
        span((x - _WALL, -y + _WALL, -z + _WALL), (x, y - _WALL, z - _WALL), "cream"),
        span((front + 0.01, -y + _WALL, board), (x - _WALL, y - _WALL, board + _WALL), "cream"),
    )
    width = size[1] / len(hinges)
    return Model(
        object=Thing(name=name, kind="cabinet", size=size, motion="hinge"),
        pose=middle(place, size[2]),
        approach=before(place, size[0], FRONT),
        holds=both((-x, 0.0, min(1.05, 0.9 * size[2]) - z), min(0.2, 0.6 * y), TOWARDS),
        blocks=blocks,
        parts=tuple(_door(side, x, y, z, width, material, openness) for side in hinges),
        top=z,
        inside=board + _WALL,
        rests_on=place.rests_on,
        clear=place.fit.ahead(EDGE),
    )


def _door(side: Side, x: float, y: float, z: float, width: float, material: str, openness: float) -> Part:
    sign = 1.0 if side == "left" else -1.0
    edge = sign * (y - width)
    low, high = sorted((edge + sign * 0.002, sign * y))
    grip = edge + sign * 0.06
    return Part(
        name=f"{side} door",
        blocks=(
            span((-x, low, -z), (-x + _DOOR, high, z), material),
            span((-x - _HANDLE, grip - 0.01, -0.02), (-x, grip + 0.01, 0.18), "dark metal"),
        ),
        motion="hinge", axis=(0.0, 0.0, -sign), anchor=(-x + _DOOR / 2, sign * y, 0.0), travel=WIDE, damping=0.6,
        dry=0.3, mass=max(0.5, 12.0 * width * 2 * z * _DOOR / 0.02 * 0.5), position=openness * WIDE,
    )  # fmt: skip


KIND = Kind(
    about="cabinet with one or two hinged doors", build=cabinet, motion="hinge",
    takes=frozenset({"size", "material", "hinges", "openness"}), least=(0.2, 0.3, 0.3), most=(1.0, 2.0, 2.5), 
    carries=frozenset({"on", "in"}),
)  # fmt: skip
