"""Clone the scripted oracle of a blender's task into a checkpoint that PPO can start from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sim.env import BatchEnv
from skillblend.contracts import Array
from skillblend.training.clone import clone
from skillblend.training.loop import save_checkpoint
from skillblend.training.ppo import LeanPPO, PPOConfig
from skillblend.training.vec_env import SB3VecEnv

Act = Callable[[Array], Array]


def clone_teacher(
    env: BatchEnv, teacher: Act, ppo: PPOConfig, folder: Path, *, seed: int, rounds: int = 3
) -> list[float]:
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
    observation = env.reset()
    for turn in range(rounds):
        for _ in range(env.task.episode_steps):
            wanted = teacher(observation[:, :size])
            seen.append(observation.copy())
            labels.append(wanted)
            if turn == 0:
                action = wanted + rng.normal(0.0, 0.25, wanted.shape)
            else:
                action = model.predict(observation.astype(np.float32), deterministic=True)[0].astype(np.float64)
            observation = env.step(action).observation
        errors.append(clone(model, np.concatenate(seen), np.concatenate(labels), seed=seed + turn))
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(model, folder, 0, 0.0)
    return errors
