"""What a blender's task is to everybody else: one `TaskSpec` in a file of its own, found by the file's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sim.mdp import CONTROL_DT
from sim.rewards import Reward
from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.registry import Registry
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    import mujoco

    from sim.streams import Streams
    from sim.tasks.blend import BlendTask

Act = Callable[[Array], Array]
"""Observation (N, actor columns) -> action (N, A)."""
Values = Callable[["BlendTask", WorldState], Array]
"""One number, or several, for each of N environments."""


def _nothing(task: BlendTask) -> None:
    """A task without state of its own."""
    del task


def _nowhere(task: BlendTask, ids: IntArray) -> None:
    """A task without things to place."""
    del task, ids


def _as_built(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    """A task without free things."""
    del task, ids, qpos, qvel


def _unwatched(task: BlendTask, state: WorldState) -> None:
    """A task that watches nothing between decisions."""
    del task, state


def _never(task: BlendTask, state: WorldState) -> BoolArray:
    """A task in which nothing can be lost."""
    del task
    return np.zeros(state.num, dtype=np.bool_)


def _no_critic(task: BlendTask, state: WorldState) -> Array:
    """A critic that is told nothing of the task."""
    del task
    return np.empty((state.num, 0))


def _no_marks(task: BlendTask) -> Array:
    """A task with nothing to point at."""
    del task
    return np.empty((0, 3))


def _no_contacts(robot: Robot) -> tuple[str, ...]:
    """A task that needs no contacts but the soles'."""
    del robot
    return ()


def _suiting(robot: Robot, add: Callable[[mujoco.MjSpec, Robot], None]) -> Callable[[mujoco.MjSpec], None]:
    """What adds things that suit `robot`."""

    def furnish(spec: mujoco.MjSpec) -> None:
        add(spec, robot)

    return furnish


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """A blender's task by name.

    Functions are handed the `BlendTask`; what they remember for N environments is in its `own`, made by `new`.

    Two judges look at each episode. The paper's asks whether `paper_error` is below `paper_threshold` when it ends,
    however it ends. The strict one asks whether `success` has held for `hold_seconds` without a break, until the end
    or at some time, as `counts` says, in an episode without a fall.

    Attributes:
        name: As registered.
        about: One sentence or two, for cards and help.
        skills: Names of those that it blends.
        blend: How: from the robot and its frozen skills.
        begin: Draws the goals of new episodes `ids`.
        goal: The task's goal in the stance frame, (N, G); cut to its limits by whoever asks.
        error: Headline error, (N,), m.
        rewards: Terms by name; a fall costs besides.
        success: Whether the goal is reached at this moment, (N,): by contact, not by being near.
        paper_error: Metric of the paper that the task comes from, (N,), m.
        paper_threshold: Below it the paper counts a success, m.
        oracle: Scripted policy over the blender's own observation and action, which knows how.
        counts: Whether success counts that holds at the end, or at any time.
        hold_seconds: How long it has to hold for the strict judge, s.
        lost: What ends an episode besides a fall, (N,): the thing is where it can not be got back from.
        new: Makes `own`.
        place: Puts fixed things where new episodes `ids` have them, before the robot stands.
        arrange: Puts free things where they have them, into the states qpos (len(ids), nq) and qvel (len(ids), nv)
            that they begin with; in place. The robot already stands there, and may be put into another state.
        watch: Called after every control step.
        critic, critic_size: What the critic is told besides, (N, critic_size).
        furnish: Add things to the world.
        fitted: The same, for things whose places and heights suit the robot.
        asked: Goals (N, G) in the stance frame that robots may be asked for wherever they stand: from the robot,
            random streams, robots (N,) and a tag; None for any of the goal space.
        contacts: Bodies that touch things, besides the soles.
        episode_seconds: Length of an episode, s.
        decision_ticks: Control steps per decision of its blender.
        iterations: Newton and line-search iterations at most. Things between hands and furniture need more than the
            default: where the solver has not converged, contacts throw them.
        firm: Palms are those that things are carried with (`sim.contacts.FIRM`).
        marks: Points of environment 0 to show in pictures, world (P, 3), m.
    """

    name: str
    about: str
    skills: tuple[str, ...]
    blend: Callable[[Robot, Mapping[str, PolicySkill[Any]]], BlendConfig]
    begin: Callable[[BlendTask, IntArray, WorldState], None]
    goal: Values
    error: Values
    rewards: Mapping[str, Reward[BlendTask]]
    success: Callable[[BlendTask, WorldState], BoolArray]
    paper_error: Values
    paper_threshold: float
    oracle: Callable[[BlendController], Act]
    counts: Literal["end", "ever"] = "end"
    hold_seconds: float = 0.5
    lost: Callable[[BlendTask, WorldState], BoolArray] = _never
    new: Callable[[BlendTask], Any] = _nothing
    place: Callable[[BlendTask, IntArray], None] = _nowhere
    arrange: Callable[[BlendTask, IntArray, Array, Array], None] = _as_built
    watch: Callable[[BlendTask, WorldState], None] = _unwatched
    critic: Values = _no_critic
    critic_size: int = 0
    furnish: tuple[Callable[[mujoco.MjSpec], None], ...] = field(default=())
    fitted: tuple[Callable[[mujoco.MjSpec, Robot], None], ...] = field(default=())
    contacts: Callable[[Robot], tuple[str, ...]] = _no_contacts
    asked: Callable[[Robot, Streams, IntArray, int], Array] | None = None
    marks: Callable[[BlendTask], Array] = _no_marks
    iterations: tuple[int, int] = (4, 6)
    firm: bool = False
    episode_seconds: float = 8.0
    decision_ticks: int = 5

    def furnishing(self, robot: Robot) -> list[Callable[[mujoco.MjSpec], None]]:
        """What adds the things to a world of `robot`."""
        return [*self.furnish, *(_suiting(robot, add) for add in self.fitted)]

    @property
    def episode_steps(self) -> int:
        """Decisions of an episode."""
        return round(self.episode_seconds / (CONTROL_DT * self.decision_ticks))


TASKS: Registry[TaskSpec] = Registry("task", package="sim.tasks", attribute="TASK")
"""Every blender's task: the modules of this package that define `TASK`, and what was added."""
