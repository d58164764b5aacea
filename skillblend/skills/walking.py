"""Walking: follow a planar velocity command, or stand still; legs are a residual on a gait reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from skillblend import columns
from skillblend.affordance import walking_features
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot
from skillblend.kinematics import LegOdometry, Stance, gravity_base, length, within
from skillblend.scales import LEG_PARTS
from skillblend.skills.gait import WalkingConfig, scale_each
from skillblend.skills.spec import SkillSpec, tuples
from skillblend.skills.upright import UprightMap

_SETTLING = 1.5
"""A robot that is to stand still has stopped after this time, even if it still steps, s."""
_HELD = 0.4
"""Holding ends at this share of the distance at which it began."""


@dataclass(kw_only=True)
class WalkingMemory:
    """What walking remembers between control steps, for N robots.

    Attributes:
        phase: Gait phase in [0, 1); the left leg swings in the first half. Shape (N,).
        stepping: Whether the gait clock runs. Shape (N,).
        last_targets: Joint targets that were sent. Shape (N, J), rad.
        velocity: Leg-odometry velocity, lightly filtered, level frame. Shape (N, 3), m/s.
        average: Forward, sideways velocity and yaw rate over about half a cycle. Shape (N, 3).
        command: What is followed now: the goal, limited in its rate of change. Shape (N, 3).
        mirrored: Whether the policy currently sees the mirrored robot. Shape (N,).
        waiting: How long the goal has been to stand still. Shape (N,), s.
        away: From the feet to where they stopped, level frame, by leg odometry of the steps since. (N, 2), m.
        feet: Point between the soles, relative to the base, level frame. Shape (N, 2), m.
        anchored: Whether it has stopped since its latest goal to move. Shape (N,).
        holding: Whether it is on its way back there. Shape (N,).
        stance: Latest kinematic estimate.
        reference: Of the gait at this moment, if someone has computed it since the latest update. Shape (N, J), rad.
    """

    phase: Array
    stepping: BoolArray
    last_targets: Array
    velocity: Array
    average: Array
    command: Array
    mirrored: BoolArray
    waiting: Array
    away: Array
    feet: Array
    anchored: BoolArray
    holding: BoolArray
    stance: Stance | None = field(default=None, repr=False)
    reference: Array | None = field(default=None, repr=False)

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        self.last_targets[ids] = joint_position
        for values in (self.phase, self.velocity, self.average, self.command, self.waiting, self.away):
            values[ids] = 0.0
        for flags in (self.stepping, self.mirrored, self.anchored, self.holding):
            flags[ids] = False
        self.reference = None

    def take(self, ids: IntArray) -> WalkingMemory:
        """Of robots `ids` alone, as copies."""
        values = {f.name: getattr(self, f.name)[ids] for f in fields(self) if f.name not in ("stance", "reference")}
        return WalkingMemory(**values, stance=None if self.stance is None else self.stance.take(ids))


@dataclass(frozen=True, kw_only=True)
class WalkingTruth:
    """What only a simulator knows exactly, for the critic.

    Attributes:
        velocity: Heading frame. Shape (N, 3), m/s.
        average: Forward, sideways velocity and yaw rate over about half a cycle. Shape (N, 3).
        height: Of the base above the lower sole. Shape (N,), m.
        clearance: Of each sole above the ground. Shape (N, 2), m.
        dynamics: Friction - 0.8, torso mass offset x 0.2 (kg), latency, (gain - 1) x 5, arms busy.
            Shape (N, 5).
    """

    velocity: Array
    average: Array
    height: Array
    clearance: Array
    dynamics: Array

    @staticmethod
    def estimated(memory: WalkingMemory, robot: Robot) -> WalkingTruth:
        """The best that proprioception offers; nominal dynamics."""
        n, stance = len(memory.phase), memory.stance
        height = np.full(n, robot.base_height) if stance is None else stance.height
        clearance = np.zeros((n, 2)) if stance is None else stance.feet[:, :, 2] + stance.height[:, None]
        dynamics = np.tile(np.array([0.2, 0.0, 0.25, 0.0, 0.0]), (n, 1))
        return WalkingTruth(
            velocity=memory.velocity,
            average=memory.average,
            height=height,
            clearance=clearance,
            dynamics=dynamics,
        )


class WalkingController:
    """Observation and action mapping of the walking skill; the network sits between the two.

    The phase mirror (the policy always sees the left leg swinging) halves what has to be learned. Reference and
    residual are angles about upright hip axes (see `UprightMap`): the same motion on every robot.
    """

    name = "walking"

    def __init__(self, robot: Robot, config: WalkingConfig | None = None) -> None:
        """Prepare index tables for `robot`."""
        self.robot = robot
        self.config = config or WalkingConfig.for_robot(robot)
        self.goal_space = GoalSpace(
            names=("forward", "left", "yaw_rate"),
            units=("m/s", "m/s", "rad/s"),
            lower=np.array(self.config.lower),
            upper=np.array(self.config.upper),
        )
        self.goal_at_rest = np.zeros(3)
        self.summary_layout: tuple[tuple[str, int], ...] = (("clock", 2), ("stepping", 1))
        self.odometry = LegOdometry(robot)
        self.legs = robot.joints(*LEG_PARTS)
        self.slow = np.setdiff1d(np.arange(robot.num_joints), self.legs)
        self._pairs = {
            part: np.array([robot.role(part, side) for side in ("left", "right")])
            for part in ("hip_yaw", "hip_roll", "hip_pitch", "knee", "ankle_pitch", "shoulder_pitch")
        }
        self.upright = UprightMap(robot)
        self.action_scale = scale_each(self.config, len(self.legs))
        leg_position = {j: i for i, j in enumerate(self.legs.tolist())}
        self._leg_mirror = np.array([leg_position[int(robot.mirror_index[j])] for j in self.legs])
        self._leg_sign = robot.mirror_sign[self.legs]
        self._command_step = np.array(self.config.command_rate) * robot.control_dt
        self.moved, self.action_size = self.legs, len(self.legs)
        self.action_limit = 8.0
        j = robot.num_joints
        self.layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("average", 3), ("angular_velocity", 3), ("gravity", 3), ("goal", 3),
            ("clock", 2), ("stepping", 1), ("height", 1), ("half_phase", 1), ("joint_position", j),
            ("joint_velocity", j), ("last_targets", j),
        )  # fmt: skip
        self.observation_size = sum(size for _, size in self.layout)
        self.privileged_layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("average", 3), ("height", 1), ("clearance", 2), ("contact", 2), ("dynamics", 5),
        )  # fmt: skip
        self.privileged_size = sum(size for _, size in self.privileged_layout)
        polar, axial, planar = ((0, 1, 2), (1, -1, 1)), ((0, 1, 2), (-1, 1, -1)), ((0, 1, 2), (1, -1, -1))
        same, swapped = ((0,), (1,)), ((1, 0), (1, 1))
        joints = (robot.mirror_index.tolist(), robot.mirror_sign.tolist())
        clock = ((0, 1), (-1, -1))
        self._mirror = _Mirror(
            polar, planar, axial, polar, planar, clock, same, same, same, joints, joints, joints
        )  # fmt: skip
        self._privileged_mirror = _Mirror(polar, planar, same, swapped, swapped, *([same] * 5))

    def new_memory(self, n: int) -> WalkingMemory:
        """Memory for `n` robots in the default pose."""
        return WalkingMemory(
            phase=np.zeros(n),
            stepping=np.zeros(n, dtype=np.bool_),
            last_targets=np.tile(self.robot.default_pose, (n, 1)),
            velocity=np.zeros((n, 3)),
            average=np.zeros((n, 3)),
            command=np.zeros((n, 3)),
            mirrored=np.zeros(n, dtype=np.bool_),
            waiting=np.zeros(n),
            away=np.zeros((n, 2)),
            feet=np.zeros((n, 2)),
            anchored=np.zeros(n, dtype=np.bool_),
            holding=np.zeros(n, dtype=np.bool_),
        )

    def update(self, obs: Observation, goal: Array, memory: WalkingMemory, stance: Stance | None = None) -> None:
        """Once per control step: advance the velocity filters and switch the gait clock on or off."""
        stance = self.odometry(obs) if stance is None else stance
        memory.stance, memory.reference = stance, None
        memory.velocity += 0.35 * (stance.linear_velocity - memory.velocity)
        planar = np.concatenate([stance.linear_velocity[:, :2], stance.angular_velocity[:, 2:]], axis=1)
        memory.average += (planar - memory.average) * (self.robot.control_dt / 0.4)
        limit = self._command_step
        wanted = self._hold_position(goal, memory, stance)
        memory.command += within(wanted - memory.command, -limit, limit)
        self._update_stepping(memory, stance)

    def _hold_position(self, goal: Array, memory: WalkingMemory, stance: Stance) -> Array:
        """`goal` (N, 3), or the command that leads back to where the robot stopped."""
        cfg, dt = self.config, self.robot.control_dt
        still = ~goal.any(axis=1)
        memory.waiting = np.where(still, memory.waiting + dt, 0.0)
        stopped = ~memory.command.any(axis=1) & (~memory.stepping | (memory.waiting > _SETTLING))
        integrating = still & memory.anchored
        memory.anchored = still & (memory.anchored | stopped)
        feet = stance.midfoot[:, :2]
        spin = stance.angular_velocity[:, 2:] * dt
        anchor = memory.feet + memory.away
        anchor += spin * np.stack([anchor[:, 1], -anchor[:, 0]], axis=1) - stance.linear_velocity[:, :2] * dt
        walked = (integrating & memory.stepping)[:, None]
        away = np.where(walked, anchor - feet, memory.away) * integrating[:, None]
        memory.feet, memory.away = feet, away
        distance = length(away)
        far = distance > np.where(memory.holding, _HELD * cfg.hold_distance, cfg.hold_distance)
        memory.holding = memory.anchored & far & (cfg.hold_distance > 0.0)
        rows = np.flatnonzero(memory.holding)
        if not len(rows):
            return goal
        wanted = goal.copy()
        wanted[rows, :2] = away[rows] * np.minimum(1.0, cfg.hold_speed / np.maximum(distance[rows], 1e-9))[:, None]
        wanted[rows, 2] = 0.0
        return wanted

    def features(self, obs: Observation, goal: Array, memory: WalkingMemory) -> Array:
        """Policy input (N, O), seen through the phase mirror."""
        del goal
        stance = memory.stance if memory.stance is not None else self.odometry(obs)
        memory.mirrored = memory.phase >= 0.5
        moving = memory.stepping.astype(np.float64)
        angle = 2 * np.pi * memory.phase
        home, j = self.robot.default_pose, self.robot.num_joints
        out = np.empty((len(moving), self.observation_size))
        np.multiply(memory.velocity, 2.0, out=out[:, 0:3])
        np.multiply(memory.average, 2.0, out=out[:, 3:6])
        np.multiply(obs.base_angular_velocity, 0.5, out=out[:, 6:9])
        np.multiply(stance.gravity, 3.0, out=out[:, 9:12])
        np.multiply(memory.command, 2.0, out=out[:, 12:15])
        np.multiply(np.sin(angle), moving, out=out[:, 15])
        np.multiply(np.cos(angle), moving, out=out[:, 16])
        out[:, 17] = moving
        np.multiply(stance.height - self.robot.base_height, 5.0, out=out[:, 18])
        np.multiply(memory.phase * 2 % 1.0, moving, out=out[:, 19])
        joints = out[:, 20:]
        np.subtract(obs.joint_position, home, out=joints[:, :j])
        joints[:, :j] *= 2.0
        np.multiply(obs.joint_velocity, 0.1, out=joints[:, j : 2 * j])
        np.subtract(memory.last_targets, home, out=joints[:, 2 * j :])
        joints[:, 2 * j :] *= 2.0
        if not self.upright.identity:
            for start in (0, j, 2 * j):
                joints[:, start : start + j] = self.upright.to_upright(joints[:, start : start + j])
        self._mirror.apply(out, memory.mirrored)
        return np.clip(out, -10.0, 10.0, out=out)

    def privileged(self, goal: Array, memory: WalkingMemory, truth: WalkingTruth | None = None) -> Array:
        """The critic's extra columns (N, 16), from simulator truth or, without it, from estimates."""
        del goal
        n = len(memory.phase)
        if truth is None:
            truth = WalkingTruth.estimated(memory, self.robot)
        out = np.empty((n, self.privileged_size))
        np.multiply(truth.velocity, 2.0, out=out[:, 0:3])
        np.multiply(truth.average, 2.0, out=out[:, 3:6])
        np.multiply(truth.height - self.robot.base_height, 5.0, out=out[:, 6])
        np.multiply(truth.clearance, 10.0, out=out[:, 7:9])
        np.less(truth.clearance, 0.004, out=out[:, 9:11])
        out[:, 11:] = truth.dynamics
        self._privileged_mirror.apply(out, memory.mirrored)
        return np.clip(out, -10.0, 10.0, out=out)

    def summary(self, memory: WalkingMemory) -> Array:
        """Gait clock, and whether it runs: (N, 3)."""
        moving = memory.stepping.astype(np.float64)[:, None]
        angle = 2 * np.pi * memory.phase[:, None]
        return np.concatenate([np.sin(angle) * moving, np.cos(angle) * moving, moving], axis=1)

    def stepping(self, memory: WalkingMemory) -> BoolArray:
        """Whether the gait clock runs. Shape (N,)."""
        return memory.stepping

    def wait(self, rows: BoolArray, memory: WalkingMemory) -> None:
        """Nothing: the followed command is limited in its rate whoever moves the legs."""

    def targets(self, action: Array, goal: Array, memory: WalkingMemory) -> Array:
        """Joint targets (N, J), rad, from policy output (N, A); advances the gait clock."""
        del goal
        action = within(action, -self.action_limit, self.action_limit)
        action = np.where(memory.mirrored[:, None], action[:, self._leg_mirror] * self._leg_sign, action)
        reference = self.reference(memory) if memory.reference is None else memory.reference
        memory.reference = None
        targets = reference.copy()
        targets[:, self.legs] += self._residual(action)
        limit = self.config.arm_rate * self.robot.control_dt
        change = reference[:, self.slow] - memory.last_targets[:, self.slow]
        targets[:, self.slow] = memory.last_targets[:, self.slow] + within(change, -limit, limit)
        targets = within(targets, self.robot.position_lower, self.robot.position_upper)
        memory.last_targets = targets.copy()
        step = self.robot.control_dt / self.config.period
        memory.phase = np.where(memory.stepping, (memory.phase + step) % 1.0, memory.phase)
        return targets

    def _residual(self, action: Array) -> Array:
        """What the policy adds to the reference of the legs: (N, A), rad."""
        change = self.action_scale * action
        if self.upright.identity:
            return change
        joints = np.zeros((len(action), self.robot.num_joints))
        joints[:, self.legs] = change
        return self.upright.to_joints(joints)[:, self.legs]

    def reference(self, memory: WalkingMemory) -> Array:
        """Gait reference (N, J), rad: what the joints would do without the policy."""
        cfg, goal = self.config, memory.command
        columns = np.repeat(self.robot.default_pose, len(goal)).reshape(-1, len(goal))
        moving = memory.stepping.astype(np.float64)
        angle = 2 * np.pi * np.array([memory.phase, (memory.phase + 0.5) % 1.0])
        swing = cfg.swing * np.maximum(np.sin(angle), 0.0) * moving
        pace = np.cos(angle) * moving
        forward, left, spin = goal.T
        stride = cfg.stride * forward * pace
        columns[self._pairs["hip_pitch"]] += stride - swing
        columns[self._pairs["knee"]] += 2 * swing
        columns[self._pairs["ankle_pitch"]] -= swing + 0.6 * stride
        columns[self._pairs["hip_yaw"]] -= cfg.turn * spin * pace
        columns[self._pairs["hip_roll"]] -= cfg.sway * left * pace
        columns[self._pairs["shoulder_pitch"]] -= cfg.arm_swing * forward * pace
        if self.upright.identity:
            return columns.T
        home = self.robot.default_pose
        return home + self.upright.to_joints(columns.T - home)

    def _update_stepping(self, memory: WalkingMemory, stance: Stance) -> None:
        """Start the clock on a command or a disturbance; stop it only as a foot comes down.

        A robot that has been told to stand still for a while stops on any sign of balance; before, it has to be calm.
        """
        commanded = np.abs(memory.command).sum(axis=1) > 1e-6
        speed = length(memory.velocity[:, :2])
        tilt = length(stance.gravity[:, :2])
        disturbed = (speed > self.config.wake_speed) | (tilt > self.config.wake_tilt)
        step = self.robot.control_dt / self.config.period
        boundary = (memory.phase * 2) % 1.0 < 2 * step - 1e-9
        calm = (speed < 0.5 * self.config.wake_speed) & (tilt < 0.7 * self.config.wake_tilt)
        calm |= memory.waiting > _SETTLING
        memory.stepping = commanded | disturbed | (memory.stepping & ~(boundary & calm))


class _Mirror:
    """What a sagittal reflection does to columns."""

    def __init__(self, *parts: tuple[Sequence[int], Sequence[float]]) -> None:
        """Of neighbouring parts: where within the part each column comes from, and its sign."""
        starts = np.cumsum([0, *(len(source) for source, _ in parts[:-1])])
        sources = [start + np.asarray(source) for start, (source, _) in zip(starts, parts, strict=True)]
        self._source = np.concatenate(sources)
        self._sign = np.concatenate([np.asarray(sign, dtype=np.float64) for _, sign in parts])

    def apply(self, columns: Array, mirrored: BoolArray) -> None:
        """Reflect the rows `mirrored` (N,) of `columns` (N, C), in place."""
        rows = np.flatnonzero(mirrored)
        if len(rows):
            columns[rows] = columns[rows].take(self._source, axis=1) * self._sign


def _make(robot: Robot, config: Mapping[str, Any] | None) -> WalkingController:
    return WalkingController(robot, None if config is None else WalkingConfig(**tuples(config)))


def _describe(
    controller: WalkingController, value: Array, obs: Observation, goal: Array, memory: WalkingMemory
) -> Array:
    """Value, tilt (rad), speed (m/s), size of the command, its distance from the present motion."""
    del controller
    return walking_features(value, obs, goal, memory.average, gravity_base(obs.base_quaternion))


_GAIT = ("phase", "stepping", "command", "waiting", "away", "feet", "anchored", "holding")


def follow_gait(rows: BoolArray, memory: WalkingMemory, walked: WalkingMemory) -> None:
    """Where another skill walks robots `rows` (N,): its clock, its command and where it stopped become `memory`'s."""
    for name in _GAIT:
        getattr(memory, name)[rows] = getattr(walked, name)[rows]


SKILL = SkillSpec(
    name="walking",
    about="Follows a velocity command (forward, left, yaw rate) or stands still. Legs are a learned residual on "
    "a gait reference; arms and torso follow the reference at a limited speed.",
    make=_make,
    limbs=("legs",),
    parts=columns.WALKING,
    planted=False,
    recovers=True,
    followed="command",
    follow=follow_gait,
    features=("value", "tilt", "speed", "command", "command_change"),
    describe=_describe,
)
