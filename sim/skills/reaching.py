"""Reaching: how it is trained, judged and calibrated; its MDP is `sim.tasks.reaching.ReachingTask`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.settings import HARDER, episodes
from sim.skills.spec import Progress, Rows, SkillTraining
from skillblend.affordance import reaching_features
from skillblend.contracts import Array, IntArray, Robot
from skillblend.kinematics import gravity_base
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.streams import Streams
    from sim.tasks.base import Task
    from sim.tasks.starts import StartStates
    from skillblend.training.ppo import PPOConfig


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> Task:
    from sim.tasks.reaching import ReachingTask, ReachingTaskConfig
    from sim.world import build_world

    return ReachingTask(build_world(robot), controller, episodes(ReachingTaskConfig(), config))


def _ppo() -> PPOConfig:
    from skillblend.training.ppo import PPOConfig

    return PPOConfig(gamma=0.98, min_log_std=-2.6)


def _errors(metrics: Mapping[str, Array]) -> dict[str, Array]:
    """Of wrists: means over the last 0.5 s of holds."""
    count = np.where(metrics["wrist_count"] > 0, metrics["wrist_count"], np.nan)
    return {"wrist": metrics["wrist_sum"] / count}


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: both wrists within 5 cm of their targets after three seconds, without a fall."""
    from sim.env import BatchEnv
    from sim.rollouts import DISTURBED, Book
    from sim.tasks.reaching import ReachingTaskConfig
    from sim.tasks.wide_reaching import WideReaching
    from sim.world import build_world

    controller: Any = skill.controller
    config = ReachingTaskConfig(hold_seconds=(3.0, 3.0))
    task = WideReaching(build_world(skill.robot), controller, config)
    env = BatchEnv(task, 100, seed=seed, randomisation=DISTURBED)
    observation = env.reset()
    book = Book()

    def features(ids: IntArray) -> Array:
        memory, n = task.memory, env.n
        stance = controller.odometry(env.obs)
        wrists = controller.wrists(env.obs, stance)
        value = skill.value(env.obs, task.goal, memory)
        gravity = gravity_base(env.obs.base_quaternion)
        rows = reaching_features(
            value, task.raw, wrists, controller.goal_space, memory.velocity, gravity, np.zeros(n)
        )
        return rows[ids]

    timer = task.timer.copy()
    book.open(np.arange(100), features(np.arange(100)))
    while book.count < rollouts:
        result = env.step(skill.bundle.actor(observation[:, : task.actor_size]))
        observation = result.observation
        ids = np.flatnonzero(task.timer > timer)
        if len(ids):
            near = (task.distance.max(axis=1) < 0.05) & ~result.terminated
            book.close(ids[~result.truncated[ids]], near[ids][~result.truncated[ids]])
            book.open(ids, features(ids))
            if progress is not None:
                progress(min(book.count, rollouts), rollouts)
        timer = task.timer.copy()
    return book.rows(rollouts)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Any moment."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.tasks.starts import collect

    rng = np.random.default_rng(seed)
    task = _task(skill.robot, skill.controller, {})
    env = BatchEnv(task, 64, seed=seed, randomisation=Randomisation(push_every=6.0, push_speed=0.2))
    return collect(env, skill.bundle.actor.fast(), steps, lambda e: rng.random(e.n) < 0.05)


def _goals(controller: Any, streams: Streams, ids: IntArray, tag: int) -> Array:
    """Both wrists where arms reach, each by itself."""
    from sim.tasks.reaching import reachable_points

    table = reachable_points(controller.robot, controller)
    left, right = (streams.integers(ids, tag + side, 0, len(table)) for side in (0, 1))
    return np.concatenate([table[left], table[right] * [1.0, -1.0, 1.0]], axis=1)


_DISTURBED = replace(HARDER, push_every=8.0, push_speed=0.25, push_spin=0.15)

TRAINING = SkillTraining(
    skill="reaching",
    task=_task,
    ppo=_ppo,
    disturbed=_DISTURBED,
    pushed=_DISTURBED,
    errors=_errors,
    good_below={"wrist": 0.03},
    unmeasured="no episode lasted to the last 0.5 s of a hold",
    rollouts=_rollouts,
    leaves=_leaves,
    goals=_goals,
)
