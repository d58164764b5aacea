"""What scenes are made of: things that stand, hang or lie around, as axis-aligned blocks.

Everything that collides has contype 1 and conaffinity 0: it meets the soles and those robot bodies that
`sim.world.WorldConfig.body_contacts` switches on, and nothing else, so that furniture costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mujoco
import numpy as np

from skillblend.contracts import Array, SceneObject

Vec = tuple[float, float, float]
Hand = Literal["left", "right"]

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
    "orange": ((0.92, 0.55, 0.16), 0.2),
    "cream": ((0.93, 0.89, 0.80), 0.1),
    "white": ((0.96, 0.96, 0.96), 0.1),
}
"""Colour (RGB) and specular reflection by name."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """An axis-aligned box, or an upright cylinder where `round` is set.

    Attributes:
        center: World, m.
        half: Half sizes along the world axes, m; of a cylinder: radius, radius, half height.
        material: A name of `MATERIALS`.
        solid: Collides, and counts as surface of the thing; the others are decoration.
        round: Drawn as a cylinder; only decoration may be.
    """

    center: Vec
    half: Vec
    material: str
    solid: bool = True
    round: bool = False

    def __post_init__(self) -> None:
        """Check what the distance function relies on."""
        if self.round and self.solid:
            raise ValueError("a solid block is a box; give decoration solid=False")

    def distance(self, points: Array) -> Array:
        """How far `points` (..., 3) are outside this box, m; 0 inside."""
        beyond = np.abs(points - np.array(self.center)) - np.array(self.half)
        return np.linalg.norm(np.maximum(beyond, 0.0), axis=-1)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """Where the base stands on the ground plane, and which way it faces.

    Attributes:
        x, y: World, m.
        heading: Of the base x axis, rad.
    """

    x: float
    y: float
    heading: float

    @property
    def xy(self) -> Array:
        """Position. Shape (2,), m."""
        return np.array([self.x, self.y])

    def ahead(self, forward: float, left: float, height: float) -> Vec:
        """World point seen `forward`, `left` and `height` (m) from here."""
        c, s = np.cos(self.heading), np.sin(self.heading)
        return (
            float(self.x + c * forward - s * left),
            float(self.y + s * forward + c * left),
            float(height),
        )


@dataclass(frozen=True, kw_only=True)
class Touch:
    """A place on a surface that one hand reaches from the thing's `Stand`.

    Attributes:
        hand: Which hand it suits.
        point: On the surface, world, m.
        normal: Out of the surface, unit length.
    """

    hand: Hand
    point: Vec
    normal: Vec

    def wrist(self, clearance: float) -> Array:
        """Wrist target `clearance` m off the surface, below it where negative. Shape (3,), m.

        The hand's collision sphere has a radius of about 0.03 m (H1), so 0.03 just touches.
        """
        return np.array(self.point) + clearance * np.array(self.normal)


@dataclass(frozen=True, kw_only=True)
class Rectangle:
    """Floor area that a thing takes up; axis-aligned, m."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def grown(self, margin: float) -> Rectangle:
        """The rectangle with `margin` m more on every side."""
        return Rectangle(
            x_min=self.x_min - margin, y_min=self.y_min - margin,
            x_max=self.x_max + margin, y_max=self.y_max + margin,
        )  # fmt: skip

    def distance(self, xy: Array) -> Array:
        """How far `xy` (..., 2) are outside, m; 0 inside."""
        low, high = np.array([self.x_min, self.y_min]), np.array([self.x_max, self.y_max])
        return np.linalg.norm(np.maximum(np.maximum(low - xy, xy - high), 0.0), axis=-1)


@dataclass(frozen=True, kw_only=True)
class Spring:
    """The moving cap of a push button: it slides along +x, into the wall, and comes back.

    Attributes:
        center: Of the cap at rest, world, m.
        radius, depth: Of the cap, m.
        travel: Stroke, m.
        threshold: Travel from which the button counts as pressed, m.
        stiffness: N/m.
        damping: N s/m.
        mass: kg.
    """

    center: Vec
    radius: float = 0.06
    depth: float = 0.05
    travel: float = 0.025
    threshold: float = 0.012
    stiffness: float = 400.0
    damping: float = 6.0
    mass: float = 0.1


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One named object of a scene: its shape, and how a robot comes to it.

    Attributes:
        object: Name and kind, for instructions.
        position: Where it is, world, m.
        stand: Where the base stands to touch, press or visit it.
        touches: Places for a hand, at most one a hand; empty for floor markers.
        blocks: Its parts.
        spring: Set for buttons.
        rests_on: Name of the thing that carries it: it takes up no floor of its own.
    """

    object: SceneObject
    position: Vec
    stand: Stand
    touches: tuple[Touch, ...] = ()
    blocks: tuple[Block, ...] = ()
    spring: Spring | None = None
    rests_on: str = ""

    @property
    def name(self) -> str:
        """As people say it."""
        return self.object.name

    @property
    def joint(self) -> str:
        """Name of the joint that `spring` slides on."""
        return f"{self.name.replace(' ', '_')}_travel"

    @property
    def footprint(self) -> Rectangle | None:
        """Floor area that paths must avoid; None where there is nothing to run into."""
        solid = [block for block in self.blocks if block.solid]
        if not solid or self.rests_on:
            return None
        return Rectangle(
            x_min=min(b.center[0] - b.half[0] for b in solid),
            y_min=min(b.center[1] - b.half[1] for b in solid),
            x_max=max(b.center[0] + b.half[0] for b in solid),
            y_max=max(b.center[1] + b.half[1] for b in solid),
        )

    def surface_distance(self, points: Array) -> Array:
        """Distance from `points` (..., 3) to the surface, m; 0 inside; of a button: to its cap at rest."""
        blocks = [block for block in self.blocks if block.solid]
        if self.spring is not None:
            r, half = self.spring.radius, self.spring.depth / 2
            blocks = [Block(center=self.spring.center, half=(half, r, r), material="red")]
        if not blocks:
            return np.linalg.norm(points - np.array(self.position), axis=-1)
        return np.min([block.distance(points) for block in blocks], axis=0)

    def furnish(self, spec: mujoco.MjSpec, *, visual: bool) -> None:
        """Add geoms, and the joint of a button, to the world body of `spec`."""
        label = self.name.replace(" ", "_")
        for number, block in enumerate(self.blocks):
            if block.solid or visual:
                _add_block(spec, block, f"{label}{number}", visual=visual)
        if self.spring is not None:
            _add_spring(spec, self.spring, label, self.joint, visual=visual)


def add_materials(spec: mujoco.MjSpec) -> None:
    """Define `MATERIALS` in `spec`."""
    for name, ((r, g, b), specular) in MATERIALS.items():
        spec.add_material(name=f"scene {name}", rgba=[r, g, b, 1], specular=specular, shininess=0.5, reflectance=0.0)


def _paint(geom: mujoco.MjsGeom, material: str, *, visual: bool) -> None:
    geom.rgba = [*MATERIALS[material][0], 1]
    if visual:
        geom.material = f"scene {material}"


def _add_block(spec: mujoco.MjSpec, block: Block, name: str, *, visual: bool) -> None:
    kind = mujoco.mjtGeom.mjGEOM_CYLINDER if block.round else mujoco.mjtGeom.mjGEOM_BOX
    size = [block.half[0], block.half[2], 0.0] if block.round else list(block.half)
    geom = spec.worldbody.add_geom(
        name=name, type=kind, pos=list(block.center), size=size, contype=int(block.solid), conaffinity=0
    )
    _paint(geom, block.material, visual=visual)


def _add_spring(spec: mujoco.MjSpec, spring: Spring, label: str, joint: str, *, visual: bool) -> None:
    cap = spec.worldbody.add_body(name=f"{label}_cap", pos=list(spring.center))
    cap.add_joint(
        name=joint, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[1, 0, 0], limited=True,
        range=[0.0, spring.travel], stiffness=spring.stiffness, damping=spring.damping,
    )  # fmt: skip
    geom = cap.add_geom(
        name=f"{label}_cap", type=mujoco.mjtGeom.mjGEOM_CYLINDER, mass=spring.mass,
        size=[spring.radius, spring.depth / 2, 0.0], contype=1, conaffinity=0,
        quat=[np.sqrt(0.5), 0, np.sqrt(0.5), 0],
    )  # fmt: skip
    _paint(geom, "red", visual=visual)
