"""The robot alone as an MJCF document: no floor, no actuators.

Geoms come in three sets, all massless (masses are in the ``<inertial>`` elements):

- ``left_foot0..3``, ``right_foot0..3``: contact spheres of the soles, group 3, contype 0, conaffinity 1, so
  that they touch any geom of contype 1;
- ``<body>_collision...`` and ``left_hand_collision``, ``right_hand_collision``: group 3, contype 0 and
  conaffinity 0 until a task switches them on;
- ``<body>_visual...``: group 2, never in contact.

Links without mass (sensors, logos) are left out: they are frames of `Robot.bodies` only. Joints carry their
effort limit as ``actuatorfrcrange`` and no damping or dry friction of their own.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from types import MappingProxyType

import numpy as np

from robots.rotation import matrix_from_rpy
from robots.shapes import Shape, both_sides, sphere
from robots.spec import Spec
from robots.table import Joint
from skillblend.contracts import Array, Body, Frame

_MATERIALS = MappingProxyType(
    {
        "black": ("0.06 0.06 0.065 1", "0.3", "0.4"),
        "dark": ("0.16 0.165 0.175 1", "0.35", "0.45"),
        "grey": ("0.31 0.32 0.34 1", "0.35", "0.5"),
        "light": ("0.62 0.63 0.65 1", "0.35", "0.5"),
        "silver": ("0.76 0.77 0.79 1", "0.4", "0.5"),
        "white": ("0.95 0.95 0.96 1", "0.2", "0.3"),
        "glow": ("0.2 0.75 1.0 1", "0.1", "0.3"),
    }
)


def write_mjcf(
    spec: Spec, bodies: Sequence[Body], joints: Sequence[Joint], *, armature: Sequence[float], height: float
) -> str:
    """MJCF text of the robot, its base at `height` (m) over the origin.

    Args:
        spec: Soles, frames and shapes.
        bodies: Kinematic tree, parents first.
        joints: Actuated joints in joint order.
        armature: Rotor inertia per joint, kg m^2.
        height: Base height, m.
    """
    root = ET.Element("mujoco", model=spec.name)
    ET.SubElement(root, "compiler", angle="radian", autolimits="true")
    _add_defaults(root)
    assets = ET.SubElement(root, "asset")
    for name, (rgba, specular, shininess) in _MATERIALS.items():
        ET.SubElement(assets, "material", name=name, rgba=rgba, specular=specular, shininess=shininess)
    elements = {-1: ET.SubElement(root, "worldbody")}
    by_name: dict[str, ET.Element] = {}
    parents = {body.parent for body in bodies}
    for i, body in enumerate(bodies):
        if body.mass == 0.0 and i not in parents:
            continue
        element = elements[i] = by_name[body.name] = ET.SubElement(elements[body.parent], "body", name=body.name)
        _place(element, body, height)
        if body.mass > 0.0:
            _add_inertial(element, body)
        if body.parent < 0:
            ET.SubElement(element, "freejoint", name="root")
            ET.SubElement(element, "site", name="imu", pos="0 0 0")
        elif body.joint >= 0:
            _add_joint(element, joints[body.joint], armature[body.joint])
    _add_geoms(by_name, assets, spec)
    _add_sites(by_name, spec)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _text(values: Iterable[float] | Array) -> str:
    """Numbers as MJCF reads them back exactly."""
    return " ".join(f"{float(value):.17g}" for value in values)


def _add_defaults(root: ET.Element) -> None:
    defaults = ET.SubElement(root, "default")
    foot = ET.SubElement(defaults, "default", {"class": "foot"})
    ET.SubElement(foot, "geom", group="3", mass="0", contype="0", conaffinity="1", friction="1.0 0.005 0.0001")
    collision = ET.SubElement(defaults, "default", {"class": "collision"})
    ET.SubElement(collision, "geom", group="3", mass="0", contype="0", conaffinity="0")
    visual = ET.SubElement(defaults, "default", {"class": "visual"})
    ET.SubElement(visual, "geom", group="2", mass="0", contype="0", conaffinity="0")


def _place(element: ET.Element, body: Body, height: float) -> None:
    if body.parent < 0:
        element.set("pos", _text((0.0, 0.0, height)))
        return
    element.set("pos", _text(body.position))
    if not np.array_equal(body.rotation, np.eye(3)):
        element.set("xyaxes", _text(body.rotation.T[:2].ravel()))


def _add_inertial(element: ET.Element, body: Body) -> None:
    i = body.inertia
    full = (i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2])
    ET.SubElement(element, "inertial", pos=_text(body.com), mass=_text((body.mass,)), fullinertia=_text(full))


def _add_joint(element: ET.Element, joint: Joint, armature: float) -> None:
    lower, upper, effort, _ = joint.limits
    ET.SubElement(
        element,
        "joint",
        name=joint.name,
        axis=_text(joint.axis),
        range=_text((lower, upper)),
        actuatorfrcrange=_text((-effort, effort)),
        armature=_text((armature,)),
    )


def _add_geoms(elements: dict[str, ET.Element], assets: ET.Element, spec: Spec) -> None:
    soles = both_sides(
        sphere(spec.sole.body, center, spec.sole.radius, name=f"left_foot{i}")
        for i, center in enumerate(spec.sole.centers())
    )
    for shape in soles:
        _add_geom(elements[shape.body], shape, "foot", shape.name)
    for kind in ("collision", "visual"):
        count: dict[str, int] = {}
        for shape in spec.shapes:
            if (kind == "visual") != bool(shape.material):
                continue
            number = count[shape.body] = count.get(shape.body, -1) + 1
            name = shape.name or f"{shape.body}_{kind}{number}"
            if shape.kind == "mesh":
                _add_mesh(assets, shape, name)
            _add_geom(elements[shape.body], shape, kind, name)


def _add_mesh(assets: ET.Element, shape: Shape, name: str) -> None:
    vertices = " ".join(f"{value:g}" for point in shape.points for value in point)
    faces = " ".join(str(index) for face in shape.faces for index in face)
    ET.SubElement(assets, "mesh", name=name, vertex=vertices, face=faces, inertia="shell")


def _add_geom(element: ET.Element, shape: Shape, css: str, name: str) -> None:
    attributes = {"class": css, "name": name, "type": shape.kind}
    if shape.kind == "mesh":
        attributes["mesh"] = name
    else:
        attributes["size"] = _text(shape.size)
    if shape.ends is not None:
        attributes["fromto"] = _text(np.ravel(shape.ends))
    elif shape.kind != "mesh":
        attributes["pos"] = _text(shape.center)
    if any(shape.rpy):
        attributes["xyaxes"] = _text(matrix_from_rpy(shape.rpy).T[:2].ravel())
    if shape.material:
        attributes["material"] = shape.material
    ET.SubElement(element, "geom", attributes)


def _add_sites(elements: dict[str, ET.Element], spec: Spec) -> None:
    def add(name: str, frame: Frame) -> None:
        ET.SubElement(elements[frame.body], "site", name=name, pos=_text(frame.offset), size="0.01", group="4")

    for part, left in (("foot", spec.foot), ("hand", spec.hand)):
        for side, frame in zip(("left", "right"), spec.frames(left), strict=True):
            add(f"{side}_{part}", frame)
