"""Policies to compare a blender with: doing nothing, uniform averaging, a scripted hand-over, an oracle.

The oracle also teaches: a blender starts as its clone (`sim.clone`) and improves on it by PPO.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.variants import VARIANTS
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray
from skillblend.errors import UnknownNameError

Act = Callable[[Array], Array]

_REACH_DISTANCE = 0.33
"""Where the targets' centre should be in front of the feet before reaching takes over, m."""
_WALL_STAND = (0.36, 0.17)
"""Where a target on a wall should be from the feet, forward and left, to be pressed by the left hand, m."""
_WALL_SPEED = 0.6
"""Towards a wall, m/s."""
_FAR_ARMS = 0.5
_PLANTED = 0.25
"""Once standing so near to the stand, the robot stays there, m."""
_RAISED = 0.2
"""A hand this near to its target stays there, whatever the feet do, m."""
_STAND_OFF = 0.1
"""How far in front of a target on a wall the hand waits until it is aligned, m."""


def baseline(name: str, controller: BlendController) -> Act:
    """A scripted policy over the blender's own observation and action.

    Raises:
        UnknownNameError: No such baseline.
    """
    makers: dict[str, Callable[[BlendController], Act]] = {
        "noop": _noop,
        "uniform": _uniform,
        "handover": _handover,
        "oracle": _oracle,
    }
    if name not in makers:
        raise UnknownNameError("policy", name, [*VARIANTS, *makers])
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


def _oracle(controller: BlendController) -> Act:
    """Walk to where the targets lie in front of the chest, facing them; arms and torso reach on the way."""
    return _far_oracle(controller) if controller.config.hands == "both" else _wall_oracle(controller)


def _far_oracle(controller: BlendController) -> Act:
    """Both hands: turn to the targets while walking, then to face them."""
    stepping = _column(controller, "stepping")

    def act(observation: Array) -> Array:
        aims = observation[:, :6].reshape(-1, 2, 3)
        centre = aims.mean(axis=1)[:, :2]
        across = aims[:, 0, :2] - aims[:, 1, :2]
        facing = np.stack([across[:, 1], -across[:, 0]], axis=1)
        facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 0.05)
        stand = centre - _REACH_DISTANCE * facing
        turn = np.arctan2(facing[:, 1], facing[:, 0])
        command, distance = _walk_to(stand, turn)
        planted = (distance < _PLANTED) & (np.abs(turn) < 0.35) & (observation[:, stepping] < 0.5)
        command[planted] = 0.0
        raised = np.linalg.norm(observation[:, 6:12].reshape(-1, 2, 3), axis=2).max(axis=1) / 3.0 < _RAISED
        action = _action(controller, command, arms=planted | raised | (distance < _FAR_ARMS))
        action[:, 9 + _leg_gates(controller)] = np.where(planted, 3.0, -3.0)[:, None]
        return action

    return act


def _wall_oracle(controller: BlendController) -> Act:
    """Left hand: stop before the wall, bring the hand in front of the target, then push."""
    scale = controller.config.offset_scale
    stepping = _column(controller, "stepping")

    def act(observation: Array) -> Array:
        aim, error = observation[:, :3], observation[:, 6:9] / 3.0
        command, distance = _walk_to(aim[:, :2] - np.array(_WALL_STAND), np.zeros(len(aim)))
        command[:, 0] = np.minimum(command[:, 0], _WALL_SPEED)
        planted = (distance < _PLANTED) & (observation[:, stepping] < 0.5)
        command[planted] = 0.0
        raised = np.linalg.norm(error, axis=1) < _RAISED
        action = _action(controller, command, arms=planted | raised)
        action[:, 9 + _leg_gates(controller)] = np.where(planted, 3.0, -3.0)[:, None]
        aligned = planted & (np.abs(error[:, 1:]).max(axis=1) < 0.04)
        action[:, 3] = np.where(aligned, 0.0, -_STAND_OFF) / scale
        action[:, 4:6] = np.where(planted[:, None], np.clip(error[:, 1:], -0.04, 0.04), 0.0) / scale
        return action

    return act


def _column(controller: BlendController, name: str) -> int:
    """First column of a part of the observation."""
    names = [n for n, _ in controller.layout]
    return sum(size for _, size in controller.layout[: names.index(name)])


def _walk_to(stand: Array, turn: Array) -> tuple[Array, Array]:
    """Commands (N, 3) towards `stand` (N, 2), heading `turn` (N,) there; distances (N,). Zero on arrival."""
    distance = np.linalg.norm(stand, axis=1)
    bearing = np.arctan2(stand[:, 1], stand[:, 0])
    travel = distance > 0.6
    command = np.zeros((len(stand), 3))
    forward = np.clip(1.5 * distance, 0.0, 1.0) * np.maximum(np.cos(bearing), 0.0) ** 2
    settle = np.clip(1.3 * stand, [-0.4, -0.3], [0.5, 0.3])
    command[:, :2] = np.where(travel[:, None], np.stack([forward, 0 * forward], axis=1), settle)
    command[:, 2] = np.clip(1.6 * np.where(travel, bearing, turn), -0.6, 0.6)
    command[(distance < 0.13) & (np.abs(turn) < 0.25)] = 0.0
    return command, distance


def _action(controller: BlendController, command: Array, *, arms: BoolArray) -> Array:
    """Action (N, A): walk as commanded; where `arms`, torso and arms reach."""
    cfg = controller.config
    action = np.zeros((len(command), controller.action_size))
    action[:, :3] = (command - np.array(cfg.command_offset)) / np.array(cfg.command_scale)
    action[:, 9:] = np.where(arms, 3.0, -3.0)[:, None]
    action[:, 9 + _leg_gates(controller)] = -3.0
    return action


def _leg_gates(controller: BlendController) -> IntArray:
    """Gates that move legs and nothing else."""
    legs = controller.robot.joints("hip", "knee", "ankle")
    others = np.setdiff1d(np.arange(controller.robot.num_joints), legs)
    return np.flatnonzero(~controller.groups[:, others].any(axis=1))
