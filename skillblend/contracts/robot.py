"""A robot: everything that skills, simulation and hardware need to know about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from skillblend.contracts.arrays import Array, IntArray
from skillblend.errors import InputError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Body:
    """One rigid body of the kinematic tree.

    Attributes:
        name: Link name.
        parent: Index of the parent body, -1 for the floating base.
        position: Origin in the parent frame at zero joint angle. Shape (3,), m.
        rotation: Orientation in the parent frame at zero joint angle. Shape (3, 3).
        joint: Index into `Robot.joint_names`, -1 where the body is welded to its parent.
        axis: Joint axis in the body frame. Shape (3,), unit length (zeros where welded).
        mass: kg.
        com: Centre of mass in the body frame. Shape (3,), m.
        inertia: Rotational inertia about the centre of mass, body axes. Shape (3, 3), kg m^2.
    """

    name: str
    parent: int
    position: Array
    rotation: Array
    joint: int
    axis: Array
    mass: float
    com: Array
    inertia: Array


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A point fixed to a body: where a foot stands or a hand touches.

    Attributes:
        body: Name of the body it is fixed to.
        offset: Position in the body frame. Shape (3,), m.
    """

    body: str
    offset: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """How the motors of one robot are addressed.

    Attributes:
        family: Of messages: `unitree_hg` or `unitree_go`.
        motors: Joint name -> slot of its motor in a message, joints that a model welds included.
        imu: Where the IMU sits: in the base, or above the yaw joint of the trunk.
    """

    family: Literal["hg", "go"]
    motors: Mapping[str, int]
    imu: Literal["base", "torso"] = "base"

    def __post_init__(self) -> None:
        """Refuse a slot that two joints share.

        Raises:
            InputError: Two joints have one motor, or a slot is negative.
        """
        slots = list(self.motors.values())
        shared = sorted(joint for joint, slot in self.motors.items() if slot < 0 or slots.count(slot) > 1)
        if shared:
            raise InputError(f"joints {shared} share a motor slot or have none; give each a slot of its own")


@dataclass(frozen=True, kw_only=True)
class Robot:
    """Everything that skills, simulation and hardware need to know about one robot.

    Attributes:
        joint_names: Actuated joints; their order is *the* joint order, J of them.
        bodies: Kinematic tree, parents before children; ``bodies[0]`` is the floating base.
        default_pose: Standing pose. Shape (J,), rad.
        position_lower, position_upper: Joint limits. Shape (J,), rad.
        velocity_limit: Shape (J,), rad/s.
        torque_limit: Shape (J,), N m.
        stiffness: PD position gain. Shape (J,), N m/rad.
        damping: PD velocity gain. Shape (J,), N m s/rad.
        control_dt: Policy period, s.
        base_height: Base height above the ground in the default pose, m.
        feet: Left and right sole centre.
        hands: Left and right wrist, the points that reaching is about.
        roles: What skills call a joint -> what this robot calls it, sides left out, where the two differ: an
            elbow may be an ``elbow_pitch``, the yaw of the trunk (``torso``) a ``waist_yaw``.
        mirror_index, mirror_sign: ``q_mirrored = mirror_sign * q[..., mirror_index]`` reflects a pose
            through the sagittal plane. Shape (J,).
        mjcf: The robot alone as an MJCF document (no floor, no actuators' task-specific tuning).
        source: Where the numbers come from, with their licence.
        wiring: How its motors are addressed; None for a robot that only moves in simulation.
        meshes: Its description in MuJoCo Menagerie, such as ``unitree_h1/h1.xml``; empty where that has none.
    """

    name: str
    joint_names: tuple[str, ...]
    bodies: tuple[Body, ...]
    default_pose: Array
    position_lower: Array
    position_upper: Array
    velocity_limit: Array
    torque_limit: Array
    stiffness: Array
    damping: Array
    control_dt: float
    base_height: float
    feet: tuple[Frame, Frame]
    hands: tuple[Frame, Frame]
    mirror_index: IntArray
    mirror_sign: Array
    mjcf: str = field(repr=False)
    source: str
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    wiring: Wiring | None = None
    meshes: str = ""

    @property
    def num_joints(self) -> int:
        """J, the number of actuated joints."""
        return len(self.joint_names)

    def joint(self, name: str) -> int:
        """Index of the joint called `name` (with or without the ``_joint`` suffix).

        Raises:
            UnknownNameError: No such joint.
        """
        for candidate in (name, f"{name}_joint"):
            if candidate in self.joint_names:
                return self.joint_names.index(candidate)
        raise UnknownNameError("joint", name, self.joint_names)

    def role(self, role: str, side: str = "") -> int:
        """Index of the joint that plays `role`, say ``elbow``, on `side`: left, right, or nothing for the trunk.

        Raises:
            UnknownNameError: No such joint.
        """
        name = self.roles.get(role, role)
        return self.joint(f"{side}_{name}" if side else name)

    @property
    def joint_roles(self) -> tuple[str, ...]:
        """What skills call each joint: the same name for the same part of every robot, such as ``left_elbow``."""
        roles = {name: role for role, name in self.roles.items()}
        out: list[str] = []
        for name in self.joint_names:
            side = next((s for s in ("left_", "right_") if name.startswith(s)), "")
            part = name.removeprefix(side).removesuffix("_joint")
            out.append(side + roles.get(part, part))
        return tuple(out)

    def joints(self, *patterns: str) -> IntArray:
        """Indices of all joints whose name contains any of `patterns`, in joint order."""
        if patterns not in self._matching:
            found = [i for i, n in enumerate(self.joint_names) if any(p in n for p in patterns)]
            self._matching[patterns] = np.array(found, dtype=np.int64)
        return self._matching[patterns].copy()

    @cached_property
    def _matching(self) -> dict[tuple[str, ...], IntArray]:
        """What `joints` has found: blends ask at every control step."""
        return {}

    def body(self, name: str) -> int:
        """Index of the body called `name`.

        Raises:
            UnknownNameError: No such body.
        """
        for i, candidate in enumerate(self.bodies):
            if candidate.name == name:
                return i
        raise UnknownNameError("body", name, [b.name for b in self.bodies])

    def mirror(self, joints: Array) -> Array:
        """Reflect joint values (..., J) through the sagittal plane."""
        return joints[..., self.mirror_index] * self.mirror_sign
