"""Goals, skills, and the blend of skills that flows from whoever decides to the joints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from skillblend.contracts.arrays import Array, BoolArray, IntArray
from skillblend.contracts.observation import Observation
from skillblend.contracts.robot import Robot
from skillblend.errors import InputError, ShapeError


@dataclass(frozen=True, kw_only=True)
class GoalSpace:
    """Names, units and limits of the numbers that a skill takes as its goal.

    Attributes:
        names: One per column, G of them.
        units: One per column.
        lower, upper: Limits. Shape (G,).
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    lower: Array
    upper: Array

    def check(self, goal: Array) -> Array:
        """Return `goal` (N, G) unchanged if every value is finite and inside the limits.

        Raises:
            ShapeError: Not (N, G).
            InputError: A value is not finite or outside its limits.
        """
        if goal.ndim != 2 or goal.shape[1] != len(self.names):
            raise ShapeError(f"goal {goal.shape} must be (N, {len(self.names)}): {self.names}")
        bad = ~np.isfinite(goal) | (goal < self.lower - 1e-9) | (goal > self.upper + 1e-9)
        if bad.any():
            _, column = np.argwhere(bad)[0]
            value = goal[tuple(np.argwhere(bad)[0])]
            raise InputError(
                f"goal {self.names[column]} = {value:.4g} {self.units[column]} is outside "
                f"[{self.lower[column]:.4g}, {self.upper[column]:.4g}]; choose a value inside"
            )
        return goal

    def clip(self, goal: Array) -> Array:
        """`goal` (N, G) moved to the nearest allowed value."""
        return np.clip(goal, self.lower, self.upper)


class Memory(Protocol):
    """What a skill remembers between control steps, for N robots."""

    last_targets: Array
    """Joint targets (N, J) that were *sent*, rad: set by whoever sent them, blended or not."""

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget everything about robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        ...


M = TypeVar("M", bound=Memory)


@runtime_checkable
class Skill(Protocol[M]):
    """A goal-conditioned primitive, frozen after training, that remembers M of each of N robots."""

    name: str
    robot: Robot
    goal_space: GoalSpace

    def new_memory(self, obs: Observation) -> M:
        """Fresh memory for the N robots of `obs`."""
        ...

    def act(self, obs: Observation, goal: Array, memory: M) -> Array:
        """Joint position targets (N, J) in rad for this control step; advances `memory`."""
        ...

    def value(self, obs: Observation, goal: Array, memory: M) -> Array:
        """Features (N, F) from the skill's critic, for its affordance."""
        ...


@dataclass(frozen=True, kw_only=True)
class TaskGoal:
    """Robots for which the blender that was trained for a task decides goals and weights.

    Attributes:
        task: Its name.
        rows: Which robots. Shape (N,).
        goal: The task's goal; rows of other robots mean nothing. Shape (N, G).
    """

    task: str
    rows: BoolArray
    goal: Array


@dataclass(frozen=True, kw_only=True)
class Blend:
    """What N robots are to do: goals and per-joint weights for K skills.

    Attributes:
        goals: One (N, G_k) array per skill.
        weights: Shape (N, K, J); each column over K sums to one.
        tasks: Robots whose rows a blender fills in; the others' are as they stand here.
    """

    goals: tuple[Array, ...]
    weights: Array
    tasks: tuple[TaskGoal, ...] = ()

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return len(self.weights)

    def spread(self, ids: IntArray, n: int) -> Blend:
        """For `n` robots, of which robots `ids` do what this blend says; the rows of the others mean nothing."""

        def among(rows: Any) -> Any:
            wide = np.zeros((n, *rows.shape[1:]), dtype=rows.dtype)
            wide[ids] = rows
            return wide

        return Blend(
            goals=tuple(among(goal) for goal in self.goals),
            weights=among(self.weights),
            tasks=tuple(replace(t, rows=among(t.rows), goal=among(t.goal)) for t in self.tasks),
        )

    def put(self, rows: BoolArray, other: Blend) -> Blend:
        """This blend, with robots `rows` (N,) doing what `other` says.

        Raises:
            ShapeError: The two are not for the same robots and skills.
        """
        if other.weights.shape != self.weights.shape or rows.shape != (self.num,):
            raise ShapeError(
                f"blends {self.weights.shape} and {other.weights.shape} (N, K, J) and rows {rows.shape} must be for "
                "the same robots and skills"
            )
        tasks = [replace(t, rows=t.rows & ~rows) for t in self.tasks]
        tasks += [replace(t, rows=t.rows & rows) for t in other.tasks]
        return Blend(
            goals=tuple(np.where(rows[:, None], b, a) for a, b in zip(self.goals, other.goals, strict=True)),
            weights=np.where(rows[:, None, None], other.weights, self.weights),
            tasks=tuple(t for t in tasks if t.rows.any()),
        )
