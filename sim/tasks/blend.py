"""The MDP of a blender: whatever its `TaskSpec` says, over skills that are frozen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.batch import BatchSim
from sim.mdp import Task, fallen
from sim.randomisation import Randomiser
from sim.rewards import terms, weighted, weights
from sim.streams import Streams
from sim.tasks.measures import MOTION, Measures
from sim.tasks.spec import TaskSpec
from sim.world import World, WorldConfig, build_world
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot, WorldState
from skillblend.flat import FlatController
from skillblend.kinematics import to_heading, turned, yaw
from skillblend.scales import Scales

_POSE, _YAW = 0, 1
METRICS = (
    "error", "paper_error", "paper_success", "strict_success", "success", "ever", "fell", "lost", "length",
    "first_success", *MOTION,
)  # fmt: skip
"""Measurements of each episode."""
_FALL = 2.0
"""Taken from the reward at a fall, or when the thing is lost."""


_DROP = 0.005
"""Height that a robot is dropped from when an episode begins, m, of the reference body."""


@dataclass(frozen=True, kw_only=True)
class BlendTaskConfig:
    """Episodes of a blender's task.

    Attributes:
        episode_seconds: Length, s.
        success_distance: Largest error that counts as reached, m: the paper's, whoever reaches.
        weights: Reward weights per second, by term.
    """

    episode_seconds: float
    weights: dict[str, float]
    success_distance: float = 0.05

    @staticmethod
    def of(spec: TaskSpec) -> BlendTaskConfig:
        """What the task itself says."""
        return BlendTaskConfig(episode_seconds=spec.episode_seconds, weights=weights(spec.rewards))


class BlendTask(Task):
    """One MDP over N environments; what differs from task to task is in `spec`.

    Attributes:
        spec: The task.
        own: What the task itself remembers.
        error: Its headline error after the last step. Shape (N,), m.
        best: The smallest in this episode. Shape (N,), m.
        gain: By how much the last step made `best` smaller. Shape (N,), m.
        goal: Inside its limits. Shape (N, G).
        noise: Of joints in the next control step, for exploration. Shape (N, J), rad; None for none.
        fell, lost: Whether the robot fell, or the task's thing was lost, in this episode. Shape (N,).
        measures: How the robot moved in this episode.
        held, longest: How long success has held by now, and at most. Shape (N,), s.
    """

    settings = ("spec",)

    def __init__(
        self,
        spec: TaskSpec,
        world: World,
        controller: BlendController | FlatController,
        config: BlendTaskConfig | None = None,
    ) -> None:
        """Bind a high-level policy's observation and action mapping to a world."""
        self.spec, self.name = spec, spec.name
        self.world = world
        self.controller = controller
        self.config = config or BlendTaskConfig.of(spec)
        self.decimation = controller.config.decision_ticks
        self.actor_size = controller.observation_size
        self.critic_size = 8 + spec.critic_size
        self.action_size = controller.action_size
        self.scales = Scales.of(world.robot)
        period = world.robot.control_dt * self.decimation
        self.episode_steps = round(self.config.episode_seconds / period)
        self.period = period

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n = sim.n
        self.memory = self.controller.new_memory(n)
        self.goal = np.zeros((n, len(self.controller.goal_space.names)))
        self.action = np.zeros((n, self.action_size))
        self.noise: Array | None = None
        self.error = np.zeros(n)
        self.best, self.gain = np.zeros(n), np.zeros(n)
        self.age = np.zeros(n)
        self.fell = np.zeros(n, dtype=np.bool_)
        self.lost = np.zeros(n, dtype=np.bool_)
        self.held = np.zeros(n)
        self.longest = np.zeros(n)
        self.reached = np.zeros(n, dtype=np.bool_)
        self.ever = np.zeros(n, dtype=np.bool_)
        self.feet = np.zeros((n, 2, 3))
        self.slip = np.zeros(n)
        self.measures = Measures.of(n, self.world.robot.num_joints)
        self.metrics = {k: np.zeros(n) for k in METRICS}
        self.own = self.spec.new(self)

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """Default pose with noise at the origin, facing +x; the task's things where they belong."""
        self.spec.place(self, ids)
        joints = self.world.robot.num_joints
        qpos = np.tile(self.world.home, (len(ids), 1))
        qpos[:, 7 : 7 + joints] += self.streams.uniform(ids, _POSE, -0.04, 0.04, joints)
        qpos[:, 2] += _DROP * self.scales.length
        qpos[:, 3:7] = turned(qpos[:, 3:7], self.streams.uniform(ids, _YAW, -0.1, 0.1)[:, 0])
        qvel = np.zeros((len(ids), self.world.model.nv))
        self.spec.arrange(self, ids, qpos, qvel)
        return qpos, qvel

    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Clear bookkeeping and draw the goals."""
        self.memory.reset(ids, state.joint_position[ids])
        self.controller.ensemble.begin(obs, self.memory.skills, self.memory.motion)
        for values in (self.age, self.slip, self.fell, self.lost, self.reached, self.ever, self.held, self.longest):
            values[ids] = 0
        self.feet[ids] = self.sim.foot_position(ids)
        for values in self.metrics.values():
            values[ids] = 0.0
        self.metrics["first_success"][ids] = np.nan
        self.measures.begin(ids)
        self.spec.begin(self, ids, state)
        self.best[ids] = self.spec.error(self, state)[ids]
        self._aim(state)

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Decide at the first tick, then let the skills run."""
        if tick == 0:
            self.controller.decide(action, self.memory)
            self.action = action
            self.slip[:] = 0.0
        targets = self.controller.targets(obs, self.goal, self.memory)
        if self.noise is None:
            return targets
        targets, self.noise = targets + self.noise, None
        self.memory.last_targets = targets.copy()
        self.controller.ensemble.sent(targets, self.memory.skills)
        return targets

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Goals re-expressed in the moved stance frame; the skills' filters; whether the goal is reached."""
        feet = self.sim.foot_position()
        moved = np.linalg.norm((feet - self.feet)[:, :, :2], axis=2) / self.world.robot.control_dt
        self.slip += (moved * state.foot_contact).sum(axis=1) / self.decimation
        self.feet = feet
        self._aim(state)
        self.controller.update(obs, self.goal, self.memory)
        self.measures.add(state, self.world.robot.control_dt)
        self.spec.watch(self, state)
        self.fell |= fallen(state, self.scales.fallen_height)
        self.lost |= self.spec.lost(self, state)
        self.reached = self.spec.success(self, state)
        self.ever |= self.reached
        self.held = np.where(self.reached, self.held + self.world.robot.control_dt, 0.0)
        self.longest = np.maximum(self.longest, self.held)

    def observe(self, state: WorldState, obs: Observation) -> Array:
        """The high level's columns, then truth for the critic."""
        features = self.controller.features(obs, self.goal, self.memory)
        rand, left = self.randomiser, 1.0 - self.age / self.config.episode_seconds
        truth = [
            to_heading(state.base_linear_velocity, yaw(state.base_quaternion)),
            self.spec.critic(self, state),
            state.foot_contact.astype(np.float64),
            left[:, None],
            rand.friction[:, None] - 0.8,
            rand.mass[:, None] * 0.2,
        ]
        return np.concatenate([features, np.concatenate(truth, axis=1)], axis=1)

    def reward(self, state: WorldState) -> Array:
        """The task's weighted terms per second, and a price for falling."""
        self.age += self.period
        self.error = self.spec.error(self, state)
        self.gain = np.maximum(self.best - self.error, 0.0)
        self.best = np.minimum(self.best, self.error)
        self.terms = terms(self.spec.rewards, self, state)
        total = weighted(self.terms, self.config.weights, state.num)
        self._measure(state)
        return total * self.period - _FALL * (self.fell | self.lost)

    def failed(self, state: WorldState) -> BoolArray:
        """Tilted by more than 45 degrees or too low, or the task's thing is lost."""
        return fallen(state, self.scales.fallen_height) | self.lost

    def succeeded(self, state: WorldState) -> BoolArray:
        """Whether the goal is reached now."""
        del state
        return self.reached

    def _measure(self, state: WorldState) -> None:
        good = self.reached & ~self.fell
        self.metrics["error"] = self.error
        self.metrics["paper_error"] = self.spec.paper_error(self, state)
        self.metrics["success"] = good.astype(np.float64)
        self.metrics["ever"] = self.ever.astype(np.float64)
        self.metrics["fell"] = self.fell.astype(np.float64)
        self.metrics["lost"] = self.lost.astype(np.float64)
        self.metrics["paper_success"] = (self.metrics["paper_error"] < self.spec.paper_threshold).astype(np.float64)
        held = self.longest if self.spec.counts == "ever" else self.held
        strict = (held > self.spec.hold_seconds - 1e-6) & ~self.fell
        self.metrics["strict_success"] = strict.astype(np.float64)
        self.metrics["length"] += 1
        first = np.isnan(self.metrics["first_success"]) & good
        self.metrics |= self.measures.means()
        self.metrics["first_success"] = np.where(first, self.age, self.metrics["first_success"])

    def _aim(self, state: WorldState) -> None:
        self.goal = self.controller.goal_space.clip(self.spec.goal(self, state))


def task_world(spec: TaskSpec, robot: Robot, *, visual: bool = False) -> World:
    """The world of a task; in a visual one nothing is left out for speed."""
    newton, search = spec.iterations
    contacts = spec.contacts(robot)
    config = WorldConfig(body_contacts=contacts, iterations=newton, ls_iterations=search, firm=spec.firm)
    if visual:
        config = WorldConfig(visual=True)
    return build_world(robot, config, furnish=spec.furnishing(robot))


def blend_task(
    spec: TaskSpec, controller: BlendController | FlatController, config: BlendTaskConfig | None = None
) -> BlendTask:
    """A task in its own world."""
    return BlendTask(spec, task_world(spec, controller.robot), controller, config)
