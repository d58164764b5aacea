"""Squatting: bring the base to a height over planted feet; a learned residual on balanced poses with flat soles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skillblend import columns
from skillblend.checks import check_number
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot
from skillblend.kinematics import LegOdometry, Stance, gravity_base, length
from skillblend.scales import LEG_PARTS, Scales, leg_action_scale
from skillblend.skills.spec import SkillSpec, tuples
from skillblend.skills.squat_table import SquatTable

_LOW = 0.03
"""A robot so far below its standing height is not let go of, m, of the reference body."""


@dataclass(frozen=True, kw_only=True)
class SquattingConfig:
    """Action scale and speeds of the squatting skill; the defaults are those of the reference body, the H1.

    Attributes:
        leg_scale: Joint angle per unit action, rad; at most, see `skillblend.scales.leg_action_scale`.
        margin: How far the pose at the lowest height stays from the joints' limits, rad.
        goal_rate: Largest speed of the followed height, m/s.
        rate: Largest speed of a leg joint's target, rad/s.
        arm_rate: The same for arms and torso, which return to the default pose.
    """

    leg_scale: float = 0.25
    margin: float = 0.03
    goal_rate: float = 0.3
    rate: float = 6.0
    arm_rate: float = 2.5

    def __post_init__(self) -> None:
        """Refuse values that no robot can squat by; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        check_number("leg_scale", self.leg_scale, 0.0, 3.0)
        check_number("margin", self.margin, 0.0, 0.5)
        check_number("goal_rate", self.goal_rate, 0.01, 5.0)
        check_number("rate", self.rate, 0.01, 50.0)
        check_number("arm_rate", self.arm_rate, 0.01, 50.0)

    @staticmethod
    def for_robot(robot: Robot) -> SquattingConfig:
        """Of `robot`: heights change at equal Froude numbers."""
        return SquattingConfig(goal_rate=round(SquattingConfig().goal_rate * Scales.of(robot).speed, 3))


@dataclass(kw_only=True)
class SquattingMemory:
    """What squatting remembers between control steps, for N robots.

    Attributes:
        last_targets: Joint targets that were sent. Shape (N, J), rad.
        velocity: Leg-odometry velocity, filtered, level frame. Shape (N, 3), m/s.
        followed: The height that is followed now: the goal, limited in speed; NaN before. Shape (N,), m.
        stance: Latest kinematic estimate.
    """

    last_targets: Array
    velocity: Array
    followed: Array
    stance: Stance | None = field(default=None, repr=False)

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        self.last_targets[ids] = joint_position
        self.velocity[ids] = 0.0
        self.followed[ids] = np.nan


@dataclass(frozen=True, kw_only=True)
class SquattingTruth:
    """What only a simulator knows exactly, for the critic.

    Attributes:
        velocity: Heading frame. Shape (N, 3), m/s.
        height: Of the base above the ground. Shape (N,), m.
        foot_shift: How far each sole has moved since the episode began, x and y. Shape (N, 2, 2), m.
        contact: Of each sole. Shape (N, 2).
        dynamics: Friction - 0.8, torso mass offset x 0.2 (kg), latency, (gain - 1) x 5. Shape (N, 4).
    """

    velocity: Array
    height: Array
    foot_shift: Array
    contact: Array
    dynamics: Array

    @staticmethod
    def estimated(memory: SquattingMemory, height: Array) -> SquattingTruth:
        """The best that proprioception offers; nominal dynamics."""
        n = len(height)
        return SquattingTruth(
            velocity=memory.velocity,
            height=height,
            foot_shift=np.zeros((n, 2, 2)),
            contact=np.ones((n, 2)),
            dynamics=np.tile(np.array([0.2, 0.0, 0.25, 0.0]), (n, 1)),
        )


class SquattingController:
    """Observation and action mapping of the squatting skill.

    The goal is the height of the base above the soles. What the policy sees is relative to the pose that the table
    has for the height that is followed: at any height the same as of a robot that stands.
    """

    name = "squatting"

    def __init__(self, robot: Robot, config: SquattingConfig | None = None) -> None:
        """Work out the range of heights of `robot`."""
        self.robot = robot
        self.config = config or SquattingConfig.for_robot(robot)
        self.table = SquatTable.of(robot, self.config.margin)
        self.goal_space = GoalSpace(
            names=("height",), units=("m",), lower=self.table.height[:1].copy(), upper=self.table.height[-1:].copy()
        )
        self.goal_at_rest = self.goal_space.upper.copy()
        self.summary_layout: tuple[tuple[str, int], ...] = (("depth", 1),)
        self.odometry = LegOdometry(robot)
        self.legs = robot.joints(*LEG_PARTS)
        self.slow = np.setdiff1d(np.arange(robot.num_joints), self.legs)
        scales = Scales.of(robot)
        self.scale = np.array(leg_action_scale(robot, scales, self.config.leg_scale))
        self.low_height = robot.base_height - _LOW * scales.length
        self.moved, self.action_size = self.legs, len(self.legs)
        self.action_limit = 6.0
        self._step = np.full(robot.num_joints, self.config.arm_rate * robot.control_dt)
        self._step[self.legs] = self.config.rate * robot.control_dt
        j = robot.num_joints
        self.layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("angular_velocity", 3), ("gravity", 3), ("height", 1), ("midfoot", 2), ("feet", 2),
            ("depth", 1), ("to_go", 1), ("fine_error", 1), ("joint_position", j), ("joint_velocity", j),
            ("last_targets", j),
        )  # fmt: skip
        self.observation_size = sum(size for _, size in self.layout)
        self.privileged_layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("height", 1), ("fine_error", 1), ("foot_shift", 4), ("contact", 2), ("dynamics", 4),
        )  # fmt: skip
        self.privileged_size = sum(size for _, size in self.privileged_layout)
        self.units: Mapping[str, tuple[str, ...]] = {"depth": ("m",), "to_go": ("m",), "fine_error": ("m",)}

    def new_memory(self, n: int) -> SquattingMemory:
        """Memory for `n` robots in the default pose."""
        return SquattingMemory(
            last_targets=np.tile(self.robot.default_pose, (n, 1)),
            velocity=np.zeros((n, 3)),
            followed=np.full(n, np.nan),
        )

    def update(self, obs: Observation, goal: Array, memory: SquattingMemory, stance: Stance | None = None) -> None:
        """Once per control step: advance the filter and the height that is followed."""
        stance = self.odometry(obs) if stance is None else stance
        memory.stance = stance
        memory.velocity += 0.35 * (stance.linear_velocity - memory.velocity)
        step, now = self.config.goal_rate * self.robot.control_dt, self.followed(memory)
        wanted = self.goal_space.clip(goal)[:, 0]
        memory.followed = now + np.clip(wanted - now, -step, step)

    def followed(self, memory: SquattingMemory) -> Array:
        """The height that is followed; where there is none yet, the robot's own. Shape (N,), m."""
        standing = np.full(len(memory.followed), self.robot.base_height)
        own = standing if memory.stance is None else memory.stance.height
        own = np.clip(own, self.table.height[0], self.table.height[-1])
        return np.where(np.isfinite(memory.followed), memory.followed, own)

    def features(self, obs: Observation, goal: Array, memory: SquattingMemory) -> Array:
        """Policy input (N, O)."""
        stance = memory.stance if memory.stance is not None else self.odometry(obs)
        followed = self.followed(memory)
        reference = self.table.poses(followed)
        gravity, midfoot = stance.gravity.copy(), stance.midfoot[:, :2].copy()
        gravity[:, 0] -= np.sin(self.table.leans(followed))
        midfoot[:, 0] -= self.table.middles(followed) - self.table.middle[-1]
        error = (stance.height - followed)[:, None]
        columns = [
            memory.velocity * 2.0,
            obs.base_angular_velocity * 0.5,
            gravity * 3.0,
            error * 5.0,
            midfoot * 4.0,
            (stance.feet - stance.midfoot[:, None])[:, 0, :2] * 4.0,
            (followed[:, None] - self.robot.base_height) * 5.0,
            np.clip(self.goal_space.clip(goal) - followed[:, None], -0.1, 0.1) * 10.0,
            np.clip(error * 30.0, -3.0, 3.0),
            (obs.joint_position - reference) * 1.5,
            obs.joint_velocity * 0.1,
            memory.last_targets - reference,
        ]
        return np.clip(np.concatenate(columns, axis=1), -10.0, 10.0)

    def privileged(self, goal: Array, memory: SquattingMemory, truth: SquattingTruth | None = None) -> Array:
        """The critic's extra columns (N, 15), from simulator truth or, without it, from estimates."""
        n, followed = len(goal), self.followed(memory)
        if truth is None:
            truth = SquattingTruth.estimated(memory, followed if memory.stance is None else memory.stance.height)
        error = (truth.height - followed)[:, None]
        columns = [
            truth.velocity * 2.0,
            error * 5.0,
            np.clip(error * 30.0, -3.0, 3.0),
            truth.foot_shift.reshape(n, 4) * 4.0,
            truth.contact.reshape(n, 2),
            truth.dynamics.reshape(n, 4),
        ]
        return np.clip(np.concatenate(columns, axis=1), -10.0, 10.0)

    def summary(self, memory: SquattingMemory) -> Array:
        """How low the height is that is followed: (N, 1)."""
        return (self.followed(memory)[:, None] - self.robot.base_height) * 5.0

    def stepping(self, memory: SquattingMemory) -> BoolArray:
        """Never. Shape (N,)."""
        return np.zeros(len(memory.followed), dtype=np.bool_)

    def wait(self, rows: BoolArray, memory: SquattingMemory) -> None:
        """The followed height waits at that of robots `rows` (N,)."""
        memory.followed[rows] = np.nan

    def targets(self, action: Array, goal: Array, memory: SquattingMemory) -> Array:
        """Joint targets (N, J), rad, from policy output (N, A), limited in speed."""
        del goal
        wanted = self.table.poses(self.followed(memory))
        wanted[:, self.legs] += self.scale * np.clip(action, -self.action_limit, self.action_limit)
        targets = memory.last_targets + np.clip(wanted - memory.last_targets, -self._step, self._step)
        targets = np.clip(targets, self.robot.position_lower, self.robot.position_upper)
        memory.last_targets = targets.copy()
        return targets


def _make(robot: Robot, config: Mapping[str, Any] | None) -> SquattingController:
    return SquattingController(robot, None if config is None else SquattingConfig(**tuples(config)))


def _lean(controller: SquattingController, memory: SquattingMemory) -> Array:
    return np.sin(controller.table.leans(controller.followed(memory)))


def _low(controller: SquattingController, memory: SquattingMemory) -> BoolArray:
    if memory.stance is None:
        return np.zeros(len(memory.followed), dtype=np.bool_)
    return memory.stance.height < controller.low_height


def _describe(
    controller: SquattingController, value: Array, obs: Observation, goal: Array, memory: SquattingMemory
) -> Array:
    """Value, how far the goal lies outside (m), how far the base is from it (m), tilt about the lean, speed (m/s)."""
    space: GoalSpace = controller.goal_space
    stance = memory.stance if memory.stance is not None else controller.odometry(obs)
    gravity = gravity_base(obs.base_quaternion)[:, :2]
    gravity[:, 0] -= _lean(controller, memory)
    outside = np.abs(goal - space.clip(goal)).sum(axis=1)
    columns = [value[:, 0], np.minimum(outside, 1.0), np.abs(goal[:, 0] - stance.height), length(gravity)]
    return np.stack([*columns, length(memory.velocity[:, :2])], axis=1)


def _error(goal: Array, memory: SquattingMemory) -> Array:
    """How far the base is from the height asked for. Shape (N,), m; NaN before the first step."""
    return np.full(len(goal), np.nan) if memory.stance is None else np.abs(memory.stance.height - goal[:, 0])


SKILL = SkillSpec(
    name="squatting",
    about="Brings the base to a height over planted feet, as low as flat soles allow. Legs are a learned residual on "
    "a balanced pose for each height; arms and torso may be anywhere.",
    make=_make,
    limbs=("legs",),
    parts=columns.SQUATTING,
    planted=True,
    features=("value", "outside", "distance", "tilt", "speed"),
    error=_error,
    describe=_describe,
    lean=_lean,
    holds=_low,
    followed="followed",
    borrows=True,
)
