"""From a URDF to the table of a robot: its links and joints, nothing of its meshes, gains or controllers.

>>> write_table(Path("my_robot.urdf"), Path("robots/data/my_robot.json"), source="its maker, its licence")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from skillblend.errors import InputError
from skillblend.files import write_json

UNITS = "m, kg, kg*m^2, rad, N*m, rad/s; origins are child frame in parent link frame; rpy are fixed-axis"
KINDS = ("revolute", "fixed")
_INERTIA = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
_LIMITS = ("lower", "upper", "effort", "velocity")


def write_table(urdf: Path, out: Path, *, source: str) -> dict[str, Any]:
    """Write the table of the robot in the file `urdf` to `out`, in place of none; it.

    Args:
        urdf: Plain URDF; expand xacro first.
        out: ``robots/data/NAME.json``.
        source: Where the numbers come from, with their licence.

    Raises:
        InputError: The file is no URDF, describes what a table has no place for, or `out` exists.
    """
    if out.exists():
        raise InputError(f"{out} exists; name another file, or remove it")
    table = read_urdf(urdf, source=source)
    write_json(out, table)
    return table


def read_urdf(urdf: Path, *, source: str) -> dict[str, Any]:
    """The table of the robot in the file `urdf`, JSON-ready.

    Raises:
        InputError: The file is no URDF, or describes what a table has no place for.
    """
    try:
        text = urdf.read_text(encoding="utf-8")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise InputError(f"{urdf} declares a document type, which no URDF needs; remove it")
        root = ElementTree.fromstring(text)
    except (OSError, UnicodeError, ElementTree.ParseError) as error:
        raise InputError(f"{urdf} cannot be read as URDF: {error}; expand xacro first") from error
    if root.tag != "robot":
        raise InputError(f"{urdf} begins with <{root.tag}>, a URDF with <robot>; expand xacro first")
    if not source.strip():
        raise InputError("source is empty; say where the numbers come from, and under which licence")
    links = {_name(link, urdf): _link(link, urdf) for link in root.findall("link")}
    joints = [_joint(joint, links, urdf) for joint in root.findall("joint")]
    _check_tree(links, joints, urdf)
    mass = sum(float(link["mass"]) for link in links.values() if link is not None)
    return {"source": source, "units": UNITS, "links": links, "joints": joints, "total_mass": mass}


def _name(element: ElementTree.Element, urdf: Path) -> str:
    name = element.get("name")
    if not name:
        raise InputError(f"{urdf}: a <{element.tag}> has no name")
    return name


def _link(link: ElementTree.Element, urdf: Path) -> dict[str, Any] | None:
    """Mass properties; None for a bare frame."""
    inertial = link.find("inertial")
    if inertial is None:
        return None
    where = f"{urdf}: link {link.get('name')}"
    mass, inertia = inertial.find("mass"), inertial.find("inertia")
    if mass is None or inertia is None:
        raise InputError(f"{where}: <inertial> needs <mass> and <inertia>")
    value = _number(mass, "value", where)
    moments = {name: _number(inertia, name, where) for name in _INERTIA}
    m = moments
    matrix = [
        [m["ixx"], m["ixy"], m["ixz"]],
        [m["ixy"], m["iyy"], m["iyz"]],
        [m["ixz"], m["iyz"], m["izz"]],
    ]
    if value < 0 or np.linalg.eigvalsh(np.array(matrix)).min() < -1e-9:
        raise InputError(f"{where}: mass {value} and moments {moments} are of no body; correct them")
    xyz, rpy = _origin(inertial, where)
    return {"mass": value, "com": xyz, "com_rpy": rpy, "inertia": moments}


def _joint(joint: ElementTree.Element, links: dict[str, Any], urdf: Path) -> dict[str, Any]:
    name, kind = _name(joint, urdf), joint.get("type")
    where = f"{urdf}: joint {name}"
    if kind not in KINDS:
        raise InputError(
            f"{where} is {kind}, a table has {' and '.join(KINDS)} joints; give a continuous joint limits and call "
            f"it revolute, or fix what need not move"
        )
    ends = {end: _end(joint, end, links, where) for end in ("parent", "child")}
    xyz, rpy = _origin(joint, where)
    out: dict[str, Any] = {"name": name, "type": kind, **ends, "origin_xyz": xyz, "origin_rpy": rpy}
    if kind == "fixed":
        return out
    axis, limit = joint.find("axis"), joint.find("limit")
    if limit is None:
        raise InputError(f"{where} has no <limit>: a robot's joints need position, effort and velocity limits")
    out["axis"] = [1.0, 0.0, 0.0] if axis is None else _vector(axis.get("xyz", ""), where)
    out["limit"] = {key: _number(limit, key, where) for key in _LIMITS}
    if not np.any(out["axis"]) or not out["limit"]["lower"] < out["limit"]["upper"]:
        raise InputError(f"{where}: axis {out['axis']} and limits {out['limit']} allow no motion; correct them")
    return out


def _end(joint: ElementTree.Element, end: str, links: dict[str, Any], where: str) -> str:
    element = joint.find(end)
    name = "" if element is None else element.get("link", "")
    if name not in links:
        raise InputError(f"{where}: {end} {name!r} is no link; there are {', '.join(links)}")
    return name


def _check_tree(links: dict[str, Any], joints: list[dict[str, Any]], urdf: Path) -> None:
    children = [str(joint["child"]) for joint in joints]
    roots = [name for name in links if name not in children]
    if len(roots) != 1 or len(set(children)) != len(children):
        raise InputError(f"{urdf} is no tree: links without a parent are {roots}; each other link needs one joint")
    names = [str(joint["name"]) for joint in joints]
    if len(set(names)) != len(names):
        raise InputError(f"{urdf}: two joints have one name")


def _origin(element: ElementTree.Element, where: str) -> tuple[list[float], list[float]]:
    origin = element.find("origin")
    if origin is None:
        return [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
    return _vector(origin.get("xyz", "0 0 0"), where), _vector(origin.get("rpy", "0 0 0"), where)


def _vector(text: str, where: str) -> list[float]:
    try:
        values = [float(part) for part in text.split()]
    except ValueError:
        values = []
    if len(values) != 3 or not np.isfinite(values).all():
        raise InputError(f"{where}: {text!r} must be three numbers")
    return values


def _number(element: ElementTree.Element, key: str, where: str) -> float:
    try:
        value = float(element.get(key, ""))
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(f"{where}: {key} = {element.get(key)!r} of <{element.tag}> must be a number")
    return value
