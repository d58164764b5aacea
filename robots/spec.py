"""What we choose for a robot, beside its published numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from robots.shapes import Shape, Vec
from skillblend.contracts import Frame, Wiring


@dataclass(frozen=True, kw_only=True)
class Sole:
    """Contact points of one foot: four spheres under the left foot, reflected for the right one.

    Attributes:
        body: Body of the left foot.
        x: Back and front sphere centres in the body frame, m.
        y: Half distance between inner and outer spheres at the back and at the front, m.
        z: Height of the sphere centres in the body frame, m.
        radius: m.
    """

    body: str
    x: tuple[float, float]
    y: tuple[float, float]
    z: float
    radius: float

    def centers(self) -> tuple[Vec, ...]:
        """Four sphere centres in the body frame: back left, back right, front left, front right."""
        return tuple((x, side * y, self.z) for x, y in zip(self.x, self.y, strict=True) for side in (1.0, -1.0))


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Choices for one robot. Patterns are parts of joint names; the first match wins.

    Attributes:
        name: Robot name, and the name of its table.
        gains: Pattern to PD gains: N m/rad and N m s/rad.
        armature: Pattern to rotor inertia seen at the joint, kg m^2.
        pose: Pattern to default angle, rad; joints without a match are at 0.
        sole: Contact points of the left foot.
        foot: Left sole centre.
        hand: Left hand point.
        shapes: Visual and collision primitives, both sides.
        roles: What skills call a joint -> what this robot calls it, where the two differ; see `Robot.roles`.
        welded: Patterns of joints that are always welded at zero.
        lockable: Patterns of joints that ``locked=True`` welds at zero.
        control_dt: Policy period, s.
        wiring: How its motors are addressed; None for a robot that only moves in simulation.
        meshes: Its description in MuJoCo Menagerie; empty where that has none.
    """

    name: str
    gains: Mapping[str, tuple[float, float]]
    armature: Mapping[str, float]
    pose: Mapping[str, float]
    sole: Sole
    foot: Frame
    hand: Frame
    shapes: tuple[Shape, ...]
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    welded: tuple[str, ...] = ()
    lockable: tuple[str, ...] = ()
    control_dt: float = field(default=0.02)
    wiring: Wiring | None = None
    meshes: str = ""

    def frames(self, left: Frame) -> tuple[Frame, Frame]:
        """`left` and its reflection on the right side."""
        x, y, z = left.offset
        return left, Frame(body=left.body.replace("left_", "right_", 1), offset=(x, -y, z))


SIDES = ("left", "right")
ARM = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw")


def motors_in_order(first: tuple[int, int], parts: tuple[str, ...]) -> dict[str, int]:
    """Consecutive motors for `parts` of the left and the right side, from `first` (left, right)."""
    return {
        f"{side}_{part}_joint": start + i
        for side, start in zip(SIDES, first, strict=True)
        for i, part in enumerate(parts)
    }
