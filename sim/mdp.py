"""What an MDP must provide, of a skill or of a blender's task; `sim.env.BatchEnv` does the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray, Observation, WorldState
from skillblend.snapshots import Stateful

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.randomisation import Randomiser
    from sim.streams import Streams
    from sim.world import World

CONTROL_DT = 0.02
"""Control period of every robot, s."""


class Task(Stateful, ABC):
    """One MDP over N environments.

    What a task and its controller's memory remember is kept in checkpoints (see `skillblend.snapshots`), so that
    training goes on from them as if it had never been interrupted.

    Attributes:
        name: Registered name.
        world: The compiled world.
        decimation: Control steps per environment step (1 for skills, more for a blender).
        actor_size: Columns of the observation that the actor may see; the rest is for the critic.
        critic_size: Privileged columns behind them.
        action_size: Columns of the action.
        episode_steps: Environment steps until an episode is cut off.
        terms: Reward terms of the last step, each (N,), before weighting.
        metrics: Per-episode measurements, each (N,), valid when an episode ends.
    """

    settings = ("world", "controller", "config", "sim", "streams", "randomiser")

    name: str
    world: World
    decimation: int = 1
    actor_size: int
    critic_size: int
    action_size: int
    episode_steps: int

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Bind to a batch; called once, before the first reset."""
        self.sim = sim
        self.streams = streams
        self.randomiser = randomiser
        self.terms: dict[str, Array] = {}
        self.metrics: dict[str, Array] = {}
        self.all_ids: IntArray = np.arange(sim.n)

    @abstractmethod
    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """Initial qpos (len(ids), nq) and qvel (len(ids), nv) of new episodes; also draws their goals."""

    @abstractmethod
    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Start bookkeeping for episodes `ids`, which now are in `state`."""

    @abstractmethod
    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Joint targets (N, J), rad, for control step `tick` of this environment step."""

    @abstractmethod
    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Advance per-control-step bookkeeping (filters, timers) to the new state."""

    @abstractmethod
    def observe(self, state: WorldState, obs: Observation) -> Array:
        """Actor columns, then critic columns: (N, actor_size + critic_size). Must not change anything."""

    def observe_some(self, ids: IntArray, state: WorldState, obs: Observation) -> Array:
        """Rows `ids` of `observe`, (len(ids), actor_size + critic_size); tasks may have a lighter way."""
        return self.observe(state, obs)[ids]

    @abstractmethod
    def reward(self, state: WorldState) -> Array:
        """Reward (N,) of the step that led to `state`; fills `terms` and `metrics`."""

    @abstractmethod
    def failed(self, state: WorldState) -> BoolArray:
        """Episodes (N,) that end here because they went wrong."""

    def succeeded(self, state: WorldState) -> BoolArray:
        """Episodes (N,) whose goal holds at this moment; False for skills without an end."""
        return np.zeros(state.num, dtype=np.bool_)

    def after_step(self, state: WorldState, done: BoolArray) -> None:
        """After rewards, before resets: draw new goals for running episodes, for example."""

    def marks(self) -> Array:
        """Points in the world that pictures show: where hands should go. Shape (N, M, 3), m."""
        target: Array | None = getattr(self, "target", None)
        return np.zeros((self.sim.n, 0, 3)) if target is None else target

    def sent(self, targets: Array) -> None:
        """Told what was sent to the motors before latency."""


def fallen(state: WorldState, min_height: float) -> BoolArray:
    """Base tilted by more than 45 degrees or lower than `min_height` m. Shape (N,)."""
    w, x, y, z = state.base_quaternion.T
    del w, z
    upright = 1 - 2 * (x * x + y * y)
    return (upright < 0.7) | (state.base_position[:, 2] < min_height)
