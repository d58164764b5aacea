"""The geometry of one thing: where it stands, what it is made of, what moves, and how a robot comes to it.

Lengths and directions are in the thing's own frame unless said otherwise: its origin is the middle of the thing, z is
up, and whoever stands before it looks along its +x axis. A thing of heading 0 is used from the side of smaller x.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import mujoco
import numpy as np

from sim.contacts import THING, Contact
from sim.things.shapes import Block, Vec
from skillblend.contracts import Array, Thing

Hand = Literal["left", "right"]

LOW = 0.05
"""A free thing whose lowest point is above this, m, lies on something or is carried: it takes up no floor."""


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
        point: On the surface, m.
        normal: Out of the surface, unit length.
    """

    hand: Hand
    point: Vec
    normal: Vec

    def wrist(self, clearance: float) -> Array:
        """Wrist target `clearance` m off the surface, below it where negative. Shape (3,), m.

        The hand's collision ball has a radius of about 0.03 m (H1), so 0.03 just touches.
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
class Pose:
    """Where the middle of a thing is, and how it is turned.

    Attributes:
        position: World, m.
        quaternion: Of its axes in the world, wxyz.
    """

    position: Vec
    quaternion: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)

    @staticmethod
    def upright(x: float, y: float, z: float, heading: float = 0.0) -> Pose:
        """Its z axis up, its x axis along `heading`, rad."""
        half = heading / 2
        return Pose(position=(x, y, z), quaternion=(float(np.cos(half)), 0.0, 0.0, float(np.sin(half))))

    @property
    def heading(self) -> float:
        """Direction of the x axis seen from above, rad."""
        x, y, _ = self.rotation[:, 0]
        return float(np.arctan2(y, x))

    @property
    def rotation(self) -> Array:
        """Of directions from the thing's frame to the world's. Shape (3, 3)."""
        w, x, y, z = self.quaternion
        return np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        )

    def to_world(self, points: Array) -> Array:
        """Points (..., 3) of the thing's frame in the world, m."""
        return points @ self.rotation.T + np.array(self.position)

    def to_local(self, points: Array) -> Array:
        """Points (..., 3) of the world in the thing's frame, m."""
        return (points - np.array(self.position)) @ self.rotation


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part that slides or turns: the cap of a button, a door.

    Attributes:
        name: Of its joint, within the thing.
        blocks: Where they are while it is closed, or not pushed in.
        motion: How it moves.
        axis: Along which it slides, or about which it turns.
        anchor: A point on the axis, m.
        travel: How far it can go from 0, m or rad.
        stiffness: Of the spring, N/m or N m/rad; 0 for none.
        damping: N s/m or N m s/rad.
        dry: Dry friction, N or N m: with it, a door stays where it is left.
        rest: Where the spring pulls it to, m or rad; below 0 it is held closed.
        mass: kg.
        threshold: Travel from which a button counts as pressed, m; infinite for parts that nobody presses.
        position: Where it is in the beginning, m or rad.
    """

    name: str
    blocks: tuple[Block, ...]
    motion: Literal["slide", "hinge"]
    axis: Vec
    anchor: Vec
    travel: float
    stiffness: float = 0.0
    damping: float = 0.0
    dry: float = 0.0
    rest: float = 0.0
    mass: float = 1.0
    threshold: float = np.inf
    position: float = 0.0

    def moved(self, points: Array) -> Array:
        """Points (..., 3) of the closed part where it is now, m."""
        axis, anchor = np.array(self.axis), np.array(self.anchor)
        if self.motion == "slide":
            return points + self.position * axis
        c, s = np.cos(self.position), np.sin(self.position)
        arm = points - anchor
        along = (arm @ axis)[..., None] * axis
        return anchor + c * arm + s * np.cross(axis, arm) + (1 - c) * along

    def back(self, points: Array) -> Array:
        """The inverse of `moved`."""
        return replace(self, position=-self.position).moved(points)

    def add(self, body: mujoco.MjsBody, name: str, *, visual: bool) -> None:
        """Hang it on `body`."""
        kind = mujoco.mjtJoint.mjJNT_SLIDE if self.motion == "slide" else mujoco.mjtJoint.mjJNT_HINGE
        part = body.add_body(name=name, pos=list(self.anchor))
        if self.motion == "slide":
            part.pos = list(np.array(self.anchor) + self.position * np.array(self.axis))
        else:
            half = self.position / 2
            part.quat = [np.cos(half), *(np.sin(half) * np.array(self.axis))]
        part.add_joint(
            name=name, type=kind, axis=list(self.axis), limited=True, range=[0.0, self.travel], ref=self.position,
            stiffness=self.stiffness, damping=self.damping, frictionloss=self.dry, springref=self.rest,
        )  # fmt: skip
        _fill(part, self.blocks, self.mass, name, origin=self.anchor, visual=visual)


@dataclass(frozen=True, kw_only=True)
class Model:
    """One named thing of a scene: its shape, and how a robot comes to it.

    Attributes:
        object: Name, kind, motion, size and mass.
        pose: Of its middle.
        blocks: What it is made of, without its parts.
        parts: What of it slides or turns.
        approach: Where the base stands to touch, press or visit it; heading 0 looks along its x axis.
        holds: Places for a hand, at most one a hand; none for floor markers.
        top, inside: Height over its middle of the surface that things are put on, or in, m; None without one.
        rests_on: Name of the thing that carries it: it takes up no floor of its own.
        contact: How its surface meets others, where it is free.
        clear: How far one stands from the edges of doors that are open, m.
        stood, held_at: World stand and places for hands of a thing that has been moved, instead of `approach` and
            `holds`; None where it was not.
    """

    object: Thing
    pose: Pose
    approach: Stand
    blocks: tuple[Block, ...] = ()
    parts: tuple[Part, ...] = ()
    holds: tuple[Touch, ...] = ()
    top: float | None = None
    inside: float | None = None
    rests_on: str = ""
    contact: Contact = THING
    clear: float = 0.0
    stood: Stand | None = None
    held_at: tuple[Touch, ...] | None = None

    @property
    def name(self) -> str:
        """As people say it."""
        return self.object.name

    @property
    def kind(self) -> str:
        """Of the thing."""
        return self.object.kind

    @property
    def free(self) -> bool:
        """Whether it can move anyhow."""
        return self.object.motion == "free"

    @property
    def position(self) -> Vec:
        """Of its middle, world, m."""
        return self.pose.position

    @property
    def body(self) -> str:
        """Name of its body in MuJoCo, and of the joint of a free thing."""
        return f"thing/{self.name}"

    @property
    def joint(self) -> str:
        """Name of the joint of its first part."""
        return self.joint_of(self.parts[0])

    def joint_of(self, part: Part) -> str:
        """Name of the joint, and of the body, of one of its parts."""
        return f"thing/{self.name}/{part.name}"

    @property
    def spring(self) -> Part | None:
        """The part that one presses; None where there is none."""
        return next((part for part in self.parts if np.isfinite(part.threshold)), None)

    @property
    def doors(self) -> tuple[Part, ...]:
        """The parts that one opens."""
        return tuple(part for part in self.parts if not np.isfinite(part.threshold))

    @property
    def stand(self) -> Stand:
        """Where the base stands to touch, press or visit it, world."""
        if self.stood is not None:
            return self.stood
        x, y, _ = self.pose.to_world(np.array([min(self.approach.x, self._before_doors), self.approach.y, 0.0]))
        return Stand(x=float(x), y=float(y), heading=self.pose.heading + self.approach.heading)

    @property
    def _before_doors(self) -> float:
        """Where one stands clear of doors that are open, along its x axis, m; infinite where none is."""
        corners = [p.moved(b.corners()) for p in self.doors if p.position > 0.0 for b in p.blocks if b.solid]
        return float(np.concatenate(corners)[:, 0].min()) - self.clear if corners else np.inf

    @property
    def touches(self) -> tuple[Touch, ...]:
        """Places for a hand, world."""
        if self.held_at is not None:
            return self.held_at
        rotation = self.pose.rotation
        return tuple(
            Touch(
                hand=hold.hand,
                point=vec(self.pose.to_world(np.array(hold.point))),
                normal=vec(rotation @ np.array(hold.normal)),
            )
            for hold in self.holds
        )

    @property
    def solid(self) -> tuple[Block, ...]:
        """What of `blocks` collides."""
        return tuple(block for block in self.blocks if block.solid)

    @property
    def radius(self) -> float:
        """Of a ball around its middle that holds all of it, doors left out, m."""
        return float(np.linalg.norm(np.concatenate([block.corners() for block in self.solid]), axis=1).max())

    def corners(self) -> Array:
        """Corners of all that is solid, doors where they are now, world. Shape (C, 3), m."""
        found = [block.corners() for block in self.solid]
        for part in self.doors:
            found += [part.moved(block.corners()) for block in part.blocks if block.solid]
        return self.pose.to_world(np.concatenate(found)) if found else np.zeros((0, 3))

    @property
    def footprint(self) -> Rectangle | None:
        """Floor area that paths must avoid; None where there is nothing to run into."""
        corners = self.corners()
        if not len(corners) or self.rests_on or (self.free and corners[:, 2].min() > LOW):
            return None
        (x_min, y_min, _), (x_max, y_max, _) = corners.min(axis=0), corners.max(axis=0)
        return Rectangle(x_min=float(x_min), y_min=float(y_min), x_max=float(x_max), y_max=float(y_max))

    def surface_distance(self, points: Array) -> Array:
        """Distance from `points` (..., 3) in the world to the surface, m; 0 inside; of a button: to its cap."""
        local = self.pose.to_local(points)
        found = [] if self.spring is not None else [block.distance(local) for block in self.solid]
        for part in self.parts:
            found += [block.distance(part.back(local)) for block in part.blocks if block.solid]
        if not found:
            return np.linalg.norm(local, axis=-1)
        return np.min(found, axis=0)

    def furnish(self, spec: mujoco.MjSpec, *, visual: bool) -> None:
        """Add its bodies, geoms and joints to the world body of `spec`."""
        body = spec.worldbody.add_body(name=self.body, pos=list(self.pose.position), quat=list(self.pose.quaternion))
        mass = self.object.mass if self.free else None
        geoms = _fill(body, self.blocks, mass, self.body, visual=visual)
        if self.free:
            body.add_freejoint(name=self.body)
            for geom in geoms:
                if geom.contype:
                    geom.conaffinity = 1
                    self.contact.apply(geom)
        for part in self.parts:
            part.add(body, self.joint_of(part), visual=visual)


def vec(values: Array) -> Vec:
    """Shape (3,) as a tuple."""
    x, y, z = values.tolist()
    return x, y, z


def _fill(
    body: mujoco.MjsBody,
    blocks: tuple[Block, ...],
    mass: float | None,
    name: str,
    *,
    origin: Vec = (0.0, 0.0, 0.0),
    visual: bool,
) -> list[mujoco.MjsGeom]:
    """Add `blocks`, whose solid ones share `mass` (kg) by volume; decoration weighs nothing."""
    volume = sum(block.volume for block in blocks if block.solid)
    geoms: list[mujoco.MjsGeom] = []
    for number, block in enumerate(blocks):
        if not (block.solid or visual):
            continue
        geom = block.add(body, f"{name}/{number}", origin=origin, visual=visual)
        if mass is not None:
            geom.mass = mass * block.volume / volume if block.solid else 0.0
        geoms.append(geom)
    return geoms
