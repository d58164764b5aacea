"""A batched environment that is learned in seconds: what the tests of the algorithms run on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, BoolArray
from skillblend.snapshots import Stateful


class ToyTask:
    """The actor sees two numbers and should answer with them; only the critic sees a third."""

    def __init__(self) -> None:
        """Sizes."""
        self.actor_size = 2
        self.critic_size = 1
        self.action_size = 2


@dataclass(frozen=True, kw_only=True)
class ToyOutcome:
    """As `sim.env.StepResult`."""

    observation: Array
    reward: Array
    terminated: BoolArray
    truncated: BoolArray
    final_observation: Array
    metrics: dict[str, Array]


class ToyEnv(Stateful):
    """N environments; the reward is the third number minus the squared error of the action.

    An episode is truncated after `length` steps, and terminated by an error beyond 3. The numbers stay
    the same during an episode, but for the third, which counts the steps down as a share of `length`.
    """

    def __init__(self, n: int, *, seed: int = 0, length: int = 8) -> None:
        """`n` environments with episodes of `length` steps."""
        self.n = n
        self.length = length
        self._task = ToyTask()
        self.terms: dict[str, Array] = {"error": np.zeros(n)}
        self._rng = np.random.default_rng(seed)
        self._target = np.zeros((n, 2))
        self._step = np.zeros(n, dtype=np.int64)

    @property
    def task(self) -> ToyTask:
        """Sizes."""
        return self._task

    def reset(self) -> Array:
        """New episodes everywhere."""
        self._begin(np.ones(self.n, dtype=np.bool_))
        return self._observe()

    def step(self, action: Array) -> ToyOutcome:
        """One step under actions (N, 2)."""
        bonus = self._left()
        squared = ((action - self._target) ** 2).sum(axis=1)
        self.terms = {"error": np.sqrt(squared)}
        self._step += 1
        terminated = squared > 9.0
        truncated = (self._step >= self.length) & ~terminated
        final = self._observe()
        metrics = {"length": self._step.astype(np.float64)}
        done = terminated | truncated
        self._begin(done)
        return ToyOutcome(
            observation=self._observe(),
            reward=bonus - squared,
            terminated=terminated,
            truncated=truncated,
            final_observation=final,
            metrics=metrics if done.any() else {},
        )

    def _begin(self, which: BoolArray) -> None:
        self._target[which] = self._rng.uniform(-1.0, 1.0, (int(which.sum()), 2))
        self._step[which] = 0

    def _left(self) -> Array:
        return 1.0 - self._step / self.length

    def _observe(self) -> Array:
        return np.concatenate([self._target, self._left()[:, None]], axis=1)
