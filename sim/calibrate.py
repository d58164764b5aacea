"""Rollouts of a frozen skill that its affordance is fitted on: many states, goals in and out of reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.env import BatchEnv
from sim.randomisation import Randomisation
from sim.tasks.reaching import ReachingTask, ReachingTaskConfig
from sim.tasks.walking import WalkingTask, WalkingTaskConfig
from sim.world import build_world
from skillblend.affordance import Affordance, fit, reaching_features, walking_features
from skillblend.contracts import Array, IntArray, WorldState
from skillblend.kinematics import from_heading, gravity_base, to_heading, yaw
from skillblend.skills.skill import PolicySkill

DISTURBED = Randomisation(push_every=10.0, push_speed=0.8, push_spin=0.5)
"""A push now and then, harder than in training: an affordance has to see failures to tell them from successes."""

_WIDE = ((-0.3, -0.6, 0.4), (1.2, 0.8, 1.9))
"""Left wrist targets of which many are out of reach: corners of their box, stance frame of the reference body, m."""

Rows = tuple[Array, Array]
Progress = Callable[[int, int], None]


class _WideReaching(ReachingTask):
    """Reaching towards targets of which two in five are out of reach; the skill gets them clipped."""

    raw: Array

    def _draw_targets(self, ids: IntArray, state: WorldState) -> None:
        super()._draw_targets(ids, state)
        far = self.streams.uniform(ids, 40, 0.0, 1.0)[:, 0] < 0.4
        chosen = ids[far]
        if len(chosen):
            low, high = (np.array(self.scales.place(corner)) for corner in _WIDE)
            points = self.streams.uniform(chosen, 41, np.tile(low, 2), np.tile(high, 2), 6).reshape(-1, 2, 3)
            points[:, 1, 1] *= -1.0
            middle = self.sim.foot_position()[chosen].mean(axis=1)
            middle[:, 2] = 0.0
            self.target[chosen] = middle[:, None] + from_heading(points, yaw(state.base_quaternion[chosen]))

    def _aim(self, state: WorldState) -> None:
        middle = self.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        local = to_heading(self.target - middle[:, None], yaw(state.base_quaternion))
        self.raw = local.reshape(state.num, 6)
        self.goal = self.controller.goal_space.clip(self.raw)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A fitted affordance, and the rollouts that it has not seen.

    Attributes:
        affordance: Not saved yet.
        features: Of the held-out half. Shape (M, F).
        success: Outcomes of the held-out half, 0 or 1. Shape (M,).
    """

    affordance: Affordance
    features: Array
    success: Array


def calibrate(
    skill: PolicySkill[Any], *, seed: int, rollouts: int = 3000, progress: Progress | None = None
) -> Calibration:
    """Fit the skill's affordance on one half of `rollouts` goals; the other half is for judging it."""
    rows = _walking_rows if skill.name == "walking" else _reaching_rows
    features, success = rows(skill, seed, rollouts, progress)
    half = len(features) // 2
    return Calibration(
        affordance=fit(skill.name, features, success), features=features[half:], success=success[half:]
    )


def _walking_rows(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: four seconds without a fall, the gait cycles after the first second within 0.15 m/s."""
    controller: Any = skill.controller
    config = WalkingTaskConfig(
        uniform_goals=True, arm_disturbance=0.2, command_seconds=(4.0, 4.0), stand_seconds=None
    )
    task = WalkingTask(build_world(skill.robot), controller, config)
    env = BatchEnv(task, 100, seed=seed, randomisation=DISTURBED)
    observation = env.reset()
    book = _Book(100)

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


def _reaching_rows(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: both wrists within 5 cm of their targets after three seconds, without a fall."""
    controller: Any = skill.controller
    config = ReachingTaskConfig(hold_seconds=(3.0, 3.0))
    task = _WideReaching(build_world(skill.robot), controller, config)
    env = BatchEnv(task, 100, seed=seed, randomisation=DISTURBED)
    observation = env.reset()
    book = _Book(100)

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


class _Book:
    """Features when a goal is given, outcome when it ends."""

    def __init__(self, n: int) -> None:
        self._open: dict[int, Array] = {}
        self._features: list[Array] = []
        self._success: list[float] = []
        del n

    @property
    def count(self) -> int:
        """Closed entries."""
        return len(self._success)

    def open(self, ids: IntArray, features: Array) -> None:
        for i, row in zip(ids.tolist(), features, strict=True):
            self._open[i] = row

    def close(self, ids: IntArray, success: np.ndarray) -> None:
        for i, good in zip(ids.tolist(), success, strict=True):
            self._features.append(self._open[i])
            self._success.append(float(good))

    def rows(self, limit: int) -> Rows:
        return np.stack(self._features[:limit]), np.array(self._success[:limit])
