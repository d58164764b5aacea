"""Noise in joint space: the gradient towards gates and goals is that of the blend, and samples have their density."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch as th

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.randomisation import NOMINAL
from sim.registry import builtin_tasks
from sim.tasks.blend import blend_task
from sim.tasks.spec import TASKS
from sim.train import blend_ppo
from skillblend.blending import mix
from skillblend.contracts import Array
from skillblend.errors import InputError
from skillblend.joint_blending import JointBlendController
from skillblend.shipped import MODELS
from skillblend.skills.spec import SKILLS
from skillblend.training.joint_ppo import JointMean, JointPPO, make_learner
from skillblend.training.ppo import PPOConfig
from skillblend.training.vec_env import SB3VecEnv

H1 = robots.load("h1")
N = 4


@pytest.fixture
def env() -> BatchEnv:
    """FarReach of robots that are on their way: skills follow goals, feet step."""
    controller = make_blender(TASKS["far_reach"], H1, MODELS, "joint_noise")
    made = BatchEnv(blend_task(TASKS["far_reach"], controller), N, seed=5, randomisation=NOMINAL)
    made.reset()
    action = np.random.default_rng(3).normal(0.0, 0.4, (N, controller.action_size))
    for _ in range(25):
        made.step(action)
    return made


def controller_of(env: BatchEnv) -> JointBlendController:
    task: Any = env.task
    return task.controller


def composed(env: BatchEnv, action: Array, then: Array) -> Array:
    """What the joints would get under `action` (N, A) if each skill followed its goal at once: (N, J), rad."""
    task: Any = env.task
    controller, memory = task.controller, task.memory
    each = []
    for k, name in enumerate(controller.ensemble.names):
        own, field = copy.copy(memory.skills[name]), SKILLS[name].followed
        column = controller.columns[name]
        shift = (action - then)[:, column] * np.array(controller.config.skills[k].scale)
        followed = getattr(own, field)
        setattr(own, field, followed + shift.reshape(followed.shape))
        each.append(controller.ensemble.act(k, env.obs, memory.goals[k], own))
    return mix(np.stack(each, axis=1), controller.weights(action))


def test_the_mean_is_what_the_robots_get(env: BatchEnv) -> None:
    task: Any = env.task
    parts = task.controller.parts(env.obs, task.goal, task.memory)
    action = np.random.default_rng(8).normal(0.0, 0.5, (N, task.action_size))
    u, targets, slopes = (th.as_tensor(x).float() for x in (action, parts.targets, parts.slopes))
    mean = JointMean(task.controller)(u, u, targets, slopes)
    env.step(action)
    np.testing.assert_allclose(mean.numpy(), env._sent, atol=2e-6)


def test_gradients_are_those_of_the_blend(env: BatchEnv) -> None:
    """Against central differences of the blend itself, with skills that follow their goals at once."""
    controller, task = controller_of(env), env.task
    assert isinstance(controller, JointBlendController)
    parts = controller.parts(env.obs, task.goal, task.memory)  # type: ignore[attr-defined]
    then = np.random.default_rng(9).normal(0.0, 0.5, (N, task.action_size))
    u = th.as_tensor(then).float().requires_grad_()
    fixed = u.detach().clone()
    mean = JointMean(controller)(u, fixed, th.as_tensor(parts.targets).float(), th.as_tensor(parts.slopes).float())
    direction = np.random.default_rng(10).normal(size=mean.shape)
    (found,) = th.autograd.grad((mean * th.as_tensor(direction).float()).sum(), u)
    wanted, step = np.zeros_like(then), 1e-3
    for column in range(task.action_size):
        ahead, back = then.copy(), then.copy()
        ahead[:, column] += step
        back[:, column] -= step
        change = composed(env, ahead, then) - composed(env, back, then)
        wanted[:, column] = (change * direction).sum(axis=1) / (2 * step)
    assert np.abs(wanted).max(axis=0).min() > 1e-3, "every column of the action moves some joint"
    np.testing.assert_allclose(found.numpy(), wanted, rtol=0.02, atol=2e-3)


def test_a_sample_has_the_density_of_its_noise_and_pulls_the_mean_towards_it(env: BatchEnv) -> None:
    vec = SB3VecEnv(env)
    config = replace(blend_ppo(controller_of(env)), rollout_steps=8, batch_size=16, epochs=1, critic_warmup=0)
    model = make_learner(vec, config, actor_size=env.task.actor_size, seed=0)
    assert isinstance(model, JointPPO)
    model.learn(8 * N)
    data = model._tensors()
    with th.no_grad():
        data["mean"] = model._mean(data["observations"])
    log_std = model.policy.log_std.detach()
    std = config.joint_std
    log_prob, kl = model._likelihood(data, data["actions"], log_std)
    z = data["noise"] / std
    density = (-0.5 * z**2 - np.log(std) - 0.5 * np.log(2 * np.pi)).sum(dim=1)
    np.testing.assert_allclose(log_prob.numpy(), density.numpy(), rtol=1e-4)
    np.testing.assert_allclose(data["log_probs"].numpy(), density.numpy(), rtol=1e-4)
    assert kl == 0.0

    actions = data["actions"].clone().requires_grad_()
    log_prob, _ = model._likelihood(data, actions, log_std)
    (gradient,) = th.autograd.grad(log_prob.sum(), actions)
    assert (gradient.abs().sum(dim=0) > 0).all(), "gates and goals alike"
    better, kl = model._likelihood(data, data["actions"] + 1e-4 * gradient, log_std)
    assert (better >= log_prob - 1e-4).all() and better.sum() > log_prob.sum() and kl > 0.0


def test_noise_is_told_to_the_skills_and_lasts_one_step(env: BatchEnv) -> None:
    task: Any = env.task
    action = np.zeros((N, task.action_size))
    task.noise = np.full((N, H1.num_joints), 0.01)
    env.step(action)
    for memory in task.memory.skills.values():
        np.testing.assert_array_equal(memory.last_targets, env._sent)
    assert task.noise is None


def test_a_task_without_parts_is_refused() -> None:
    other = BatchEnv(builtin_tasks().make("far_reach", H1), 2, randomisation=NOMINAL)
    with pytest.raises(InputError, match=r"joint_std = 0\.1 needs a blender .* found BlendController"):
        make_learner(
            SB3VecEnv(other), PPOConfig(joint_std=0.1, batch_size=8), actor_size=other.task.actor_size, seed=0
        )


def test_a_skill_that_does_not_say_what_follows_its_goal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = replace(SKILLS["reaching"], followed="")
    monkeypatch.setattr("skillblend.joint_blending.SKILLS", {**{n: SKILLS[n] for n in SKILLS}, "reaching": silent})
    with pytest.raises(InputError, match="reaching does not say what of its memory follows the goal"):
        make_blender(TASKS["far_reach"], H1, MODELS, "joint_noise")
