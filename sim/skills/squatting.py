"""Squatting: its MDP, and how it is trained, judged and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.settings import HARDER, episodes
from sim.skills.spec import Progress, Rows, SkillTraining
from sim.tasks.arms import arm_ranges
from sim.tasks.base import Task, fallen
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot, WorldState
from skillblend.kinematics import from_heading, gravity_base, length, squares, to_heading, turned, yaw
from skillblend.scales import Scales
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS
from skillblend.skills.squatting import SquattingController, SquattingTruth

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.env import BatchEnv
    from sim.randomisation import Randomiser
    from sim.streams import Streams
    from sim.tasks.starts import StartStates
    from sim.world import World
    from skillblend.training.ppo import PPOConfig

_YAW, _POSE, _SPEED, _GOAL, _TIMER, _START, _ARMS, _ARM_GOAL, _BUSY, _BANK, _ROW = range(11)

_TOO_LOW = 0.12
"""An episode ends so far below the lowest height, m, of the reference body."""
_LOWEST_PART = 0.25
"""Goals in this part of the range count as low."""

WEIGHTS: dict[str, float] = {
    "near": 0.5, "close": 1.0, "exact": 1.0, "alive": 0.3, "reference": 0.6, "contact": 0.5, "tilt": -2.0,
    "action_rate": -0.02, "torque": -4e-6, "joint_velocity": -0.002, "slip": -0.3, "foot_shift": -2.0, "hip": -0.2,
    "joint_limit": -2.0, "roll_pitch_rate": -0.05,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SquattingTaskConfig:
    """Episodes of the squatting task.

    Attributes:
        episode_seconds: Length, s.
        hold_seconds: Shortest and longest time a height stays the goal, s.
        settle_seconds: The error is measured over the last part of each hold, this long, s.
        lowest_share: Share of goals that are the lowest height.
        highest_share: Share that are to stand.
        outside_share: Share below the lowest height, which the skill gets clipped.
        arm_disturbance: Share of episodes in which arms and torso do something else.
        fall_price: Taken from the reward at a fall.
        weights: Reward weights per second.
        starts: States left behind by other skills; a share of episodes starts there.
        start_share: That share.
    """

    episode_seconds: float = 20.0
    hold_seconds: tuple[float, float] = (2.5, 5.0)
    settle_seconds: float = 0.5
    lowest_share: float = 0.12
    highest_share: float = 0.12
    outside_share: float = 0.0
    arm_disturbance: float = 0.8
    fall_price: float = 1.5
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    starts: StartStates | None = None
    start_share: float = 0.3


class SquattingTask(Task):
    """A height every few seconds, on disturbed dynamics, arms anywhere; half of the episodes begin in a squat."""

    name = "squatting"

    def __init__(self, world: World, controller: SquattingController, config: SquattingTaskConfig) -> None:
        """Bind the skill's observation and action mapping to a world."""
        self.world, self.controller, self.config = world, controller, config
        self.actor_size = controller.observation_size
        self.critic_size = controller.privileged_size
        self.action_size = controller.action_size
        self.episode_steps = round(config.episode_seconds / world.robot.control_dt)
        self.scales = Scales.of(world.robot)
        self.lowest = float(controller.goal_space.lower[0]) - _TOO_LOW * self.scales.length

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, robot, table = sim.n, self.world.robot, self.controller.table
        self.memory = self.controller.new_memory(n)
        self.raw = np.zeros((n, 1))
        self.goal = np.zeros((n, 1))
        self.timer = np.zeros(n, dtype=np.int64)
        self.arms_busy = np.zeros(n, dtype=np.bool_)
        self.arm_goal = np.tile(robot.default_pose, (n, 1))
        self.feet = np.zeros((n, 2, 3))
        self.first_feet = np.zeros((n, 2, 3))
        self.foot_velocity = np.zeros((n, 2, 3))
        self.action = np.zeros((n, self.action_size))
        self.action_change = np.zeros((n, self.action_size))
        names = ("height_sum", "height_count", "low_sum", "low_count", "fell", "length", "shift")
        self.metrics = {k: np.zeros(n) for k in names} | {"lowest": np.full(n, robot.base_height)}
        middle = (robot.position_lower + robot.position_upper) / 2
        half = (robot.position_upper - robot.position_lower) / 2
        self._soft = (middle - 0.99 * half, middle + 0.99 * half)
        self._sagittal = robot.joints("hip_pitch", "knee", "ankle")
        self._hips = robot.joints("hip_yaw", "hip_roll")
        self._settle = round(self.config.settle_seconds / robot.control_dt)
        self._arm_low, self._arm_high = arm_ranges(self.controller)  # type: ignore[arg-type]
        self._low = table.height[0] + _LOWEST_PART * (table.height[-1] - table.height[0])

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """Standing, in a squat, or as another skill left the robot; arms anywhere, random heading."""
        draw, k, table = self.streams.uniform, len(ids), self.controller.table
        joints, speed = self.world.robot.num_joints, 0.15 * self.scales.speed
        low, high = table.height[0], table.height[-1]
        height = draw(ids, _START, 2 * low - high, high)[:, 0]
        height = np.where(height < low, high, height)
        qpos = np.tile(self.world.home, (k, 1))
        qpos[:, 7 : 7 + joints] = table.poses(height)
        half = 0.5 * table.leans(height)
        qpos[:, 2], qpos[:, 3], qpos[:, 5] = height + 0.008, np.cos(half), np.sin(half)
        noise = np.full(joints, 0.04)
        qpos[:, 7 : 7 + joints] += draw(ids, _POSE, -noise, noise, joints)
        self.arms_busy[ids] = draw(ids, _BUSY, 0.0, 1.0)[:, 0] < self.config.arm_disturbance
        busy, slow = np.flatnonzero(self.arms_busy[ids]), self.controller.slow
        arms = draw(ids, _ARMS, self._arm_low, self._arm_high, len(slow))
        qpos[busy[:, None], 7 + slow] = arms[busy]
        qvel = np.zeros((k, self.world.model.nv))
        qvel[:, :2] = draw(ids, _SPEED, -speed, speed, 2)
        starts = self.config.starts
        if starts is not None:
            use = draw(ids, _BANK, 0.0, 1.0)[:, 0] < self.config.start_share
            starts.put(qpos, qvel, use, self.streams.integers(ids, _ROW, 0, starts.num), joints)
        heading = draw(ids, _YAW, -np.pi, np.pi)[:, 0]
        qpos[:, 3:7] = turned(qpos[:, 3:7], heading)
        qvel[:, :3] = from_heading(qvel[:, :3], heading)
        return qpos, qvel

    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Clear bookkeeping and draw the first height."""
        self.memory.reset(ids, state.joint_position[ids])
        self.memory.stance = self.controller.odometry.renew(self.memory.stance, obs, ids)
        self.action[ids] = 0.0
        feet = self.sim.foot_position()
        self.feet[ids] = feet[ids]
        self.first_feet[ids] = feet[ids]
        self.foot_velocity[ids] = 0.0
        for values in self.metrics.values():
            values[ids] = 0.0
        self.metrics["lowest"][ids] = state.base_position[ids, 2]
        self._draw(ids)

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets, with arms and torso on their own errands in the disturbed episodes."""
        del obs, tick
        self.action_change = action - self.action
        self.action = action.copy()
        slow = self.controller.slow
        before = self.memory.last_targets[:, slow]
        targets = self.controller.targets(action, self.goal, self.memory)
        limit = self.controller.config.arm_rate * self.world.robot.control_dt
        moved = before + np.clip(self.arm_goal[:, slow] - before, -limit, limit)
        targets[:, slow] = np.where(self.arms_busy[:, None], moved, targets[:, slow])
        self.memory.last_targets[:, slow] = targets[:, slow]
        return targets

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Filters and foot motion."""
        feet = self.sim.foot_position()
        self.foot_velocity = (feet - self.feet) / self.world.robot.control_dt
        self.feet = feet
        self.controller.update(obs, self.goal, self.memory)

    def observe(self, state: WorldState, obs: Observation) -> Array:
        """Skill features, then truth for the critic."""
        rand, heading = self.randomiser, yaw(state.base_quaternion)
        mass = (rand.mass + rand.load) / self.scales.weight
        dynamics = [rand.friction - 0.8, mass * 0.2, rand.latency, (rand.gain - 1.0) * 5.0]
        truth = SquattingTruth(
            velocity=to_heading(state.base_linear_velocity, heading),
            height=state.base_position[:, 2],
            foot_shift=to_heading(self.feet - self.first_feet, heading)[:, :, :2],
            contact=state.foot_contact.astype(np.float64),
            dynamics=np.stack(dynamics, axis=1),
        )
        features = self.controller.features(obs, self.goal, self.memory)
        return np.concatenate([features, self.controller.privileged(self.goal, self.memory, truth)], axis=1)

    def error(self, state: WorldState) -> Array:
        """How far the base is from the height asked for. Shape (N,), m."""
        return np.abs(state.base_position[:, 2] - self.goal[:, 0])

    def reward(self, state: WorldState) -> Array:
        """Weighted sum of the terms, per second, clipped below, minus a price for falling."""
        self.terms = terms = self._terms(state)
        total = sum((self.config.weights[k] * v for k, v in terms.items()), np.zeros(state.num))
        fell, error = self.failed(state), self.error(state)
        settled = self.timer <= self._settle
        low = settled & (self.goal[:, 0] < self._low)
        self.metrics["height_sum"] += error * settled
        self.metrics["height_count"] += settled
        self.metrics["low_sum"] += error * low
        self.metrics["low_count"] += low
        self.metrics["lowest"] = np.minimum(self.metrics["lowest"], state.base_position[:, 2])
        self.metrics["shift"] = length(self.feet - self.first_feet).max(axis=1)
        self.metrics["fell"] = fell.astype(np.float64)
        self.metrics["length"] += 1
        return np.maximum(total, -0.5) * self.world.robot.control_dt - self.config.fall_price * fell

    def failed(self, state: WorldState) -> BoolArray:
        """Tilted by more than 45 degrees or too low."""
        return fallen(state, self.lowest)

    def after_step(self, state: WorldState, done: BoolArray) -> None:
        """New heights where the old ones were held long enough."""
        self.timer -= 1
        due = np.flatnonzero((self.timer <= 0) & ~done)
        if len(due):
            self._draw(due)

    def _draw(self, ids: IntArray) -> None:
        """Goals, how long they stay, and where busy arms go meanwhile."""
        config, space, slow = self.config, self.controller.goal_space, self.controller.slow
        share = self.streams.uniform(ids, _GOAL, 0.0, 1.0, 3)
        low, high = space.lower[0], space.upper[0]
        raw = low + (high - low) * share[:, 0]
        raw = np.where(share[:, 1] < config.lowest_share, low, raw)
        raw = np.where(share[:, 1] > 1.0 - config.highest_share, high, raw)
        raw = np.where(share[:, 2] < config.outside_share, low - (high - low) * share[:, 0], raw)
        self.raw[ids, 0] = raw
        self.goal[ids] = space.clip(self.raw[ids])
        shortest, longest = (round(s / self.world.robot.control_dt) for s in config.hold_seconds)
        self.timer[ids] = self.streams.integers(ids, _TIMER, shortest, longest + 1)
        self.arm_goal[np.ix_(ids, slow)] = self.streams.uniform(
            ids, _ARM_GOAL, self._arm_low, self._arm_high, len(slow)
        )

    def _terms(self, state: WorldState) -> dict[str, Array]:
        followed, table, q = self.controller.followed(self.memory), self.controller.table, state.joint_position
        error = (state.base_position[:, 2] - followed) / self.scales.length
        low, high = self._soft
        gravity = gravity_base(state.base_quaternion)[:, :2]
        gravity[:, 0] -= np.sin(table.leans(followed))
        off = (q - table.poses(followed)).take(self._sagittal, axis=1)
        return {
            "near": np.exp(-((error / 0.1) ** 2)),
            "close": np.exp(-((error / 0.03) ** 2)),
            "exact": np.exp(-((error / 0.01) ** 2)),
            "alive": np.ones(state.num),
            "reference": np.exp(-2.0 * squares(off)),
            "contact": state.foot_contact.mean(axis=1),
            "tilt": squares(gravity),
            "action_rate": 0.5 * squares(self.action_change),
            "torque": squares(state.joint_torque) / self.scales.torque**2,
            "joint_velocity": squares(state.joint_velocity),
            "slip": length(self.foot_velocity[:, :, :2]).sum(axis=1),
            "foot_shift": np.minimum(squares(self.feet - self.first_feet).sum(axis=1), 1.0),
            "hip": squares(q.take(self._hips, axis=1)),
            "joint_limit": (np.maximum(low - q, 0) + np.maximum(q - high, 0)).sum(axis=1),
            "roll_pitch_rate": squares(state.base_angular_velocity[:, :2]),
        }


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
    from sim.env import BatchEnv
    from sim.rollouts import DISTURBED, Book

    task = _task(skill.robot, skill.controller, {"hold_seconds": (2.5, 2.5), "outside_share": 0.3})
    env = BatchEnv(task, 100, seed=seed, randomisation=DISTURBED)
    observation = env.reset()
    book, everybody, describe = Book(), np.arange(env.n), SKILLS[skill.name].describe

    def features(ids: IntArray) -> Array:
        value = skill.value(env.obs, task.goal, task.memory)
        return describe(skill.controller, value, env.obs, task.raw, task.memory)[ids]

    timer, asked = task.timer.copy(), task.raw.copy()
    book.open(everybody, features(everybody))
    while book.count < rollouts:
        result = env.step(skill.bundle.actor(observation[:, : task.actor_size]))
        observation = result.observation
        ids = np.flatnonzero(task.timer > timer)
        if len(ids):
            near = (np.abs(env.state.base_position[:, 2] - asked[:, 0]) < 0.02) & ~result.terminated
            ended = ~result.truncated[ids]
            book.close(ids[ended], near[ids][ended])
            book.open(ids, features(ids))
            if progress is not None:
                progress(min(book.count, rollouts), rollouts)
        timer, asked = task.timer.copy(), task.raw.copy()
    return book.rows(rollouts)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Near its standing height: lower, it does not let go of the legs."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.tasks.starts import collect

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
    ppo=_ppo,
    disturbed=_DISTURBED,
    pushed=_DISTURBED,
    errors=_errors,
    good_below={"height": 0.02},
    unmeasured="no episode lasted to the last 0.5 s of such a hold",
    rollouts=_rollouts,
    leaves=_leaves,
    shown={"arm_disturbance": 0.0, "lowest_share": 0.5, "highest_share": 0.5},
)
