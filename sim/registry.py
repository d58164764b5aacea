"""Tasks by name, robots by entry point, and their Gymnasium ids. Importing this brings no MuJoCo.

Robots come from the modules of the entry-point group `skillblend.robots` (see pyproject.toml), which have `names()`
and `load(name)`; so `sim` finds them by name without importing the package that defines them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium

from sim.skills.spec import TRAININGS
from sim.tasks.spec import TASKS
from skillblend import spokes
from skillblend.bundle import CONFIG
from skillblend.contracts import Robot
from skillblend.errors import InputError, UnknownNameError
from skillblend.shipped import MODELS
from skillblend.skills.spec import SKILLS

if TYPE_CHECKING:
    from sim.mdp import Task

TaskFactory = Callable[..., "Task"]
"""``factory(robot, **config) -> Task``; a new task each time."""

ROBOT_GROUP = "skillblend.robots"
"""Entry points whose modules have ``names()`` and ``load(name)``, which is a `Robot`."""

_ENVS = "skillblend.spokes.sim.gym"
"""The module of the environments, by the name that nothing hides."""


@dataclass(frozen=True, kw_only=True)
class TaskEntry:
    """What is known of a task before it is made.

    Attributes:
        factory: Makes it.
        episode_steps: Environment steps of an episode, unless its configuration says otherwise; None for unknown.
        skills: Those of the robot's trained skills that it runs.
    """

    factory: TaskFactory
    episode_steps: int | None = None
    skills: tuple[str, ...] = ()


class TaskRegistry:
    """Tasks by name."""

    def __init__(self) -> None:
        self._entries: dict[str, TaskEntry] = {}

    def register(
        self, name: str, factory: TaskFactory, *, episode_steps: int | None = None, skills: tuple[str, ...] = ()
    ) -> None:
        """Let `factory` make the task called `name`; for the others see `TaskEntry`.

        Raises:
            InputError: The name is taken, or is not a lower-case identifier.
        """
        if name in self._entries:
            raise InputError(f"task {name!r} is registered already; choose another name")
        if not name.isidentifier() or name != name.lower():
            raise InputError(f"task name {name!r} must be a lower-case identifier such as 'far_reach'")
        self._entries[name] = TaskEntry(factory=factory, episode_steps=episode_steps, skills=skills)

    def names(self) -> tuple[str, ...]:
        """Registered names, in order of registration."""
        return tuple(self._entries)

    def entry(self, name: str) -> TaskEntry:
        """What is known of the task called `name`.

        Raises:
            UnknownNameError: No such task.
        """
        if name not in self._entries:
            raise UnknownNameError("task", name, self._entries)
        return self._entries[name]

    def make(self, name: str, robot: Robot, **config: Any) -> Task:
        """A new task for `robot`; `config` are fields of the task's configuration.

        Raises:
            UnknownNameError: No such task, or its configuration has no such field.
        """
        return self.entry(name).factory(robot, **config)


def builtin_tasks() -> TaskRegistry:
    """A registry of the tasks of this project."""
    registry = TaskRegistry()
    for skill in TRAININGS:
        registry.register(skill, partial(make_skill, skill), episode_steps=TRAININGS[skill].episode_steps)
    for task in TASKS.names():
        spec = TASKS[task]
        registry.register(task, partial(make_blend, task), episode_steps=spec.episode_steps, skills=spec.skills)
    return registry


def make_skill(skill: str, robot: Robot, **config: Any) -> Task:
    """The training task of a skill; `config` are fields of the task's configuration."""
    return TRAININGS[skill].task(robot, SKILLS[skill].make(robot, None), config)


def make_blend(task: str, robot: Robot, *, models: Path = MODELS, **config: Any) -> Task:
    """A blender's task over the frozen skills of the robot in `models`.

    Args:
        task: Its name.
        robot: Whom.
        models: Where the bundles of the skills are.
        config: Fields of `sim.tasks.blend.BlendTaskConfig`.

    Raises:
        BundleError: The robot has no such skills.
    """
    from sim.blenders import make_blender
    from sim.settings import episodes
    from sim.tasks.blend import BlendTaskConfig, blend_task

    spec = TASKS[task]
    return blend_task(spec, make_blender(spec, robot, Path(models)), episodes(BlendTaskConfig.of(spec), config))


def robot_names() -> tuple[str, ...]:
    """Names of the installed robots."""
    return tuple(sorted({name for source in _robot_sources() for name in source.names()}))


def load_robot(name: str) -> Robot:
    """The installed robot called `name`.

    Raises:
        UnknownNameError: No such robot.
    """
    for source in _robot_sources():
        if name in source.names():
            return source.load(name)
    raise UnknownNameError("robot", name, robot_names())


def _robot_sources() -> list[Any]:
    """Modules that have robots, each once."""
    return [spokes.module(name) for name in sorted({point.module for point in entry_points(group=ROBOT_GROUP)})]


def env_id(robot: str, task: str) -> str:
    """Gymnasium id of a task on a robot: h1_2 and far_reach make ``skillblend/H1-2-FarReach-v0``."""
    model = "-".join(part.capitalize() for part in robot.split("_"))
    return f"skillblend/{model}-{''.join(part.capitalize() for part in task.split('_'))}-v0"


def register_envs() -> None:
    """Make every task on every installed robot that has the skills for it known to Gymnasium."""
    tasks = builtin_tasks()
    for robot in robot_names():
        for task in tasks.names():
            entry, name = tasks.entry(task), env_id(robot, task)
            if name in gymnasium.registry or not all(_has_skill(robot, skill) for skill in entry.skills):
                continue
            gymnasium.register(
                name,
                entry_point=f"{_ENVS}:RegisteredEnv",
                vector_entry_point=f"{_ENVS}:TaskVectorEnv",
                max_episode_steps=entry.episode_steps,
                kwargs={"robot": robot, "task": task},
            )


def _has_skill(robot: str, skill: str) -> bool:
    return (MODELS / robot / skill / CONFIG).is_file()
