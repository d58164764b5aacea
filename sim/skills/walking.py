"""Walking: how it is trained, judged and calibrated; its MDP is `sim.tasks.walking.WalkingTask`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.settings import HARDER, episodes
from sim.skills.spec import Progress, Rows, SkillTraining
from skillblend.affordance import walking_features
from skillblend.contracts import Array, BoolArray, IntArray, Robot
from skillblend.kinematics import gravity_base
from skillblend.scales import Scales
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.env import BatchEnv
    from sim.tasks.base import Task
    from sim.tasks.starts import StartStates
    from skillblend.training.ppo import PPOConfig

_SETTLED: dict[str, Any] = {
    "weights": {
        "lin_vel": 3.0, "yaw_rate": 1.2, "alive": 0.3, "reference": 0.6, "contact": 0.5, "clearance": 0.6,
        "vertical": -4.0, "roll_pitch_rate": -0.12, "tilt": -2.0, "height": -10.0, "action_rate": -0.02,
        "joint_acceleration": -1e-7, "torque": -4e-6, "slip": -0.4, "hip": -0.4, "joint_limit": -2.0,
        "still": -1.0, "rest": -2.0, "joint_speed": -0.4, "planted": 1.0, "sway": -0.02,
        "brake": -2.5, "lean_back": -30.0, "walk_back": -2.0, "foot_level": -6.0,
    },
    "stand_share": 0.2,
}  # fmt: skip
"""Of a gait that keeps its pelvis and feet level, and comes to rest where it is told to, once and for all."""

_UNIFORM: dict[str, Any] = {
    "uniform_goals": True,
    "arm_disturbance": 0.0,
    "command_seconds": (5.0, 5.0),
    "stand_seconds": None,
}
"""Commands uniform over the goal space (one in ten is to stand still), a new one every 5 s."""


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> Task:
    from sim.tasks.walking import WalkingTask, WalkingTaskConfig
    from sim.world import build_world

    return WalkingTask(build_world(robot), controller, episodes(WalkingTaskConfig(), config))


def _ppo() -> PPOConfig:
    from skillblend.training.ppo import PPOConfig

    return PPOConfig(
        batch_size=1536, epochs=4, desired_kl=0.012, learning_rate_range=(1e-5, 3e-3), actor=(128, 128),
        critic=(128, 128),
    )  # fmt: skip


def _errors(metrics: Mapping[str, Array]) -> dict[str, Array]:
    """Of velocities averaged over each gait cycle that lies wholly at least 1 s after a command."""
    cycles = np.where(metrics["cycles"] > 0, metrics["cycles"], np.nan)
    return {"lin_vel": metrics["lin_vel_sum"] / cycles, "yaw_rate": metrics["yaw_rate_sum"] / cycles}


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: four seconds without a fall, the gait cycles after the first second within 0.15 m/s."""
    from sim.env import BatchEnv
    from sim.rollouts import DISTURBED, Book
    from sim.tasks.walking import WalkingTask, WalkingTaskConfig
    from sim.world import build_world

    controller: Any = skill.controller
    config = WalkingTaskConfig(
        uniform_goals=True, arm_disturbance=0.2, command_seconds=(4.0, 4.0), stand_seconds=None
    )
    task = WalkingTask(build_world(skill.robot), controller, config)
    env = BatchEnv(task, 100, seed=seed, randomisation=DISTURBED)
    observation = env.reset()
    book = Book()

    def features(ids: IntArray) -> Array:
        memory = task.memory
        value = skill.value(env.obs, task.goal, memory)
        gravity = gravity_base(env.obs.base_quaternion)
        return walking_features(value, env.obs, task.goal, memory.average, gravity)[ids]

    before = {k: task.metrics[k].copy() for k in ("lin_vel_sum", "cycles")}
    book.open(np.arange(100), features(np.arange(100)))
    while book.count < rollouts:
        last = {k: task.metrics[k].copy() for k in before}
        result = env.step(skill.bundle.actor(observation[:, : task.actor_size]))
        observation = result.observation
        fresh = task.since_command == 0
        ids = np.flatnonzero(fresh)
        if len(ids):
            lost = result.terminated[ids]
            cycles = last["cycles"][ids] - before["cycles"][ids]
            error = (last["lin_vel_sum"][ids] - before["lin_vel_sum"][ids]) / np.maximum(cycles, 1)
            book.close(ids[~result.truncated[ids]], ((error <= 0.15) & ~lost)[~result.truncated[ids]])
            book.open(ids, features(ids))
            for k in before:
                before[k][ids] = task.metrics[k][ids]
            if progress is not None:
                progress(min(book.count, rollouts), rollouts)
    return book.rows(rollouts)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Standing or slow, both feet down."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.tasks.starts import collect
    from sim.tasks.walking import WalkingTask, WalkingTaskConfig
    from sim.world import build_world

    controller: Any = skill.controller
    rng = np.random.default_rng(seed)
    config = WalkingTaskConfig(arm_disturbance=0.3, command_seconds=(1.0, 3.0), stand_seconds=None, stand_share=0.5)
    walking = WalkingTask(build_world(skill.robot), controller, config)
    slow_speed = 0.25 * Scales.of(skill.robot).speed

    def slow(env: BatchEnv) -> BoolArray:
        speed = np.linalg.norm(walking.velocity[:, :2], axis=1)
        down = walking.sim.foot_clearance().max(axis=1) < 0.01
        quiet = ~walking.memory.stepping | ((speed < slow_speed) & down)
        return (rng.random(env.n) < 0.05) & quiet

    env = BatchEnv(walking, 64, seed=seed, randomisation=Randomisation(push_every=4.0))
    return collect(env, skill.bundle.actor.fast(), steps, slow)


TRAINING = SkillTraining(
    skill="walking",
    task=_task,
    ppo=_ppo,
    disturbed=replace(HARDER, push_every=5.0, push_speed=0.5),
    pushed=replace(HARDER, push_every=8.0, push_speed=0.4),
    errors=_errors,
    good_below={"lin_vel": 0.15, "yaw_rate": 0.2},
    unmeasured="no episode held a whole gait cycle at least 1 s after a command",
    rollouts=_rollouts,
    leaves=_leaves,
    evaluation=_UNIFORM,
    settled=_SETTLED,
    at_rest=_UNIFORM | {"fixed_goal": (0.0, 0.0, 0.0)},
    shown={"arm_disturbance": 0.0, "fixed_goal": (0.7, 0.0, 0.0)},
)
