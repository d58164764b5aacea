"""The robot as other tools of ROS want it: a URDF document, and where its soles are. No ROS here."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as Tree

import numpy as np

from skillblend.contracts import Array, Body, Robot
from skillblend.kinematics import Limbs
from skillblend_ros.topics import BASE

_THIN, _SHORT = 0.025, 0.03
"""Radius of what is drawn of a link, and links shorter than this are not drawn, m."""


def urdf(robot: Robot) -> str:
    """The robot's links, joints, limits and masses; links are drawn as rods between their joints.

    Source: https://wiki.ros.org/urdf/XML; the numbers are those of `Robot`.
    """
    root = Tree.Element("robot", name=robot.name)
    Tree.SubElement(root, "link", name=BASE)
    _joint(root, BASE, robot.bodies[0].name, "fixed", np.zeros(3), np.eye(3), name="base_joint")
    for index, body in enumerate(robot.bodies):
        link = Tree.SubElement(root, "link", name=body.name)
        _inertia(link, body)
        for child in robot.bodies:
            if child.parent == index:
                _rod(link, child.position)
    for body in robot.bodies[1:]:
        kind = "fixed" if body.joint < 0 else "revolute"
        name = f"{body.name}_fixed" if body.joint < 0 else robot.joint_names[body.joint]
        parent = robot.bodies[body.parent].name
        joint = _joint(root, parent, body.name, kind, body.position, body.rotation, name=name)
        if body.joint >= 0:
            j = body.joint
            Tree.SubElement(joint, "axis", xyz=_numbers(body.axis))
            Tree.SubElement(
                joint, "limit", lower=_number(robot.position_lower[j]), upper=_number(robot.position_upper[j]),
                effort=_number(robot.torque_limit[j]), velocity=_number(robot.velocity_limit[j]),
            )  # fmt: skip
    Tree.indent(root)
    return '<?xml version="1.0"?>\n' + Tree.tostring(root, encoding="unicode") + "\n"


class Soles:
    """Where both soles are in the frame of the base."""

    def __init__(self, robot: Robot) -> None:
        """Of `robot`."""
        ways = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        frames = [
            replace(foot, offset=tuple(o + w for o, w in zip(foot.offset, way, strict=True)))
            for foot in robot.feet
            for way in ways
        ]
        self._limbs = Limbs(robot, frames)

    def __call__(self, joints: Array) -> list[tuple[Array, Array]]:
        """Position (3,), m, and quaternion wxyz (4,) of the left and the right one, from joints (J,), rad."""
        points = self._limbs(joints[None], np.zeros((1, len(joints)))).position[0]
        found: list[tuple[Array, Array]] = []
        for origin, ahead, left in (points[:3], points[3:]):
            x, y = ahead - origin, left - origin
            found.append((origin, quaternion(np.stack([x, y, np.cross(x, y)], axis=1))))
        return found


def quaternion(rotation: Array) -> Array:
    """Unit quaternion wxyz of a rotation matrix (3, 3); w is not negative.

    Source: Shepperd, "Quaternion from rotation matrix", Journal of Guidance and Control 1978.
    """
    m = rotation
    squares = np.array(
        [
            1.0 + m[0, 0] + m[1, 1] + m[2, 2],
            1.0 + m[0, 0] - m[1, 1] - m[2, 2],
            1.0 - m[0, 0] + m[1, 1] - m[2, 2],
            1.0 - m[0, 0] - m[1, 1] + m[2, 2],
        ]
    )
    largest = int(np.argmax(squares))
    products = np.array(
        [
            [squares[0], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], squares[1], m[1, 0] + m[0, 1], m[0, 2] + m[2, 0]],
            [m[0, 2] - m[2, 0], m[1, 0] + m[0, 1], squares[2], m[2, 1] + m[1, 2]],
            [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[2, 1] + m[1, 2], squares[3]],
        ]
    )
    q = products[largest] / np.linalg.norm(products[largest])
    return -q if q[0] < 0.0 else q


def roll_pitch_yaw(rotation: Array) -> Array:
    """Fixed-axis angles (3,), rad, as URDF writes a rotation matrix (3, 3)."""
    pitch = np.arcsin(np.clip(-rotation[2, 0], -1.0, 1.0))
    if abs(rotation[2, 0]) > 1.0 - 1e-9:
        return np.array([np.arctan2(-rotation[1, 2], rotation[1, 1]), pitch, 0.0])
    return np.array([np.arctan2(rotation[2, 1], rotation[2, 2]), pitch, np.arctan2(rotation[1, 0], rotation[0, 0])])


def _joint(
    root: Tree.Element, parent: str, child: str, kind: str, position: Array, rotation: Array, *, name: str
) -> Tree.Element:
    joint = Tree.SubElement(root, "joint", name=name, type=kind)
    Tree.SubElement(joint, "origin", xyz=_numbers(position), rpy=_numbers(roll_pitch_yaw(rotation)))
    Tree.SubElement(joint, "parent", link=parent)
    Tree.SubElement(joint, "child", link=child)
    return joint


def _inertia(link: Tree.Element, body: Body) -> None:
    if body.mass <= 0.0:
        return
    inertial = Tree.SubElement(link, "inertial")
    Tree.SubElement(inertial, "origin", xyz=_numbers(body.com), rpy="0 0 0")
    Tree.SubElement(inertial, "mass", value=_number(body.mass))
    axes = "xyz"
    entries = {f"i{axes[a]}{axes[b]}": _number(body.inertia[a, b]) for a in range(3) for b in range(a, 3)}
    Tree.SubElement(inertial, "inertia", entries)


def _rod(link: Tree.Element, end: Array) -> None:
    """A cylinder from the link's origin to `end` (3,), m."""
    length = float(np.linalg.norm(end))
    if length < _SHORT:
        return
    z = end / length
    x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
    x = x / np.linalg.norm(x)
    visual = Tree.SubElement(link, "visual")
    rotation = np.stack([x, np.cross(z, x), z], axis=1)
    Tree.SubElement(visual, "origin", xyz=_numbers(end / 2), rpy=_numbers(roll_pitch_yaw(rotation)))
    geometry = Tree.SubElement(visual, "geometry")
    Tree.SubElement(geometry, "cylinder", radius=_number(_THIN), length=_number(length))


def _number(value: float) -> str:
    return f"{float(value):.9g}"


def _numbers(values: Array) -> str:
    return " ".join(_number(value) for value in values)
