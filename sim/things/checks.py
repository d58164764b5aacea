"""Whether things fit beside each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from sim.things.model import Model, Stand
from skillblend.contracts import Array
from skillblend.errors import InputError

PLAY = 0.002
"""Things may enter each other this far, m: they rest on each other."""

ROOM = 0.30
"""From the robot's base to the nearest thing on the floor in the beginning, m."""


def check_fit(models: Sequence[Model], start: Stand) -> None:
    """Refuse things that are in each other, or where the robot stands.

    Raises:
        InputError: Two things overlap, or one is too near to the robot.
    """
    for a, b in itertools.combinations(models, 2):
        deep = overlap(a, b)
        if deep > PLAY:
            raise InputError(
                f"{a.name!r} and {b.name!r} overlap by {deep:.3f} m; move one of them, or make it smaller"
            )
    for model in models:
        area = model.footprint
        gap = np.inf if area is None else float(area.distance(start.xy))
        if gap < ROOM:
            raise InputError(
                f"{model.name!r} is {gap:.2f} m from where the robot starts, ({start.x:g}, {start.y:g}); {ROOM} m "
                "are needed, so move one of them"
            )


def overlap(a: Model, b: Model) -> float:
    """How deep two upright things are in each other, m; 0 where they are apart. Round blocks count as boxes."""
    found = 0.0
    for first, second in itertools.product(_hulls(a), _hulls(b)):
        found = max(found, _depth(first, second))
    return found


def _hulls(model: Model) -> list[Array]:
    """Corners of each solid block, (8, 3), world, m."""
    hulls = [model.pose.to_world(block.corners()) for block in model.solid]
    for part in model.parts:
        hulls += [model.pose.to_world(part.moved(block.corners())) for block in part.blocks if block.solid]
    return hulls


def _depth(first: Array, second: Array) -> float:
    """Least overlap over the directions that can separate two upright boxes, m; 0 where one does."""
    least = np.inf
    up = np.array([0.0, 0.0, 1.0])
    for axis in (up, *_sides(first), *_sides(second)):
        a, b = first @ axis, second @ axis
        least = min(least, float(min(a.max(), b.max()) - max(a.min(), b.min())))
        if least <= 0.0:
            return 0.0
    return least


def _sides(corners: Array) -> tuple[Array, Array]:
    """Horizontal edge directions of a box whose corners are as `Block.corners` orders them."""
    x, y = corners[4] - corners[0], corners[2] - corners[0]
    return x / np.linalg.norm(x), y / np.linalg.norm(y)
