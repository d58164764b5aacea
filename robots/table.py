"""The published numbers of one robot: links and joints, read from the JSON table inside this package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from robots.rotation import matrix_from_rpy
from skillblend import spokes
from skillblend.contracts import Array
from skillblend.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Link:
    """Mass properties of one link.

    Attributes:
        name: Link name.
        mass: kg; 0 where the table lists the link as a bare frame (a sensor, a logo).
        com: Centre of mass in the link frame. Shape (3,), m.
        inertia: About the centre of mass, link axes. Shape (3, 3), kg m^2.
    """

    name: str
    mass: float
    com: Array
    inertia: Array


@dataclass(frozen=True, kw_only=True)
class Joint:
    """One edge of the kinematic tree, revolute or fixed.

    Attributes:
        name: Joint name.
        parent: Parent link.
        child: Child link.
        position: Child origin in the parent link frame. Shape (3,), m.
        rotation: Child axes in the parent link frame at zero angle. Shape (3, 3).
        revolute: False where the child is fixed to its parent.
        axis: Unit axis in the child frame. Shape (3,), zeros where fixed.
        limits: Lower and upper position (rad), effort (N m), velocity (rad/s); zeros where fixed.
    """

    name: str
    parent: str
    child: str
    position: Array
    rotation: Array
    revolute: bool
    axis: Array
    limits: tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Table:
    """All links and joints of one robot, in the order of the document.

    Attributes:
        source: Where the numbers come from, with their licence.
        links: By name.
        joints: Revolute and fixed.
        total_mass: The sum that the table itself states, kg.
    """

    source: str
    links: dict[str, Link]
    joints: tuple[Joint, ...]
    total_mass: float


def read_table(name: str) -> Table:
    """The table called `name`, e.g. ``"h1"``, from ``data`` beside the robots' modules.

    Raises:
        InputError: There is no such table.
    """
    files = [Path(folder) / "data" / f"{name}.json" for folder in spokes.module("robots").__path__]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise InputError(f"no published numbers of {name!r}; they belong into {files[0]}")
    data = cast(dict[str, Any], json.loads(file.read_text(encoding="utf-8")))
    links = cast(dict[str, dict[str, Any] | None], data["links"])
    return Table(
        source=str(data["source"]),
        links={key: _link(key, value) for key, value in links.items()},
        joints=tuple(_joint(value) for value in cast(list[dict[str, Any]], data["joints"])),
        total_mass=float(data["total_mass"]),
    )


def _link(name: str, data: dict[str, Any] | None) -> Link:
    if data is None:
        return Link(name=name, mass=0.0, com=np.zeros(3), inertia=np.zeros((3, 3)))
    i = cast(dict[str, float], data["inertia"])
    tensor = np.array(
        [[i["ixx"], i["ixy"], i["ixz"]], [i["ixy"], i["iyy"], i["iyz"]], [i["ixz"], i["iyz"], i["izz"]]]
    )
    axes = matrix_from_rpy(data["com_rpy"])
    return Link(
        name=name,
        mass=float(data["mass"]),
        com=np.array(data["com"], dtype=np.float64),
        inertia=axes @ tensor @ axes.T,
    )


def _joint(data: dict[str, Any]) -> Joint:
    revolute = data["type"] == "revolute"
    axis, limits = np.zeros(3), (0.0, 0.0, 0.0, 0.0)
    if revolute:
        axis = np.array(data["axis"], dtype=np.float64)
        axis = axis / np.linalg.norm(axis)
        limit = cast(dict[str, float], data["limit"])
        limits = (limit["lower"], limit["upper"], limit["effort"], limit["velocity"])
    return Joint(
        name=str(data["name"]),
        parent=str(data["parent"]),
        child=str(data["child"]),
        position=np.array(data["origin_xyz"], dtype=np.float64),
        rotation=matrix_from_rpy(data["origin_rpy"]),
        revolute=revolute,
        axis=axis,
        limits=limits,
    )
