"""Reaching: bring both wrists to targets while standing; all joints, no reference motion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skillblend import columns
from skillblend.affordance import reaching_features
from skillblend.checks import check_limits, check_number, check_vector
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot
from skillblend.kinematics import LegOdometry, Limbs, Stance, gravity_base
from skillblend.scales import LEG_PARTS, Scales, leg_action_scale
from skillblend.skills.spec import SkillSpec, tuples

_MIDDLE = (0.3, 0.2, 1.1)
"""Left wrist target about which goals are seen, stance frame of the reference body, m."""

_REST = (0.22, 0.24, 0.98)
"""Left wrist of a hand at rest beside the body, stance frame of the reference body, m."""


@dataclass(frozen=True, kw_only=True)
class ReachingConfig:
    """Action scales and goal limits of the reaching skill; the defaults are those of the reference body, the H1.

    Attributes:
        arm_scale, torso_scale, leg_scale: Joint angle per unit action, rad; of legs at most, see
            `skillblend.scales.leg_action_scale`.
        lower, upper: Limits of the *left* wrist target in the stance frame (origin on the ground between
            the feet, x along the heading, y left), m; the right wrist's are mirrored.
        rate: Largest speed of any joint target, rad/s.
        goal_rate: Largest speed of the followed wrist targets, m/s: a far jump is carried out over time.
    """

    arm_scale: float = 0.8
    torso_scale: float = 0.4
    leg_scale: float = 0.25
    lower: tuple[float, float, float] = (0.05, -0.05, 0.75)
    upper: tuple[float, float, float] = (0.60, 0.65, 1.65)
    rate: float = 6.0
    goal_rate: float = 1.2

    def __post_init__(self) -> None:
        """Refuse values that no robot can reach by; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        for name in ("arm_scale", "torso_scale", "leg_scale"):
            check_number(name, getattr(self, name), 0.0, 3.0)
        check_number("rate", self.rate, 0.01, 50.0)
        check_number("goal_rate", self.goal_rate, 0.01, 50.0)
        check_vector("lower", self.lower, 3, -5.0, 5.0)
        check_vector("upper", self.upper, 3, -5.0, 5.0)
        check_limits(self.lower, self.upper)

    @staticmethod
    def for_robot(robot: Robot) -> ReachingConfig:
        """The goal limits of `robot`: the reference body's, seen from the shoulder, times the ratio of arms."""
        scales, base = Scales.of(robot), ReachingConfig()
        return ReachingConfig(lower=scales.place(base.lower), upper=scales.place(base.upper))


@dataclass(kw_only=True)
class ReachingMemory:
    """What reaching remembers between control steps, for N robots.

    Attributes:
        last_targets: Joint targets that were sent. Shape (N, J), rad.
        velocity: Leg-odometry velocity, filtered, level frame. Shape (N, 3), m/s.
        wrists: Wrist positions in the stance frame, lightly filtered. Shape (N, 2, 3), m.
        goal: What is followed now: the goal, limited in speed. Shape (N, 2, 3), m.
        stance: Latest kinematic estimate.
    """

    last_targets: Array
    velocity: Array
    wrists: Array
    goal: Array
    stance: Stance | None = field(default=None, repr=False)

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        self.last_targets[ids] = joint_position
        self.velocity[ids] = 0.0
        self.wrists[ids] = np.nan
        self.goal[ids] = np.nan


@dataclass(frozen=True, kw_only=True)
class ReachingTruth:
    """What only a simulator knows exactly, for the critic.

    Attributes:
        velocity: Heading frame. Shape (N, 3), m/s.
        height: Of the base above the ground. Shape (N,), m.
        error: Targets minus wrists, heading frame. Shape (N, 2, 3), m.
        foot_shift: How far each sole has moved since the episode began, x and y. Shape (N, 2, 2), m.
        contact: Of each sole. Shape (N, 2).
        dynamics: Friction - 0.8, torso mass offset x 0.2 (kg), latency, (gain - 1) x 5. Shape (N, 4).
    """

    velocity: Array
    height: Array
    error: Array
    foot_shift: Array
    contact: Array
    dynamics: Array

    @staticmethod
    def estimated(goal: Array, memory: ReachingMemory, robot: Robot) -> ReachingTruth:
        """The best that proprioception offers; nominal dynamics."""
        n, stance = len(goal), memory.stance
        return ReachingTruth(
            velocity=memory.velocity,
            height=np.full(n, robot.base_height) if stance is None else stance.height,
            error=goal.reshape(n, 2, 3) - np.nan_to_num(memory.wrists),
            foot_shift=np.zeros((n, 2, 2)),
            contact=np.ones((n, 2)),
            dynamics=np.tile(np.array([0.2, 0.0, 0.25, 0.0]), (n, 1)),
        )


class ReachingController:
    """Observation and action mapping of the reaching skill.

    Goals are (left x, y, z, right x, y, z) in the stance frame: a robot can follow them with its joints
    and IMU alone.
    """

    name = "reaching"

    def __init__(self, robot: Robot, config: ReachingConfig | None = None) -> None:
        """Prepare index tables for `robot`."""
        self.robot = robot
        self.config = config or ReachingConfig.for_robot(robot)
        scales = Scales.of(robot)
        x, y, z = scales.place(_MIDDLE)
        self._middle = np.array([x, y, z, x, -y, z])
        low, high = np.array(self.config.lower), np.array(self.config.upper)
        flip = np.array([1.0, -1.0, 1.0])
        self.goal_space = GoalSpace(
            names=tuple(f"{side}_{axis}" for side in ("left", "right") for axis in "xyz"),
            units=("m",) * 6,
            lower=np.concatenate([low, np.minimum(low * flip, high * flip)]),
            upper=np.concatenate([high, np.maximum(low * flip, high * flip)]),
        )
        x, y, z = Scales.of(robot).place(_REST)
        self.goal_at_rest = np.array([x, y, z, x, -y, z])
        self.summary_layout: tuple[tuple[str, int], ...] = ()
        self.odometry = LegOdometry(robot)
        self.arms = Limbs(robot, robot.hands)
        scale = np.zeros(robot.num_joints)
        scale[robot.joints("shoulder", "elbow", "wrist")] = self.config.arm_scale
        scale[robot.joints("torso", "waist")] = self.config.torso_scale
        scale[robot.joints(*LEG_PARTS)] = leg_action_scale(robot, scales, self.config.leg_scale)
        self.scale = scale
        self.moved, self.action_size = np.arange(robot.num_joints), robot.num_joints
        self.action_limit = 6.0
        j = robot.num_joints
        self.layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("angular_velocity", 3), ("gravity", 3), ("height", 1), ("midfoot", 2),
            ("feet", 2), ("near_error", 6), ("far_error", 6), ("goal", 6), ("joint_position", j),
            ("joint_velocity", j), ("last_targets", j),
        )  # fmt: skip
        self.observation_size = sum(size for _, size in self.layout)
        self.privileged_layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("height", 1), ("near_error", 6), ("foot_shift", 4), ("contact", 2), ("dynamics", 4),
        )  # fmt: skip
        self.privileged_size = sum(size for _, size in self.privileged_layout)

    def new_memory(self, n: int) -> ReachingMemory:
        """Memory for `n` robots in the default pose."""
        return ReachingMemory(
            last_targets=np.tile(self.robot.default_pose, (n, 1)),
            velocity=np.zeros((n, 3)),
            wrists=np.full((n, 2, 3), np.nan),
            goal=np.full((n, 2, 3), np.nan),
        )

    def wrists(self, obs: Observation, stance: Stance) -> Array:
        """Both wrists in the stance frame, by forward kinematics. Shape (N, 2, 3), m."""
        if stance.wrists is not None:
            return stance.wrists
        return self.arms.position(obs.joint_position) @ stance.rotation.transpose(0, 2, 1) - stance.midfoot[:, None]

    def update(self, obs: Observation, goal: Array, memory: ReachingMemory, stance: Stance | None = None) -> None:
        """Once per control step: advance the filters."""
        stance = self.odometry(obs) if stance is None else stance
        memory.stance = stance
        memory.velocity += 0.35 * (stance.linear_velocity - memory.velocity)
        seen = self.wrists(obs, stance)
        known = np.isfinite(memory.wrists)
        memory.wrists = np.where(known, memory.wrists + 0.4 * (seen - memory.wrists), seen)
        followed = np.where(np.isfinite(memory.goal), memory.goal, seen)
        to_go = goal.reshape(-1, 2, 3) - followed
        distance = np.linalg.norm(to_go, axis=2, keepdims=True)
        step = self.config.goal_rate * self.robot.control_dt
        memory.goal = followed + to_go * np.minimum(1.0, step / np.maximum(distance, 1e-9))

    def features(self, obs: Observation, goal: Array, memory: ReachingMemory) -> Array:
        """Policy input (N, O)."""
        del goal
        stance = memory.stance if memory.stance is not None else self.odometry(obs)
        n, home = obs.num, self.robot.default_pose
        seen = memory.wrists
        if not np.isfinite(seen).all():
            seen = np.where(np.isfinite(seen), seen, self.wrists(obs, stance))
        followed = np.where(np.isfinite(memory.goal), memory.goal, seen)
        error = followed - seen
        feet = (stance.feet - stance.midfoot[:, None])[:, 0, :2]
        return np.clip(
            np.concatenate(
                [
                    memory.velocity * 2.0,
                    obs.base_angular_velocity * 0.5,
                    stance.gravity * 3.0,
                    (stance.height[:, None] - self.robot.base_height) * 5.0,
                    stance.midfoot[:, :2] * 4.0,
                    feet * 4.0,
                    np.clip(error * 8.0, -3.0, 3.0).reshape(n, 6),
                    error.reshape(n, 6) * 2.0,
                    (followed.reshape(n, 6) - self._middle) * 3.0,
                    (obs.joint_position - home) * 1.5,
                    obs.joint_velocity * 0.1,
                    memory.last_targets - home,
                ],
                axis=1,
            ),
            -10.0,
            10.0,
        )

    def privileged(self, goal: Array, memory: ReachingMemory, truth: ReachingTruth | None = None) -> Array:
        """The critic's extra columns (N, 20), from simulator truth or, without it, from estimates."""
        if truth is None:
            truth = ReachingTruth.estimated(goal, memory, self.robot)
        n = len(goal)
        columns = [
            truth.velocity * 2.0,
            (truth.height[:, None] - self.robot.base_height) * 5.0,
            np.clip(truth.error * 10.0, -3.0, 3.0).reshape(n, 6),
            truth.foot_shift.reshape(n, 4) * 4.0,
            truth.contact.reshape(n, 2),
            truth.dynamics.reshape(n, 4),
        ]
        return np.clip(np.concatenate(columns, axis=1), -10.0, 10.0)

    def summary(self, memory: ReachingMemory) -> Array:
        """Nothing: where the wrists are is everybody's to see. Shape (N, 0)."""
        return np.empty((len(memory.last_targets), 0))

    def stepping(self, memory: ReachingMemory) -> BoolArray:
        """Never. Shape (N,)."""
        return np.zeros(len(memory.last_targets), dtype=np.bool_)

    def wait(self, rows: BoolArray, memory: ReachingMemory) -> None:
        """The followed targets wait at the wrists of robots `rows` (N,)."""
        memory.goal[rows] = np.nan

    def targets(self, action: Array, goal: Array, memory: ReachingMemory) -> Array:
        """Joint targets (N, J), rad, from policy output (N, A), limited in speed."""
        del goal
        action = np.clip(action, -self.action_limit, self.action_limit)
        wanted = self.robot.default_pose + self.scale * action
        limit = self.config.rate * self.robot.control_dt
        targets = memory.last_targets + np.clip(wanted - memory.last_targets, -limit, limit)
        targets = np.clip(targets, self.robot.position_lower - 0.2, self.robot.position_upper + 0.2)
        memory.last_targets = targets.copy()
        return targets


def _make(robot: Robot, config: Mapping[str, Any] | None) -> ReachingController:
    return ReachingController(robot, None if config is None else ReachingConfig(**tuples(config)))


def _describe(
    controller: ReachingController, value: Array, obs: Observation, goal: Array, memory: ReachingMemory
) -> Array:
    """Value, how far the goal lies outside (m), how far the wrists are from it (m), tilt (rad), speed (m/s), 0."""
    wrists = np.where(np.isfinite(memory.wrists), memory.wrists, 0.0)
    gravity = gravity_base(obs.base_quaternion)
    return reaching_features(value, goal, wrists, controller.goal_space, memory.velocity, gravity, np.zeros(obs.num))


def _error(goal: Array, memory: ReachingMemory) -> Array:
    """The farther wrist from its target. Shape (N,), m; NaN before the first step."""
    return np.linalg.norm(memory.wrists - goal.reshape(-1, 2, 3), axis=2).max(axis=1)


SKILL = SkillSpec(
    name="reaching",
    about="Brings both wrists to targets given in the stance frame (origin on the ground between the feet, x along "
    "the heading) while standing. All joints are learned.",
    make=_make,
    limbs=("arms",),
    parts=columns.REACHING,
    planted=True,
    features=("value", "outside", "distance", "tilt", "speed", "stepping"),
    followed="goal",
    error=_error,
    describe=_describe,
)
