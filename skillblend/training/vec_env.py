"""A batched environment as a Stable-Baselines3 `VecEnv`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
    """Terminal observations and truncation as SB3 expects them in `infos`.

    The environments may come in parts, one batch each. Parts can also be stepped one at a time, `part_async` and
    `part_wait`: while one is simulated, the policy chooses for another.
    """

    def __init__(self, *parts: BatchedEnv, threads: int = 1) -> None:
        """Wrap `parts`, of the same task, which must not be stepped by anyone else.

        Args:
            parts: One or more batches, in the order of their environments.
            threads: Parts that are stepped at the same time; results do not depend on it.
        """
        self.parts = parts
        task = parts[0].task
        size = task.actor_size + task.critic_size
        self.render_mode = None
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            sum(part.n for part in parts),
            spaces.Box(-np.inf, np.inf, (size,), np.float32),
            spaces.Box(-ACTION_BOUND, ACTION_BOUND, (task.action_size,), np.float32),
        )
        self.finished: list[dict[str, float]] = []
        self._actions = np.zeros((self.num_envs, task.action_size))
        ends = np.cumsum([part.n for part in parts]).tolist()
        self.rows = [slice(end - part.n, end) for end, part in zip(ends, parts, strict=True)]
        """Environments of each part."""
        self._pool = ThreadPoolExecutor(min(threads, len(parts)), "env") if threads > 1 and len(parts) > 1 else None
        self._pending: list[Callable[[], StepOutcome]] = [_not_stepped] * len(parts)

    @property
    def terms(self) -> dict[str, float]:
        """Reward terms of the last step, before weighting: means over the environments."""
        parts = [part.terms for part in self.parts]
        shares = [part.n / self.num_envs for part in self.parts]
        return {k: sum(w * float(p[k].mean()) for w, p in zip(shares, parts, strict=True)) for k in parts[0]}

    def reset(self) -> np.ndarray:
        """New episodes everywhere."""
        return np.concatenate([part.reset().astype(np.float32) for part in self.parts])

    def part_async(self, index: int, actions: np.ndarray) -> None:
        """Begin a step of one part under actions (n, A)."""
        step, chosen = self.parts[index].step, actions.astype(np.float64)
        if self._pool is None:
            self._pending[index] = partial(step, chosen)
        else:
            self._pending[index] = self._pool.submit(step, chosen).result

    def part_wait(self, index: int) -> StepOutcome:
        """The outcome of the step that `part_async` began; episodes that ended are noted in `finished`."""
        outcome, self._pending[index] = self._pending[index](), _not_stepped
        for i in np.flatnonzero(outcome.terminated | outcome.truncated):
            self.finished.append({k: float(v[i]) for k, v in outcome.metrics.items()})
        return outcome

    def step_async(self, actions: np.ndarray) -> None:
        """Remember the actions."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Step everything."""
        for index, rows in enumerate(self.rows):
            self.part_async(index, self._actions[rows])
        results = [self.part_wait(index) for index in range(len(self.parts))]
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for rows, result in zip(self.rows, results, strict=True):
            for i in np.flatnonzero(result.terminated | result.truncated):
                infos[rows.start + i] = {
                    "terminal_observation": result.final_observation[i].astype(np.float32),
                    "TimeLimit.truncated": bool(result.truncated[i]),
                }
        observation = np.concatenate([r.observation.astype(np.float32) for r in results])
        reward = np.concatenate([r.reward.astype(np.float32) for r in results])
        return observation, reward, np.concatenate([r.terminated | r.truncated for r in results]), infos

    def pop_finished(self) -> dict[str, float]:
        """Means of the task's metrics over the episodes that ended since the last call."""
        rows, self.finished = self.finished, []
        if not rows:
            return {}
        return {k: float(np.mean([r[k] for r in rows])) for k in rows[0]}

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


def _not_stepped() -> StepOutcome:
    raise RuntimeError("part_wait before part_async")


def subprocess_envs(make: Callable[[], Env[Any, Any]], num_envs: int) -> VecEnv:
    """SB3's own way to run environments side by side, one process each: what ours is compared with."""
    return SubprocVecEnv([make] * num_envs, start_method="forkserver")
