"""Clone the scripted oracle of a blender's task into a checkpoint that PPO can start from."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.env import BatchEnv
from skillblend.contracts import Array
from skillblend.training.clone import clone
from skillblend.training.loop import save_checkpoint
from skillblend.training.ppo import LeanPPO, PPOConfig
from skillblend.training.vec_env import SB3VecEnv

_QUIET = 4.0
"""Least time between two lines about it, s."""

Act = Callable[[Array], Array]


def clone_teacher(
    env: BatchEnv, teacher: Act, ppo: PPOConfig, folder: Path, *, seed: int, rounds: int = 3,
    say: Callable[[str], None] | None = None,
) -> list[float]:  # fmt: skip
    """Aggregate states of the teacher (with noise), then of the clone itself, all labelled by the teacher.

    Source: DAgger, Ross, Gordon and Bagnell, "A reduction of imitation learning and structured prediction to
    no-regret online learning", AISTATS 2011.

    Args:
        env: Freshly built.
        teacher: Scripted policy over the actor's columns.
        ppo: Sizes of the networks.
        folder: Where the checkpoint goes.
        seed: Of the networks, the noise and the shuffling.
        rounds: One episode length each.
        say: Called with a line each few seconds, the first one at once.

    Returns:
        Imitation error after each round.
    """
    rng = np.random.default_rng(seed)
    vec = SB3VecEnv(env)
    model = LeanPPO(vec, ppo, actor_size=env.task.actor_size, seed=seed)
    size = env.task.actor_size
    seen: list[Array] = []
    labels: list[Array] = []
    errors: list[float] = []
    tell = _Teller(say, rounds, env.task.episode_steps)
    observation = env.reset()
    for turn in range(rounds):
        for step in range(env.task.episode_steps):
            tell(turn, step)
            wanted = teacher(observation[:, :size])
            seen.append(observation.copy())
            labels.append(wanted)
            if turn == 0:
                action = wanted + rng.normal(0.0, 0.25, wanted.shape)
            else:
                action = model.predict(observation.astype(np.float32), deterministic=True)[0].astype(np.float64)
            observation = env.step(action).observation
        tell(turn, env.task.episode_steps)
        errors.append(clone(model, np.concatenate(seen), np.concatenate(labels), seed=seed + turn))
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(model, folder, 0, 0.0)
    return errors


class _Teller:
    """Says how far it is, not too often."""

    def __init__(self, say: Callable[[str], None] | None, rounds: int, steps: int) -> None:
        self._say, self._rounds, self._steps = say, rounds, steps
        self._last = -_QUIET

    def __call__(self, turn: int, step: int) -> None:
        now = time.monotonic()
        if self._say is None or now - self._last < _QUIET:
            return
        self._last = now
        doing = f"{step} of {self._steps} steps" if step < self._steps else "learning from them"
        self._say(f"imitating the script first: round {turn + 1} of {self._rounds}, {doing}")
