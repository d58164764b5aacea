"""The workshop: a button on a wall, two tables, a shelf, a box and two floor markers around the start.

The robot starts at the origin and faces +x. Heights and distances suit the reach of a standing H1 (wrists
0.9-1.5 m high, up to 0.4 m in front of the feet); relative moves of up to two metres forward from the start
run into nothing.
"""

from __future__ import annotations

import numpy as np

from sim.furniture import Block, Hand, Spring, Stand, Thing, Touch, Vec
from skillblend.contracts import SceneObject

_TABLE_TOP = 0.90
"""Just under the hanging hands of H1, and just high enough for it to touch without bending."""

_FRONT = 0.42
"""Between the base and an upright surface in front of it, m."""

_EDGE = 0.30
"""Between the base and the edge of a table, m."""


def things() -> tuple[Thing, ...]:
    """Everything that has a name."""
    return (
        _button(Stand(x=2.3, y=-0.17, heading=0.0), offset=0.17, height=1.15),
        _wooden_table(Stand(x=0.95, y=1.45, heading=np.pi / 2)),
        _metal_table(Stand(x=0.9, y=-1.5, heading=-np.pi / 2)),
        _marker("red", 1.15, -0.35),
        _marker("blue", -1.35, -0.8),
        _shelf(Stand(x=-1.1, y=1.5, heading=np.pi / 2)),
        _box(Stand(x=1.65, y=1.43, heading=np.pi / 2), height=0.26),
    )


def _box_block(low: Vec, high: Vec, material: str, *, solid: bool = True) -> Block:
    a, b = np.array(low), np.array(high)
    center, half = (a + b) / 2, (b - a) / 2
    return Block(center=tuple(center.tolist()), half=tuple(half.tolist()), material=material, solid=solid)


def _touch(stand: Stand, hand: Hand, forward: float, left: float, height: float, *, top: bool) -> Touch:
    c, s = np.cos(stand.heading), np.sin(stand.heading)
    normal = (0.0, 0.0, 1.0) if top else (float(-c), float(-s), 0.0)
    return Touch(hand=hand, point=stand.ahead(forward, left, height), normal=normal)


def _both(stand: Stand, forward: float, side: float, height: float, *, top: bool = False) -> tuple[Touch, ...]:
    return (
        _touch(stand, "left", forward, side, height, top=top),
        _touch(stand, "right", forward, -side, height, top=top),
    )


def _marker(colour: str, x: float, y: float) -> Thing:
    disc = Block(center=(x, y, 0.003), half=(0.24, 0.24, 0.003), material=colour, solid=False, round=True)
    rim = Block(center=(x, y, 0.002), half=(0.28, 0.28, 0.002), material="white", solid=False, round=True)
    return Thing(
        object=SceneObject(name=f"{colour} marker", kind="marker"),
        position=(x, y, 0.0),
        stand=Stand(x=x, y=y, heading=0.0),
        blocks=(rim, disc),
    )


def _button(stand: Stand, offset: float, height: float) -> Thing:
    """A wall across +x with the button `offset` m left of the stand: in front of the left hand."""
    x, y, z = stand.ahead(_FRONT, offset, height)
    spring = Spring(center=(x + 0.025, y, z))
    wall = x + spring.depth + 0.02
    blocks = (
        _box_block((wall, -0.75, 0.0), (wall + 0.10, 0.75, 1.75), "wall"),
        _box_block((wall - 0.02, y - 0.11, z - 0.11), (wall, y + 0.11, z + 0.11), "plate"),
        _box_block((wall - 0.012, -0.75, 0.0), (wall, 0.75, 0.09), "plate", solid=False),
        _box_block((wall - 0.015, -0.77, 1.75), (wall + 0.115, 0.77, 1.79), "plate", solid=False),
    )
    return Thing(
        object=SceneObject(name="button", kind="button"),
        position=(x, y, z),
        stand=stand,
        touches=(Touch(hand="left", point=(x, y, z), normal=(-1.0, 0.0, 0.0)),),
        blocks=blocks,
        spring=spring,
    )


def _table(x: tuple[float, float], y: tuple[float, float], top: str, legs: str, thick: float) -> tuple[Block, ...]:
    height, leg, inset = _TABLE_TOP, 0.035, 0.05
    corners = [
        (cx, cy) for cx in (x[0] + inset, x[1] - inset - 2 * leg) for cy in (y[0] + inset, y[1] - inset - 2 * leg)
    ]
    return (
        _box_block((x[0], y[0], height - thick), (x[1], y[1], height), top),
        *(_box_block((a, b, 0.0), (a + 2 * leg, b + 2 * leg, height - thick), legs) for a, b in corners),
    )


def _wooden_table(stand: Stand) -> Thing:
    edge = stand.y + _EDGE
    x, y = (stand.x - 0.4, stand.x + 1.1), (edge, edge + 0.65)
    apron = _box_block((x[0] + 0.07, y[0] + 0.07, 0.74), (x[1] - 0.07, y[1] - 0.07, 0.85), "dark wood", solid=False)
    return Thing(
        object=SceneObject(name="wooden table", kind="table"),
        position=((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, _TABLE_TOP),
        stand=stand,
        touches=_both(stand, _EDGE + 0.025, 0.2, _TABLE_TOP, top=True),
        blocks=(*_table(x, y, "wood", "dark wood", 0.05), apron),
    )


def _metal_table(stand: Stand) -> Thing:
    edge = stand.y - _EDGE
    x, y = (stand.x - 0.65, stand.x + 0.65), (edge - 0.65, edge)
    rack = _box_block((x[0] + 0.08, y[0] + 0.08, 0.20), (x[1] - 0.08, y[1] - 0.08, 0.22), "metal", solid=False)
    return Thing(
        object=SceneObject(name="metal table", kind="table"),
        position=((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, _TABLE_TOP),
        stand=stand,
        touches=_both(stand, _EDGE + 0.025, 0.2, _TABLE_TOP, top=True),
        blocks=(*_table(x, y, "metal", "dark metal", 0.03), rack),
    )


def _box(stand: Stand, height: float) -> Thing:
    """A carton on the wooden table, its front face before the hands."""
    front, low = stand.y + _FRONT - 0.02, _TABLE_TOP
    x, y, z = (stand.x - 0.21, stand.x + 0.21), (front, front + 0.30), (low, low + height)
    middle = (y[0] + y[1]) / 2
    tape = (
        _box_block((x[0], middle - 0.03, z[1]), (x[1], middle + 0.03, z[1] + 0.002), "tape", solid=False),
        _box_block((x[0] + 0.28, y[0] - 0.002, z[0] + 0.04), (x[0] + 0.38, y[0], z[0] + 0.12), "white", solid=False),
    )
    return Thing(
        object=SceneObject(name="box", kind="box"),
        position=(stand.x, middle, (z[0] + z[1]) / 2),
        stand=stand,
        touches=_both(stand, _FRONT - 0.02, 0.15, low + 0.15),
        blocks=(_box_block((x[0], y[0], z[0]), (x[1], y[1], z[1]), "card"), *tape),
        rests_on="wooden table",
    )


def _shelf(stand: Stand) -> Thing:
    """A bookcase whose board at 1.15 m is the one to touch."""
    front, depth, board = stand.y + _FRONT, 0.32, 0.03
    left, right, top = stand.x - 0.5, stand.x + 0.5, 1.58
    boards = [
        _box_block((left + board, front, z), (right - board, front + depth, z + board), "wood")
        for z in (0.08, 0.45, 0.80, 1.135, top - board)
    ]
    sides = [_box_block((x, front, 0.0), (x + board, front + depth, top), "dark wood") for x in (left, right - board)]
    back = _box_block(
        (left + board, front + depth - 0.015, 0.08), (right - board, front + depth, top - board), "cream"
    )
    return Thing(
        object=SceneObject(name="shelf", kind="shelf"),
        position=(stand.x, front + depth / 2, 1.15),
        stand=stand,
        touches=_both(stand, _FRONT, 0.2, 1.15),
        blocks=(*boards, *sides, back, *_books(left + 0.06, front + 0.10)),
    )


def _books(x: float, y: float) -> tuple[Block, ...]:
    """A few books and boxes, well behind the front edge; decoration."""
    spines = (
        (0.00, 0.05, 0.25, 0.48, "red"), (0.05, 0.04, 0.22, 0.48, "cream"), (0.09, 0.06, 0.27, 0.48, "blue"),
        (0.15, 0.04, 0.23, 0.48, "green"), (0.55, 0.25, 0.20, 0.48, "card"),
        (0.50, 0.05, 0.25, 0.83, "green"), (0.55, 0.06, 0.22, 0.83, "orange"), (0.61, 0.04, 0.26, 0.83, "cream"),
        (0.65, 0.05, 0.24, 0.83, "blue"), (0.05, 0.28, 0.16, 0.83, "plate"),
        (0.04, 0.30, 0.22, 0.11, "card"), (0.48, 0.30, 0.24, 0.11, "dark wood"),
        (0.02, 0.05, 0.24, 1.165, "orange"), (0.07, 0.05, 0.27, 1.165, "blue"), (0.12, 0.04, 0.22, 1.165, "red"),
        (0.62, 0.20, 0.14, 1.165, "green"),
    )  # fmt: skip
    return tuple(
        _box_block((x + offset, y, z), (x + offset + width, y + 0.18, z + height), material, solid=False)
        for offset, width, height, z, material in spines
    )
