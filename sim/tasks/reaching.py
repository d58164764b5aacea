"""Reaching: both wrists to targets fixed in the world, standing, from any stance another skill may leave."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.batch import BatchSim
from sim.randomisation import Randomiser
from sim.streams import Streams
from sim.tasks.base import Task, fallen
from sim.tasks.starts import StartStates
from sim.world import World
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot, WorldState
from skillblend.kinematics import Limbs, from_heading, gravity_base, to_heading, turned, yaw
from skillblend.scales import Scales
from skillblend.skills.reaching import ReachingController, ReachingTruth

_AHEAD = 0.10
"""Targets are at least so far in front of the feet, m, of the reference body."""

_YAW, _POSE, _SPEED, _LEFT, _RIGHT, _TIMER, _BANK, _ROW = range(8)

WEIGHTS: dict[str, float] = {
    "near": 0.5, "close": 1.0, "exact": 2.0, "distance": -0.5, "alive": 0.3, "contact": 0.4, "tilt": -1.0,
    "action_rate": -0.01, "torque": -4e-6, "joint_velocity": -0.002, "slip": -0.3, "foot_shift": -2.0,
    "legs": -0.15, "joint_limit": -2.0, "roll_pitch_rate": -0.02,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReachingTaskConfig:
    """Episodes of the reaching task.

    Attributes:
        episode_seconds: Length, s.
        hold_seconds: Shortest and longest time a pair of targets stays, s.
        settle_seconds: The error is measured over the last part of each hold, this long, s.
        fall_price: Taken from the reward at a fall.
        weights: Reward weights per second.
        starts: States left behind by other skills; a share of episodes starts there.
        start_share: That share.
    """

    episode_seconds: float = 20.0
    hold_seconds: tuple[float, float] = (2.0, 4.0)
    settle_seconds: float = 0.5
    fall_price: float = 1.0
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    starts: StartStates | None = None
    start_share: float = 0.5


class ReachingTask(Task):
    """See the module docstring."""

    name = "reaching"

    def __init__(
        self, world: World, controller: ReachingController, config: ReachingTaskConfig | None = None
    ) -> None:
        """Bind the skill's observation and action mapping to a world."""
        self.world = world
        self.controller = controller
        self.config = config or ReachingTaskConfig()
        self.actor_size = controller.observation_size
        self.critic_size = controller.privileged_size
        self.action_size = controller.action_size
        self.episode_steps = round(self.config.episode_seconds / world.robot.control_dt)
        self.scales = Scales.of(world.robot)
        self.table = reachable_points(world.robot, controller)

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, robot = sim.n, self.world.robot
        self.memory = self.controller.new_memory(n)
        self.target = np.zeros((n, 2, 3))
        self.goal = np.zeros((n, 6))
        self.timer = np.zeros(n, dtype=np.int64)
        self.feet = np.zeros((n, 2, 3))
        self.first_feet = np.zeros((n, 2, 3))
        self.foot_velocity = np.zeros((n, 2, 3))
        self.action = np.zeros((n, self.action_size))
        self.action_change = np.zeros((n, self.action_size))
        self.distance = np.zeros((n, 2))
        names = ("wrist_sum", "wrist_count", "fell", "length", "close_sum")
        self.metrics = {k: np.zeros(n) for k in names}
        middle = (robot.position_lower + robot.position_upper) / 2
        half = (robot.position_upper - robot.position_lower) / 2
        self._soft = (middle - 0.97 * half, middle + 0.97 * half)
        self._legs = robot.joints("hip", "knee", "ankle")
        self._settle = round(self.config.settle_seconds / robot.control_dt)

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """Default pose with noise, or a state that another skill left behind; random heading."""
        draw, k, speed = self.streams.uniform, len(ids), 0.1 * self.scales.speed
        joints = self.world.robot.num_joints
        qpos = np.tile(self.world.home, (k, 1))
        noise = np.full(joints, 0.04)
        noise[self.world.robot.joints("shoulder", "elbow", "torso", "waist", "wrist")] = 0.2
        qpos[:, 7 : 7 + joints] += draw(ids, _POSE, -noise, noise, joints)
        qpos[:, 2] += 0.005
        qvel = np.zeros((k, self.world.model.nv))
        qvel[:, :2] = draw(ids, _SPEED, -speed, speed, 2)
        starts = self.config.starts
        if starts is not None:
            use = draw(ids, _BANK, 0.0, 1.0)[:, 0] < self.config.start_share
            row = self.streams.integers(ids, _ROW, 0, starts.num)
            starts.put(qpos, qvel, use, row, joints)
        heading = draw(ids, _YAW, -np.pi, np.pi)[:, 0]
        qpos[:, 3:7] = turned(qpos[:, 3:7], heading)
        qvel[:, :3] = from_heading(qvel[:, :3], heading)
        return qpos, qvel

    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Clear bookkeeping and draw the first targets."""
        self.memory.reset(ids, state.joint_position[ids])
        self.memory.stance = self.controller.odometry.renew(self.memory.stance, obs, ids)
        self.action[ids] = 0.0
        feet = self.sim.foot_position()
        self.feet[ids] = feet[ids]
        self.first_feet[ids] = feet[ids]
        self.foot_velocity[ids] = 0.0
        for values in self.metrics.values():
            values[ids] = 0.0
        self._draw_targets(ids, state)
        self._aim(state)

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets."""
        del obs, tick
        self.action_change = action - self.action
        self.action = action.copy()
        return self.controller.targets(action, self.goal, self.memory)

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Filters, foot motion, goals re-expressed in the moved stance frame."""
        feet = self.sim.foot_position()
        self.foot_velocity = (feet - self.feet) / self.world.robot.control_dt
        self.feet = feet
        self._aim(state)
        self.controller.update(obs, self.goal, self.memory)

    def observe(self, state: WorldState, obs: Observation) -> Array:
        """Skill features, then truth for the critic."""
        rand, heading = self.randomiser, yaw(state.base_quaternion)
        mass = (rand.mass + rand.load) / self.scales.weight
        dynamics = [rand.friction - 0.8, mass * 0.2, rand.latency, (rand.gain - 1.0) * 5.0]
        truth = ReachingTruth(
            velocity=to_heading(state.base_linear_velocity, heading),
            height=state.base_position[:, 2],
            error=to_heading(self.target - self.sim.hand_position(), heading),
            foot_shift=to_heading(self.feet - self.first_feet, heading)[:, :, :2],
            contact=state.foot_contact.astype(np.float64),
            dynamics=np.stack(dynamics, axis=1),
        )
        features = self.controller.features(obs, self.goal, self.memory)
        privileged = self.controller.privileged(self.goal, self.memory, truth)
        return np.concatenate([features, privileged], axis=1)

    def reward(self, state: WorldState) -> Array:
        """Weighted sum of the terms, per second, clipped below, minus a price for falling."""
        self.distance = np.linalg.norm(self.target - self.sim.hand_position(), axis=2)
        terms = self._terms(state)
        self.terms = terms
        total = sum((self.config.weights[k] * v for k, v in terms.items()), np.zeros(state.num))
        fell = self.failed(state)
        settled = self.timer <= self._settle
        self.metrics["wrist_sum"] += self.distance.mean(axis=1) * settled
        self.metrics["close_sum"] += (self.distance.max(axis=1) < 0.05) * settled
        self.metrics["wrist_count"] += settled
        self.metrics["fell"] = fell.astype(np.float64)
        self.metrics["length"] += 1
        return np.maximum(total, -0.5) * self.world.robot.control_dt - self.config.fall_price * fell

    def failed(self, state: WorldState) -> BoolArray:
        """Tilted by more than 45 degrees or too low."""
        return fallen(state, self.scales.fallen_height)

    def after_step(self, state: WorldState, done: BoolArray) -> None:
        """New targets where the old ones were held long enough."""
        self.timer -= 1
        due = np.flatnonzero((self.timer <= 0) & ~done)
        if len(due):
            self._draw_targets(due, state)
            self._aim(state)

    def _draw_targets(self, ids: IntArray, state: WorldState) -> None:
        rows = [self.streams.integers(ids, tag, 0, len(self.table)) for tag in (_LEFT, _RIGHT)]
        local = np.stack([self.table[rows[0]], self.table[rows[1]] * [1.0, -1.0, 1.0]], axis=1)
        middle = self.sim.foot_position(ids).mean(axis=1)
        middle[:, 2] = 0.0
        self.target[ids] = middle[:, None] + from_heading(local, yaw(state.base_quaternion[ids]))
        low, high = (round(s / self.world.robot.control_dt) for s in self.config.hold_seconds)
        self.timer[ids] = self.streams.integers(ids, _TIMER, low, high + 1)

    def _aim(self, state: WorldState) -> None:
        middle = self.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        local = to_heading(self.target - middle[:, None], yaw(state.base_quaternion))
        self.goal = local.reshape(state.num, 6)

    def _terms(self, state: WorldState) -> dict[str, Array]:
        d, q = self.distance, state.joint_position
        low, high = self._soft
        gravity = gravity_base(state.base_quaternion)
        home = self.world.robot.default_pose[self._legs]
        return {
            "near": np.exp(-((d / 0.3) ** 2)).mean(axis=1),
            "close": np.exp(-((d / 0.1) ** 2)).mean(axis=1),
            "exact": np.exp(-((d / 0.03) ** 2)).mean(axis=1),
            "distance": d.mean(axis=1),
            "alive": np.ones(state.num),
            "contact": state.foot_contact.mean(axis=1),
            "tilt": (gravity[:, :2] ** 2).sum(axis=1),
            "action_rate": 0.5 * (self.action_change**2).sum(axis=1),
            "torque": (state.joint_torque**2).sum(axis=1) / self.scales.torque**2,
            "joint_velocity": (state.joint_velocity**2).sum(axis=1),
            "slip": np.linalg.norm(self.foot_velocity[:, :, :2], axis=2).sum(axis=1),
            "foot_shift": np.minimum(((self.feet - self.first_feet) ** 2).sum(axis=(1, 2)), 1.0),
            "legs": ((q.take(self._legs, axis=1) - home) ** 2).sum(axis=1),
            "joint_limit": (np.maximum(low - q, 0) + np.maximum(q - high, 0)).sum(axis=1),
            "roll_pitch_rate": (state.base_angular_velocity[:, :2] ** 2).sum(axis=1),
        }


def reachable_points(robot: Robot, controller: ReachingController, samples: int = 20_000) -> Array:
    """Left-wrist positions in the stance frame that sane arm poses reach, standing. Shape (M, 3), m."""
    rng = np.random.default_rng(7)
    spans = {"shoulder_pitch": (-2.2, 0.6), "shoulder_roll": (-0.1, 1.4), "shoulder_yaw": (-0.8, 1.2),
             "elbow": (-0.6, 2.2)}  # fmt: skip
    q = np.tile(robot.default_pose, (samples, 1))
    for part, span in spans.items():
        q[:, robot.role(part, "left")] = rng.uniform(*span, samples)
    q = np.clip(q, robot.position_lower, robot.position_upper)
    home = robot.default_pose[None]
    feet = Limbs(robot, robot.feet)(home, np.zeros_like(home)).position[0]
    middle = feet.mean(axis=0)
    points = Limbs(robot, robot.hands)(q, np.zeros_like(q)).position[:, 0] - middle
    low, high = controller.goal_space.lower[:3], controller.goal_space.upper[:3]
    inside = ((points > low) & (points < high)).all(axis=1) & (points[:, 0] > _AHEAD * Scales.of(robot).reach)
    return points[inside]
