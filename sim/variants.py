"""Blenders to compare: other gates, other rates, and no skills at all, as variants of the shipped one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from skillblend.blending import BlendConfig, BlendController
from skillblend.body import BLEND_TASKS
from skillblend.contracts import Robot
from skillblend.errors import UnknownNameError
from skillblend.flat import FlatController
from skillblend.policy import Mlp
from skillblend.skills.skill import PolicySkill

DEFAULT = "blender"
VARIANTS: Mapping[str, str] = {
    DEFAULT: "10 Hz, a gate per limb group: the shipped one",
    "joint_gates": "a gate per joint",
    "scalar_gate": "one gate for the whole body",
    "every_tick": "decides at 50 Hz, the skills' own rate",
    "flat": "no skills: joint targets at 50 Hz",
}
"""Name -> what it is."""


def bundle_name(task: str, variant: str) -> str:
    """Folder of the bundle of a variant, under the robot's.

    Raises:
        UnknownNameError: No such task or variant.
    """
    if task not in BLEND_TASKS:
        raise UnknownNameError("task", task, BLEND_TASKS)
    if variant not in VARIANTS:
        raise UnknownNameError("variant", variant, VARIANTS)
    return task if variant == DEFAULT else f"{task}.{variant}"


def variant_controller(
    task: str,
    variant: str,
    robot: Robot,
    walking: tuple[PolicySkill[Any], Mlp],
    reaching: tuple[PolicySkill[Any], Mlp],
) -> BlendController:
    """The controller of a variant over two frozen skills and their actors.

    Raises:
        UnknownNameError: No such task or variant.
    """
    bundle_name(task, variant)
    kind = FlatController if variant == "flat" else BlendController
    (walk, walk_net), (reach, reach_net) = walking, reaching
    return kind(
        robot,
        (walk.controller, walk_net),  # type: ignore[arg-type]
        (reach.controller, reach_net),  # type: ignore[arg-type]
        _config(BLEND_TASKS[task], variant),
    )


def _config(config: BlendConfig, variant: str) -> BlendConfig:
    if variant == "joint_gates":
        return replace(config, gates="joint")
    if variant == "scalar_gate":
        return replace(config, gates="scalar")
    if variant == "every_tick":
        return replace(config, decision_ticks=1)
    return config
