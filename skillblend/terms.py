"""Observation terms of blenders: what a task's goal looks like to the robot. A robot can compute every one of them.

A blender names its terms, and its bundle keeps the names, so that it runs without the task that it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, GoalSpace, IntArray, Observation
from skillblend.errors import InputError
from skillblend.kinematics import Stance
from skillblend.registry import Registry

_AXES = ("x", "y", "z")
_HANDS = ("left", "right")


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a term may look at, for N robots.

    Attributes:
        space: Of the task's goal; points are three of its columns, called ``NAME_x``, ``NAME_y`` and ``NAME_z``.
        goal: In the stance frame, inside its limits. Shape (N, G).
        obs: As measured.
        stance: Kinematic estimate.
        wrists: In the stance frame. Shape (N, 2, 3), m.
    """

    space: GoalSpace
    goal: Array
    obs: Observation
    stance: Stance
    wrists: Array

    def points(self, names: tuple[str, ...]) -> Array:
        """The points called `names`, (N, P, 3), m."""
        return np.stack([self.goal[:, point_columns(self.space, name)] for name in names], axis=1)


@dataclass(frozen=True, kw_only=True)
class Term:
    """Some columns of a blender's observation.

    Attributes:
        about: What they are.
        size: How many, for a goal space; refuses one that lacks what it needs.
        values: Them, (N, size).
    """

    about: str
    size: Callable[[GoalSpace], int]
    values: Callable[[Sight], Array]


def point_columns(space: GoalSpace, name: str) -> IntArray:
    """Columns of the point called `name`.

    Raises:
        InputError: The goal has no such point.
    """
    wanted = [f"{name}_{axis}" for axis in _AXES]
    if not set(wanted) <= set(space.names):
        raise InputError(f"a goal of {space.names} has no point {name!r}: it needs the columns {wanted}")
    return np.array([space.names.index(column) for column in wanted])


def point_names(space: GoalSpace) -> tuple[str, ...]:
    """Names of the goal's points."""
    starts = [name.removesuffix("_x") for name in space.names if name.endswith("_x")]
    return tuple(n for n in starts if all(f"{n}_{axis}" in space.names for axis in _AXES))


def free_points(space: GoalSpace) -> tuple[str, ...]:
    """Names of the points that the goal's limits leave free."""
    moving = space.upper > space.lower
    return tuple(name for name in point_names(space) if moving[point_columns(space, name)].any())


def _whole_goal(sight: Sight) -> Array:
    return np.clip(sight.goal, -3.0, 3.0)


def _near_error(sight: Sight) -> Array:
    error = (sight.points(_HANDS) - sight.wrists) * 3.0
    return np.clip(error, -3.0, 3.0).reshape(len(error), 6)


def _near_size(space: GoalSpace) -> int:
    for hand in _HANDS:
        point_columns(space, hand)
    return 6


def _bearing(sight: Sight) -> Array:
    centre = sight.points(free_points(sight.space)).mean(axis=1)
    distance = np.linalg.norm(centre[:, :2], axis=1, keepdims=True)
    return np.concatenate([centre[:, :2] / np.maximum(distance, 0.1), distance], axis=1)


def _bearing_size(space: GoalSpace) -> int:
    if not free_points(space):
        raise InputError(f"a goal of {space.names} has no point that can move; leave the term 'bearing' out")
    return 3


def _others(space: GoalSpace) -> tuple[str, ...]:
    return tuple(name for name in point_names(space) if name not in _HANDS)


def _from_hands(sight: Sight) -> Array:
    points = sight.points(_others(sight.space))
    apart = points[:, :, None] - sight.wrists[:, None]
    return np.clip(apart * 3.0, -3.0, 3.0).reshape(len(apart), -1)


def _from_hands_size(space: GoalSpace) -> int:
    if not _others(space):
        raise InputError(f"a goal of {space.names} has no point but the hands'; leave the term 'from_hands' out")
    return 6 * len(_others(space))


def _wrists(sight: Sight) -> Array:
    return sight.wrists.reshape(len(sight.wrists), 6)


TERMS: Registry[Term] = Registry("observation term")
"""Every term, and what was added."""

TERMS.add("goal", Term(about="The goal, cut off at 3.", size=lambda space: len(space.names), values=_whole_goal))
TERMS.add(
    "near_error", Term(about="From the wrists to the points left and right.", size=_near_size, values=_near_error)
)
TERMS.add("bearing", Term(about="Direction and distance of the points.", size=_bearing_size, values=_bearing))
TERMS.add("from_hands", Term(about="From wrists to other points.", size=_from_hands_size, values=_from_hands))
TERMS.add("wrists", Term(about="Both wrists.", size=lambda space: 6, values=_wrists))
