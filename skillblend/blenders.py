"""Trained blenders on disk: each bundle says which skills it drives and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from skillblend.blend_config import LAYOUT, BlendConfig
from skillblend.blending import BlendController
from skillblend.bundle import CONFIG, Bundle, read_bundle, read_config
from skillblend.contracts import Robot
from skillblend.errors import BundleError, UnknownNameError
from skillblend.files import json_text
from skillblend.skills.skill import PolicySkill, naming

TASK = "task"
"""Kind of the bundles that drive a robot; others are there to be compared with them."""


class HighLevel(Protocol):
    """What a high-level policy's networks must fit."""

    robot: Robot
    config: BlendConfig
    layout: tuple[tuple[str, int], ...]
    action_size: int


def read_blender(folder: Path, name: str, controller: HighLevel) -> Bundle:
    """Read the bundle of a high-level policy, which was trained as `controller` is configured.

    Raises:
        BundleError: It does not exist or does not fit.
    """
    trained = _trained(folder)
    wanted: dict[str, Any] = json.loads(json_text(asdict(controller.config)))
    found: dict[str, Any] = json.loads(json_text(asdict(trained)))
    for key, value in wanted.items():
        if found[key] != value:
            raise BundleError(
                f"{folder / CONFIG}: controller.{key} is {found[key]!r}, this code needs {value!r}; train it again"
            )
    return read_bundle(
        folder, skill=name, robot=controller.robot, observation=list(controller.layout),
        action_size=controller.action_size,
    )  # fmt: skip


def find_blenders(
    folder: Path, robot: Robot, skills: Mapping[str, PolicySkill[Any]]
) -> dict[str, tuple[BlendController, Bundle]]:
    """Blenders of `robot` whose bundles are in `folder`, over its frozen `skills`, by task.

    Raises:
        BundleError: One does not fit, or drives a skill that is not there.
    """
    found: dict[str, tuple[BlendController, Bundle]] = {}
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not (each / CONFIG).is_file() or read_config(each).get("kind") != TASK:
            continue
        name = str(read_config(each).get("skill"))
        config = _trained(each)
        try:
            controller = BlendController(robot, skills, config)
        except UnknownNameError as error:
            raise BundleError(f"{each} drives a skill that is not in {folder}: {error}; train that first") from error
        found[name] = (controller, read_blender(each, name, controller))
    return found


def _trained(folder: Path) -> BlendConfig:
    """How the high-level policy in `folder` was configured.

    Raises:
        BundleError: There is none, or it is of another layout.
    """
    config = read_config(folder)
    layout = config.get("layout", 1)
    if layout != LAYOUT:
        raise BundleError(
            f"{folder} holds a blender of layout {layout}, this version reads layout {LAYOUT}: train it again with "
            f"`skillblend train task`, or run it with the version that made it (commit {config.get('commit')})"
        )
    with naming(folder):
        return BlendConfig.parse(config["controller"])
