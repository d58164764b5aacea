# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false
"""The adapter to SB3 beside what SB3's own adapters do, and beside outcomes written down by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from skillblend.training.toy import ToyEnv
from skillblend.training.vec_env import SB3VecEnv


class ScriptedEnv:
    """Three environments that do what they are told to."""

    def __init__(self) -> None:
        self.n = 3
        self.task = SimpleNamespace(actor_size=1, critic_size=1, action_size=2, terms={})
        self.actions: list[np.ndarray] = []

    def reset(self) -> np.ndarray:
        return np.zeros((3, 2))

    def step(self, action: np.ndarray) -> Any:
        """The first runs on, the second fails, the third runs out of time."""
        self.actions.append(action)
        return SimpleNamespace(
            observation=np.array([[0.1, 0.2], [1.0, 1.0], [2.0, 2.0]]),
            reward=np.array([0.5, -1.0, 0.25]),
            terminated=np.array([False, True, False]),
            truncated=np.array([False, False, True]),
            final_observation=np.array([[0.1, 0.2], [7.0, 7.5], [8.0, 8.5]]),
            metrics={"length": np.array([3.0, 4.0, 6.0])},
        )


def test_terminal_observations_and_truncation_by_hand() -> None:
    scripted = ScriptedEnv()
    vec = SB3VecEnv(scripted)
    assert vec.reset().dtype == np.float32
    observation, reward, done, infos = vec.step(np.full((3, 2), 0.5, np.float32))
    assert observation.dtype == reward.dtype == np.float32
    assert observation == pytest.approx(np.array([[0.1, 0.2], [1.0, 1.0], [2.0, 2.0]]))
    assert reward.tolist() == [0.5, -1.0, 0.25]
    assert done.tolist() == [False, True, True]
    assert infos[0] == {}
    assert infos[1]["terminal_observation"].tolist() == [7.0, 7.5]
    assert infos[1]["TimeLimit.truncated"] is False
    assert infos[2]["terminal_observation"].tolist() == [8.0, 8.5]
    assert infos[2]["TimeLimit.truncated"] is True
    assert scripted.actions[0].dtype == np.float64
    assert vec.pop_finished() == {"length": 5.0}
    assert vec.pop_finished() == {}


def test_infos_are_new_each_step() -> None:
    vec = SB3VecEnv(ScriptedEnv())
    first = vec.step(np.zeros((3, 2)))[3]
    second = vec.step(np.zeros((3, 2)))[3]
    assert all(a is not b for a, b in zip(first, second, strict=True))


def test_spaces_cover_actor_and_critic_columns() -> None:
    vec = SB3VecEnv(ToyEnv(4))
    assert vec.observation_space.shape == (3,)
    assert vec.action_space.shape == (2,)
    assert vec.num_envs == 4


def test_environments_of_a_batch_share_their_attributes() -> None:
    vec = SB3VecEnv(ToyEnv(2))
    assert vec.get_attr("render_mode") == [None, None]
    assert vec.env_is_wrapped(ToyEnv, indices=[0]) == [False]
    with pytest.raises(NotImplementedError):
        vec.set_attr("n", 3)
    with pytest.raises(NotImplementedError):
        vec.env_method("reset")
