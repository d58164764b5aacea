"""From a table of published numbers and our choices to a `Robot`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

import numpy as np

from robots.mjcf import write_mjcf
from robots.rotation import matrix_about
from robots.spec import Spec
from robots.table import Joint, Table, read_table
from skillblend.contracts import Array, Body, IntArray, Robot
from skillblend.errors import InputError

T = TypeVar("T")

LOCKED = "_locked"
"""What the name of a robot ends with where `Spec.lockable` joints are welded."""

_LEG = ("hip", "knee", "ankle")
_WAIST = ("waist", "torso")


def build(spec: Spec, *, locked: bool) -> Robot:
    """The robot of `spec`; `locked` welds ``spec.lockable`` too.

    Raises:
        InputError: The table and the choices do not fit together.
    """
    table = read_table(spec.name)
    welded = spec.welded + (spec.lockable if locked else ())
    joints = sorted((joint for joint in table.joints if _moves(joint, welded)), key=_limb)
    names = tuple(joint.name for joint in joints)
    bodies = _tree(table, names)
    limits = np.array([joint.limits for joint in joints])
    pose = np.array([_match({**spec.pose, "": 0.0}, name) for name in names])
    gains = np.array([_match(spec.gains, name) for name in names])
    armature = [_match(spec.armature, name) for name in names]
    index, sign = _mirror(joints)
    height = -_lowest_point(spec, bodies, pose)
    _check_roles(spec, names)
    return Robot(
        name=spec.name + (LOCKED if locked and spec.lockable else ""),
        joint_names=names,
        bodies=bodies,
        default_pose=_frozen(pose),
        position_lower=_frozen(limits[:, 0]),
        position_upper=_frozen(limits[:, 1]),
        torque_limit=_frozen(limits[:, 2]),
        velocity_limit=_frozen(limits[:, 3]),
        stiffness=_frozen(gains[:, 0]),
        damping=_frozen(gains[:, 1]),
        control_dt=spec.control_dt,
        base_height=height,
        feet=spec.frames(spec.foot),
        hands=spec.frames(spec.hand),
        mirror_index=index,
        mirror_sign=_frozen(sign),
        mjcf=write_mjcf(spec, bodies, joints, armature=armature, height=height),
        source=table.source,
        roles=MappingProxyType(dict(spec.roles)),
        wiring=spec.wiring,
        meshes=spec.meshes,
    )


def _check_roles(spec: Spec, names: Sequence[str]) -> None:
    """Refuse roles that no joint plays: skills would find out late, and one by one."""
    for role, part in spec.roles.items():
        if not {f"{part}_joint", f"left_{part}_joint"} & set(names):
            raise InputError(f"role {role!r} of {spec.name} is played by {part!r}, which is none of {list(names)}")


def _frozen(values: Array) -> Array:
    """A read-only copy."""
    copy = values.copy()
    copy.setflags(write=False)
    return copy


def _moves(joint: Joint, welded: Sequence[str]) -> bool:
    return joint.revolute and not any(pattern in joint.name for pattern in welded)


def _limb(joint: Joint) -> int:
    """Rank in the joint order: left leg, right leg, waist, left arm, right arm."""
    if any(word in joint.name for word in _WAIST):
        return 2
    return (0 if any(word in joint.name for word in _LEG) else 3) + joint.name.startswith("right")


def _match(choices: Mapping[str, T], name: str) -> T:
    for pattern, value in choices.items():
        if pattern in name:
            return value
    raise InputError(f"no value for joint {name!r}; patterns: {list(choices)}; add one that matches")


def _tree(table: Table, names: Sequence[str]) -> tuple[Body, ...]:
    """Bodies depth first, children in joint order, so that MuJoCo's own order agrees with ours."""
    children = {joint.child for joint in table.joints}
    (base,) = (name for name in table.links if name not in children)
    edges = sorted(table.joints, key=lambda joint: names.index(joint.name) if joint.name in names else -1)
    bodies: list[Body] = []

    def add(link_name: str, parent: int, joint: Joint | None) -> None:
        bodies.append(_body(table, link_name, parent, joint, names))
        index = len(bodies) - 1
        for edge in edges:
            if edge.parent == link_name:
                add(edge.child, index, edge)

    add(base, -1, None)
    return tuple(bodies)


def _body(table: Table, link_name: str, parent: int, joint: Joint | None, names: Sequence[str]) -> Body:
    link = table.links[link_name]
    number = names.index(joint.name) if joint is not None and joint.name in names else -1
    return Body(
        name=link.name,
        parent=parent,
        position=_frozen(np.zeros(3) if joint is None else joint.position),
        rotation=_frozen(np.eye(3) if joint is None else joint.rotation),
        joint=number,
        axis=_frozen(np.zeros(3) if joint is None or number < 0 else joint.axis),
        mass=link.mass,
        com=_frozen(link.com),
        inertia=_frozen(link.inertia),
    )


def _mirror(joints: Sequence[Joint]) -> tuple[IntArray, Array]:
    """Permutation and signs that reflect a pose through the sagittal (x-z) plane.

    A rotation axis is an axial vector: the reflection of ``(x, y, z)`` is ``(-x, y, -z)``.
    """
    names = [joint.name for joint in joints]
    swap = {"left_": "right_", "right_": "left_"}
    index, sign = np.zeros(len(names), dtype=np.int64), np.zeros(len(names))
    for i, joint in enumerate(joints):
        side = next((s for s in swap if joint.name.startswith(s)), None)
        j = i if side is None else names.index(swap[side] + joint.name.removeprefix(side))
        index[i] = j
        sign[i] = joint.axis @ (joints[j].axis * (-1.0, 1.0, -1.0))
    skew = [name for name, s in zip(names, sign, strict=True) if abs(abs(s) - 1.0) > 1e-6]
    if skew:
        raise InputError(f"axes of {skew} are not mirror images of their partners'; correct the table")
    index.setflags(write=False)
    return index, np.round(sign)


def _lowest_point(spec: Spec, bodies: Sequence[Body], pose: Array) -> float:
    """Height of the lowest sole point over the base origin in `pose` (J,), base upright, m."""
    index = next(i for i, body in enumerate(bodies) if body.name == spec.sole.body)
    points = np.array(spec.sole.centers())
    while index >= 0:
        body = bodies[index]
        angle = pose[body.joint] if body.joint >= 0 else 0.0
        points = body.position + points @ (body.rotation @ matrix_about(body.axis, angle)).T
        index = body.parent
    return float(points[:, 2].min()) - spec.sole.radius
