"""What a script is: which skills it blends, how they are asked, and what decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController
from skillblend.contracts import Array, Robot
from skillblend.skills.skill import PolicySkill

Act = Callable[[Array], Array]
"""Observation (N, actor columns) -> action (N, A)."""


@dataclass(frozen=True, kw_only=True)
class Script:
    """A script by the name of its task.

    Attributes:
        name: As registered.
        skills: Names of those that it blends.
        blend: How: from the robot and its frozen skills.
        policy: What decides, over the observation and action of a blender so configured.
    """

    name: str
    skills: tuple[str, ...]
    blend: Callable[[Robot, Mapping[str, PolicySkill[Any]]], BlendConfig]
    policy: Callable[[BlendController], Act]


@dataclass(frozen=True, kw_only=True)
class Scripted:
    """A script in the place of a blender's networks.

    Attributes:
        actor: It decides.
    """

    actor: Act


def scripted(
    script: Script, robot: Robot, skills: Mapping[str, PolicySkill[Any]]
) -> tuple[BlendController, Scripted]:
    """The controller of `script` over frozen `skills`, and what decides."""
    controller = BlendController(robot, skills, script.blend(robot, skills))
    return controller, Scripted(actor=script.policy(controller))
