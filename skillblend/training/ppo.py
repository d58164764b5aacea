"""PPO on batched environments: SB3's algorithm and rollouts, with a lean update step.

The observation holds the actor's columns first and the critic's privileged columns behind them; the
actor network is only ever given the former. The learning rate follows the measured KL divergence.

Source: Schulman et al., "Proximal policy optimization algorithms", arXiv 1707.06347; KL-adaptive
learning rate after Rudin et al., "Learning to walk in minutes", CoRL 2021.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch as th
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from skillblend.errors import InputError

Float32 = npt.NDArray[np.float32]
_HALF_LOG_TAU = 0.9189385
"""Half the logarithm of 2 pi."""


@dataclass(frozen=True, kw_only=True)
class PPOConfig:
    """Hyper-parameters.

    Attributes:
        rollout_steps: Environment steps per environment and iteration.
        batch_size: Minibatch.
        epochs: Passes over each rollout.
        gamma, gae_lambda, clip: As in the paper.
        desired_kl: Divergence that the learning rate is steered towards.
        learning_rate: Initial, and its range.
        actor, critic: Hidden layer widths.
        initial_log_std, min_log_std: Of the exploration noise.
        entropy: Weight of the entropy bonus.
        critic_warmup: Iterations in which only the critic learns: for policies that were cloned.
        joint_std: Of noise in joint space instead of the action's, rad; see `skillblend.training.joint_ppo`.
    """

    rollout_steps: int = 24
    batch_size: int = 768
    epochs: int = 5
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip: float = 0.2
    desired_kl: float = 0.01
    learning_rate: float = 1e-3
    learning_rate_range: tuple[float, float] = (1e-5, 3e-3)
    actor: tuple[int, ...] = (256, 128)
    critic: tuple[int, ...] = (256, 128)
    initial_log_std: float = -0.7
    min_log_std: float = -2.3
    entropy: float = 0.0
    critic_warmup: int = 0
    joint_std: float = 0.0


class AsymmetricExtractor(nn.Module):
    """Two separate trunks; the actor's sees the first `actor_size` columns only."""

    def __init__(self, actor_size: int, total: int, config: PPOConfig) -> None:
        """ELU trunks of the configured widths."""
        super().__init__()
        self.actor_size = actor_size
        self.policy_net = _trunk(actor_size, config.actor)
        self.value_net = _trunk(total, config.critic)
        self.latent_dim_pi = config.actor[-1]
        self.latent_dim_vf = config.critic[-1]

    def forward(self, features: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
        """Both latents."""
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: th.Tensor) -> th.Tensor:
        """Latent of the actor, from its own columns."""
        return self.policy_net(features[:, : self.actor_size])

    def forward_critic(self, features: th.Tensor) -> th.Tensor:
        """Latent of the critic, from all columns."""
        return self.value_net(features)


def _trunk(size: int, widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(size, width), nn.ELU(inplace=True)]
        size = width
    return nn.Sequential(*layers)


class AsymmetricPolicy(ActorCriticPolicy):
    """SB3's actor-critic policy over `AsymmetricExtractor`."""

    def __init__(self, *args: Any, actor_size: int, config: PPOConfig, **kwargs: Any) -> None:
        """As SB3's, plus the split of the observation."""
        self._actor_size = actor_size
        self._config = config
        super().__init__(*args, log_std_init=config.initial_log_std, **kwargs)  # pyright: ignore[reportUnknownMemberType]

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = AsymmetricExtractor(self._actor_size, self.features_dim, self._config)


_LONGEST_GRADIENT = 1.0
Part = TypeVar("Part")


@dataclass(frozen=True, kw_only=True)
class _Share:
    """What a part of a minibatch adds to a step.

    Attributes:
        size: Samples.
        gradient: Of the parameters that the loss depends on, one after the other.
        used: Which parameters these are.
        kl: Mean divergence.
        value_loss: Mean.
    """

    size: int
    gradient: th.Tensor
    used: tuple[bool, ...]
    kl: float
    value_loss: float


def _shares(rows: th.Tensor) -> tuple[th.Tensor, th.Tensor]:
    """Two parts of a minibatch, whose gradients are computed side by side and added up in order.

    By a thread of our own, because those that PyTorch starts inside each operation wait for each other too often to
    gain anything with networks as small as these.
    """
    middle = (len(rows) + 1) // 2
    return rows[:middle], rows[middle:]


class LeanPPO(PPO):
    """SB3's PPO with an update in shares, at a learning rate that follows the divergence."""

    def __init__(self, env: VecEnv, config: PPOConfig, *, actor_size: int, seed: int, threads: int = 1) -> None:
        """PPO on `env`, on the CPU; what is learned does not depend on the number of threads.

        `calm` may be set at any time: a factor on the desired divergence.

        Raises:
            InputError: A rollout holds less than one minibatch, so that nothing would be learned.
        """
        rollout = config.rollout_steps * env.num_envs
        if rollout < config.batch_size:
            raise InputError(
                f"a rollout of {rollout} samples ({config.rollout_steps} steps of {env.num_envs} environments) "
                f"fills no minibatch of batch_size = {config.batch_size}; use more environments"
            )
        self.ppo = config
        self.rate = config.learning_rate
        self.calm = 1.0
        self.diagnostics: dict[str, float] = {}
        self._helper = ThreadPoolExecutor(1, "ppo", th.set_num_threads, (1,)) if threads > 1 else None
        super().__init__(
            AsymmetricPolicy,
            env,
            n_steps=config.rollout_steps,
            batch_size=config.batch_size,
            n_epochs=config.epochs,
            learning_rate=config.learning_rate,
            gamma=config.gamma,
            gae_lambda=config.gae_lambda,
            clip_range=config.clip,
            policy_kwargs={
                "actor_size": actor_size,
                "config": config,
                "optimizer_kwargs": {"eps": 1e-5, "fused": True},
            },
            device="cpu",
            seed=seed,
        )
        self.set_logger(Logger(folder=None, output_formats=[]))  # SB3's own makes a folder where temporary files go
        self._parameters = list(self.policy.parameters())

    @property
    def steps_done(self) -> int:
        """Environment steps so far."""
        return int(cast(Any, self).num_timesteps)

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: RolloutBuffer, n_rollout_steps: int
    ) -> bool:
        """As SB3's, but all values are computed at the end, at once."""
        assert isinstance(self._last_obs, np.ndarray)
        buffer, counter, vec = rollout_buffer, cast(Any, self), cast(Any, env)
        buffer.reset()
        callback.on_rollout_start()
        cut: list[tuple[int, int, Float32]] = []
        space, observations = vec.action_space, self._last_obs
        for step in range(n_rollout_steps):
            with th.no_grad():
                actions, log_probs = self._choose(observations, step)
            buffer.observations[step], buffer.actions[step] = observations, actions
            buffer.log_probs[step], buffer.episode_starts[step] = log_probs, self._last_episode_starts
            observations, buffer.rewards[step], done, infos = vec.step(np.clip(actions, space.low, space.high))
            self._last_obs, self._last_episode_starts = observations, done
            for i in np.flatnonzero(done):
                if infos[i]["TimeLimit.truncated"]:
                    cut.append((step, int(i), infos[i]["terminal_observation"]))
            counter.num_timesteps += env.num_envs
            if not callback.on_step():
                return False
        with th.no_grad():
            self._evaluate(buffer, cut)
        callback.on_rollout_end()
        return True

    def _choose(self, observations: Float32, step: int) -> tuple[Float32, Float32]:
        """Sampled actions (n, A) and their log-densities (n,), in step number `step` of the rollout."""
        del step
        mean, log_std = self._mean(th.as_tensor(observations)), self.policy.log_std
        noise = th.randn_like(mean)
        log_prob = (-0.5 * noise**2 - log_std - _HALF_LOG_TAU).sum(dim=1)
        return (mean + log_std.exp() * noise).numpy(), log_prob.numpy()

    def _evaluate(self, buffer: RolloutBuffer, cut: list[tuple[int, int, Float32]]) -> None:
        """Values and advantages; `cut` are steps, environments and last observations of episodes cut off by time."""
        steps, n = buffer.rewards.shape
        beyond = [final[None] for _, _, final in cut]
        seen = th.as_tensor(np.concatenate([*buffer.observations, np.asarray(self._last_obs), *beyond]))
        values = self._in_shares(self._value, seen).numpy()
        buffer.values[:] = values[: steps * n].reshape(steps, n)
        for (step, i, _), value in zip(cut, values[(steps + 1) * n :], strict=True):
            buffer.rewards[step, i] += self.gamma * value
        buffer.pos, buffer.full = steps, True
        last = th.as_tensor(values[steps * n : (steps + 1) * n])
        buffer.compute_returns_and_advantage(last_values=last, dones=np.asarray(self._last_episode_starts))

    def train(self) -> None:
        """One PPO update over the rollout buffer."""
        cfg, policy = self.ppo, self.policy
        policy.set_training_mode(True)
        data = self._tensors()
        with th.no_grad():
            data["mean"] = self._in_shares(self._mean, data["observations"])
            old_log_std = policy.log_std.clone()
        n, size = len(data["returns"]), cfg.batch_size
        losses: list[float] = []
        kls: list[float] = []
        for _ in range(cfg.epochs):
            order = th.randperm(n)
            for start in range(0, n - size + 1, size):
                kl, value_loss = self._minibatch(data, order[start : start + size], old_log_std)
                kls.append(kl)
                losses.append(value_loss)
        with th.no_grad():
            policy.log_std.clamp_(cfg.min_log_std, 0.5)
        self._n_updates += cfg.epochs
        self.diagnostics = {
            "kl": float(np.mean(kls)),
            "value_loss": float(np.mean(losses)),
            "learning_rate": self.rate,
            "std": float(policy.log_std.exp().mean().item()),
        }

    def _tensors(self) -> dict[str, th.Tensor]:
        buffer: Any = self.rollout_buffer
        names = ("observations", "actions", "log_probs", "advantages", "returns")
        data = {k: th.as_tensor(buffer.swap_and_flatten(getattr(buffer, k))) for k in names}
        for k in ("log_probs", "advantages", "returns"):
            data[k] = data[k].flatten()
        advantages = data["advantages"]
        data["advantages"] = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        return data

    def _mean(self, observations: th.Tensor) -> th.Tensor:
        return self.policy.action_net(self.policy.mlp_extractor.forward_actor(observations))

    def _value(self, observations: th.Tensor) -> th.Tensor:
        return self.policy.value_net(self.policy.mlp_extractor.forward_critic(observations)).flatten()

    def _in_shares(self, network: Callable[[th.Tensor], th.Tensor], observations: th.Tensor) -> th.Tensor:
        """What `network` makes of all rows; no gradients."""

        def evaluate(part: th.Tensor) -> th.Tensor:
            with th.no_grad():
                return network(part)

        return th.cat(self._side_by_side(evaluate, observations))

    def _side_by_side(self, work: Callable[[th.Tensor], Part], rows: th.Tensor) -> list[Part]:
        """`work` on each of two shares of `rows`, in a thread of its own if there may be two."""
        first, second = _shares(rows)
        if self._helper is None:
            return [work(first), work(second)]
        later = self._helper.submit(work, second)
        try:
            return [work(first), later.result()]
        finally:
            wait([later])

    def _minibatch(self, data: dict[str, th.Tensor], index: th.Tensor, old_log_std: th.Tensor) -> tuple[float, float]:
        """One optimiser step; the divergence before it, and the value loss."""
        policy, cfg = self.policy, self.ppo
        warming = self._n_updates < cfg.critic_warmup * cfg.epochs

        def gradients(part: th.Tensor) -> _Share:
            return self._gradients(data, part, old_log_std, warming)

        shares = self._side_by_side(gradients, index)
        kl, value_loss = (float(np.average(v, weights=[s.size for s in shares])) for v in (
            [s.kl for s in shares], [s.value_loss for s in shares],
        ))  # fmt: skip
        if not warming:
            self._adapt_rate(kl)
        weights = [share.size / len(index) for share in shares]
        total = sum((w * share.gradient for w, share in zip(weights, shares, strict=True)), th.zeros(()))
        total *= min(1.0, _LONGEST_GRADIENT / (float(total.square().sum().sqrt().item()) + 1e-6))
        begin = 0
        for parameter, use in zip(self._parameters, shares[0].used, strict=True):
            size = parameter.numel() if use else 0
            parameter.grad = total[begin : begin + size].view_as(parameter) if use else None
            begin += size
        policy.optimizer.step()
        return (0.0 if warming else kl), value_loss

    def _gradients(
        self, data: dict[str, th.Tensor], index: th.Tensor, old_log_std: th.Tensor, warming: bool
    ) -> _Share:
        """Of the loss over the samples `index`."""
        cfg, policy = self.ppo, self.policy
        data = {k: v.index_select(0, index) for k, v in data.items()}
        mean = self._mean(data["observations"])
        value = self._value(data["observations"])
        log_std = policy.log_std
        log_prob, kl = self._likelihood(data, mean, old_log_std)
        ratio = (log_prob - data["log_probs"]).exp()
        advantage = data["advantages"]
        clipped = ratio.clamp(1 - cfg.clip, 1 + cfg.clip)
        policy_loss = -th.min(advantage * ratio, advantage * clipped).mean()
        value_loss = ((data["returns"] - value) ** 2).mean()
        loss = value_loss if warming else policy_loss + value_loss - cfg.entropy * log_std.sum()
        found: Any = th.autograd.grad(loss, self._parameters, allow_unused=True)
        gradients: tuple[th.Tensor | None, ...] = found
        return _Share(
            size=len(index),
            gradient=th.cat([g.flatten() for g in gradients if g is not None]),
            used=tuple(g is not None for g in gradients),
            kl=kl,
            value_loss=float(value_loss.item()),
        )

    def _likelihood(
        self, data: dict[str, th.Tensor], mean: th.Tensor, old_log_std: th.Tensor
    ) -> tuple[th.Tensor, float]:
        """Log-densities (B,) of what was done under the policy's present `mean` (B, A); the divergence from then."""
        log_std = self.policy.log_std
        z = (data["actions"] - mean) / log_std.exp()
        with th.no_grad():
            kl = _divergence(mean, log_std, data["mean"], old_log_std)
        return (-0.5 * z**2 - log_std - _HALF_LOG_TAU).sum(dim=1), kl

    def _adapt_rate(self, kl: float) -> None:
        low, high = self.ppo.learning_rate_range
        desired = self.calm * self.ppo.desired_kl
        if kl > 2 * desired:
            self.rate = max(low, self.rate / 1.5)
        elif kl < 0.5 * desired:
            self.rate = min(high, self.rate * 1.5)
        for group in self.policy.optimizer.param_groups:
            group["lr"] = self.rate


def _divergence(mean: th.Tensor, log_std: th.Tensor, old_mean: th.Tensor, old_log_std: th.Tensor) -> float:
    """Mean KL divergence of the new Gaussians from the old ones; means are (B, A), log-deviations (A,)."""
    variance = (2 * old_log_std).exp() + ((old_mean - mean) ** 2).mean(dim=0)
    return float((log_std - old_log_std + variance / (2 * (2 * log_std).exp()) - 0.5).sum().item())
