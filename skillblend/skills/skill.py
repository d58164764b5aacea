"""A frozen skill: a controller (what is seen, what is done) around a policy network."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Protocol

import numpy as np

from skillblend.bundle import CONFIG, Bundle, read_bundle
from skillblend.contracts import Array, Observation, Robot
from skillblend.errors import BundleError, InputError, ShapeError, UnknownNameError
from skillblend.skills.spec import SKILLS, Controller, M, PolicyShape


class Configured(Protocol):
    """What has a configuration: a skill's controller, or a blender's."""

    config: Any


class PolicySkill(Generic[M]):
    """A trained skill.

    Attributes:
        controller: Observation and action mapping.
        bundle: Networks and provenance.
    """

    def __init__(self, controller: Controller[M], bundle: Bundle) -> None:
        """Join the two; the bundle was checked against the controller when it was read."""
        self.controller = controller
        self.bundle = bundle
        self.name = controller.name
        self.robot = controller.robot
        self.goal_space = controller.goal_space

    def new_memory(self, obs: Observation) -> M:
        """Memory for the N robots of `obs`, which stand as they are."""
        memory = self.controller.new_memory(obs.num)
        memory.reset(np.arange(obs.num), obs.joint_position)
        return memory

    def act(self, obs: Observation, goal: Array, memory: M) -> Array:
        """Joint targets (N, J), rad, for this control step.

        Raises:
            ShapeError: Goals and observation differ in N.
        """
        if len(goal) != obs.num:
            raise ShapeError(f"{len(goal)} goals for {obs.num} robots")
        self.controller.update(obs, goal, memory)
        action = self.bundle.actor(self.controller.features(obs, goal, memory))
        return self.controller.targets(action, goal, memory)

    def fast(self) -> PolicySkill[M]:
        """The same skill with its actor in float32, for training on top of it."""
        return PolicySkill(self.controller, replace(self.bundle, actor=self.bundle.actor.fast()))

    def value(self, obs: Observation, goal: Array, memory: M) -> Array:
        """The critic's estimate from what the robot itself can tell. Shape (N, 1)."""
        features = self.controller.features(obs, goal, memory)
        extra = self.controller.privileged(goal, memory)
        return self.bundle.critic(np.concatenate([features, extra], axis=1))


def make_controller(skill: str, robot: Robot, config: Mapping[str, Any] | None = None) -> Controller[Any]:
    """The controller of the skill called `skill`, with a stored configuration if given.

    Raises:
        UnknownNameError: No such skill.
        InputError: A value of the configuration is not allowed.
    """
    return SKILLS[skill].make(robot, config)


def bundle_folder(models: Path, robot: str, skill: str, variant: str = "") -> Path:
    """Where the bundle of a skill is, or that of a variant of it, such as one that was trained with a load.

    Raises:
        UnknownNameError: The robot's skill has no such variant.
    """
    folder = models / robot / skill
    if not variant:
        return folder
    if variant not in variants_of(folder):
        raise UnknownNameError(f"variant of {skill}", variant, variants_of(folder))
    return folder.with_name(f"{skill}.{variant}")


def variants_of(folder: Path) -> list[str]:
    """Names of the variants of the skill whose bundle is in `folder`: NAME.VARIANT beside it."""
    beside = (p for p in folder.parent.glob(f"{folder.name}.*") if (p / CONFIG).exists())
    return sorted(p.name.removeprefix(f"{folder.name}.") for p in beside)


def load_skill(skill: str, robot: Robot, folder: Path) -> PolicySkill[Any]:
    """Read the trained skill in `folder`.

    Raises:
        UnknownNameError: No such skill.
        BundleError: The bundle does not exist or does not fit.
    """
    controller = make_controller(skill, robot)
    bundle = read_policy(folder, skill, controller)
    with naming(folder):
        return PolicySkill(make_controller(skill, robot, bundle.config["controller"]), bundle)


def read_policy(folder: Path, name: str, controller: PolicyShape) -> Bundle:
    """Read the bundle in `folder`, which must be called `name` and fit `controller`.

    Raises:
        BundleError: It does not exist or does not fit.
    """
    return read_bundle(
        folder, skill=name, robot=controller.robot, observation=list(controller.layout),
        privileged=controller.privileged_size, action_size=controller.action_size,
    )  # fmt: skip


@contextmanager
def naming(folder: Path) -> Generator[None]:
    """While the configuration of the controller in `folder` is built, let errors name the file."""
    try:
        yield
    except (InputError, KeyError, TypeError, AttributeError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else f"controller: {error}"
        raise BundleError(f"{folder / CONFIG}: {what}; restore the bundle or train it again") from error


def controller_config(controller: Configured) -> dict[str, Any]:
    """The controller's configuration as JSON-ready values."""
    return dataclasses.asdict(controller.config)
