"""Footstep: one foot to a place near the other, which stays; a learned residual on a planned push and swing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skillblend import columns
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot
from skillblend.kinematics import LegOdometry, Stance, gravity_base, length
from skillblend.scales import LEG_PARTS, Scales, leg_action_scale
from skillblend.skills.spec import SkillSpec, tuples
from skillblend.skills.step_plan import FootstepConfig, LevelSoles, Rock

_FURTHEST, _INWARD = 0.25, 0.08
"""How far a target may be from the foot's place beside the other, and how far inward, m, of the reference body."""
_YIELD = 0.02
"""How far the leg gives way that bears the weight alone, m, of the reference body: a stiff one throws it back."""
_LATEST = 10.0
"""Time since the latest step began beyond which it makes no difference, s."""


@dataclass(kw_only=True)
class FootstepMemory:
    """What stepping remembers between control steps, for N robots.

    Attributes:
        last_targets: Joint targets that were sent. Shape (N, J), rad.
        velocity: Leg-odometry velocity, filtered, level frame. Shape (N, 3), m/s.
        clock: Since the latest step began. Shape (N,), s.
        side: Which foot moves, or moved last: 1 left, -1 right. Shape (N,).
        begin, target: Of the moving sole, from the one that stays, level frame of when the step began. (N, 2), m.
        spread: From the right sole to the left one, level frame, filtered; NaN before. Shape (N, 2), m.
        spin: Yaw of the base since the step began. Shape (N,), rad.
        asked: The goal of the latest step. Shape (N, 3).
        tries: Steps made for it. Shape (N,).
        stance: Latest kinematic estimate.
        reference: Of this moment, if someone has computed it since the latest update. Shape (N, J), rad.
    """

    last_targets: Array
    velocity: Array
    clock: Array
    side: Array
    begin: Array
    target: Array
    spread: Array
    spin: Array
    asked: Array
    tries: Array
    stance: Stance | None = field(default=None, repr=False)
    reference: Array | None = field(default=None, repr=False)

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        self.last_targets[ids] = joint_position
        for values in (self.velocity, self.spin, self.asked, self.tries):
            values[ids] = 0.0
        self.clock[ids], self.side[ids], self.spread[ids] = _LATEST, 1.0, np.nan
        self.reference = None


@dataclass(frozen=True, kw_only=True)
class FootstepTruth:
    """What only a simulator knows exactly, for the critic; vectors as seen with the moving foot on the left.

    Attributes:
        velocity: Heading frame. Shape (N, 3), m/s.
        height: Of the base above the ground. Shape (N,), m.
        off: From the moving sole to its target. Shape (N, 2), m.
        shift: How far the other sole has moved since it was to stay. Shape (N, 2), m.
        contact: Of the moving sole and the other. Shape (N, 2).
        dynamics: Friction - 0.8, mass x 0.2 (kg), latency, (gain - 1) x 5. Shape (N, 4).
    """

    velocity: Array
    height: Array
    off: Array
    shift: Array
    contact: Array
    dynamics: Array


class FootstepController:
    """Observation and action mapping of the footstep skill.

    The goal says which foot (left above a half, right below minus a half, none between), and how far its target is
    from where it would stand beside the other foot. A robot without ankle roll cannot stand on one foot at rest: the
    plan pushes the base towards the foot that stays, lets the other swing while the base rises and falls back, and
    lands it. The policy always sees the left foot move.
    """

    name = "footstep"

    def __init__(self, robot: Robot, config: FootstepConfig | None = None) -> None:
        """Prepare the inverse kinematics of both legs of `robot`."""
        self.robot, self.config = robot, config or FootstepConfig.for_robot(robot)
        scales = Scales.of(robot)
        self.furthest, self.inward = _FURTHEST * scales.length, _INWARD * scales.stance
        reach = round(self.furthest, 4)
        self.goal_space = GoalSpace(
            names=("foot", "forward", "left"), units=("1", "m", "m"),
            lower=np.array([-1.0, -reach, -reach]), upper=np.array([1.0, reach, reach]),
        )  # fmt: skip
        self.goal_at_rest = np.zeros(3)
        self.summary_layout: tuple[tuple[str, int], ...] = (("clock", 2), ("stepping", 1), ("side", 1))
        self.odometry = LegOdometry(robot)
        self.legs = robot.joints(*LEG_PARTS)
        self.slow = np.setdiff1d(np.arange(robot.num_joints), self.legs)
        self.scale = np.array(leg_action_scale(robot, scales, self.config.leg_scale))
        self.moved, self.action_size, self.action_limit = self.legs, len(self.legs), 6.0
        self._step = np.full(robot.num_joints, self.config.arm_rate * robot.control_dt)
        self._step[self.legs] = self.config.rate * robot.control_dt
        self._ik = LevelSoles(robot)
        self.home = self._ik.home
        self.rock = Rock(robot, self.config.push, self.config.swing)
        self._yield = _YIELD * scales.length
        self._rolls = [robot.role("hip_roll", side) for side in ("left", "right")]
        self.width = float(self.home[0, 1] - self.home[1, 1])
        position = {j: i for i, j in enumerate(self.legs.tolist())}
        self._leg_mirror = np.array([position[int(robot.mirror_index[j])] for j in self.legs])
        self._leg_sign = robot.mirror_sign[self.legs]
        j = robot.num_joints
        self.layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("angular_velocity", 3), ("gravity", 3), ("height", 1), ("midfoot", 2), ("feet", 2),
            ("phases", 4), ("to_go", 2), ("way", 2), ("over", 2), ("apart", 2), ("joint_position", j),
            ("joint_velocity", j), ("last_targets", j),
        )  # fmt: skip
        self.observation_size = sum(size for _, size in self.layout)
        self.privileged_layout: tuple[tuple[str, int], ...] = (
            ("velocity", 3), ("height", 1), ("off", 2), ("shift", 2), ("contact", 2), ("dynamics", 4),
        )  # fmt: skip
        self.privileged_size = sum(size for _, size in self.privileged_layout)
        self.units: Mapping[str, tuple[str, ...]] = {
            "phases": ("1",), "to_go": ("m",), "way": ("m",), "over": ("m",), "apart": ("m",), "off": ("m",),
            "shift": ("m",),
        }  # fmt: skip

    @property
    def duration(self) -> float:
        """Of a step, s."""
        return self.config.push + self.config.swing + self.config.settle

    def new_memory(self, n: int) -> FootstepMemory:
        """Memory for `n` robots in the default pose."""
        return FootstepMemory(
            last_targets=np.tile(self.robot.default_pose, (n, 1)), velocity=np.zeros((n, 3)),
            clock=np.full(n, _LATEST), side=np.ones(n), begin=np.zeros((n, 2)), target=np.zeros((n, 2)),
            spread=np.full((n, 2), np.nan), spin=np.zeros(n), asked=np.zeros((n, 3)), tries=np.zeros(n),
        )  # fmt: skip

    def wanted(self, goal: Array) -> tuple[Array, Array]:
        """Which foot (N,), 1, -1 or 0, and its target from the other sole, level frame, (N, 2), m."""
        goal = self.goal_space.clip(goal)
        side = np.where(np.abs(goal[:, 0]) > 0.5, np.sign(goal[:, 0]), 0.0)
        offset = goal[:, 1:] * np.minimum(1.0, self.furthest / np.maximum(length(goal[:, 1:]), 1e-9))[:, None]
        offset[:, 1] = np.maximum(offset[:, 1] * side, -self.inward) * side
        offset[:, 1] += side * self.width
        return side, offset

    def update(self, obs: Observation, goal: Array, memory: FootstepMemory, stance: Stance | None = None) -> None:
        """Once per control step: advance filters; begin a step where a foot is to be elsewhere."""
        dt = self.robot.control_dt
        stance = self.odometry(obs) if stance is None else stance
        memory.stance, memory.reference = stance, None
        memory.velocity += 0.35 * (stance.linear_velocity - memory.velocity)
        memory.spin += stance.angular_velocity[:, 2] * dt
        apart = stance.feet[:, 0, :2] - stance.feet[:, 1, :2]
        known = np.isfinite(memory.spread[:, :1])
        memory.spread = np.where(known, memory.spread + 0.2 * (apart - memory.spread), apart)
        side, target = self.wanted(goal)
        other = np.abs(goal - memory.asked).max(axis=1) > 0.01
        memory.tries = np.where(other, 0.0, memory.tries)
        memory.asked = np.where(other[:, None], goal, memory.asked)
        off = length(target - memory.spread * side[:, None])
        free = (side != 0.0) & ~self.stepping(memory)
        memory.side = np.where(free, side, memory.side)
        rows = np.flatnonzero(free & (off > self.config.tolerance) & (memory.tries < 2.0))
        memory.clock[rows], memory.spin[rows] = 0.0, 0.0
        memory.begin[rows] = memory.spread[rows] * side[rows, None]
        memory.target[rows] = target[rows]
        memory.tries[rows] += 1.0

    def plan(self, memory: FootstepMemory) -> tuple[Array, Array, Array]:
        """Base (N, 2) and moving sole (N, 2) from the sole that stays, level frame, and its lift (N,), m."""
        cfg, side = self.config, memory.side
        swing = np.clip((memory.clock - cfg.push) / cfg.swing, 0.0, 1.0)
        whole = np.clip(memory.clock / (2 * cfg.push + cfg.swing), 0.0, 1.0)
        running = self.stepping(memory)[:, None]
        resting = np.where(np.isfinite(memory.spread), memory.spread, [0.0, self.width]) * side[:, None]
        first = np.where(running, memory.begin, resting)
        way = np.where(running, memory.target - memory.begin, 0.0)
        sole = first + _smooth(swing)[:, None] * way
        base = 0.5 * (first + _smooth(whole)[:, None] * way) - self.home.mean(axis=0)[:2]
        base[:, 1] -= side * self.rock.sway(memory.clock)
        return base, sole, cfg.lift * np.sin(np.pi * swing) * running[:, 0]

    def reference(self, memory: FootstepMemory) -> Array:
        """What the joints would do without the policy. Shape (N, J), rad."""
        if memory.reference is None:
            base, sole, lift = self.plan(memory)
            places = np.tile(self.home, (len(lift), 1, 1))
            left = memory.side > 0.0
            moving = np.where(left, 0, 1)
            rows = np.arange(len(lift))
            places[rows, 1 - moving, :2] = -base
            places[rows, moving, :2] = sole - base
            places[rows, moving, 2] += lift
            both, one, lifted = self.rock.rolls(memory.clock)
            places[rows, 1 - moving, 2] += self._yield * lifted
            memory.reference = self._ik(places)
            rolls = memory.side[:, None] * np.stack([both, both], axis=1)
            rolls[rows, 1 - moving] -= memory.side * one
            memory.reference[:, self._rolls] += rolls
        return memory.reference

    def features(self, obs: Observation, goal: Array, memory: FootstepMemory) -> Array:
        """Policy input (N, O), mirrored where the right foot moves."""
        del goal
        stance = memory.stance if memory.stance is not None else self.odometry(obs)
        cfg, side = self.config, memory.side[:, None]
        reference = self.reference(memory)
        planned, sole, _ = self.plan(memory)
        rows, moving = np.arange(len(side)), np.where(memory.side > 0.0, 0, 1)
        stays = stance.feet[rows, 1 - moving, :2]
        apart = stance.feet[rows, moving, :2] - stays
        flip = np.concatenate([np.ones_like(side), side], axis=1)
        running = self.stepping(memory).astype(np.float64)
        clock = memory.clock
        phases = [clock / cfg.push, (clock - cfg.push) / cfg.swing, (clock - cfg.push - cfg.swing) / cfg.settle]
        polar = np.concatenate([flip, np.ones_like(side)], axis=1)
        axial = np.concatenate([side, np.ones_like(side), side], axis=1)
        half = np.array([0.0, 0.5 * self.width])
        columns = [
            memory.velocity * polar * 2.0,
            obs.base_angular_velocity * axial * 0.5,
            stance.gravity * polar * 3.0,
            (stance.height - self.robot.base_height)[:, None] * 5.0,
            ((stays + planned) * flip + self.home.mean(axis=0)[:2]) * 4.0,
            (0.5 * (apart - sole) * flip + half) * 4.0,
            np.stack([*(np.clip(p, 0.0, 1.0) * running for p in phases), running], axis=1),
            np.clip(self.to_go(memory, apart), -0.5, 0.5) * flip * 8.0 * running[:, None],
            (memory.target - memory.begin) * flip * 4.0 * running[:, None],
            -stays * flip * 4.0,
            apart * flip * 2.0,
            self._mirrored((obs.joint_position - reference) * 1.5, memory),
            self._mirrored(obs.joint_velocity * 0.1, memory),
            self._mirrored(memory.last_targets - reference, memory),
        ]
        return np.clip(np.concatenate(columns, axis=1), -10.0, 10.0)

    def to_go(self, memory: FootstepMemory, apart: Array) -> Array:
        """From the moving sole, `apart` (N, 2) from the other one, to its target, level frame. Shape (N, 2), m."""
        c, s = np.cos(memory.spin), np.sin(memory.spin)
        x, y = memory.target.T
        return np.stack([c * x + s * y, c * y - s * x], axis=1) - apart

    def _mirrored(self, joints: Array, memory: FootstepMemory) -> Array:
        """Of joints (N, J), as seen with the left foot moving."""
        seen = joints[:, self.robot.mirror_index] * self.robot.mirror_sign
        return np.where((memory.side > 0.0)[:, None], joints, seen)

    def privileged(self, goal: Array, memory: FootstepMemory, truth: FootstepTruth | None = None) -> Array:
        """The critic's extra columns (N, 14), from simulator truth or, without it, from estimates."""
        n = len(goal)
        if truth is None:
            height = np.full(n, self.robot.base_height) if memory.stance is None else memory.stance.height
            off = self.to_go(memory, np.nan_to_num(memory.spread * memory.side[:, None]))
            flip = np.stack([np.ones(n), memory.side], axis=1)
            truth = FootstepTruth(
                velocity=memory.velocity * np.concatenate([flip, np.ones((n, 1))], axis=1), height=height,
                off=off * flip * self.stepping(memory)[:, None], shift=np.zeros((n, 2)), contact=np.ones((n, 2)),
                dynamics=np.tile(np.array([0.2, 0.0, 0.25, 0.0]), (n, 1)),
            )  # fmt: skip
        columns = [
            truth.velocity * 2.0, (truth.height - self.robot.base_height)[:, None] * 5.0, truth.off * 8.0,
            truth.shift * 8.0, truth.contact, truth.dynamics,
        ]  # fmt: skip
        return np.clip(np.concatenate(columns, axis=1), -10.0, 10.0)

    def summary(self, memory: FootstepMemory) -> Array:
        """Where in its step it is, whether it is in one, and which foot moves: (N, 4)."""
        moving = self.stepping(memory).astype(np.float64)
        angle = 2 * np.pi * np.minimum(memory.clock / self.duration, 1.0)
        return np.stack([np.sin(angle) * moving, np.cos(angle) * moving, moving, memory.side], axis=1)

    def stepping(self, memory: FootstepMemory) -> BoolArray:
        """Whether a step is under way. Shape (N,)."""
        return memory.clock < self.duration

    def wait(self, rows: BoolArray, memory: FootstepMemory) -> None:
        """No step is under way of robots `rows` (N,), whose feet others move."""
        memory.clock[rows], memory.spread[rows], memory.tries[rows] = _LATEST, np.nan, 0.0

    def targets(self, action: Array, goal: Array, memory: FootstepMemory) -> Array:
        """Joint targets (N, J), rad, from policy output (N, A), limited in speed; advances the step."""
        del goal
        action = np.clip(action, -self.action_limit, self.action_limit)
        action = np.where((memory.side > 0.0)[:, None], action, action[:, self._leg_mirror] * self._leg_sign)
        wanted = self.reference(memory).copy()
        wanted[:, self.legs] += self.scale * action
        targets = memory.last_targets + np.clip(wanted - memory.last_targets, -self._step, self._step)
        targets = np.clip(targets, self.robot.position_lower, self.robot.position_upper)
        memory.last_targets = targets.copy()
        memory.clock = np.minimum(memory.clock + self.robot.control_dt, _LATEST)
        return targets


def _smooth(share: Array) -> Array:
    """From 0 to 1 with no speed at the ends."""
    return share * share * (3.0 - 2.0 * share)


def _make(robot: Robot, config: Mapping[str, Any] | None) -> FootstepController:
    return FootstepController(robot, None if config is None else FootstepConfig(**tuples(config)))


def _error(goal: Array, memory: FootstepMemory) -> Array:
    """How far the moving foot is from its latest target. Shape (N,), m; 0 where no foot is asked for."""
    off = length(memory.target - memory.spread * memory.side[:, None])
    return np.where(np.abs(goal[:, 0]) > 0.5, off, 0.0)


def _holds(controller: FootstepController, memory: FootstepMemory) -> BoolArray:
    return controller.stepping(memory)


def _describe(
    controller: FootstepController, value: Array, obs: Observation, goal: Array, memory: FootstepMemory
) -> Array:
    """Value, how far outside the target lies (m), how far the foot has to go (m), tilt (rad), speed (m/s)."""
    side, target = controller.wanted(goal)
    place = np.stack([np.zeros(len(goal)), side * controller.width], axis=1)
    outside = length(goal[:, 1:] - (target - place))
    to_go = length(target - np.nan_to_num(memory.spread) * side[:, None]) * (side != 0.0)
    tilt = length(gravity_base(obs.base_quaternion)[:, :2])
    return np.stack([value[:, 0], np.minimum(outside, 1.0), to_go, tilt, length(memory.velocity[:, :2])], axis=1)


SKILL = SkillSpec(
    name="footstep",
    about="Brings one foot to a place near the other, which stays where it is, and stands. Legs are a learned "
    "residual on a planned push, swing and landing; arms and torso return to the default pose.",
    make=_make,
    limbs=("legs",),
    parts=columns.FOOTSTEP,
    planted=True,
    features=("value", "outside", "distance", "tilt", "speed"),
    error=_error,
    describe=_describe,
    holds=_holds,
    borrows=True,
)
