"""A frozen skill: a controller (what is seen, what is done) around a policy network."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from skillblend.bundle import Bundle, read_bundle
from skillblend.contracts import Array, GoalSpace, Observation, Robot
from skillblend.errors import BundleError, ShapeError, UnknownNameError
from skillblend.skills.reaching import ReachingConfig, ReachingController, ReachingMemory
from skillblend.skills.walking import WalkingConfig, WalkingController, WalkingMemory

M = TypeVar("M")


class Controller(Protocol[M]):
    """Observation and action mapping of a skill."""

    name: str
    robot: Robot
    goal_space: GoalSpace
    layout: tuple[tuple[str, int], ...]
    action_size: int

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
    """
    if skill == "walking":
        return WalkingController(robot, WalkingConfig(**_tuples(config)) if config else None)
    if skill == "reaching":
        return ReachingController(robot, ReachingConfig(**_tuples(config)) if config else None)
    raise UnknownNameError("skill", skill, SKILLS)


SKILLS = ("walking", "reaching")


def load_skill(skill: str, robot: Robot, folder: Path) -> PolicySkill[Any]:
    """Read the trained skill in `folder`.

    Raises:
        UnknownNameError: No such skill.
        BundleError: The bundle does not exist or does not fit.
    """
    controller = make_controller(skill, robot)
    bundle = read_bundle(folder, skill=skill, robot=robot, observation=list(controller.layout))
    try:
        stored = make_controller(skill, robot, bundle.config["controller"])
    except (KeyError, TypeError) as error:
        raise BundleError(f"{folder}: its controller configuration does not fit: {error}; train it again") from error
    return PolicySkill(stored, bundle)


def controller_config(controller: Controller[Any]) -> dict[str, Any]:
    """The controller's configuration as JSON-ready values."""
    config: Any = getattr(controller, "config")  # noqa: B009
    return dataclasses.asdict(config)


def _tuples(config: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}  # pyright: ignore[reportUnknownArgumentType]
