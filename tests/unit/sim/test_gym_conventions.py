# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportOptionalMemberAccess=false
"""What users of Gymnasium and Stable-Baselines3 expect of an environment, by way of the ids."""

from __future__ import annotations

import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import cloudpickle
import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from gymnasium.error import ResetNeeded
from gymnasium.vector import AsyncVectorEnv, AutoresetMode
from gymnasium.wrappers import vector as vector_wrappers
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv, VecFrameStack, VecMonitor, VecNormalize

from sim.gym import TaskEnv, TaskVectorEnv
from sim.randomisation import NOMINAL
from sim.registry import builtin_tasks
from sim.render import RenderingUnavailable
from skillblend.envs import load_policy
from skillblend.errors import InputError, ShapeError, UnknownNameError
from skillblend.training.vec_env import SB3VecEnv

WALKING = "skillblend/H1-Walking-v0"
PRESS = "skillblend/H1-ButtonPress-v0"
STILL = np.zeros(10, np.float32)


def play(env: Any, steps: int, seed: int = 0) -> list[Any]:
    """Results of random actions after a reset."""
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    return [env.step(rng.uniform(-0.3, 0.3, env.action_space.shape).astype(np.float32)) for _ in range(steps)]


# Lengths of episodes


def test_max_episode_steps_shortens_and_lengthens_an_episode() -> None:
    env = gymnasium.make(WALKING, max_episode_steps=4, randomisation=NOMINAL)
    assert env.spec.max_episode_steps == 4
    results = play(env, 4)
    assert [r[3] for r in results] == [False, False, False, True]
    assert results[-1][4]["length"] == 4.0
    longer = gymnasium.make(PRESS, max_episode_steps=85, randomisation=NOMINAL)
    policy, ends = load_policy("button_press"), []
    observation, _ = longer.reset(seed=0)
    for _ in range(85):
        observation, _, *ended, _ = longer.step(policy(observation))
        ends.append(ended)
    assert ends == [[False, False]] * 84 + [[False, True]]


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_max_episode_steps_of_make_vec(mode: str) -> None:
    env = gymnasium.make_vec(WALKING, num_envs=2, max_episode_steps=3, autoreset_mode=mode, randomisation=NOMINAL)
    assert env.spec.max_episode_steps == 3
    assert gymnasium.make_vec(env.spec).spec.max_episode_steps == 3
    assert [r[3].tolist() for r in play(env, 3)] == [[False] * 2, [False] * 2, [True] * 2]


def test_the_lengths_that_specs_tell_are_the_tasks() -> None:
    assert gymnasium.make(WALKING).spec.max_episode_steps == 1000
    assert gymnasium.make_vec(WALKING).spec.max_episode_steps == 1000
    assert gymnasium.make(WALKING, max_episode_steps=-1).spec.max_episode_steps is None


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_episode_seconds_shorten_and_cannot_exceed_the_limit(make: Any) -> None:
    env = make(WALKING, episode_seconds=0.06, randomisation=NOMINAL)
    assert [bool(np.all(r[3])) for r in play(env, 3)] == [False, False, True]
    with pytest.raises(InputError, match="2000 steps, more than max_episode_steps = 1000"):
        make(WALKING, episode_seconds=40.0)


def test_episodes_of_a_class_made_directly_have_the_tasks_own_length() -> None:
    assert TaskEnv("h1", "walking")._env.episode_steps == 1000
    assert TaskEnv("h1", "walking", max_episode_steps=7)._env.episode_steps == 7


# What is refused


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
@pytest.mark.parametrize(
    "options, message",
    [
        ({"pushes": 0}, r"unknown argument 'pushes'; known: \[.*'episode_seconds'.*'num_envs'.*'setting'"),
        ({"episode_second": 1.0}, "did you mean 'episode_seconds'"),
        ({"episode_seconds": 0.0}, "episode_seconds = 0.0 must be a number"),
        ({"episode_seconds": -1}, "episode_seconds = -1 must be a number"),
        ({"episode_seconds": float("nan")}, "episode_seconds = nan must be a number"),
        ({"episode_seconds": "20"}, "episode_seconds = '20' must be a number"),
        ({"episode_seconds": 0.001}, "less than one step"),
        ({"command_seconds": (3.0, 1.0)}, "the shortest and the longest"),
        ({"command_seconds": (0.0, 1.0)}, r"command_seconds\[0\] = 0.0"),
        ({"command_seconds": 1.0}, "must be 2 numbers"),
        ({"arm_disturbance": 1.5}, "between 0 and 1"),
        ({"uniform_goals": "yes"}, "True or False"),
        ({"fixed_goal": (1.0, float("inf"), 0.0)}, r"fixed_goal\[1\]"),
        ({"weights": {"lin_vel": 1.0}}, "a number for each of"),
        ({"fall_price": -1.0}, "fall_price"),
        ({"setting": "test"}, "unknown setting 'test'; known: .*evaluation.*training"),
        ({"randomisation": "none"}, "must be a sim.randomisation.Randomisation"),
        ({"render_mode": "ansi"}, "render_mode 'ansi' is not offered; allowed: None, 'rgb_array'"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*render_mode")
def test_bad_arguments_get_one_clear_message(make: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(WALKING, **options)


@pytest.mark.parametrize("number", [0, -1, 2.5, "4", True, None, 2**40])
def test_bad_numbers_of_environments_are_refused(number: Any) -> None:
    with pytest.raises(InputError, match="num_envs = .* must be a whole number between 1 and 65536"):
        gymnasium.make_vec(WALKING, num_envs=number)


def test_numpy_integers_count() -> None:
    assert gymnasium.make_vec(WALKING, num_envs=np.int64(2), nthread=np.int32(1)).num_envs == 2


@pytest.mark.parametrize("options", [{"nthread": -1}, {"autoreset_mode": "never"}, {"max_episode_steps": 0}])
def test_bad_arguments_of_a_batch_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        gymnasium.make_vec(WALKING, **options)


def test_the_fields_of_a_blenders_task_are_named_too() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'success_distance'"):
        gymnasium.make_vec(PRESS, sucess_distance=0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_actions_that_are_no_numbers_are_refused_and_change_nothing(bad: float) -> None:
    env = gymnasium.make(WALKING)
    env.reset(seed=1)
    action = STILL.copy()
    action[3] = bad
    with pytest.raises(InputError, match=r"actions must be finite numbers; .* at \[3\]"):
        env.step(action)
    after = env.step(STILL)
    env.reset(seed=1)
    assert np.array_equal(after[0], env.step(STILL)[0])
    batch = gymnasium.make_vec(WALKING, num_envs=2)
    batch.reset(seed=1)
    with pytest.raises(InputError, match=r"at \[1, 3\]"):
        batch.step(np.stack([STILL, action]))


@pytest.mark.parametrize("action", [np.zeros(3), np.zeros((1, 10)), 0.0, np.zeros((10, 1))])
def test_actions_of_another_shape_are_refused(action: Any) -> None:
    env = TaskEnv("h1", "walking")
    env.reset(seed=0)
    with pytest.raises(ShapeError, match=r"must be \(10,\)"):
        env.step(action)


@pytest.mark.parametrize("kind", [TaskEnv, TaskVectorEnv])
def test_nothing_happens_before_a_reset(kind: Any) -> None:
    env = kind("h1", "walking", render_mode="rgb_array")
    with pytest.raises(ResetNeeded, match=r"call reset\(\) before step"):
        env.step(np.zeros(env.action_space.shape, np.float32))
    with pytest.raises(ResetNeeded, match=r"call reset\(\) before render"):
        env.render()


def test_a_step_after_the_end_warns() -> None:
    env = TaskEnv("h1", "walking", max_episode_steps=1)
    env.reset(seed=0)
    env.step(STILL)
    with pytest.warns(UserWarning, match="after the end of an episode"):
        env.step(STILL)
    env.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env.step(STILL)


@pytest.mark.parametrize("kind", [TaskEnv, TaskVectorEnv])
@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, pickle.dumps, cloudpickle.dumps])
def test_a_running_simulation_cannot_be_copied(kind: Any, copied: Any) -> None:
    with pytest.raises(InputError, match="cannot be copied or pickled; make another one"):
        copied(kind("h1", "walking"))


@pytest.mark.parametrize("kind", [TaskEnv, TaskVectorEnv])
@pytest.mark.parametrize("seed", [-1, 1.5, "7"])
def test_seeds_that_gymnasium_refuses_are_refused(kind: Any, seed: Any) -> None:
    with pytest.raises(gymnasium.error.Error, match="[Ss]eed"):
        kind("h1", "walking").reset(seed=seed)


@pytest.mark.parametrize("kind", [TaskEnv, TaskVectorEnv])
def test_large_seeds_are_seeds_of_their_own(kind: Any) -> None:
    env = kind("h1", "walking")
    firsts = {seed: env.reset(seed=seed)[0] for seed in (0, 2**63, 2**64 - 1, 2**64, 2**64 + 1, 2**100)}
    assert len({first.tobytes() for first in firsts.values()}) == len(firsts)
    assert np.array_equal(env.reset(seed=2**64)[0], firsts[2**64])


def test_options_are_a_dict() -> None:
    env = TaskVectorEnv("h1", "walking")
    with pytest.raises(InputError, match="must be a dict"):
        env.reset(options=["reset_mask"])
    env.reset(options={"something": "else"})


@pytest.mark.parametrize("make", [gymnasium.make, gymnasium.make_vec])
def test_closing_twice_is_harmless(make: Any) -> None:
    env = make(WALKING)
    env.reset(seed=0)
    env.close()
    env.close()


# Autoreset modes and wrappers


def test_disabled_autoreset_wants_resets() -> None:
    env = gymnasium.make_vec(WALKING, num_envs=2, max_episode_steps=2, autoreset_mode=AutoresetMode.DISABLED)
    play(env, 2)
    with pytest.raises(ResetNeeded, match=r"environments \[0, 1\] are over"):
        env.step(np.zeros((2, 10)))
    env.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(ResetNeeded, match=r"environments \[1\] are over"):
        env.step(np.zeros((2, 10)))
    env.reset(options={"reset_mask": np.array([False, True])})
    env.step(np.zeros((2, 10)))


def test_the_episodes_of_both_modes_are_the_same() -> None:
    """Next-step has one step more between episodes; the observations of the episodes are the same."""
    seen = {}
    for mode, steps in (("SameStep", 9), ("NextStep", 11)):
        env = gymnasium.make_vec(WALKING, num_envs=3, max_episode_steps=3, autoreset_mode=mode)
        first, _ = env.reset(seed=5)
        results = [env.step(np.zeros((3, 10))) for _ in range(steps)]
        seen[mode] = np.array([first] + [r[0] for r in results if mode == "SameStep" or not r[3].any()])
        rewards = np.array([r[1] for r in results])
        assert (rewards[3::4] == 0.0).all() or mode == "SameStep"
    assert np.array_equal(seen["SameStep"][:9], seen["NextStep"])


def test_vector_wrappers_take_it() -> None:
    env: Any = gymnasium.make_vec(WALKING, num_envs=2, max_episode_steps=5)
    for wrapper in (
        vector_wrappers.RecordEpisodeStatistics,
        vector_wrappers.NormalizeObservation,
        vector_wrappers.NormalizeReward,
        vector_wrappers.ClipAction,
    ):
        env = wrapper(env)
    results = play(env, 12)
    assert results[4][4]["episode"]["l"].tolist() == [5, 5]
    assert all(np.isfinite(r[0]).all() for r in results)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_single_wrappers_take_it_in_gymnasiums_own_vector_env(mode: str) -> None:
    env = gymnasium.make_vec(
        WALKING, num_envs=2, vectorization_mode="sync", max_episode_steps=4,
        vector_kwargs={"autoreset_mode": AutoresetMode(mode)},
        wrappers=[wrappers.NormalizeObservation, wrappers.RecordEpisodeStatistics,
                  lambda e: wrappers.FrameStackObservation(e, 3)],
    )  # fmt: skip
    assert all(np.isfinite(r[0]).all() and r[0].shape[:2] == (2, 3) for r in play(env, 10))


def test_worker_processes_know_the_ids() -> None:
    """`AsyncVectorEnv` of the id, and SB3's workers, which import what the id's prefix names."""
    asynchronous = gymnasium.make_vec(WALKING, num_envs=2, vectorization_mode="async", max_episode_steps=3)
    assert isinstance(asynchronous.unwrapped, AsyncVectorEnv)
    assert len(play(asynchronous, 5)) == 5
    asynchronous.close()
    workers = make_vec_env(f"skillblend.envs:{WALKING}", n_envs=2, vec_env_cls=SubprocVecEnv)
    assert workers.reset().shape[0] == 2
    workers.close()


@pytest.mark.filterwarnings("ignore:.*(observation|action) space")
def test_sb3_takes_the_ids_and_wraps_them() -> None:
    check_env(gymnasium.make(WALKING), warn=False)
    env = make_vec_env(f"sim:{WALKING}", n_envs=2, seed=3)
    assert env.get_attr("render_mode") == ["rgb_array", "rgb_array"]
    wrapped = VecFrameStack(VecNormalize(VecMonitor(env)), 2)
    wrapped.reset()
    observation, reward, *_ = wrapped.step(np.zeros((2, 10), np.float32))
    assert np.isfinite(observation).all() and np.isfinite(reward).all()


def test_sb3s_wrappers_take_our_vec_env(make_env: Any) -> None:
    env = VecNormalize(VecMonitor(SB3VecEnv(make_env("walking", 2, episode_seconds=0.1))))
    env.reset()
    infos = [env.step(np.zeros((2, 10), np.float32))[3] for _ in range(5)][-1]
    assert infos[0]["episode"]["l"] == 5


# Pictures


def frames_of(env: Any) -> Any:
    try:
        return env.render()
    except RenderingUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", [WALKING, "skillblend/G1-Reaching-v0", PRESS])
def test_pictures_show_the_robot_and_change_nothing(name: str) -> None:
    drawn, plain = gymnasium.make(name, render_mode="rgb_array"), gymnasium.make(name)
    drawn.reset(seed=4)
    first = frames_of(drawn)
    assert (first.shape, first.dtype) == ((360, 480, 3), np.uint8)
    assert len(np.unique(first.reshape(-1, 3), axis=0)) > 100
    plain.reset(seed=4)
    for _ in range(5):
        action = np.full(drawn.action_space.shape, 0.3, np.float32)
        a, b = drawn.step(action), plain.step(action)
        assert np.array_equal(a[0], b[0])
        last = frames_of(drawn)
    assert (last != first).any()
    assert drawn.metadata["render_fps"] == (10 if name == PRESS else 50)
    drawn.close()


def test_pictures_show_what_the_task_puts_around_the_robot() -> None:
    """The button is red, and nothing else is."""
    red = []
    for name in (PRESS, WALKING):
        env = gymnasium.make(name, render_mode="rgb_array")
        env.reset(seed=0)
        image = frames_of(env).astype(int)
        red.append(int(((image[..., 0] > 100) & (image[..., 1:].max(axis=2) < 60)).sum()))
        env.close()
    assert red[0] > 20 and red[1] == 0


def test_pictures_of_a_batch_are_one_for_each() -> None:
    env = gymnasium.make_vec(WALKING, num_envs=2, render_mode="rgb_array")
    env.reset(seed=0)
    frames = frames_of(env)
    assert len(frames) == 2 and (frames[0] != frames[1]).any()
    env.close()
    env.close()


def test_lists_of_frames_and_missing_modes_are_gymnasiums() -> None:
    env = gymnasium.make(WALKING, render_mode="rgb_array_list", max_episode_steps=3)
    env.reset(seed=0)
    for _ in range(2):
        env.step(STILL)
    assert [frame.shape for frame in frames_of(env)] == [(360, 480, 3)] * 3
    silent = TaskEnv("h1", "walking")
    silent.reset(seed=0)
    with pytest.warns(UserWarning, match="draws nothing without render_mode"):
        assert silent.render() is None


def test_videos_are_recorded(tmp_path: Path) -> None:
    env = gymnasium.make(WALKING, render_mode="rgb_array", max_episode_steps=4)
    frames = wrappers.RecordVideo(env, str(tmp_path), episode_trigger=lambda _: True)
    play(frames, 4)
    frames.close()
    assert [path.suffix for path in tmp_path.iterdir()] == [".mp4"]


def test_every_task_names_a_length() -> None:
    assert all(builtin_tasks().entry(name).episode_steps for name in builtin_tasks().names())
