"""Blenders to train and compare: the shipped kind, other gates, other rates, no skills at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sim.residual import ResidualController
from sim.tasks.spec import TASKS, TaskSpec
from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController
from skillblend.contracts import Robot
from skillblend.flat import FlatController
from skillblend.joint_blending import JointBlendController
from skillblend.registry import Registry
from skillblend.skills.skill import load_skill

DEFAULT = "blender"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A kind of high-level policy.

    Attributes:
        about: What it is.
        change: Of a task's configuration.
        teacher: Baseline whose clone it starts as; empty where no script speaks its language.
        flat: It sets joints by itself.
        joints: It explores in joint space, with the frozen skills inside the policy.
        residual: It corrects what the task's script decides.
    """

    about: str
    change: Callable[[BlendConfig], BlendConfig] = lambda config: config
    teacher: str = "oracle"
    flat: bool = False
    joints: bool = False
    residual: bool = False


def variants() -> Registry[Variant]:
    """All kinds, the shipped one first."""
    found: Registry[Variant] = Registry("variant")
    found.add(DEFAULT, Variant(about="10 Hz, a gate per limb group: the shipped one"))
    found.add("joint_gates", Variant(about="a gate per joint", change=lambda c: replace(c, gates="joint")))
    found.add(
        "scalar_gate",
        Variant(about="one gate for the whole body", change=lambda c: replace(c, gates="scalar"), teacher="handover"),
    )
    found.add(
        "every_tick",
        Variant(about="decides at 50 Hz, the skills' own rate", change=lambda c: replace(c, decision_ticks=1)),
    )
    found.add(
        "joint_noise",
        Variant(
            about="decides at 50 Hz and explores in joint space, the frozen skills inside the policy",
            change=lambda c: replace(c, decision_ticks=1),
            joints=True,
        ),
    )
    found.add(
        "residual", Variant(about="corrects what the task's script decides, at 10 Hz", teacher="", residual=True)
    )
    found.add("flat", Variant(about="no skills: joint targets at 50 Hz", teacher="", flat=True))
    return found


VARIANTS = variants()


def bundle_name(task: str, variant: str) -> str:
    """Folder of the bundle of a variant, under the robot's.

    Raises:
        UnknownNameError: No such task or variant.
    """
    name, _ = TASKS[task].name, VARIANTS[variant]
    return name if variant == DEFAULT else f"{name}.{variant}"


def make_blender(
    spec: TaskSpec, robot: Robot, models: Path, variant: str = DEFAULT, *, fast: bool = False
) -> BlendController | FlatController:
    """The controller of a variant over the frozen skills of `robot` in `models`.

    Args:
        spec: The task.
        robot: Whom.
        models: Where the bundles are.
        variant: Kind.
        fast: Skills in float32, for training; otherwise results do not depend on how many robots run at once.

    Raises:
        UnknownNameError: No such variant.
        BundleError: The robot lacks a skill.
    """
    kind = VARIANTS[variant]
    skills = {name: load_skill(name, robot, models / robot.name / name) for name in spec.skills}
    if fast:
        skills = {name: skill.fast() for name, skill in skills.items()}
    config = kind.change(spec.blend(robot, skills))
    if kind.residual:
        return ResidualController(robot, skills, config, spec.oracle)
    make = FlatController if kind.flat else JointBlendController if kind.joints else BlendController
    return make(robot, skills, config)
