"""A batched environment as a Stable-Baselines3 `VecEnv`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import Env, spaces
from stable_baselines3.common.vec_env import SubprocVecEnv, VecEnv

from skillblend.contracts import Array, BoolArray

ACTION_BOUND = 10.0
"""Policies act in units of their action scale; nothing sensible lies beyond this."""


class TaskShape(Protocol):
    """Sizes of a task's observation and action."""

    actor_size: int
    critic_size: int
    action_size: int


class StepOutcome(Protocol):
    """What one step of a batched environment returns; see `sim.env.StepResult`."""

    observation: Array
    reward: Array
    terminated: BoolArray
    truncated: BoolArray
    final_observation: Array
    metrics: dict[str, Array]


class BatchedEnv(Protocol):
    """N environments stepped together; see `sim.env.BatchEnv`."""

    n: int

    @property
    def task(self) -> TaskShape:
        """Sizes."""
        ...

    @property
    def terms(self) -> dict[str, Array]:
        """Reward terms of the last step, each (N,), before weighting."""
        ...

    def reset(self) -> Array:
        """First observations (N, O)."""
        ...

    def step(self, action: Array) -> StepOutcome:
        """One step under actions (N, A)."""
        ...


class SB3VecEnv(VecEnv):
    """Terminal observations and truncation as SB3 expects them in `infos`."""

    def __init__(self, env: BatchedEnv) -> None:
        """Wrap `env`, which must not be stepped by anyone else."""
        self.env = env
        task = env.task
        size = task.actor_size + task.critic_size
        self.render_mode = None
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            env.n,
            spaces.Box(-np.inf, np.inf, (size,), np.float32),
            spaces.Box(-ACTION_BOUND, ACTION_BOUND, (task.action_size,), np.float32),
        )
        self.finished: list[dict[str, float]] = []
        self._rewards, self._steps = 0.0, 0
        self._actions = np.zeros((env.n, task.action_size))

    def reset(self) -> np.ndarray:
        """New episodes everywhere."""
        return self.env.reset().astype(np.float32)

    def step_async(self, actions: np.ndarray) -> None:
        """Remember the actions."""
        self._actions = actions.astype(np.float64)

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Step everything."""
        result = self.env.step(self._actions)
        done = result.terminated | result.truncated
        self._rewards, self._steps = self._rewards + float(result.reward.sum()), self._steps + self.num_envs
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(done):
            infos[i] = {
                "terminal_observation": result.final_observation[i].astype(np.float32),
                "TimeLimit.truncated": bool(result.truncated[i]),
            }
            self.finished.append({k: float(v[i]) for k, v in result.metrics.items()})
        return result.observation.astype(np.float32), result.reward.astype(np.float32), done, infos

    def pop_finished(self) -> dict[str, float]:
        """Means of the task's metrics over the episodes that ended since the last call."""
        rows, self.finished = self.finished, []
        if not rows:
            return {}
        return {k: float(np.mean([r[k] for r in rows])) for k in rows[0]}

    def pop_reward(self) -> float:
        """Mean reward of a step since the last call; NaN where there was none."""
        mean = self._rewards / self._steps if self._steps else float("nan")
        self._rewards, self._steps = 0.0, 0
        return mean

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same attribute for every environment."""
        return [getattr(self, attr_name, None) for _ in self._indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Environments share their attributes; setting one apart is refused."""
        raise NotImplementedError("environments of a batch share their attributes")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Environments of a batch have no methods of their own."""
        raise NotImplementedError("environments of a batch have no methods of their own")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Never."""
        return [False for _ in self._indices(indices)]

    def _indices(self, indices: Any) -> Sequence[int]:
        return list(self._get_indices(indices))


def subprocess_envs(make: Callable[[], Env[Any, Any]], num_envs: int) -> VecEnv:
    """SB3's own way to run environments side by side, one process each: what ours is compared with."""
    return SubprocVecEnv([make] * num_envs, start_method="forkserver")
