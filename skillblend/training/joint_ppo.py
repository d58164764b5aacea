"""PPO whose noise is in joint space: the frozen skills are part of the policy, gates and goals get gradients.

An action of the high level is its mean; joints get noise besides. A sample's density follows the mean of the joints
as `skillblend.joint_blending` takes it apart: exactly in the gates, along the skills' slopes in their goals.
"""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
import torch as th
from stable_baselines3.common.vec_env import VecEnv

from skillblend.blending import BlendMemory
from skillblend.contracts import Array, Observation
from skillblend.errors import InputError
from skillblend.joint_blending import JointBlendController, JointParts
from skillblend.training.ppo import Float32, LeanPPO, PPOConfig
from skillblend.training.vec_env import SB3VecEnv

_HALF_LOG_TAU = 0.9189385


class JointTask(Protocol):
    """The MDP of a blender whose joints can be disturbed.

    Attributes:
        controller: Knows what the joints' mean is made of.
        goal: Of the task.
        memory: The controller's.
        noise: Added to the targets of the next control step, (N, J), rad; None for nothing.
    """

    controller: JointBlendController
    goal: Array
    memory: BlendMemory
    noise: Array | None


class JointEnv(Protocol):
    """N environments of it, and what their robots measure now."""

    obs: Observation

    @property
    def task(self) -> JointTask:
        """The MDP."""
        ...


def make_learner(env: SB3VecEnv, config: PPOConfig, *, actor_size: int, seed: int, threads: int = 1) -> LeanPPO:
    """PPO with the noise that `config` asks for."""
    kind = JointPPO if config.joint_std else LeanPPO
    return kind(env, config, actor_size=actor_size, seed=seed, threads=threads)


class JointMean:
    """Means of joint targets as PyTorch functions of a high level's action."""

    def __init__(self, controller: JointBlendController) -> None:
        """For one kind of action."""
        config = controller.config
        limits = [each.limit for each in config.skills for _ in each.scale]
        self._limits = th.tensor(limits, dtype=th.float32)
        self._owner = th.as_tensor(controller.owner)
        self._gates, self._groups = controller.gates, th.as_tensor(controller.groups).float()
        self._gate_scale, self._others = config.gate_scale, len(config.skills) - 1
        self._action_limit = controller.action_limit

    def weights(self, action: th.Tensor) -> th.Tensor:
        """Of each skill for each joint: (B, K, J)."""
        gate = action[:, self._gates].reshape(len(action), self._others, -1) * self._gate_scale
        logits = gate @ self._groups
        return th.softmax(th.cat([th.zeros_like(logits[:, :1]), logits], dim=1), dim=1)

    def shifts(self, action: th.Tensor) -> th.Tensor:
        """Columns that are goals, as far as they count: (B, S)."""
        goals = action[:, : len(self._limits)]
        return th.minimum(th.maximum(goals, -self._limits), self._limits)

    def __call__(self, action: th.Tensor, then: th.Tensor, targets: th.Tensor, slopes: th.Tensor) -> th.Tensor:
        """Means (B, J), rad, under `action` (B, A) where `then` (B, A) was decided.

        Args:
            action: Of the high level.
            then: Its action when the noise was drawn.
            targets: Of each skill then. Shape (B, K, J), rad.
            slopes: Shape (B, S, J), rad per unit.
        """
        action, then = (a.clamp(-self._action_limit, self._action_limit) for a in (action, then))
        weights = self.weights(action)
        moved = (self.shifts(action) - self.shifts(then))[:, :, None] * slopes * weights[:, self._owner]
        return (weights * targets).sum(dim=1) + moved.sum(dim=1)


class JointPPO(LeanPPO):
    """PPO that disturbs joints instead of the high level's action."""

    def __init__(self, env: VecEnv, config: PPOConfig, *, actor_size: int, seed: int, threads: int = 1) -> None:
        """PPO on `env`, whose task must know the parts of its joints' mean.

        Raises:
            InputError: It does not.
        """
        self._joints = cast(JointEnv, getattr(env, "env"))  # noqa: B009
        controller = getattr(self._joints.task, "controller", None)
        if not isinstance(controller, JointBlendController):
            raise InputError(
                f"joint_std = {config.joint_std} needs a blender that knows what its joints' mean is made of, found "
                f"{type(controller).__name__}; leave joint_std at 0"
            )
        super().__init__(env, config, actor_size=actor_size, seed=seed, threads=threads)
        self._joint_mean = JointMean(controller)
        parts = self._parts()
        n, steps = env.num_envs, config.rollout_steps
        self._noise = np.zeros((steps, n, parts.targets.shape[2]), dtype=np.float32)
        self._targets = np.zeros((steps, *parts.targets.shape), dtype=np.float32)
        self._slopes = np.zeros((steps, *parts.slopes.shape), dtype=np.float32)

    def _parts(self) -> JointParts:
        """Of the next control step."""
        env = self._joints
        return env.task.controller.parts(env.obs, env.task.goal, env.task.memory)

    def _choose(self, observations: Float32, step: int) -> tuple[Float32, Float32]:
        """The mean action (n, A), and the log-densities (n,) of the noise that the joints get."""
        parts, std = self._parts(), self.ppo.joint_std
        z = th.randn(self._noise.shape[1:])
        self._noise[step], self._targets[step], self._slopes[step] = z.numpy() * std, parts.targets, parts.slopes
        self._joints.task.noise = self._noise[step].astype(np.float64)
        log_prob = (-0.5 * z**2 - float(np.log(std)) - _HALF_LOG_TAU).sum(dim=1)
        return self._mean(th.as_tensor(observations)).numpy(), log_prob.numpy()

    def _tensors(self) -> dict[str, th.Tensor]:
        data = super()._tensors()
        for name, values in (("noise", self._noise), ("targets", self._targets), ("slopes", self._slopes)):
            data[name] = th.as_tensor(values.swapaxes(0, 1).reshape(-1, *values.shape[2:]))
        return data

    def _likelihood(
        self, data: dict[str, th.Tensor], mean: th.Tensor, old_log_std: th.Tensor
    ) -> tuple[th.Tensor, float]:
        """Log-densities (B,) of the joints that were sent, under the present mean; the divergence from then."""
        del old_log_std
        then, std = data["actions"], self.ppo.joint_std
        arguments = then, data["targets"], data["slopes"]
        before = self._joint_mean(then, *arguments)
        moved = (self._joint_mean(mean, *arguments) - before) / std
        z = data["noise"] / std - moved
        with th.no_grad():
            kl = float(0.5 * (moved**2).sum(dim=1).mean().item())
        return (-0.5 * z**2 - float(np.log(std)) - _HALF_LOG_TAU).sum(dim=1), kl
