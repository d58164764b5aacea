"""What things are made of: boxes, cylinders and balls of some material, in the thing's own frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mujoco
import numpy as np

from skillblend.contracts import Array
from skillblend.errors import UnknownNameError

Vec = tuple[float, float, float]
Shape = Literal["box", "cylinder", "ball"]

MATERIALS: dict[str, tuple[Vec, float]] = {
    "wood": ((0.80, 0.60, 0.38), 0.1),
    "dark wood": ((0.50, 0.34, 0.20), 0.1),
    "metal": ((0.66, 0.69, 0.73), 0.8),
    "dark metal": ((0.34, 0.36, 0.40), 0.6),
    "card": ((0.74, 0.52, 0.30), 0.0),
    "tape": ((0.90, 0.84, 0.70), 0.2),
    "wall": ((0.87, 0.89, 0.91), 0.0),
    "plate": ((0.45, 0.47, 0.50), 0.4),
    "red": ((0.86, 0.13, 0.13), 0.3),
    "blue": ((0.13, 0.36, 0.86), 0.3),
    "green": ((0.24, 0.58, 0.40), 0.2),
    "yellow": ((0.93, 0.78, 0.15), 0.2),
    "orange": ((0.92, 0.55, 0.16), 0.2),
    "cream": ((0.93, 0.89, 0.80), 0.1),
    "white": ((0.96, 0.96, 0.96), 0.1),
    "black": ((0.12, 0.12, 0.13), 0.3),
    "skin": ((0.85, 0.65, 0.52), 0.0),
}
"""Colour (RGB) and specular reflection by name."""

_GEOMS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "ball": mujoco.mjtGeom.mjGEOM_SPHERE,
}
_ABOUT = {"x": 0, "y": 1, "z": 2}
_HALF = float(np.sqrt(0.5))
_TURNS = {"x": [_HALF, 0.0, _HALF, 0.0], "y": [_HALF, _HALF, 0.0, 0.0], "z": [1.0, 0.0, 0.0, 0.0]}


@dataclass(frozen=True, kw_only=True)
class Block:
    """A box, a cylinder or a ball, aligned with the axes of the thing that it belongs to.

    Attributes:
        center: In the thing's frame, m.
        half: Half sizes along the thing's axes, m; a cylinder has its radius across its axis, a ball everywhere.
        material: A name of `MATERIALS`.
        solid: Collides, and counts as surface of the thing; the others are decoration.
        shape: Which.
        axis: Of a cylinder: ``"x"``, ``"y"`` or ``"z"``.
    """

    center: Vec
    half: Vec
    material: str
    solid: bool = True
    shape: Shape = "box"
    axis: Literal["x", "y", "z"] = "z"

    def __post_init__(self) -> None:
        """Check what the rest relies on.

        Raises:
            UnknownNameError: No such material.
        """
        if self.material not in MATERIALS:
            raise UnknownNameError("material", self.material, MATERIALS)

    def distance(self, points: Array) -> Array:
        """How far `points` (..., 3), in the thing's frame, are outside, m; 0 inside."""
        beyond = np.abs(points - np.array(self.center))
        if self.shape == "ball":
            return np.maximum(np.linalg.norm(beyond, axis=-1) - self.half[0], 0.0)
        if self.shape == "cylinder":
            along = _ABOUT[self.axis]
            across = [k for k in range(3) if k != along]
            radial = np.linalg.norm(beyond[..., across], axis=-1) - self.half[across[0]]
            beyond = np.stack([radial, beyond[..., along] - self.half[along]], axis=-1)
        else:
            beyond = beyond - np.array(self.half)
        return np.linalg.norm(np.maximum(beyond, 0.0), axis=-1)

    def corners(self) -> Array:
        """Of its bounding box, in the thing's frame. Shape (8, 3), m."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
        return np.array(self.center) + signs * np.array(self.half)

    @property
    def volume(self) -> float:
        """m^3."""
        full = {"box": 8.0, "cylinder": 2.0 * np.pi, "ball": 4.0 / 3.0 * np.pi}[self.shape]
        return float(full * np.prod(self.half))

    def add(self, body: mujoco.MjsBody, name: str, *, origin: Vec = (0.0, 0.0, 0.0), visual: bool) -> mujoco.MjsGeom:
        """Add it to `body`, whose frame begins at `origin` of the thing's; it meets whatever meets furniture."""
        size = list(self.half)
        if self.shape == "ball":
            size = [self.half[0], 0.0, 0.0]
        elif self.shape == "cylinder":
            along = _ABOUT[self.axis]
            size = [self.half[along - 1], self.half[along], 0.0]
        place = [c - o for c, o in zip(self.center, origin, strict=True)]
        geom = body.add_geom(
            name=name, type=_GEOMS[self.shape], pos=place, size=size, contype=int(self.solid), conaffinity=0
        )
        if self.shape == "cylinder":
            geom.quat = _TURNS[self.axis]
        geom.rgba = [*MATERIALS[self.material][0], 1]
        if visual:
            geom.material = f"scene {self.material}"
        return geom


def span(low: Vec, high: Vec, material: str, *, solid: bool = True) -> Block:
    """A box between two opposite corners."""
    center = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
    half = tuple((b - a) / 2 for a, b in zip(low, high, strict=True))
    return Block(center=_vec(center), half=_vec(half), material=material, solid=solid)


def _vec(values: tuple[float, ...]) -> Vec:
    x, y, z = values
    return float(x), float(y), float(z)


def add_materials(spec: mujoco.MjSpec) -> None:
    """Define `MATERIALS` in `spec`."""
    for name, ((r, g, b), specular) in MATERIALS.items():
        spec.add_material(name=f"scene {name}", rgba=[r, g, b, 1], specular=specular, shininess=0.5, reflectance=0.0)
