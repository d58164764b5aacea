"""Reward terms that skills share: plain functions of a skill's MDP and the state that a step led to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from skillblend.contracts import Array, WorldState
from skillblend.kinematics import gravity_base, length, squares

if TYPE_CHECKING:
    from sim.skills.mdp import SkillTask

Total = Callable[[Array], Array]
"""Sum of squares over the last axis."""


def in_order(values: Array) -> Array:
    """As `squares`, added up in NumPy's own order: to the last bit what trained networks have learned from."""
    return (values**2).sum(axis=-1)


def alive(task: SkillTask, state: WorldState) -> Array:
    """1."""
    del task
    return np.ones(state.num)


def contact(task: SkillTask, state: WorldState) -> Array:
    """Share of the soles that touch the ground."""
    del task
    return state.foot_contact.mean(axis=1)


def tilt(task: SkillTask, state: WorldState) -> Array:
    """Square of the sine of the base's tilt."""
    del task
    return squares(gravity_base(state.base_quaternion)[:, :2])


def roll_pitch_rate(task: SkillTask, state: WorldState) -> Array:
    """Square of how fast the base rolls and pitches, (rad/s)^2."""
    del task
    return squares(state.base_angular_velocity[:, :2])


def action_rate(task: SkillTask, state: WorldState, total: Total = squares) -> Array:
    """Half the square of the change of the action."""
    del state
    return 0.5 * total(task.action_change)


def torque(task: SkillTask, state: WorldState, total: Total = squares) -> Array:
    """Squares of torques as heavy as for the reference body, (N m)^2."""
    return total(state.joint_torque) / task.scales.torque**2


def joint_velocity(task: SkillTask, state: WorldState, total: Total = squares) -> Array:
    """Squares of joint velocities, (rad/s)^2."""
    del task
    return total(state.joint_velocity)


def joint_limit(task: SkillTask, state: WorldState) -> Array:
    """How far joints are beyond their soft limits, added up, rad."""
    low, high = task.soft
    q = state.joint_position
    return (np.maximum(low - q, 0) + np.maximum(q - high, 0)).sum(axis=1)


def slip(task: SkillTask, state: WorldState) -> Array:
    """Speed of the soles over the ground, added up, m/s, as of the reference body."""
    del state
    return length(task.foot_velocity[:, :, :2]).sum(axis=1) / task.scales.speed


def foot_shift(task: SkillTask, state: WorldState) -> Array:
    """Squares of how far soles have moved in the episode, added up, at most 1 m^2, as of the reference body."""
    del state
    return np.minimum(squares(task.feet - task.first_feet).sum(axis=1) / task.scales.length**2, 1.0)
