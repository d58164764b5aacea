"""Shortest walks around furniture: a visibility graph over the corners of grown rectangles."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from sim.things.model import Rectangle
from skillblend.contracts import Array
from skillblend.errors import PlanError

Point = tuple[float, float]

_CORNER_GAP = 0.02
"""Corners that paths turn at lie this far outside the grown rectangles, m."""

_BODY = 0.05
"""Nothing ever passes closer than this to a rectangle itself, m."""


def shortest_path(start: Point, goal: Point, obstacles: Sequence[Rectangle], margin: float) -> list[Point]:
    """Corner points from `start` (left out) to `goal` (included), `margin` m clear of `obstacles`.

    Raises:
        PlanError: `start` or `goal` is closer than `margin` to an obstacle, or shut in.
    """
    grown = [rectangle.grown(margin) for rectangle in obstacles]
    for name, point in (("start", start), ("goal", goal)):
        if not is_free(point, grown):
            raise PlanError(
                f"the {name} ({point[0]:.2f}, {point[1]:.2f}) is closer than {margin} m to furniture; "
                "use `escape` to step away first"
            )
    corners = [corner for rectangle in grown for corner in _corners(rectangle.grown(_CORNER_GAP))]
    nodes = [start, goal, *(corner for corner in corners if is_free(corner, grown))]
    order = _dijkstra(nodes, grown)
    if order is None:
        raise PlanError(f"furniture shuts in the way from {start} to {goal}; move to a free place first")
    return [nodes[i] for i in order]


def escape(start: Point, obstacles: Sequence[Rectangle], margin: float) -> Point:
    """The nearest point `margin` m clear of `obstacles`, reached in a straight line without touching any.

    Raises:
        PlanError: No such point.
    """
    grown = [rectangle.grown(margin) for rectangle in obstacles]
    body = [rectangle.grown(_BODY) for rectangle in obstacles]
    if is_free(start, grown):
        return start
    candidates = [
        point
        for rectangle in grown
        for point in _projections(start, rectangle.grown(_CORNER_GAP))
        if is_free(point, grown) and not any(_leads_into(start, point, b) for b in body)
    ]
    if not candidates:
        raise PlanError(f"no way out of the furniture around ({start[0]:.2f}, {start[1]:.2f}); reset the scene")
    return min(candidates, key=lambda point: _length(start, point))


def is_free(point: Point, rectangles: Sequence[Rectangle]) -> bool:
    """Whether `point` is strictly outside all `rectangles`."""
    return all(float(r.distance(np.array(point))) > 0.0 for r in rectangles)


def crosses(a: Point, b: Point, rectangle: Rectangle) -> bool:
    """Whether the segment from `a` to `b` meets `rectangle` (slab test)."""
    low, high = 0.0, 1.0
    for k, (lower, upper) in enumerate(((rectangle.x_min, rectangle.x_max), (rectangle.y_min, rectangle.y_max))):
        step = b[k] - a[k]
        if abs(step) < 1e-12:
            if not lower <= a[k] <= upper:
                return False
            continue
        first, last = sorted(((lower - a[k]) / step, (upper - a[k]) / step))
        low, high = max(low, first), min(high, last)
    return low <= high


def clearance(xy: Array, obstacles: Sequence[Rectangle]) -> Array:
    """Distance from `xy` (..., 2) to the nearest obstacle, m; infinite where there is none."""
    if not obstacles:
        return np.full(xy.shape[:-1], np.inf)
    return np.min([rectangle.distance(xy) for rectangle in obstacles], axis=0)


def _corners(r: Rectangle) -> list[Point]:
    return [(x, y) for x in (r.x_min, r.x_max) for y in (r.y_min, r.y_max)]


def _projections(point: Point, r: Rectangle) -> list[Point]:
    x, y = point
    sides = [(r.x_min, y), (r.x_max, y), (x, r.y_min), (x, r.y_max)]
    return [*sides, *_corners(r)]


def _leads_into(a: Point, b: Point, rectangle: Rectangle) -> bool:
    """Whether going from `a` to `b` meets `rectangle`, unless `a` is in it already and `b` is not."""
    return is_free(a, [rectangle]) and crosses(a, b, rectangle)


def _length(a: Point, b: Point) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def _dijkstra(nodes: list[Point], grown: list[Rectangle]) -> list[int] | None:
    """Indices of the shortest way from node 0 (left out) to node 1; None where there is none."""
    best = {0: 0.0}
    parent: dict[int, int] = {}
    queue: list[tuple[float, int]] = [(0.0, 0)]
    while queue:
        length, i = heapq.heappop(queue)
        if i == 1:
            return _trace(parent)
        if length > best[i]:
            continue
        for j, node in enumerate(nodes):
            total = length + _length(nodes[i], node)
            if total >= best.get(j, np.inf) or any(crosses(nodes[i], node, r) for r in grown):
                continue
            best[j], parent[j] = total, i
            heapq.heappush(queue, (total, j))
    return None


def _trace(parent: dict[int, int]) -> list[int]:
    order = [1]
    while parent[order[-1]] != 0:
        order.append(parent[order[-1]])
    return order[::-1]
