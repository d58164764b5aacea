"""Where things are by now, and from where a robot uses them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sim import routes
from sim.things.model import Model, Pose, Rectangle, Stand, Touch, vec
from skillblend.contracts import Array

STILL = 0.01
"""A thing that is this near to where it was put has not moved, m or, of its axes, rad."""

RESTING = 0.015
"""A surface this far below or above the lowest point of a thing carries it, m."""

FREE = 0.35
"""From a stand on the floor to the nearest furniture but the thing itself, m, if there is such a place."""

NEARER = 0.05
"""One stands before a thing nearer to what carries it by so much at most than before that itself, m."""

Where = Mapping[str, tuple[tuple[float, ...] | None, float | None]]
"""By name: pose (7,), None where it cannot move, and the share of its way that it is open, None without doors."""


def moved(models: tuple[Model, ...], where: Where) -> tuple[Model, ...]:
    """`models` at their present poses; those that stayed where they were are the same objects."""
    placed = tuple(_placed(model, *where[model.name]) if model.name in where else model for model in models)
    return tuple(
        model if model is before or not model.free else _used(model, before, [m for m in placed if m is not model])
        for model, before in zip(placed, models, strict=True)
    )


def before_their_supports(models: tuple[Model, ...]) -> tuple[Model, ...]:
    """`models` with stands for free things where one stands before what carries them, not half under it."""

    def used(model: Model) -> Model:
        others = [other for other in models if other is not model]
        support = carrier(model, others) if model.free else None
        if support is None or support.footprint is None:
            return model
        mine, theirs = (float(routes.clearance(at.xy, [support.footprint])) for at in (model.stand, support.stand))
        return model if mine > theirs - NEARER else _used(model, model, others)

    return tuple(used(model) for model in models)


def _placed(model: Model, pose: tuple[float, ...] | None, share: float | None) -> Model:
    if share is not None:
        parts = tuple(
            part if np.isfinite(part.threshold) else replace(part, position=share * part.travel)
            for part in model.parts
        )
        if any(abs(a.position - b.position) > STILL for a, b in zip(parts, model.parts, strict=True)):
            model = replace(model, parts=parts)
    if pose is None or _still(np.array(pose), model.pose):
        return model
    w, x, y, z = (pose[k] / float(np.linalg.norm(pose[3:])) for k in range(3, 7))
    return replace(model, pose=Pose(position=(pose[0], pose[1], pose[2]), quaternion=(w, x, y, z)))


def _still(pose: Array, at: Pose) -> bool:
    turned = 2.0 * np.arccos(min(1.0, abs(float(pose[3:] @ np.array(at.quaternion))) / np.linalg.norm(pose[3:])))
    return float(np.linalg.norm(pose[:3] - np.array(at.position))) < STILL and turned < STILL


def _used(model: Model, before: Model, others: Sequence[Model]) -> Model:
    """`model`, which has moved, with what carries it now and where one stands to use it."""
    support = carrier(model, others)
    if support is not None:
        front = support.stand
        c, s = np.cos(front.heading), np.sin(front.heading)
        dx, dy = np.array(model.position[:2]) - front.xy
        x, y, _ = front.ahead(0.0, float(-s * dx + c * dy), 0.0)
        stand = Stand(x=x, y=y, heading=front.heading)
    else:
        rectangles = [r for other in others if (r := other.footprint) is not None]
        stand = _on_the_floor(model, before, rectangles)
    model = replace(model, rests_on="" if support is None else support.name)
    return replace(model, stood=stand, held_at=_places(model, stand))


def carrier(model: Model, others: Sequence[Model]) -> Model | None:
    """Whichever of `others` has a surface right under `model`; None on the floor or in the air."""
    corners = model.corners()
    lowest, middle = float(corners[:, 2].min()), np.array(model.position)
    for other in others:
        local = other.pose.to_local(np.array([middle[0], middle[1], lowest]))
        for block in other.solid:
            center, half = np.array(block.center), np.array(block.half)
            above = local[2] - center[2] - half[2]
            if abs(above) < RESTING and (np.abs(local - center)[:2] <= half[:2]).all():
                return other
    return None


def _on_the_floor(model: Model, before: Model, obstacles: Sequence[Rectangle]) -> Stand:
    gap = -before.approach.x - before.object.size[0] / 2
    first = before.stand.heading
    stands: list[Stand] = []
    for turn in (0, 1, -1, 2, -2, 3, -3, 4):
        heading = first + turn * np.pi / 4
        ahead = np.array([np.cos(heading), np.sin(heading)])
        depth = float(np.max(-(model.corners()[:, :2] - np.array(model.position[:2])) @ ahead))
        x, y = np.array(model.position[:2]) - (depth + gap) * ahead
        stands.append(Stand(x=float(x), y=float(y), heading=float(heading)))
    clear = [stand for stand in stands if float(routes.clearance(stand.xy, obstacles)) > FREE]
    return (clear or stands)[0]


def _places(model: Model, stand: Stand) -> tuple[Touch, ...]:
    """Where each hand meets the side that faces `stand`, level with the middle of the thing."""
    if not model.holds:
        return ()
    left = np.array([-np.sin(stand.heading), np.cos(stand.heading)])
    wide = float(np.max(np.abs((model.corners()[:, :2] - np.array(model.position[:2])) @ left)))
    lateral = float((np.array(model.position[:2]) - stand.xy) @ left)
    found: list[Touch] = []
    for hand, side in (("left", 1.0), ("right", -1.0)):
        start = np.array(stand.ahead(0.0, lateral + side * min(0.15, 0.5 * wide), model.position[2]))
        ahead = np.array([np.cos(stand.heading), np.sin(stand.heading), 0.0])
        point = _first_hit(model, start, ahead)
        if point is not None:
            found.append(Touch(hand="left" if hand == "left" else "right", point=vec(point), normal=vec(-ahead)))
    return tuple(found)


def _first_hit(model: Model, start: Array, ahead: Array) -> Array | None:
    """Where a ray meets the bounding box of the thing; None where it misses."""
    half = np.array(model.object.size) / 2
    origin, direction = model.pose.to_local(start), ahead @ model.pose.rotation
    direction = np.where(np.abs(direction) < 1e-9, 1e-9, direction)
    low, high = np.sort(np.stack([(-half - origin) / direction, (half - origin) / direction]), axis=0)
    enter, leave = float(low.max()), float(high.min())
    return start + enter * ahead if enter <= leave and enter > 0.0 else None
