# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false
"""Simulated episodes through our adapter beside the same episodes through SB3's `DummyVecEnv`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import DummyVecEnv

from sim.env import BatchEnv
from sim.gym import TaskEnv
from sim.randomisation import Randomisation
from sim.skills.spec import TRAININGS
from skillblend.contracts import Robot
from skillblend.training.vec_env import SB3VecEnv


@pytest.mark.parametrize("task", list(TRAININGS))
def test_our_adapter_does_what_sb3s_does(make_env: Callable[..., BatchEnv], h1: Robot, task: str) -> None:
    """Random actions for a while: episodes that run out of time and episodes that end in a fall."""
    options = {"episode_seconds": 1.2}
    ours = SB3VecEnv(make_env(task, 1, seed=6, **options))
    setting = {"setting": "training", "randomisation": Randomisation()}
    theirs = DummyVecEnv([lambda: TaskEnv(h1, task, privileged=True, **setting, **options)])
    theirs.seed(6)
    assert np.array_equal(ours.reset(), theirs.reset())
    rng = np.random.default_rng(0)
    endings = []
    for k in range(240):
        scale = 0.2 if k < 70 else 6.0
        action = rng.uniform(-scale, scale, (1, *ours.action_space.shape)).astype(np.float32)
        mine, reference = ours.step(action), theirs.step(action)
        for a, b in zip(mine[:3], reference[:3], strict=True):
            assert np.array_equal(a, b)
        if mine[2][0]:
            a, b = mine[3][0], reference[3][0]
            assert np.array_equal(a["terminal_observation"], b["terminal_observation"])
            assert a["TimeLimit.truncated"] == b["TimeLimit.truncated"]
            endings.append(a["TimeLimit.truncated"])
    assert set(endings) == {True, False}


@pytest.mark.filterwarnings("ignore:.*(observation|action) space")
def test_sb3_accepts_the_single_env(h1: Robot) -> None:
    check_env(TaskEnv(h1, "walking"), warn=False)
