"""Geometric primitives that robots are drawn and collided with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Vec = tuple[float, float, float]
Kind = Literal["box", "sphere", "capsule", "cylinder", "ellipsoid", "mesh"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One primitive fixed to a body.

    Attributes:
        body: Name of the body.
        kind: Primitive; ``"mesh"`` is the closed surface of `points` and `faces`.
        size: Half sizes, or radius and half length, as in MJCF; m. Empty for a mesh.
        center: In the body frame, m.
        rpy: Fixed-axis orientation in the body frame, rad.
        ends: End points of a capsule or cylinder in the body frame, m; then `center`, `rpy` are unused.
        points: Vertices of a mesh in the body frame, m.
        faces: Triangles of a mesh, indices into `points`, counter-clockwise seen from outside.
        material: Visual material; ``""`` makes it a collision primitive.
        name: Geom name; ``""`` lets the writer number it.
    """

    body: str
    kind: Kind
    size: tuple[float, ...] = ()
    center: Vec = (0.0, 0.0, 0.0)
    rpy: Vec = (0.0, 0.0, 0.0)
    ends: tuple[Vec, Vec] | None = None
    points: tuple[Vec, ...] = ()
    faces: tuple[tuple[int, int, int], ...] = ()
    material: str = ""
    name: str = ""


def box(body: str, center: Vec, half: Vec, material: str = "", rpy: Vec = (0.0, 0.0, 0.0), name: str = "") -> Shape:
    """Box with half sizes `half`, m."""
    return Shape(body=body, kind="box", size=half, center=center, rpy=rpy, material=material, name=name)


def palm(body: str, center: Vec, half: Vec) -> Shape:
    """What the left hand holds things with: a flat box, its faces along y; `sim.world` chooses it or the ball."""
    return box(body, center, half, name="left_palm_collision")


def sphere(body: str, center: Vec, radius: float, material: str = "", name: str = "") -> Shape:
    """Sphere, m."""
    return Shape(body=body, kind="sphere", size=(radius,), center=center, material=material, name=name)


def ellipsoid(body: str, center: Vec, half: Vec, material: str = "", rpy: Vec = (0.0, 0.0, 0.0)) -> Shape:
    """Ellipsoid with semi-axes `half`, m."""
    return Shape(body=body, kind="ellipsoid", size=half, center=center, rpy=rpy, material=material)


def capsule(body: str, start: Vec, end: Vec, radius: float, material: str = "") -> Shape:
    """Capsule between two points, m."""
    return Shape(body=body, kind="capsule", size=(radius,), ends=(start, end), material=material)


def cylinder(body: str, start: Vec, end: Vec, radius: float, material: str = "") -> Shape:
    """Cylinder between two points, m."""
    return Shape(body=body, kind="cylinder", size=(radius,), ends=(start, end), material=material)


def both_sides(shapes: Iterable[Shape]) -> tuple[Shape, ...]:
    """`shapes` of the left side, followed by their reflections on the right side."""
    left = tuple(shapes)
    return left + tuple(_reflect(shape) for shape in left)


def _reflect(shape: Shape) -> Shape:
    roll, pitch, yaw = shape.rpy
    return replace(
        shape,
        body=shape.body.replace("left_", "right_", 1),
        name=shape.name.replace("left_", "right_", 1),
        center=_reflect_point(shape.center),
        rpy=(-roll, pitch, -yaw),
        ends=None if shape.ends is None else (_reflect_point(shape.ends[0]), _reflect_point(shape.ends[1])),
        points=tuple(_reflect_point(point) for point in shape.points),
        faces=tuple((a, c, b) for a, b, c in shape.faces),
    )


def _reflect_point(point: Vec) -> Vec:
    return (point[0], -point[1], point[2])
