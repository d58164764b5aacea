"""A push button on a wall: one geometry, on which blenders are trained and which scenes are furnished with."""

from __future__ import annotations

from sim.things.kinds import FRONT, TOWARDS, Kind, Place, before
from sim.things.model import Model, Part, Pose, Touch
from sim.things.shapes import Block, Vec, span
from skillblend.contracts import Thing

RADIUS, DEPTH = 0.06, 0.03
"""Of the cap, m."""

RECESS = 0.015
"""Between the back of the cap at rest and the plate behind it, m: the rest of its travel goes into the plate."""

THRESHOLD = 0.01
"""Travel from which the button counts as pressed, m."""

HEIGHT = 1.15
"""Of the middle of the cap, m, where nothing else is said."""

_PLATE, _THICK = 0.025, 0.10


def cap(material: str = "red") -> Part:
    """The cap, its middle at rest in the origin; it slides along +x, into the wall, and comes back.

    It counts as pressed from 10 mm, which takes 4 N.
    """
    shape = Block(
        center=(0.0, 0.0, 0.0), half=(DEPTH / 2, RADIUS, RADIUS), material=material, shape="cylinder", axis="x"
    )
    return Part(
        name="travel", blocks=(shape,), motion="slide", axis=(1.0, 0.0, 0.0), anchor=(0.0, 0.0, 0.0), travel=0.03,
        stiffness=400.0, damping=8.0, mass=0.2, threshold=THRESHOLD,
    )  # fmt: skip


def button(
    name: str,
    place: Place,
    *,
    size: Vec = (0.0, 1.5, 1.75),
    material: str = "red",
    beside: float = -0.17,
) -> Model:
    """A button on a wall of its own.

    Args:
        name: As people say it.
        place: Of the middle of the cap.
        size: Of the wall: width and height, m; the first number does not count.
        material: Of the cap.
        beside: How far left of the cap one stands, m: it is in front of the left hand.
    """
    part = cap(material)
    plate = DEPTH / 2 + RECESS
    wall = plate + _PLATE
    y, low = size[1] / 2, -place.z
    high = low + size[2]
    return Model(
        object=Thing(name=name, kind="button", size=(DEPTH, 2 * RADIUS, 2 * RADIUS), motion="slide"),
        pose=Pose.upright(place.x, place.y, place.z, place.heading),
        approach=before(place, DEPTH, FRONT, beside),
        holds=(Touch(hand="left", point=(-DEPTH / 2, 0.0, 0.0), normal=TOWARDS),),
        blocks=(
            span((wall, -y, low), (wall + _THICK, y, high), "wall"),
            span((plate, -0.11, -0.11), (wall, 0.11, 0.11), "plate"),
            span((wall - 0.012, -y, low), (wall, y, low + 0.09), "plate", solid=False),
            span(
                (wall - 0.015, -y - 0.02, high), (wall + _THICK + 0.015, y + 0.02, high + 0.04), "plate", solid=False
            ),
        ),
        parts=(part,),
        rests_on=place.rests_on,
    )


KIND = Kind(
    about="push button on a wall of its own", build=button, motion="slide", takes=frozenset({"material"}),
    height=HEIGHT,
)  # fmt: skip
