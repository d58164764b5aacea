"""Squatting: heights of the base over planted feet; how it is trained, judged and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.rewards import Reward, weights
from sim.settings import HARDER, episodes
from sim.skills import terms
from sim.skills.arms import Errands
from sim.skills.mdp import SkillTask, SkillTaskConfig
from sim.skills.spec import Progress, Rows, SkillTraining
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot, WorldState
from skillblend.kinematics import gravity_base, length, squares, to_heading, yaw
from skillblend.skills.skill import PolicySkill
from skillblend.skills.squatting import SquattingController, SquattingMemory, SquattingTruth

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.env import BatchEnv
    from sim.randomisation import Randomiser
    from sim.starts import StartStates
    from sim.streams import Streams
    from sim.world import World
    from skillblend.training.ppo import PPOConfig

_GOAL, _TIMER, _START, _ARMS, _ARM_GOAL, _BUSY, _BANK, _ROW = range(3, 11)
"""Tags of random numbers."""
_TOO_LOW = 0.12
"""An episode ends so far below the lowest height, m, of the reference body."""
_GOOD = 0.02
"""A height is good within this of what was asked for, m: what is asked of every robot."""
_LOWEST_PART = 0.25
"""Goals in this part of the range count as low."""


def nearness(width: float, task: SquattingTask, state: WorldState) -> Array:
    """1 at the height that is followed, 1/e at an error of `width` m, of the reference body."""
    error = (state.base_position[:, 2] - task.followed) / task.scales.length
    return np.exp(-((error / width) ** 2))


def reference(task: SquattingTask, state: WorldState) -> Array:
    """1 where hips, knees and ankles are as in the table's pose."""
    off = state.joint_position - task.controller.table.poses(task.followed)
    return np.exp(-2.0 * squares(off.take(task.sagittal, axis=1)))


def tilt(task: SquattingTask, state: WorldState) -> Array:
    """Square of the sine of the base's tilt about the lean that the height has."""
    gravity = gravity_base(state.base_quaternion)[:, :2]
    gravity[:, 0] -= np.sin(task.controller.table.leans(task.followed))
    return squares(gravity)


def hip(task: SquattingTask, state: WorldState) -> Array:
    """Squares of hip yaw and roll, rad^2."""
    return squares(state.joint_position.take(task.hips, axis=1))


REWARDS: dict[str, Reward[SquattingTask]] = {
    "near": Reward(weight=0.5, values=partial(nearness, 0.1)),
    "close": Reward(weight=1.0, values=partial(nearness, 0.03)),
    "exact": Reward(weight=1.0, values=partial(nearness, 0.01)),
    "alive": Reward(weight=0.3, values=terms.alive),
    "reference": Reward(weight=0.6, values=reference),
    "contact": Reward(weight=0.5, values=terms.contact),
    "tilt": Reward(weight=-2.0, values=tilt),
    "action_rate": Reward(weight=-0.02, values=terms.action_rate),
    "torque": Reward(weight=-4e-6, values=terms.torque),
    "joint_velocity": Reward(weight=-0.002, values=terms.joint_velocity),
    "slip": Reward(weight=-0.3, values=terms.slip),
    "foot_shift": Reward(weight=-2.0, values=terms.foot_shift),
    "hip": Reward(weight=-0.2, values=hip),
    "joint_limit": Reward(weight=-2.0, values=terms.joint_limit),
    "roll_pitch_rate": Reward(weight=-0.05, values=terms.roll_pitch_rate),
}


@dataclass(frozen=True, kw_only=True)
class SquattingTaskConfig(SkillTaskConfig):
    """Episodes of the squatting task.

    Attributes:
        hold_seconds: Shortest and longest time a height stays the goal, s.
        settle_seconds: The error is measured over the last part of each hold, this long, s.
        lowest_share: Share of goals that are the lowest height.
        highest_share: Share that are to stand.
        outside_share: Share below the lowest height, which the skill gets clipped.
        arm_disturbance: Share of episodes in which arms and torso do something else.
    """

    hold_seconds: tuple[float, float] = (2.5, 5.0)
    settle_seconds: float = 0.5
    lowest_share: float = 0.12
    highest_share: float = 0.12
    outside_share: float = 0.0
    arm_disturbance: float = 0.8
    weights: dict[str, float] = field(default_factory=lambda: weights(REWARDS))
    fall_price: float = 1.5
    start_share: float = 0.3


class SquattingTask(SkillTask):
    """A height every few seconds, on disturbed dynamics, arms anywhere; half of the episodes begin in a squat.

    Attributes:
        arms: On errands of their own.
        raw: Heights as they are asked for, allowed or not. Shape (N, 1), m.
        followed: Height that the skill follows after the last step. Shape (N,), m.
    """

    name = "squatting"
    rewards = REWARDS
    measured = ("height_sum", "height_count", "low_sum", "low_count", "shift", "lowest")
    soft_share = 0.99
    lift = 0.008
    start_tags = (_BANK, _ROW)
    controller: SquattingController
    memory: SquattingMemory
    config: SquattingTaskConfig

    def __init__(self, world: World, controller: SquattingController, config: SquattingTaskConfig) -> None:
        """Bind the skill's observation and action mapping to a world."""
        super().__init__(world, controller, config)
        self.lowest = float(controller.goal_space.lower[0]) - _TOO_LOW * self.scales.length

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, robot, table = sim.n, self.world.robot, self.controller.table
        self.raw = np.zeros((n, 1))
        self.followed = np.full(n, robot.base_height)
        self.arms = Errands(self.controller, n, self.controller.config.arm_rate)
        self.sagittal = robot.joints("hip_pitch", "knee", "ankle")
        self.hips = robot.joints("hip_yaw", "hip_roll")
        self._low = table.height[0] + _LOWEST_PART * (table.height[-1] - table.height[0])

    @property
    def asked(self) -> Array:
        """Heights, allowed or not."""
        return self.raw

    def start(self, ids: IntArray) -> tuple[Array, Array, Array]:
        """Standing or in a squat; arms anywhere in the disturbed episodes."""
        draw, k, table, arms = self.streams.uniform, len(ids), self.controller.table, self.arms
        joints = self.world.robot.num_joints
        low, high = table.height[0], table.height[-1]
        height = draw(ids, _START, 2 * low - high, high)[:, 0]
        height = np.where(height < low, high, height)
        qpos = np.tile(self.world.home, (k, 1))
        qpos[:, 7 : 7 + joints] = table.poses(height)
        half = 0.5 * table.leans(height)
        qpos[:, 2], qpos[:, 3], qpos[:, 5] = height, np.cos(half), np.sin(half)
        qpos, qvel, heading = self.shaken(ids, qpos, np.full(joints, 0.04), 0.15)
        arms.busy[ids] = draw(ids, _BUSY, 0.0, 1.0)[:, 0] < self.config.arm_disturbance
        arms.put(qpos, ids, draw(ids, _ARMS, arms.low, arms.high, len(arms.slow)))
        return qpos, qvel, heading

    def opened(self, ids: IntArray, state: WorldState) -> None:
        """No lower than now."""
        self.metrics["lowest"][ids] = state.base_position[ids, 2]

    def draw(self, ids: IntArray, state: WorldState) -> None:
        """Goals, how long they stay, and where busy arms go meanwhile."""
        del state
        config, space, arms = self.config, self.controller.goal_space, self.arms
        share = self.streams.uniform(ids, _GOAL, 0.0, 1.0, 3)
        low, high = space.lower[0], space.upper[0]
        raw = low + (high - low) * share[:, 0]
        raw = np.where(share[:, 1] < config.lowest_share, low, raw)
        raw = np.where(share[:, 1] > 1.0 - config.highest_share, high, raw)
        raw = np.where(share[:, 2] < config.outside_share, low - (high - low) * share[:, 0], raw)
        self.raw[ids, 0] = raw
        self.goal[ids] = space.clip(self.raw[ids])
        shortest, longest = (self.steps(s) for s in config.hold_seconds)
        self.timer[ids] = self.streams.integers(ids, _TIMER, shortest, longest + 1)
        arms.goal[ids] = self.streams.uniform(ids, _ARM_GOAL, arms.low, arms.high, len(arms.slow))

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets, with arms and torso on their own errands in the disturbed episodes."""
        before = self.memory.last_targets[:, self.arms.slow]
        return self.arms.go(super().targets(action, obs, tick), before, self.memory)

    def truth(self, state: WorldState) -> SquattingTruth:
        """For the critic: velocity, height, how feet have moved, contacts, dynamics."""
        heading = yaw(state.base_quaternion)
        return SquattingTruth(
            velocity=to_heading(state.base_linear_velocity, heading),
            height=state.base_position[:, 2],
            foot_shift=to_heading(self.feet - self.first_feet, heading)[:, :, :2],
            contact=state.foot_contact.astype(np.float64),
            dynamics=self.dynamics(),
        )

    def error(self, state: WorldState) -> Array:
        """How far the base is from the height asked for. Shape (N,), m."""
        return np.abs(state.base_position[:, 2] - self.goal[:, 0])

    def look(self, state: WorldState) -> None:
        """The height that is followed."""
        del state
        self.followed = self.controller.followed(self.memory)

    def measure(self, state: WorldState) -> None:
        """Errors at the end of holds, of all and of low ones; how low, and how far the feet have moved."""
        error, settled = self.error(state), self.timer <= self.steps(self.config.settle_seconds)
        low = settled & (self.goal[:, 0] < self._low)
        self.metrics["height_sum"] += error * settled
        self.metrics["height_count"] += settled
        self.metrics["low_sum"] += error * low
        self.metrics["low_count"] += low
        self.metrics["lowest"] = np.minimum(self.metrics["lowest"], state.base_position[:, 2])
        self.metrics["shift"] = length(self.feet - self.first_feet).max(axis=1)


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> SquattingTask:
    from sim.world import build_world

    return SquattingTask(build_world(robot), controller, episodes(SquattingTaskConfig(), config))


def _ppo() -> PPOConfig:
    from skillblend.training.ppo import PPOConfig

    return PPOConfig(gamma=0.98, min_log_std=-2.6, desired_kl=0.012)


def _errors(metrics: Mapping[str, Array]) -> dict[str, Array]:
    """Of heights: means over the last 0.5 s of holds, of all and of those in the lowest quarter of the range."""
    count, low = (np.where(metrics[k] > 0, metrics[k], np.nan) for k in ("height_count", "low_count"))
    return {"height": metrics["height_sum"] / count, "low_height": metrics["low_sum"] / low}


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: within 2 cm of the height asked for after two and a half seconds, without a fall."""
    from sim.rollouts import Known, roll

    task = _task(skill.robot, skill.controller, {"hold_seconds": (2.5, 2.5), "outside_share": 0.3})

    def reached(env: BatchEnv, last: Known, given: Known) -> BoolArray:
        del given
        return np.abs(env.state.base_position[:, 2] - last["asked"]) < _GOOD

    return roll(skill, task, seed, rollouts, progress, reached=reached, known=lambda: {"asked": task.raw[:, 0]})


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Near its standing height: lower, it does not let go of the legs."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.starts import collect

    rng = np.random.default_rng(seed)
    task = _task(skill.robot, skill.controller, {"highest_share": 0.4})

    def up(env: BatchEnv) -> BoolArray:
        return (rng.random(env.n) < 0.05) & (env.state.base_position[:, 2] > task.controller.low_height)

    env = BatchEnv(task, 64, seed=seed, randomisation=Randomisation(push_every=6.0, push_speed=0.2))
    return collect(env, skill.bundle.actor.fast(), steps, up)


_DISTURBED = replace(HARDER, push_every=8.0, push_speed=0.25, push_spin=0.15)

TRAINING = SkillTraining(
    skill="squatting",
    task=_task,
    rewards=REWARDS,
    ppo=_ppo,
    disturbed=_DISTURBED,
    pushed=_DISTURBED,
    errors=_errors,
    good_below={"height": _GOOD},
    unmeasured="no episode lasted to the last 0.5 s of such a hold",
    rollouts=_rollouts,
    leaves=_leaves,
    shown={"arm_disturbance": 0.0, "lowest_share": 0.5, "highest_share": 0.5},
)
