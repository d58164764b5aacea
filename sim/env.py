"""The one environment loop: a `Task` over N simulations, with resets, randomisation and episode ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.batch import BatchSim
from sim.mdp import Task
from sim.randomisation import Randomisation, Randomiser
from sim.streams import Streams
from skillblend.contracts import Array, BoolArray, IntArray, Observation, WorldState
from skillblend.errors import ShapeError
from skillblend.snapshots import Stateful


@dataclass(kw_only=True)
class StepResult:
    """Outcome of one environment step for N environments.

    Attributes:
        observation: After resets. Shape (N, O).
        reward: Shape (N,).
        terminated: Failed for good; no value beyond. Shape (N,).
        truncated: Cut off by time; the value beyond counts. Shape (N,).
        final_observation: Before resets; differs from `observation` only where an episode ended.
        episode: Global number of the episode that this step belonged to. Shape (N,).
        metrics: The task's measurements where an episode ended, each (N,), and ``broken``: 1 where the simulation
            blew up, which ends the episode, counts as a fall and leaves the last observation before it; else empty.
    """

    observation: Array
    reward: Array
    terminated: BoolArray
    truncated: BoolArray
    final_observation: Array
    episode: IntArray
    metrics: dict[str, Array]


class BatchEnv(Stateful):
    """N environments of one task; episodes are numbered, and each depends on its number alone."""

    def __init__(
        self,
        task: Task,
        num_envs: int,
        *,
        seed: int = 0,
        nthread: int = 1,
        randomisation: Randomisation | None = None,
        stagger: bool = False,
        autoreset: bool = True,
        episode_steps: int | None = None,
    ) -> None:
        """Simulate `num_envs` copies of `task`.

        Args:
            task: Not shared with another environment.
            num_envs: N.
            seed: Of all episodes.
            nthread: Simulation threads; results do not depend on it.
            randomisation: Defaults to `Randomisation()`.
            stagger: Cut the first episodes short at spread-out times, so that resets do not coincide.
            autoreset: Follow an episode that ends by the next one, within the same step; without it,
                `reset` must be called with the ids that ended.
            episode_steps: Environment steps until an episode is cut off; None for the task's own number.
        """
        self.task = task
        self.n = num_envs
        self.sim = BatchSim(task.world, num_envs, nthread)
        self.streams = Streams(seed, num_envs)
        self.randomiser = Randomiser(self.sim, randomisation or Randomisation(), self.streams)
        task.attach(self.sim, self.streams, self.randomiser)
        self.steps: IntArray = np.zeros(num_envs, dtype=np.int64)
        self.episode_steps = episode_steps or task.episode_steps
        self._limit = np.full(num_envs, self.episode_steps, dtype=np.int64)
        self._stagger = stagger
        self._autoreset = autoreset
        self._sent = np.tile(task.world.robot.default_pose, (num_envs, 1))
        self.state: WorldState = self.sim.state(np.zeros(num_envs))
        self.obs: Observation = self.state
        self._seen: Array = np.zeros((num_envs, task.actor_size + task.critic_size))

    def restart(self, seed: int, episodes: IntArray | None = None) -> None:
        """Play the episodes of `seed`, those numbered `episodes` (N,) or 0 ... N - 1 first; a `reset` must follow."""
        self.streams.restart(seed, episodes)

    def reset(self, ids: IntArray | None = None) -> Array:
        """Start a new episode in environments `ids`, None for all; the observation of all (N, O)."""
        self._reset(self.task.all_ids if ids is None else ids)
        if self._stagger:
            spread = self.streams.integers(np.arange(self.n), 99, 0, self.task.episode_steps * 3 // 4)
            self.steps[:] = spread
            self._stagger = False
        self._seen = self.task.observe(self.state, self.obs)
        return self._seen.copy()

    @property
    def terms(self) -> dict[str, Array]:
        """Reward terms of the last step, each (N,), before weighting."""
        return self.task.terms

    def step(self, action: Array) -> StepResult:
        """One environment step under actions (N, A).

        Raises:
            ShapeError: `action` is not (N, A).
        """
        task, sim = self.task, self.sim
        if action.shape != (self.n, task.action_size):
            raise ShapeError(f"actions {action.shape} must be {(self.n, task.action_size)} (N, A)")
        broken = np.zeros(self.n, dtype=np.bool_)
        failed = np.zeros(self.n, dtype=np.bool_)
        for tick in range(task.decimation):
            targets = task.targets(action, self.obs, tick)
            self.randomiser.push()
            sim.step(self.randomiser.delay(targets, self._sent))
            self._sent = targets
            broken |= self._repair()
            self.streams.step += 1
            self._measure()
            task.after_tick(self.state, self.obs)
            failed |= task.failed(self.state)
        self.steps += 1
        reward = task.reward(self.state)
        terminated = failed | broken
        truncated = (self.steps >= self._limit) & ~terminated
        task.after_step(self.state, terminated | truncated)
        final = task.observe(self.state, self.obs)
        broken |= ~(np.isfinite(final).all(axis=1) & np.isfinite(reward))
        terminated |= broken
        if broken.any():
            final[broken] = self._seen[broken]
            reward = np.where(broken, 0.0, reward)
        result = StepResult(
            observation=final,
            reward=reward,
            terminated=terminated,
            truncated=truncated & ~terminated,
            final_observation=final,
            episode=self.streams.episode.copy(),
            metrics={},
        )
        done = terminated | truncated
        if done.any():
            result.metrics = self._metrics(broken)
            if self._autoreset:
                ids = np.flatnonzero(done)
                self._reset(ids)
                result.observation = final.copy()
                result.observation[ids] = task.observe_some(ids, self.state, self.obs)
        self._seen = result.observation
        return result

    def _metrics(self, broken: BoolArray) -> dict[str, Array]:
        """The task's measurements; an episode whose simulation blew up counts as a fall."""
        metrics = {k: v.copy() for k, v in self.task.metrics.items()}
        if "fell" in metrics:
            metrics["fell"] = np.where(broken, 1.0, metrics["fell"])
        metrics["broken"] = broken.astype(np.float64)
        return metrics

    def _reset(self, ids: IntArray) -> None:
        self.streams.next_episode(ids)
        self.randomiser.reset(ids)
        qpos, qvel = self.task.initial_state(ids)
        self.sim.reset(ids, qpos, qvel)
        self.steps[ids] = 0
        joints = self.task.world.robot.num_joints
        self._sent[ids] = qpos[:, 7 : 7 + joints]
        self._measure_again(ids)
        self.task.begin(ids, self.state, self.obs)

    def _measure(self) -> None:
        time: Array = self.streams.step.astype(np.float64) * self.task.world.robot.control_dt
        self.state = self.sim.state(time)
        self.obs = self.randomiser.measure(self.state)

    def _measure_again(self, ids: IntArray) -> None:
        """As `_measure`, where nothing but simulations `ids` has changed since."""
        if len(ids) == self.n:
            self._measure()
            return
        time: Array = self.streams.step.astype(np.float64) * self.task.world.robot.control_dt
        self.state = self.sim.state(time)
        self.obs.put(ids, self.randomiser.measure(self.state.take(ids), ids))

    def _repair(self) -> BoolArray:
        """Replace simulations that blew up by a standing robot, so that the batch stays finite."""
        broken = self.sim.broken()
        if broken.any():
            ids = np.flatnonzero(broken)
            home = np.tile(self.task.world.home, (len(ids), 1))
            self.sim.reset(ids, home, np.zeros((len(ids), self.sim.qvel.shape[1])))
        return broken
