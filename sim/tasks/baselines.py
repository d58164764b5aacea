"""Policies to compare a blender with: doing nothing, a scripted hand-over, uniform averaging."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skillblend.blending import BlendController
from skillblend.contracts import Array
from skillblend.errors import UnknownNameError

Act = Callable[[Array], Array]

_REACH_DISTANCE = 0.33
"""Where the targets' centre should be in front of the feet before reaching takes over, m."""


def baseline(name: str, controller: BlendController) -> Act:
    """A scripted policy over the blender's own observation and action.

    Raises:
        UnknownNameError: No such baseline.
    """
    makers: dict[str, Callable[[BlendController], Act]] = {
        "noop": _noop,
        "uniform": _uniform,
        "handover": _handover,
    }
    if name not in makers:
        raise UnknownNameError("policy", name, ["blender", *makers])
    return makers[name](controller)


def _stop(controller: BlendController) -> Array:
    cfg = controller.config
    return -np.array(cfg.command_offset) / np.array(cfg.command_scale)


def _noop(controller: BlendController) -> Act:
    """Walking's joints under a zero command: stand where you are."""

    def act(observation: Array) -> Array:
        action = np.zeros((len(observation), controller.action_size))
        action[:, :3] = _stop(controller)
        action[:, 9:] = -3.0
        return action

    return act


def _uniform(controller: BlendController) -> Act:
    """The hand-over's commands with every joint averaged half and half."""
    scripted = _handover(controller)

    def act(observation: Array) -> Array:
        action = scripted(observation)
        action[:, 9:] = 0.0
        return action

    return act


def _handover(controller: BlendController) -> Act:
    """Turn and walk until the targets are within reach, then let reaching have every joint."""
    cfg = controller.config
    scale, offset = np.array(cfg.command_scale), np.array(cfg.command_offset)
    both = cfg.hands == "both"

    def act(observation: Array) -> Array:
        aims = observation[:, :6].reshape(-1, 2, 3)
        centre = aims.mean(axis=1) if both else aims[:, 0] - np.array([0.0, 0.15, 0.0])
        ahead, left = centre[:, 0] - _REACH_DISTANCE, centre[:, 1]
        far = np.hypot(ahead, left)
        bearing = np.arctan2(left, np.maximum(centre[:, 0], 0.05))
        command = np.zeros((len(aims), 3))
        facing = np.abs(bearing) < 0.6
        command[:, 0] = np.clip(1.5 * ahead, -0.3, 0.8) * facing
        command[:, 1] = np.clip(1.2 * left, -0.25, 0.25) * (far < 0.6)
        command[:, 2] = np.clip(1.5 * bearing, -0.6, 0.6) * (far > 0.5)
        near = far < 0.10
        command[near] = 0.0
        action = np.zeros((len(aims), controller.action_size))
        action[:, :3] = (command - offset) / scale
        action[:, 9:] = np.where(near, 3.0, -3.0)[:, None]
        return action

    return act
