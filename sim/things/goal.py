"""A goal to kick a ball into: two posts, a bar, and a net that only shows."""

from __future__ import annotations

from sim.things.kinds import Kind, Place, before, middle
from sim.things.model import Model
from sim.things.shapes import Block, Vec, span
from skillblend.contracts import Thing

_POST = 0.03


def goal(name: str, place: Place, *, size: Vec = (0.5, 1.6, 1.0), material: str = "white") -> Model:
    """A goal that opens towards whoever stands before it."""
    x, y, z = (extent / 2 for extent in size)
    posts = [
        Block(
            center=(-x + _POST, side * (y - _POST), 0.0), half=(_POST, _POST, z), material=material, shape="cylinder"
        )
        for side in (-1, 1)
    ]
    bars = [
        Block(
            center=(-x + _POST, 0.0, z - _POST), half=(_POST, y, _POST), material=material, shape="cylinder", axis="y"
        ),
        Block(
            center=(x - _POST, 0.0, -z + _POST), half=(_POST, y, _POST), material=material, shape="cylinder", axis="y"
        ),
    ]
    return Model(
        object=Thing(name=name, kind="goal", size=size),
        pose=middle(place, size[2]),
        approach=before(place, size[0], 1.0),
        blocks=(*posts, *bars, *_net(x, y, z)),
        rests_on=place.rests_on,
    )


def _net(x: float, y: float, z: float) -> tuple[Block, ...]:
    """Cords at the back and on both sides, which only show; a panel that stops balls."""
    thin, cords = 0.003, 9
    ups = [-y + 2 * y * (k + 0.5) / cords for k in range(cords)]
    rows = [-z + 2 * z * (k + 0.5) / 6 for k in range(6)]
    back = [span((x - thin, at - thin, -z), (x, at + thin, 0.6 * z), "plate", solid=False) for at in ups]
    across = [span((x - thin, -y, at - thin), (x, y, at + thin), "plate", solid=False) for at in rows if at < 0.6 * z]
    stop = span((x - 0.01, -y, -z), (x, y, -z + 0.25), "cream")
    return (*back, *across, stop)


KIND = Kind(about="goal for a ball", build=goal, least=(0.2, 0.6, 0.3))
