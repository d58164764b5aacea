"""Tasks by name, robots by entry point, and their Gymnasium ids. Importing this brings no MuJoCo.

Robots come from the entry-point group `skillblend.robots` (see pyproject.toml), whose objects are called
with the robot's name; so `sim` finds them by name without importing the package that defines them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium

from skillblend.contracts import Robot
from skillblend.errors import InputError, UnknownNameError
from skillblend.shipped import MODELS

if TYPE_CHECKING:
    from sim.tasks.base import Task

TaskFactory = Callable[..., "Task"]
"""``factory(robot, **config) -> Task``; a new task each time."""

BLEND_TASKS = ("far_reach", "button_press")
"""As in `skillblend.body`, whose import would bring more than names."""

ROBOT_GROUP = "skillblend.robots"
"""Entry points ``name -> loader``, where ``loader(name)`` is a `Robot`."""


class TaskRegistry:
    """Task factories by name."""

    def __init__(self) -> None:
        self._factories: dict[str, TaskFactory] = {}

    def register(self, name: str, factory: TaskFactory) -> None:
        """Let `factory` make the task called `name`.

        Raises:
            InputError: The name is taken, or is not a lower-case identifier.
        """
        if name in self._factories:
            raise InputError(f"task {name!r} is registered already; choose another name")
        if not name.isidentifier() or name != name.lower():
            raise InputError(f"task name {name!r} must be a lower-case identifier such as 'far_reach'")
        self._factories[name] = factory

    def names(self) -> tuple[str, ...]:
        """Registered names, in order of registration."""
        return tuple(self._factories)

    def make(self, name: str, robot: Robot, **config: Any) -> Task:
        """A new task for `robot`; `config` are fields of the task's configuration.

        Raises:
            UnknownNameError: No such task.
        """
        if name not in self._factories:
            raise UnknownNameError("task", name, self._factories)
        return self._factories[name](robot, **config)


def builtin_tasks() -> TaskRegistry:
    """A registry of the tasks of this project."""
    registry = TaskRegistry()
    registry.register("walking", make_walking)
    registry.register("reaching", make_reaching)
    for task in BLEND_TASKS:
        registry.register(task, partial(make_blend, task))
    return registry


def make_walking(robot: Robot, **config: Any) -> Task:
    """The walking task; `config` are fields of `sim.tasks.walking.WalkingTaskConfig`."""
    from sim.tasks.walking import WalkingTask, WalkingTaskConfig
    from sim.world import build_world
    from skillblend.skills.walking import WalkingController

    return WalkingTask(build_world(robot), WalkingController(robot), WalkingTaskConfig(**config))


def make_reaching(robot: Robot, **config: Any) -> Task:
    """The reaching task; `config` are fields of `sim.tasks.reaching.ReachingTaskConfig`."""
    from sim.tasks.reaching import ReachingTask, ReachingTaskConfig
    from sim.world import build_world
    from skillblend.skills.reaching import ReachingController

    return ReachingTask(build_world(robot), ReachingController(robot), ReachingTaskConfig(**config))


def make_blend(task: str, robot: Robot, *, models: Path = MODELS, **config: Any) -> Task:
    """A blender's task over the frozen skills of the robot in `models`.

    Args:
        task: far_reach or button_press.
        robot: Whom.
        models: Where the bundles of walking and reaching are.
        config: Fields of `sim.tasks.blend.BlendTaskConfig`.

    Raises:
        BundleError: The robot has no such skills.
    """
    from sim.pipelines import blend_task, precise_blend_controller
    from sim.tasks.blend import BlendTaskConfig

    return blend_task(task, precise_blend_controller(task, robot, Path(models)), BlendTaskConfig(**config))


def robot_names() -> tuple[str, ...]:
    """Names of the installed robots."""
    return tuple(sorted({point.name for point in entry_points(group=ROBOT_GROUP)}))


def load_robot(name: str) -> Robot:
    """The installed robot called `name`.

    Raises:
        UnknownNameError: No such robot.
    """
    for point in entry_points(group=ROBOT_GROUP):
        if point.name == name:
            return point.load()(name)
    raise UnknownNameError("robot", name, robot_names())


def env_id(robot: str, task: str) -> str:
    """Gymnasium id of a task on a robot: h1_2 and far_reach make ``skillblend/H1-2-FarReach-v0``."""
    model = "-".join(part.capitalize() for part in robot.split("_"))
    return f"skillblend/{model}-{''.join(part.capitalize() for part in task.split('_'))}-v0"


def register_envs() -> None:
    """Make every task on every installed robot known to `gymnasium.make` and `gymnasium.make_vec`."""
    tasks = builtin_tasks().names()
    for robot in robot_names():
        for task in tasks:
            name = env_id(robot, task)
            if name not in gymnasium.registry:
                gymnasium.register(
                    name,
                    entry_point="sim.gym:TaskEnv",
                    vector_entry_point="sim.gym:TaskVectorEnv",
                    kwargs={"robot": robot, "task": task},
                )
