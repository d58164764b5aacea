"""Smooth limb shells: a closed surface through superellipse sections along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from robots.shapes import Shape, Vec
from skillblend.contracts import Array

Section = tuple[float, float, float, float, float]
"""Place along the axis, then the lower and upper bound across it in each of the other two axes (in the order
x, y, z), m."""


def loft(
    body: str,
    axis: Literal["x", "y", "z"],
    sections: Sequence[Section],
    material: str,
    *,
    power: float = 3.0,
    bevel: float = 0.008,
    segments: int = 20,
) -> Shape:
    """Shell through `sections`, at least two of them in growing order, its two ends bevelled by `bevel` (m).

    Args:
        body: Body that it is fixed to.
        axis: Body axis that the sections follow.
        sections: Bounds of the shell, body frame.
        material: Visual material.
        power: Superellipse exponent: 2 is an ellipse, large values approach a rectangle.
        bevel: Size of the rounded edge at both ends, m.
        segments: Points on each section.
    """
    rings = _bevelled(np.array(sections, dtype=np.float64), bevel)
    points = _ring_points(rings, "xyz".index(axis), power, segments)
    faces = _faces(len(rings), segments)
    if axis == "y":  # (x, z, y) is left-handed
        faces = [(a, c, b) for a, b, c in faces]
    vertices = [*points.reshape(-1, 3), points[0].mean(axis=0), points[-1].mean(axis=0)]
    return Shape(
        body=body,
        kind="mesh",
        points=tuple(_vec(vertex) for vertex in vertices),
        faces=tuple(faces),
        material=material,
    )


def _ring_points(rings: Array, along: int, power: float, segments: int) -> Array:
    """Points (R, segments, 3) on the superellipses that `rings` (R, 5) bound, body frame, m."""
    angle = np.linspace(0.0, 2.0 * np.pi, segments, endpoint=False)
    unit = np.stack([np.cos(angle), np.sin(angle)])
    unit = np.sign(unit) * np.abs(unit) ** (2.0 / power)
    points = np.zeros((len(rings), segments, 3))
    points[:, :, along] = rings[:, :1]
    across = [i for i in range(3) if i != along]
    for row, i in enumerate(across):
        lower, upper = rings[:, 1 + 2 * row, None], rings[:, 2 + 2 * row, None]
        points[:, :, i] = (lower + upper) / 2.0 + (upper - lower) / 2.0 * unit[row]
    return points


def _vec(point: Array) -> Vec:
    x, y, z = (round(float(value), 5) for value in point)
    return (x, y, z)


def _bevelled(sections: Array, bevel: float) -> Array:
    """`sections` (S, 5) with each end replaced by a quarter-round edge of three rings."""

    def edge(end: Array, direction: float) -> list[Array]:
        rings: list[Array] = []
        for turn in (0.0, np.pi / 6.0, np.pi / 2.0):
            inset = bevel * (1.0 - np.sin(turn))
            ring = end + inset * np.array([0.0, 1.0, -1.0, 1.0, -1.0])
            ring[0] = end[0] + direction * bevel * (1.0 - np.cos(turn))
            rings.append(ring)
        return rings

    return np.array([*edge(sections[0], 1.0), *sections[1:-1], *reversed(edge(sections[-1], -1.0))])


def _faces(rings: int, segments: int) -> list[tuple[int, int, int]]:
    """Triangles of `rings` times `segments` points, then one centre point per end; normals point outwards."""
    faces: list[tuple[int, int, int]] = []
    first, last, top = rings * segments, rings * segments + 1, (rings - 1) * segments
    for s in range(segments):
        t = (s + 1) % segments
        faces.append((first, t, s))
        faces.append((last, top + s, top + t))
        for r in range(rings - 1):
            a, b, c, d = (r * segments + s, r * segments + t, (r + 1) * segments + s, (r + 1) * segments + t)
            faces += [(a, b, d), (a, d, c)]
    return faces
