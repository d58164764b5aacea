from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import robots
from sim.env import BatchEnv
from sim.registry import builtin_tasks

SETTINGS = {"fixed_goal": (0.4, 0.0, 0.2), "episode_seconds": 5.0}


def test_trajectory(make_env: Callable[..., BatchEnv], golden: Callable[..., None]) -> None:
    """50 steps of two disturbed robots. Contacts amplify rounding, so tolerances are those of physics."""
    golden("walking_trajectory", _trajectory(make_env("walking", 2, seed=17, **SETTINGS)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("robot", ["g1", "h1_2"])
def test_trajectory_of_other_robots(robot: str, golden: Callable[..., None]) -> None:
    """The same for robots whose hips need the upright map."""
    env = BatchEnv(builtin_tasks().make("walking", robots.load(robot), **SETTINGS), 2, seed=17)
    golden(f"walking_trajectory_{robot}", _trajectory(env), rtol=1e-4, atol=1e-5)


def _trajectory(env: BatchEnv) -> list[dict[str, object]]:
    """Every tenth of 50 steps under a wave of actions."""
    env.reset()
    phases = np.arange(env.task.action_size)
    rows = []
    for k in range(50):
        action = 0.4 * np.sin(0.25 * k + phases)
        result = env.step(np.stack([action, -action]))
        if k % 10 == 9:
            rows.append({
                "base_position": env.state.base_position,
                "base_quaternion": env.state.base_quaternion,
                "joint_position": env.state.joint_position,
                "reward": result.reward,
                "ended": result.terminated.tolist(),
            })  # fmt: skip
    return rows
