"""Behaviour cloning: start a policy as the imitation of a scripted teacher, before PPO improves on it."""

from __future__ import annotations

import torch as th

from skillblend.contracts import Array
from skillblend.training.ppo import LeanPPO


def clone(model: LeanPPO, observations: Array, actions: Array, *, epochs: int = 30, seed: int = 0) -> float:
    """Regress the actor's mean on a teacher's actions; the critic is left alone.

    Args:
        model: Whose actor is changed.
        observations: Shape (M, O), privileged columns included (the actor ignores them).
        actions: Of the teacher. Shape (M, A).
        epochs: Passes over the data.
        seed: Of the shuffling.

    Returns:
        Mean squared error at the end.
    """
    generator = th.Generator().manual_seed(seed)
    x = th.as_tensor(observations, dtype=th.float32)
    y = th.as_tensor(actions, dtype=th.float32)
    policy = model.policy
    parameters = [
        *policy.mlp_extractor.policy_net.parameters(),
        *policy.action_net.parameters(),
    ]
    optimiser = th.optim.Adam(parameters, lr=1e-3)
    error = 0.0
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (1.0 - epoch / epochs) + 1e-5
        order = th.randperm(len(x), generator=generator)
        total = 0.0
        for start in range(0, len(x), 512):
            index = order[start : start + 512]
            latent = policy.mlp_extractor.forward_actor(x[index])
            loss = th.nn.functional.smooth_l1_loss(policy.action_net(latent), y[index])
            optimiser.zero_grad()
            loss.backward()  # pyright: ignore[reportUnknownMemberType]
            optimiser.step()  # pyright: ignore[reportUnknownMemberType]
            total += float(loss.item()) * len(index)
        error = total / len(x)
    return error
