# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportOptionalMemberAccess=false
"""Simulations that blow up, by what a user can do: actions without bound, velocities without bound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import skillblend.envs  # noqa: F401 (registers the ids)
from sim.env import BatchEnv
from sim.skills.spec import TRAININGS
from skillblend.training.vec_env import SB3VecEnv

TASKS = [*TRAININGS, "far_reach", "button_press", "package_lift"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ruin_velocity(env: BatchEnv) -> None:
    env.sim.qvel[1, 3] = 1e30


def ruin_position(env: BatchEnv) -> None:
    env.sim.qpos[1, 8] = np.nan


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("ruin", [ruin_velocity, ruin_position])
def test_the_last_observation_is_the_one_before_and_the_metrics_tell(
    make_env: Callable[..., BatchEnv], folder: Path, task: str, ruin: Callable[[BatchEnv], None]
) -> None:
    env = make_env(task, 3)
    still = np.zeros((3, env.task.action_size))
    env.reset()
    before = env.step(still).observation
    ruin(env)
    result = env.step(still)
    assert result.terminated.tolist() == [False, True, False]
    assert not result.truncated.any()
    assert np.array_equal(result.final_observation[1], before[1])
    assert result.reward[1] == 0.0
    assert result.metrics["broken"].tolist() == [0.0, 1.0, 0.0]
    assert result.metrics["fell"].tolist() == [0.0, 1.0, 0.0]
    for values in (result.observation, result.final_observation, result.reward):
        assert np.isfinite(values).all()
    assert not list(folder.iterdir())


@pytest.mark.parametrize("task", TASKS)
def test_the_episode_after_is_what_it_would_have_been(make_env: Callable[..., BatchEnv], task: str) -> None:
    env, other = make_env(task, 1, autoreset=False), make_env(task, 1, autoreset=False)
    still = np.zeros((1, env.task.action_size))
    for e in (env, other):
        e.reset()
        e.step(still)
    env.sim.qvel[0, 0] = np.inf
    assert env.step(still).terminated[0]
    assert np.array_equal(env.reset(), other.reset())
    for _ in range(5):
        assert np.array_equal(env.step(still).observation, other.step(still).observation)


@pytest.mark.parametrize("size", [1e6, 1e30, 1e300, np.inf, np.nan])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_terminal_observations_for_replay_buffers_are_finite(
    make_env: Callable[..., BatchEnv], folder: Path, task: str, size: float
) -> None:
    """By SB3's adapter, to which any action may come."""
    env = SB3VecEnv(make_env(task, 2))
    env.reset()
    ended = []
    for _ in range(25):
        action = np.zeros((2, *env.action_space.shape))
        action[1] = size
        observation, reward, done, infos = env.step(action)
        assert np.isfinite(observation).all() and np.isfinite(reward).all()
        ended += [infos[i]["terminal_observation"] for i in np.flatnonzero(done)]
    assert all(np.isfinite(last).all() for last in ended)
    assert len(ended) or np.isfinite(size)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_infos_of_the_ids_tell(make: Any, folder: Path) -> None:
    env = make("skillblend/H1-Walking-v0")
    env.reset(seed=0)
    still = np.zeros(env.action_space.shape, np.float32)
    assert np.all(env.step(still)[4]["broken"] == 0.0)
    env.unwrapped._env.sim.qvel[0, 3] = 1e30
    observation, reward, terminated, truncated, info = env.step(still)
    assert np.all(terminated) and not np.any(truncated)
    assert np.isfinite(observation).all() and np.all(reward == 0.0)
    assert np.all(info["broken"] == 1.0) and np.all(info["fell"] == 1.0)
    env.reset()
    assert np.all(env.step(still)[4]["broken"] == 0.0)
    assert not list(folder.iterdir())
