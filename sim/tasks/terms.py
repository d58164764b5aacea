"""Reward terms that blenders' tasks share: plain functions of a task and the state that a step led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.rewards import Reward
from sim.tasks.spec import Values
from skillblend.contracts import Array, WorldState
from skillblend.kinematics import gravity_base

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask


_AFAR = 0.5
"""Where what shows the way from afar has fallen to 1/e, m, of the reference body."""


def nearness(width: float) -> Values:
    """1 at no error, 1/e at an error of `width` m, of the reference body, and bell-shaped."""

    def values(task: BlendTask, state: WorldState) -> Array:
        del state
        return np.exp(-((task.error / (width * task.scales.reach)) ** 2))

    return values


def far(task: BlendTask, state: WorldState) -> Array:
    """1 at no error, 1/e at `_AFAR`: what shows the way."""
    del state
    return fading(task, task.error)


def fading(task: BlendTask, distance: Array) -> Array:
    """1 at no distance, 1/e at `_AFAR`. Shape (N,), m -> (N,)."""
    return np.exp(-distance / (_AFAR * task.scales.length))


def progress(task: BlendTask, state: WorldState) -> Array:
    """Rate at which the error falls below the smallest in the episode so far, m/s, as of the reference body.

    Losing and regaining pays nothing.

    Source: payment of nothing but progress beyond the episode's best, MuJoCo Playground, pull request 29.
    """
    del state
    return task.gain / task.period / task.scales.length


def effort(task: BlendTask, state: WorldState) -> Array:
    """Mean square of the action."""
    del state
    return (np.clip(task.action, -3, 3) ** 2).mean(axis=1)


def tilt(task: BlendTask, state: WorldState) -> Array:
    """Square of the sine of the base's tilt."""
    del task
    return (gravity_base(state.base_quaternion)[:, :2] ** 2).sum(axis=1)


def slip(task: BlendTask, state: WorldState) -> Array:
    """Speed of soles that touch the ground, added up, m/s, as of the reference body."""
    del state
    return task.slip / task.scales.speed


TO_POINTS: dict[str, Reward[BlendTask]] = {
    "far": Reward(weight=2.0, values=far),
    "near": Reward(weight=2.0, values=nearness(0.12)),
    "exact": Reward(weight=2.0, values=nearness(0.04)),
    "fine": Reward(weight=2.0, values=nearness(0.015)),
    "effort": Reward(weight=-0.02, values=effort),
    "tilt": Reward(weight=-0.5, values=tilt),
    "slip": Reward(weight=-0.1, values=slip),
}
"""Of a task whose error is how far hands are from points."""
