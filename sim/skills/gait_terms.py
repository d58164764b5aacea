"""Reward terms of a gait: plain functions of the MDP of walking and the state that a step led to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from skillblend.contracts import Array, BoolArray, WorldState
from skillblend.kinematics import gravity_base, length, squares

if TYPE_CHECKING:
    from sim.skills.walking import WalkingTask

_REST = 1.0
"""Feet should rest from this time after the command to stand still on, s."""
_BRAKING = 0.6
"""And base velocity gone from this time on, s."""
_CREEP = (0.02, 0.08)
"""Speeds of a standing foot, over about half a second, at which it loses most of one half and of the other half of
what a planted one earns, m/s, of the reference body: the exploration noise alone moves feet by the latter."""
_LIFT, _LIFT_WIDTH = 0.09, 0.03
"""Wanted height of a swing foot, and the error at which most of what it earns is lost, m, of the reference body."""
_SPEED_WIDTHS = (0.25, 0.08, 0.015)
"""Squares of the errors in speed at which most of what it earns is lost: now, and over a cycle for half and for all,
(m/s)^2, of the reference body."""
_TOUCH = 0.004
"""A sole lower than this touches the ground, m: a tolerance of contact, the same for all robots."""


@dataclass(frozen=True, kw_only=True)
class Gait:
    """What several terms share about a step.

    Attributes:
        phase: Of the gait clock, left foot and right foot. Shape (N, 2).
        swing: Whose turn it is to swing. Shape (N, 2).
        contact: Feet that touch the ground. Shape (N, 2).
        wanted: The command, or what leads back to where the robot stopped. Shape (N, 3).
        reference: Joints of the reference gait. Shape (N, J), rad.
        standing: Robots whose clock stands still. Shape (N,).
    """

    phase: Array
    swing: BoolArray
    contact: BoolArray
    wanted: Array
    reference: Array
    standing: BoolArray

    @staticmethod
    def of(task: WalkingTask) -> Gait:
        """As it is now."""
        memory = task.memory
        phase = np.stack([memory.phase, (memory.phase + 0.5) % 1.0], axis=1)
        return Gait(
            phase=phase,
            swing=(phase < 0.5) & memory.stepping[:, None],
            contact=task.clearance < _TOUCH,
            wanted=np.where(memory.holding[:, None], memory.command, task.goal[:, :3]),
            reference=task.controller.reference(memory),
            standing=~memory.stepping,
        )


def lin_vel(task: WalkingTask, state: WorldState) -> Array:
    """1 at the velocity that is wanted: now, and over a gait cycle, where half and nearly all are told apart."""
    del state
    wanted = task.gait.wanted[:, :2]
    now, cycle = squares(wanted - task.velocity[:, :2]), squares(wanted - task.average[:, :2])
    once, half, whole = (width * task.scales.speed**2 for width in _SPEED_WIDTHS)
    return 0.3 * np.exp(-now / once) + 0.35 * np.exp(-cycle / half) + 0.35 * np.exp(-cycle / whole)


def yaw_rate(task: WalkingTask, state: WorldState) -> Array:
    """1 at the yaw rate that is wanted, over a gait cycle."""
    del state
    error = (task.gait.wanted[:, 2] - task.average[:, 2]) ** 2
    return 0.5 * np.exp(-error / 0.25) + 0.5 * np.exp(-error / 0.03)


def reference(task: WalkingTask, state: WorldState) -> Array:
    """1 where hips, knees and ankles are as in the reference gait."""
    off = state.joint_position.take(task.sagittal, axis=1) - task.gait.reference.take(task.sagittal, axis=1)
    return np.exp(-2 * squares(off))


def contact(task: WalkingTask, state: WorldState) -> Array:
    """Share of the feet that touch the ground when it is their turn; at the turn's ends either is right."""
    del state
    gait = task.gait
    within = gait.phase % 0.5
    edge = np.minimum(within, 0.5 - within) < 0.05
    timely = ((gait.contact ^ gait.swing) | edge).astype(np.float64)
    return 0.5 * (timely[:, 0] + timely[:, 1])


def clearance(task: WalkingTask, state: WorldState) -> Array:
    """1 where swing feet are as high as they should be by now."""
    del state
    gait, scale = task.gait, task.scales.length
    desired = scale * _LIFT * np.maximum(np.sin(2 * np.pi * gait.phase), 0.0)
    off = (task.clearance - desired) / (scale * _LIFT_WIDTH)
    lifted = np.where(gait.swing, np.exp(-(off**2)), 1.0)
    return 0.5 * (lifted[:, 0] + lifted[:, 1])


def vertical(task: WalkingTask, state: WorldState) -> Array:
    """Square of the base's vertical speed, as of the reference body, (m/s)^2."""
    del state
    return (task.velocity[:, 2] / task.scales.speed) ** 2


def height(task: WalkingTask, state: WorldState) -> Array:
    """Square of how far the base is from a bit below its height at rest, as of the reference body, m^2."""
    del state
    return ((task.height - task.world.robot.base_height) / task.scales.length + 0.02) ** 2


def joint_acceleration(task: WalkingTask, state: WorldState) -> Array:
    """Squares of joint accelerations, added up, at most 1e7 (rad/s^2)^2."""
    change = (state.joint_velocity - task.joint_velocity) / task.world.robot.control_dt
    return np.minimum(squares(change), 1e7)


def slip(task: WalkingTask, state: WorldState) -> Array:
    """Speed of soles that touch the ground, added up, m/s, as of the reference body."""
    del state
    speed = length(task.foot_velocity[:, :, :2]) * task.gait.contact
    return (speed[:, 0] + speed[:, 1]) / task.scales.speed


def hip(task: WalkingTask, state: WorldState) -> Array:
    """Squares of hip yaw and roll, rad^2."""
    return squares(state.joint_position.take(task.hips, axis=1))


def joint_limit(task: WalkingTask, state: WorldState) -> Array:
    """How far leg joints are beyond their soft limits, added up, rad."""
    legs = task.controller.legs
    bent, low, high = state.joint_position.take(legs, axis=1), task.soft[0][legs], task.soft[1][legs]
    return (np.maximum(low - bent, 0) + np.maximum(bent - high, 0)).sum(axis=1)


def rest(task: WalkingTask, state: WorldState) -> Array:
    """1 where feet still step though the robot was told to stand a while ago, and nothing has moved it."""
    del state
    memory = task.memory
    return (memory.stepping & ~memory.holding & (memory.waiting > _REST)).astype(np.float64)


def joint_speed(task: WalkingTask, state: WorldState) -> Array:
    """Squares of joint speeds beyond a share of their limits: what makes feet land softly."""
    return squares(np.maximum(np.abs(state.joint_velocity) - task.fast, 0.0))


def planted(task: WalkingTask, state: WorldState) -> Array:
    """1 where both feet of a standing robot are still, 0 where they move."""
    del state
    speed = squares(task.foot_average)
    near, far = (task.scales.speed * creep for creep in _CREEP)
    each = np.exp(-speed / near**2) + np.exp(-speed / far**2)
    return 0.25 * (each[:, 0] + each[:, 1]) * task.gait.standing


def sway(task: WalkingTask, state: WorldState) -> Array:
    """Squares of leg joint velocities of a standing robot, at most 20 (rad/s)^2."""
    moving = squares(state.joint_velocity.take(task.controller.legs, axis=1))
    return np.minimum(moving, 20.0) * task.gait.standing


def still(task: WalkingTask, state: WorldState) -> Array:
    """Speed of a standing robot over a gait cycle, at most 1 m/s, as of the reference body."""
    del state
    return np.minimum(length(task.average[:, :2]) / task.scales.speed, 1.0) * task.gait.standing


def brake(task: WalkingTask, state: WorldState) -> Array:
    """Speed over a gait cycle of a robot that was told to stand a while ago, at most 1 m/s, of the reference body."""
    del state
    speed = length(task.average[:, :2]) / task.scales.speed
    return np.minimum(speed, 1.0) * (task.memory.waiting > _BRAKING)


def lean_back(task: WalkingTask, state: WorldState) -> Array:
    """Square of the sine of how far a robot that was told to stand leans back."""
    return np.minimum(gravity_base(state.base_quaternion)[:, 0], 0.0) ** 2 * (task.memory.waiting > 0.0)


def walk_back(task: WalkingTask, state: WorldState) -> Array:
    """1 where the robot walks back to where it stopped."""
    del state
    return task.memory.holding.astype(np.float64)


def foot_level(task: WalkingTask, state: WorldState) -> Array:
    """Squares of the pitch of soles in the air, added up, rad^2."""
    del state
    return (task.sim.foot_pitch() ** 2 * ~task.gait.contact).sum(axis=1)
