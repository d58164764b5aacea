from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.env import BatchEnv


def test_trajectory(make_env: Callable[..., BatchEnv], golden: Callable[..., None]) -> None:
    """50 steps of two disturbed robots. Contacts amplify rounding, so tolerances are those of physics."""
    env = make_env("walking", 2, seed=17, fixed_goal=(0.4, 0.0, 0.2), episode_seconds=5.0)
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
    golden("walking_trajectory", rows, rtol=1e-4, atol=1e-5)
