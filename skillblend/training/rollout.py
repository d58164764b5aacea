"""Rollouts of a batch in parts: while one part is simulated, the policy chooses for the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skillblend.training.vec_env import ACTION_BOUND, SB3VecEnv

Float32 = npt.NDArray[np.float32]

Choose = Callable[[Float32], tuple[Float32, Float32]]
"""Observations (n, O) -> actions (n, A) and the logarithms of their densities (n,)."""


@dataclass(kw_only=True)
class Rollout:
    """T steps of N environments.

    Attributes:
        observations: Before each step. Shape (T, N, O).
        actions: As chosen, before they are clipped. Shape (T, N, A).
        log_probs: Shape (T, N).
        rewards: Shape (T, N).
        starts: 1 where an episode begins with this step. Shape (T, N).
        last_observation: After the last step. Shape (N, O).
        last_done: Whether the last step ended an episode. Shape (N,).
        cut: Where an episode was cut off by time: step, environment, and what it saw last (O,).
    """

    observations: Float32
    actions: Float32
    log_probs: Float32
    rewards: Float32
    starts: Float32
    last_observation: Float32
    last_done: npt.NDArray[np.bool_]
    cut: list[tuple[int, int, Float32]]


def collect(vec: SB3VecEnv, rollout: Rollout, choose: Choose, on_step: Callable[[], bool]) -> bool:
    """Fill `rollout`, whose `last_observation` and `last_done` say where the environments stand.

    Args:
        vec: Environments.
        rollout: Its arrays are written to.
        choose: The policy.
        on_step: Called after each step of all environments; False ends the rollout there.

    Returns:
        Whether it is complete.
    """
    steps, parts = len(rollout.rewards), range(len(vec.rows))
    rollout.cut.clear()
    for index in parts:
        _begin(vec, rollout, choose, 0, index)
    for step in range(steps):
        for index in parts:
            _finish(vec, rollout, step, index)
            if step + 1 < steps:
                _begin(vec, rollout, choose, step + 1, index)
        if not on_step():
            if step + 1 < steps:
                for index in parts:
                    _finish(vec, rollout, step + 1, index)
            return False
    return True


def _begin(vec: SB3VecEnv, rollout: Rollout, choose: Choose, step: int, index: int) -> None:
    rows = vec.rows[index]
    observation = rollout.last_observation[rows]
    actions, log_probs = choose(observation)
    vec.part_async(index, np.clip(actions, -ACTION_BOUND, ACTION_BOUND))
    rollout.observations[step, rows] = observation
    rollout.actions[step, rows] = actions
    rollout.log_probs[step, rows] = log_probs
    rollout.starts[step, rows] = rollout.last_done[rows]


def _finish(vec: SB3VecEnv, rollout: Rollout, step: int, index: int) -> None:
    rows = vec.rows[index]
    result = vec.part_wait(index)
    rollout.rewards[step, rows] = result.reward
    rollout.last_observation[rows] = result.observation
    rollout.last_done[rows] = result.terminated | result.truncated
    for i in np.flatnonzero(result.truncated):
        rollout.cut.append((step, rows.start + int(i), result.final_observation[i].astype(np.float32)))
