"""A frozen skill: a controller (what is seen, what is done) around a policy network."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from skillblend.bundle import CONFIG, Bundle, read_bundle
from skillblend.contracts import Array, GoalSpace, Observation, Robot
from skillblend.errors import BundleError, InputError, ShapeError, UnknownNameError
from skillblend.skills.gait import WalkingConfig
from skillblend.skills.reaching import ReachingConfig, ReachingController, ReachingMemory
from skillblend.skills.walking import WalkingController, WalkingMemory

M = TypeVar("M")


class PolicyShape(Protocol):
    """What a bundle's networks must fit."""

    robot: Robot
    layout: tuple[tuple[str, int], ...]
    action_size: int
    privileged_size: int


class Controller(PolicyShape, Protocol[M]):
    """Observation and action mapping of a skill."""

    name: str
    goal_space: GoalSpace

    def new_memory(self, n: int) -> M:
        """Memory for `n` robots."""
        ...

    def update(self, obs: Observation, goal: Array, memory: M) -> None:
        """Advance filters, once per control step."""
        ...

    def features(self, obs: Observation, goal: Array, memory: M) -> Array:
        """Policy input (N, O)."""
        ...

    def targets(self, action: Array, goal: Array, memory: M) -> Array:
        """Joint targets (N, J), rad."""
        ...


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
        memory: Any = self.controller.new_memory(obs.num)
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

    def value(self, obs: Observation, goal: Array, memory: M) -> Array:
        """The critic's estimate from what the robot itself can tell. Shape (N, 1)."""
        controller: Any = self.controller
        features = controller.features(obs, goal, memory)
        if isinstance(controller, WalkingController):
            extra = controller.privileged(memory)  # type: ignore[arg-type]
        else:
            extra = controller.privileged(goal, memory)
        return self.bundle.critic(np.concatenate([features, extra], axis=1))


Walking = PolicySkill[WalkingMemory]
Reaching = PolicySkill[ReachingMemory]


def make_controller(skill: str, robot: Robot, config: dict[str, Any] | None = None) -> Controller[Any]:
    """The controller of the skill called `skill`, with a stored configuration if given.

    Raises:
        UnknownNameError: No such skill.
        InputError: A value of the configuration is not allowed.
    """
    if skill == "walking":
        return WalkingController(robot, None if config is None else WalkingConfig(**tuples(config)))
    if skill == "reaching":
        return ReachingController(robot, None if config is None else ReachingConfig(**tuples(config)))
    raise UnknownNameError("skill", skill, SKILLS)


SKILLS = ("walking", "reaching")


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


def controller_config(controller: Controller[Any]) -> dict[str, Any]:
    """The controller's configuration as JSON-ready values."""
    config: Any = getattr(controller, "config")  # noqa: B009
    return dataclasses.asdict(config)


def tuples(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as JSON holds it, with tuples for lists."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}  # pyright: ignore[reportUnknownArgumentType]
