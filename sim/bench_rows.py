"""What the benchmark times: each row does the walking task's environment steps in its own way."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import gymnasium
import mujoco
import numpy as np

from sim.batch import BatchSim
from sim.env import BatchEnv
from sim.gym import TaskEnv
from sim.randomisation import Randomisation
from sim.registry import builtin_tasks
from sim.scene import Scene
from sim.skills.spec import TRAININGS
from sim.things.box import box
from sim.things.kinds import Place
from sim.things.model import Stand
from sim.things.table import HEIGHT, table
from sim.world import WorldConfig, build_world
from skillblend.contracts import Array, Robot
from skillblend.policy import Mlp
from skillblend.training.export import install
from skillblend.training.ppo import LeanPPO
from skillblend.training.vec_env import SB3VecEnv, subprocess_envs

TASK = "walking"
STEPS = 25
"""Environment steps of one call, for the rows that choose."""
UNTRAINED_STD, TRAINED_STD = 0.5, 0.1
"""Exploration at the beginning and at the end of training."""
WARM_UP = 100
"""Environment steps that take a batch from its first episodes to the middle of many."""
RAW_ROBOTS = 8


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What all rows do.

    Attributes:
        robot: Who walks.
        num_envs: N of the batched rows.
        nthread: Threads of the simulation and of the updates.
        actor, critic: A trained policy; without it, actions are random and robots fall within about 1 s.
    """

    robot: Robot
    num_envs: int
    nthread: int
    actor: Mlp | None
    critic: Mlp | None

    def env(self) -> BatchEnv:
        """A batch of its own, not yet reset."""
        task = builtin_tasks().make(TASK, self.robot)
        return BatchEnv(task, self.num_envs, seed=0, nthread=self.nthread, stagger=True)

    def acting(self) -> Callable[[Array], Array]:
        """Observation (N, O) -> action (N, A), with exploration."""
        rng = np.random.default_rng(0)
        if self.actor is None:
            size = builtin_tasks().make(TASK, self.robot).action_size
            return lambda observation: UNTRAINED_STD * rng.standard_normal((len(observation), size))
        fast = self.actor.fast()

        def act(observation: Array) -> Array:
            mean = fast(observation[:, : fast.input_size])
            return mean + TRAINED_STD * rng.standard_normal(mean.shape)

        return act

    def model(self, kind: type[LeanPPO]) -> LeanPPO:
        """PPO as walking is trained, with the policy in its networks."""
        env = self.env()
        config = replace(TRAININGS[TASK].ppo(), batch_size=6 * self.num_envs)
        if self.actor is not None and self.critic is not None:
            actor, critic = (tuple(len(bias) for _, bias in net.layers[:-1]) for net in (self.actor, self.critic))
            config = replace(config, actor=actor, critic=critic)
            rate = config.learning_rate_range[0]
            config = replace(
                config,
                initial_log_std=float(np.log(TRAINED_STD)),
                learning_rate=rate,
                learning_rate_range=(rate, rate),
            )
        model = kind(SB3VecEnv(env), config, actor_size=env.task.actor_size, seed=0, threads=self.nthread)
        if self.actor is not None and self.critic is not None:
            install(model, self.actor, self.critic)
        return model


class Row(ABC):
    """One thing that is timed.

    Attributes:
        unit: Environment steps in one call of `run`.
    """

    unit: int

    @abstractmethod
    def run(self) -> float:
        """`unit` environment steps; the seconds that count."""

    def close(self) -> None:
        """Give back processes."""


class EnvRow(Row):
    """`BatchEnv.step`; choosing the actions does not count."""

    def __init__(self, workload: Workload) -> None:
        """Take the batch to the middle of its episodes."""
        self._env = workload.env()
        self._act = workload.acting()
        self._observation = self._env.reset()
        self.unit = workload.num_envs * STEPS
        for _ in range(WARM_UP):
            self._observation = self._env.step(self._act(self._observation)).observation

    def run(self) -> float:
        """Step and time each step."""
        spent = 0.0
        for _ in range(STEPS):
            action = self._act(self._observation)
            began = time.perf_counter()
            result = self._env.step(action)
            spent += time.perf_counter() - began
            self._observation = result.observation
        return spent


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Motor commands of a stretch of a rollout, and the simulations to repeat them on.

    Attributes:
        env: Whose simulations.
        state: Integration state in which it began. Shape (N, S).
        targets: What went to the motors, each (N, J), rad.
    """

    env: BatchEnv
    state: Array
    targets: list[Array]

    @staticmethod
    def of(workload: Workload) -> Recording:
        """`STEPS` steps from the middle of many episodes."""
        env, act = workload.env(), workload.acting()
        observation = env.reset()
        for _ in range(WARM_UP):
            observation = env.step(act(observation)).observation
        state, targets = env.sim.batch.state.copy(), []
        for _ in range(STEPS):
            observation = env.step(act(observation)).observation
            targets.append(env.sim.ctrl.copy())
        return Recording(env=env, state=state, targets=targets)


class BatchRow(Row):
    """Repeats a recording with nothing but batched simulation."""

    def __init__(self, recording: Recording) -> None:
        """Keep the recording."""
        self._recording = recording
        self.unit = recording.env.n * len(recording.targets)

    def run(self) -> float:
        """One `BatchSim.step` for each recorded step; going back to the beginning does not count."""
        sim = self._recording.env.sim
        sim.batch.state[:] = self._recording.state
        began = time.perf_counter()
        for targets in self._recording.targets:
            sim.step(targets)
        return time.perf_counter() - began


class ThingRow(Row):
    """Repeats a recording beside a table, far from all robots, on which a free box lies: what the box costs."""

    def __init__(self, recording: Recording) -> None:
        """Furnish a world for the same robots."""
        robot, far = recording.env.task.world.robot, 1000.0
        desk = table("table", Place(x=far, y=0.0))
        parcel = box("parcel", Place(x=far, y=0.0, z=HEIGHT, rests_on="table"))
        scene = Scene(name="bench", things=(desk, parcel), start=Stand(x=0.0, y=0.0, heading=0.0))
        world = build_world(robot, WorldConfig(body_contacts=scene.contacts(robot)), furnish=[scene.furnish])
        recorded, ids = recording.env.sim, np.arange(recording.env.n)
        recorded.batch.state[:] = recording.state
        qpos, qvel = np.tile(world.home, (len(ids), 1)), np.zeros((len(ids), world.model.nv))
        qpos[:, : recorded.qpos.shape[1]] = recorded.qpos
        qvel[:, : recorded.qvel.shape[1]] = recorded.qvel
        self._sim = BatchSim(world, len(ids), nthread=recorded.batch.nthread)
        self._sim.reset(ids, qpos, qvel)
        self._state, self._targets = self._sim.batch.state.copy(), recording.targets
        self.unit = len(ids) * len(self._targets)

    def run(self) -> float:
        """As `BatchRow`."""
        self._sim.batch.state[:] = self._state
        began = time.perf_counter()
        for targets in self._targets:
            self._sim.step(targets)
        return time.perf_counter() - began


class RawRow(Row):
    """Repeats a recording by `mj_step`, one robot after the other, on their own models."""

    def __init__(self, recording: Recording) -> None:
        """Take some robots' models out of the batch."""
        env = recording.env
        self._ids = range(min(RAW_ROBOTS, env.n))
        self._recording = recording
        self._models = [env.sim.batch.get_model(i) for i in self._ids]
        self._data = mujoco.MjData(env.task.world.model)
        self.unit = len(self._ids) * len(recording.targets)

    def run(self) -> float:
        """All substeps of all recorded steps of these robots."""
        env, data, spent = self._recording.env, self._data, 0.0
        env.sim.batch.state[:] = self._recording.state
        substeps = env.task.world.substeps
        for i, model in zip(self._ids, self._models, strict=True):
            env.sim.batch.get_data(i, data)
            began = time.perf_counter()
            for targets in self._recording.targets:
                data.ctrl[:] = targets[i]
                for _ in range(substeps):
                    mujoco.mj_step(model, data)
            spent += time.perf_counter() - began
        return spent


class _RolloutOnly(LeanPPO):
    def train(self) -> None:
        """Learn nothing."""


class LearningRow(Row):
    """Iterations of PPO, with or without its updates."""

    def __init__(self, workload: Workload, *, update: bool) -> None:
        """Build the algorithm."""
        self._model = workload.model(LeanPPO if update else _RolloutOnly)
        self.unit = workload.num_envs * self._model.ppo.rollout_steps
        for _ in range(WARM_UP // self._model.ppo.rollout_steps):
            self.run()

    def run(self) -> float:
        """One iteration."""
        began = time.perf_counter()
        self._model.learn(self.unit, reset_num_timesteps=False)
        return time.perf_counter() - began


class WorkerRow(Row):
    """The single environment in worker processes, one each; choosing the actions does not count."""

    def __init__(self, workload: Workload, num_envs: int) -> None:
        """Start the workers."""
        self._act = workload.acting()
        self.unit = num_envs * STEPS
        make = partial(TaskEnv, workload.robot, TASK, setting="training", randomisation=Randomisation())
        self._observation = self.start(make, num_envs)

    @abstractmethod
    def start(self, make: Callable[[], TaskEnv], num_envs: int) -> np.ndarray:
        """Start the workers and reset them; the first observation."""

    @abstractmethod
    def step(self, action: np.ndarray) -> np.ndarray:
        """One step; the next observation."""

    def run(self) -> float:
        """Step and time each step."""
        spent = 0.0
        for _ in range(STEPS):
            action = self._act(self._observation.astype(np.float64)).astype(np.float32)
            began = time.perf_counter()
            self._observation = self.step(action)
            spent += time.perf_counter() - began
        return spent


class AsyncRow(WorkerRow):
    """Gymnasium's worker processes."""

    def start(self, make: Callable[[], TaskEnv], num_envs: int) -> np.ndarray:
        """`AsyncVectorEnv`."""
        self._env = gymnasium.vector.AsyncVectorEnv([make] * num_envs, context="forkserver")
        return self._env.reset(seed=0)[0]

    def step(self, action: np.ndarray) -> np.ndarray:
        """All workers."""
        return self._env.step(action)[0]

    def close(self) -> None:
        """End the workers."""
        self._env.close()


class SubprocRow(WorkerRow):
    """SB3's worker processes."""

    def start(self, make: Callable[[], TaskEnv], num_envs: int) -> np.ndarray:
        """`SubprocVecEnv`."""
        self._env: Any = subprocess_envs(make, num_envs)
        self._env.seed(0)
        return self._env.reset()

    def step(self, action: np.ndarray) -> np.ndarray:
        """All workers."""
        return self._env.step(action)[0]

    def close(self) -> None:
        """End the workers."""
        self._env.close()
