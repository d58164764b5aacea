"""The MDP of a skill: what walking, reaching and others have in common over N environments; terms are functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sim.mdp import Task, fallen
from sim.rewards import Reward, terms, weighted
from sim.starts import StartStates
from skillblend.contracts import Array, BoolArray, IntArray, Observation, WorldState
from skillblend.kinematics import LegOdometry, from_heading, turned
from skillblend.scales import Scales
from skillblend.skills.spec import Controller

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.randomisation import Randomiser
    from sim.streams import Streams
    from sim.world import World

YAW, POSE, SPEED = range(3)
"""Tags of random numbers that every skill's start is drawn with; those of a skill itself are larger."""
_LEAST = -0.5
"""Terms together take no more than this, per second: what a step costs has an end, so that falling never pays."""


@dataclass(frozen=True, kw_only=True)
class SkillTaskConfig:
    """Episodes of a skill's training, as far as all skills agree.

    Attributes:
        episode_seconds: Length, s.
        weights: Reward weights per second.
        fall_price: Taken from the reward at a fall.
        starts: States left behind by other skills; a share of episodes starts there.
        start_share: That share.
    """

    episode_seconds: float = 20.0
    weights: dict[str, float]
    fall_price: float = 1.0
    starts: StartStates | None = None
    start_share: float = 0.5


class SkillTask(Task):
    """An MDP whose goal changes while it runs: a skill says where it starts, what it is asked for and what counts.

    Attributes:
        rewards: Its terms.
        measured: Names of its metrics, besides falls and length.
        soft_share: Share of a joint's range that costs nothing.
        lift: Height that a start is dropped from, m, of the reference body.
        start_tags: Of the random numbers whether an episode begins where another skill ended, and where.
        controller: Observation and action mapping of the skill.
        memory: Its own.
        goal: What it is asked for. Shape (N, G).
        timer: Control steps until something else is. Shape (N,).
        lowest: Height of the base at which a robot counts as fallen, m.
        soft: Lower and upper end of the range of joints that costs nothing. Each (J,), rad.
        feet, first_feet: Soles now and when the episode began. Shape (N, 2, 3), m.
        foot_velocity: Shape (N, 2, 3), m/s.
        action, action_change: Last action, and how it differs from the one before. Shape (N, A).
    """

    rewards: ClassVar[Mapping[str, Reward[Any]]]
    measured: ClassVar[tuple[str, ...]]
    soft_share: ClassVar[float]
    lift: ClassVar[float]
    start_tags: ClassVar[tuple[int, int]]

    settings = ("odometry",)

    def __init__(self, world: World, controller: Controller[Any], config: Any) -> None:
        """Bind the skill's observation and action mapping to a world."""
        self.world, self.controller, self.config = world, controller, config
        self.odometry = LegOdometry(world.robot)
        self.actor_size = sum(size for _, size in controller.layout)
        self.critic_size = controller.privileged_size
        self.action_size = controller.action_size
        self.episode_steps = round(config.episode_seconds / world.robot.control_dt)
        self.scales = Scales.of(world.robot)
        self.lowest = self.scales.fallen_height

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, robot = sim.n, self.world.robot
        self.memory = self.controller.new_memory(n)
        self.goal = np.zeros((n, len(self.controller.goal_space.names)))
        self.timer = np.zeros(n, dtype=np.int64)
        self.feet = np.zeros((n, 2, 3))
        self.first_feet = np.zeros((n, 2, 3))
        self.foot_velocity = np.zeros((n, 2, 3))
        self.action = np.zeros((n, self.action_size))
        self.action_change = np.zeros((n, self.action_size))
        self.metrics = {k: np.zeros(n) for k in (*self.measured, "fell", "length")}
        middle = (robot.position_upper + robot.position_lower) / 2
        half = (robot.position_upper - robot.position_lower) / 2
        self.soft = (middle - self.soft_share * half, middle + self.soft_share * half)

    def steps(self, seconds: float) -> int:
        """Control steps in a time."""
        return round(seconds / self.world.robot.control_dt)

    @property
    def asked(self) -> Array:
        """Goals as they were given, which the skill may get clipped. Shape (N, G)."""
        return self.goal

    # Where episodes begin

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """The skill's own start, or a state that another skill left behind; any heading."""
        qpos, qvel, heading = self.start(ids)
        qpos[:, 2] += self.lift * self.scales.length
        starts = self.config.starts
        if starts is not None:
            whether, which = self.start_tags
            use = self.streams.uniform(ids, whether, 0.0, 1.0)[:, 0] < self.config.start_share
            row = self.streams.integers(ids, which, 0, starts.num)
            starts.put(qpos, qvel, use, row, self.world.robot.num_joints)
        qpos[:, 3:7] = turned(qpos[:, 3:7], heading)
        qvel[:, :3] = from_heading(qvel[:, :3], heading)
        return qpos, qvel

    def start(self, ids: IntArray) -> tuple[Array, Array, Array]:
        """Qpos (K, nq) and qvel (K, nv) with heading 0, and headings (K,) to turn them to."""
        raise NotImplementedError

    def shaken(self, ids: IntArray, qpos: Array, noise: Array, speed: float) -> tuple[Array, Array, Array]:
        """A start in `qpos` (K, nq) with noise of joints (J,), rad, and of the speed, m/s of the reference body."""
        draw, joints, speed = self.streams.uniform, len(noise), speed * self.scales.speed
        qpos[:, 7 : 7 + joints] += draw(ids, POSE, -noise, noise, joints)
        qvel = np.zeros((len(ids), self.world.model.nv))
        qvel[:, :2] = draw(ids, SPEED, -speed, speed, 2)
        return qpos, qvel, draw(ids, YAW, -np.pi, np.pi)[:, 0]

    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Clear bookkeeping and draw the first goal."""
        self.memory.reset(ids, state.joint_position[ids])
        self.memory.stance = self.odometry.renew(self.memory.stance, obs, ids)
        self.action[ids] = 0.0
        self.feet[ids] = self.first_feet[ids] = self.sim.foot_position(ids)
        self.foot_velocity[ids] = 0.0
        for values in self.metrics.values():
            values[ids] = 0.0
        self.opened(ids, state)
        self.draw(ids, state)

    def opened(self, ids: IntArray, state: WorldState) -> None:
        """Clear the skill's own bookkeeping of new episodes."""

    def draw(self, ids: IntArray, state: WorldState) -> None:
        """Goals of robots `ids`, and how long they stay."""
        raise NotImplementedError

    # What happens in a step

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets."""
        del obs, tick
        self.action_change = action - self.action
        self.action = action.copy()
        return self.controller.targets(action, self.goal, self.memory)

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Foot motion, then the skill's filters."""
        feet = self.sim.foot_position()
        self.foot_velocity = (feet - self.feet) / self.world.robot.control_dt
        self.feet = feet
        self.aim(state)
        self.controller.update(obs, self.goal, self.memory)

    def aim(self, state: WorldState) -> None:
        """Goals that move with the robot, as it sees them now."""

    def observe(self, state: WorldState, obs: Observation) -> Array:
        """Skill features, then truth for the critic."""
        truth = self.truth(state)
        features = self.controller.features(obs, self.goal, self.memory)
        return np.concatenate([features, self.controller.privileged(self.goal, self.memory, truth)], axis=1)

    def truth(self, state: WorldState) -> Any:
        """What only a simulator knows, for the critic; None for a skill whose critic makes do with estimates."""
        del state

    def dynamics(self, ids: IntArray | slice = slice(None), mass: Array | None = None) -> Array:
        """What is randomised, as critics see it: friction, mass, latency, gain; any load is mass. Shape (K, 4)."""
        rand = self.randomiser
        mass = rand.mass + rand.load if mass is None else mass
        columns = (
            rand.friction[ids] - 0.8,
            mass[ids] / self.scales.weight * 0.2,
            rand.latency[ids],
            (rand.gain[ids] - 1.0) * 5.0,
        )
        return np.stack(columns, axis=1)

    def reward(self, state: WorldState) -> Array:
        """Weighted sum of the terms, per second, clipped below, minus a price for falling."""
        self.look(state)
        self.terms = terms(self.rewards, self, state)
        total = weighted(self.terms, self.config.weights, state.num)
        fell = self.failed(state)
        self.metrics["fell"] = fell.astype(np.float64)
        self.metrics["length"] += 1
        self.measure(state)
        return np.maximum(total, _LEAST) * self.world.robot.control_dt - self.config.fall_price * fell

    def look(self, state: WorldState) -> None:
        """What several terms share, before they are computed."""

    def measure(self, state: WorldState) -> None:
        """The skill's metrics, after its terms."""

    def failed(self, state: WorldState) -> BoolArray:
        """Tilted by more than 45 degrees or too low."""
        return fallen(state, self.lowest)

    def after_step(self, state: WorldState, done: BoolArray) -> None:
        """New goals where the old ones were held long enough."""
        self.timer -= 1
        due = np.flatnonzero((self.timer <= 0) & ~done)
        if len(due):
            self.draw(due, state)
