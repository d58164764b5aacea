"""Scenes by name, one file each: a module here with a function ``scene(fit) -> Scene`` is a scene of that name.

>>> scene = scenes.load("workshop")
>>> scene = scenes.load("places/my_room.json")  # a file of one's own: see `sim.scene_file`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

from sim.scene import APPROACH, MARGIN, Scene, Waypoint, hand_contacts
from sim.scene_file import is_path, read_scene
from sim.things.kinds import H1, Fit
from sim.things.model import Stand, Touch
from skillblend.registry import Registry

SCENES: Registry[Callable[[Fit], Scene]] = Registry("scene", package="sim.scenes", attribute="scene")
"""Functions that build each scene."""


def names() -> tuple[str, ...]:
    """Names that `load` knows."""
    return SCENES.names()


@cache
def _built(build: Callable[..., Scene], fit: Fit = H1) -> Scene:
    return replace(build(fit), build=partial(_built, build))


def load(name: str) -> Scene:
    """The scene called `name`, or that of the JSON file at the path `name`.

    Raises:
        UnknownNameError: No such scene.
        InputError: The file is not a scene.
    """
    return read_scene(name) if is_path(name) else _built(SCENES[name])


__all__ = [
    "APPROACH",
    "MARGIN",
    "SCENES",
    "Scene",
    "Stand",
    "Touch",
    "Waypoint",
    "hand_contacts",
    "load",
    "names",
]
