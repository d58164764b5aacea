# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportOptionalMemberAccess=false
from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

import robots
import skillblend.envs  # noqa: F401 (registers the ids)
from sim.gym import ACTION_BOUND, TaskEnv, TaskVectorEnv
from sim.randomisation import NOMINAL
from sim.registry import env_id
from sim.skills.spec import TRAININGS
from sim.tasks.spec import TASKS
from skillblend.contracts import Robot
from skillblend.errors import InputError, UnknownNameError
from skillblend.shipped import MODELS
from skillblend.training import vec_env

IDS = tuple(name for name in gymnasium.registry if name.startswith("skillblend/"))
WALKING = "skillblend/H1-Walking-v0"
MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
EXPECTED_WARNINGS = ("normalized space", "minimum value is -infinity", "maximum value is infinity")


@pytest.fixture
def vector() -> Iterator[VectorEnv[Any, Any, Any]]:
    env = gymnasium.make_vec(
        WALKING, num_envs=3, nthread=1, episode_seconds=0.2, randomisation=NOMINAL,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )  # fmt: skip
    yield env
    env.close()


def actions(n: int, steps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (steps, n, 10)).astype(np.float32)


def test_there_are_ids_of_every_robot_and_blenders_of_those_with_skills() -> None:
    found = {name.split("/")[1] for name in IDS}
    assert {f"{robot}-{task}-v0" for robot in ("H1", "H1-2") for task in ("FarReach", "BoxPush")} <= found
    assert not {name for name in found if name.startswith("G1") and name.endswith("FarReach-v0")}
    skills = {env_id(robot, skill) for robot in robots.names() for skill in TRAININGS}
    able = {(robot, task) for robot in robots.names() for task in TASKS if has_skills(robot, TASKS[task].skills)}
    assert set(IDS) == skills | {env_id(*pair) for pair in able}


def has_skills(robot: str, skills: tuple[str, ...]) -> bool:
    return all((MODELS / robot / skill).is_dir() for skill in skills)


@pytest.mark.parametrize("name", IDS)
def test_the_registered_length_is_the_tasks_own(name: str) -> None:
    env = gymnasium.make(name)
    assert env.spec.max_episode_steps == env.unwrapped._env.task.episode_steps


@pytest.mark.parametrize("name", IDS)
def test_the_single_env_passes_the_checker(name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_env(gymnasium.make(name).unwrapped)
    unexpected = [str(w.message) for w in caught if not any(text in str(w.message) for text in EXPECTED_WARNINGS)]
    assert not unexpected


@pytest.mark.parametrize("name", IDS)
def test_make_vec_steps_a_batch(name: str) -> None:
    env = gymnasium.make_vec(name, num_envs=8, nthread=1)
    assert isinstance(env.unwrapped, TaskVectorEnv)
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    first, info = env.reset(seed=0)
    assert info == {}
    assert first in env.observation_space
    observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
    assert observation in env.observation_space
    assert (reward.shape, terminated.shape, truncated.shape) == ((8,),) * 3
    assert (terminated.dtype, truncated.dtype) == (np.bool_, np.bool_)


def test_make_vec_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gymnasium.make_vec(WALKING, num_envs=2)


def test_a_module_name_in_front_of_the_id_registers_it() -> None:
    assert gymnasium.make(f"sim:{WALKING}").unwrapped.action_space.shape == (10,)


def test_same_seed_same_rollout(vector: VectorEnv[Any, Any, Any]) -> None:
    runs = []
    for _ in range(2):
        seen = [vector.reset(seed=8)[0]]
        seen += [vector.step(action)[0] for action in actions(3, 15)]
        runs.append(np.array(seen))
    assert np.array_equal(*runs)


def test_resets_without_a_seed_go_on_to_other_episodes(vector: VectorEnv[Any, Any, Any]) -> None:
    first, _ = vector.reset(seed=8)
    second, _ = vector.reset()
    again, _ = vector.reset(seed=8)
    assert (first != second).any() and np.array_equal(first, again)


def test_unseeded_environments_differ() -> None:
    a, b = (TaskEnv("h1", "walking").reset()[0] for _ in range(2))
    assert (a != b).any()


@pytest.mark.parametrize("mode", MODES)
def test_infos_have_the_structure_of_gymnasiums_own_vector_env(h1: Robot, mode: AutoresetMode) -> None:
    """One environment of ours beside `SyncVectorEnv` over the single one: same numbers, same infos."""
    options = {"episode_seconds": 0.2, "randomisation": NOMINAL}
    ours = TaskVectorEnv(h1, "walking", num_envs=1, nthread=1, autoreset_mode=mode, **options)
    theirs = SyncVectorEnv([lambda: TaskEnv(h1, "walking", **options)], autoreset_mode=mode)
    assert np.array_equal(ours.reset(seed=3)[0], theirs.reset(seed=3)[0])
    ended = 0
    for action in actions(1, 25):
        mine, reference = ours.step(action), theirs.step(action)
        for a, b in zip(mine[:4], reference[:4], strict=True):
            assert np.array_equal(a, b)
            assert a.dtype == b.dtype
        assert_same_infos(mine[4], reference[4])
        ended += bool(mine[3].any())
    assert ended == 2


def assert_same_infos(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a.keys() == b.keys()
    for key, value in a.items():
        if isinstance(value, dict):
            assert_same_infos(value, b[key])
        elif value.dtype == object:
            assert all(np.array_equal(x, y) for x, y in zip(value, b[key], strict=True))
        else:
            assert np.array_equal(value, b[key]) and value.dtype == b[key].dtype


def test_final_infos_are_masked(vector: VectorEnv[Any, Any, Any]) -> None:
    vector.reset(seed=0)
    vector.step(actions(3, 1)[0])
    vector.reset(options={"reset_mask": np.array([False, True, False])})
    for action in actions(3, 9):
        observation, _, terminated, truncated, infos = vector.step(action)
    done = terminated | truncated
    assert done.tolist() == [True, False, True]
    assert infos["_final_obs"].tolist() == infos["_final_info"].tolist() == done.tolist()
    assert [o is None for o in infos["final_obs"]] == [False, True, False]
    assert (infos["final_obs"][0] != observation[0]).any()
    assert infos["final_info"]["length"].tolist() == [10.0, 0.0, 10.0]
    assert infos["final_info"]["_length"].tolist() == done.tolist()


def test_reset_mask_resets_those_alone(vector: VectorEnv[Any, Any, Any]) -> None:
    vector.reset(seed=0)
    before = vector.step(actions(3, 1)[0])[0]
    after, _ = vector.reset(options={"reset_mask": np.array([False, True, False])})
    assert np.array_equal(after[[0, 2]], before[[0, 2]])
    assert (after[1] != before[1]).any()


@pytest.mark.parametrize("mask", [np.zeros(3, bool), np.ones(2, bool), np.ones(3), [True, True, True]])
def test_bad_reset_masks_are_refused(vector: VectorEnv[Any, Any, Any], mask: Any) -> None:
    vector.reset(seed=0)
    with pytest.raises(InputError, match=r"boolean array of shape \(3,\)"):
        vector.reset(options={"reset_mask": mask})


def test_a_seed_for_some_is_refused(vector: VectorEnv[Any, Any, Any]) -> None:
    vector.reset(seed=0)
    with pytest.raises(InputError, match="for all environments"):
        vector.reset(seed=1, options={"reset_mask": np.array([True, False, False])})


def test_privileged_columns_follow_the_actors(h1: Robot) -> None:
    plain, full = TaskEnv(h1, "walking"), TaskEnv(h1, "walking", privileged=True)
    a, b = plain.reset(seed=0)[0], full.reset(seed=0)[0]
    assert len(b) > len(a)
    assert np.array_equal(a, b[: len(a)])


def test_infos_hold_the_measurements_of_the_episode_so_far(h1: Robot) -> None:
    env = TaskEnv(h1, "walking", episode_seconds=0.06, randomisation=NOMINAL)
    env.reset(seed=0)
    infos = [env.step(np.zeros(10, np.float32))[2:] for _ in range(3)]
    assert [info[:2] for info in infos] == [(False, False), (False, False), (False, True)]
    assert [info[2]["length"] for info in infos] == [1.0, 2.0, 3.0]
    assert infos[2][2]["fell"] == infos[2][2]["broken"] == 0.0


def test_both_adapters_bound_actions_alike() -> None:
    assert ACTION_BOUND == vec_env.ACTION_BOUND


@pytest.mark.parametrize("kind", [TaskEnv, TaskVectorEnv])
def test_bad_arguments_are_refused(kind: Any, h1: Robot) -> None:
    with pytest.raises(InputError, match="render_mode 'human' is not offered; allowed: None, 'rgb_array'"):
        kind(h1, "walking", render_mode="human")
    with pytest.raises(UnknownNameError):
        kind(h1, "walkin")
    with pytest.raises(UnknownNameError):
        kind("h0", "walking")
