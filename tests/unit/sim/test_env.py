from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mujoco
import numpy as np
import pytest

from sim.env import BatchEnv, StepResult
from sim.randomisation import NOMINAL
from sim.skills.spec import TRAININGS
from skillblend.contracts import Array
from skillblend.errors import ShapeError

MakeEnv = Callable[..., BatchEnv]
Roll = Callable[..., list[StepResult]]
TASKS = tuple(TRAININGS)
SHORT = {"episode_seconds": 0.4}


@pytest.fixture
def roll(linear_policy: Callable[..., Callable[[Array], Array]]) -> Roll:
    """``roll(env, steps, scale)``: steps from a reset, under a fixed linear policy."""

    def run(env: BatchEnv, steps: int, scale: float = 0.3) -> list[StepResult]:
        act = linear_policy(env, scale)
        observation = env.reset()
        results = []
        for _ in range(steps):
            results.append(env.step(act(observation)))
            observation = results[-1].observation
        return results

    return run


def same(a: StepResult, b: StepResult) -> bool:
    names = ("observation", "reward", "terminated", "truncated", "final_observation", "episode")
    return all(np.array_equal(getattr(a, n), getattr(b, n)) for n in names)


def by_episode(results: list[StepResult], first: np.ndarray) -> dict[int, list[np.ndarray]]:
    """For each episode that ended: its rewards and final observation, its metrics, its first observation."""
    n = len(results[0].reward)
    begun = {i: first[i] for i in range(n)}
    rewards: dict[int, list[float]] = {}
    found: dict[int, list[np.ndarray]] = {}
    for result in results:
        for i in range(n):
            number = int(result.episode[i])
            rewards.setdefault(number, []).append(float(result.reward[i]))
            if result.terminated[i] or result.truncated[i]:
                metrics = np.array([float(v[i]) for v in result.metrics.values()])
                ends = np.array([result.terminated[i], result.truncated[i]])
                found[number] = [
                    begun[number], np.array(rewards[number]), result.final_observation[i], metrics, ends,
                ]  # fmt: skip
                begun[number + n] = result.observation[i]
    return found


@pytest.mark.parametrize("task", TASKS)
def test_rollouts_are_bit_identical_at_one_and_two_threads(make_env: MakeEnv, roll: Roll, task: str) -> None:
    one = roll(make_env(task, 6, seed=3, nthread=1, **SHORT), 45)
    two = roll(make_env(task, 6, seed=3, nthread=2, **SHORT), 45)
    assert all(same(a, b) for a, b in zip(one, two, strict=True))


def test_another_seed_gives_another_rollout(make_env: MakeEnv, roll: Roll) -> None:
    a, b = (roll(make_env("walking", 2, seed=seed), 2) for seed in (0, 1))
    assert (a[-1].observation != b[-1].observation).any()


@pytest.mark.parametrize("task", TASKS)
def test_episodes_do_not_depend_on_the_number_of_environments(make_env: MakeEnv, roll: Roll, task: str) -> None:
    runs = []
    for n, steps in ((1, 130), (2, 65), (5, 30)):  # six or more episodes of at most 20 steps
        env = make_env(task, n, seed=5, **SHORT)
        first = env.reset()
        env.restart(5)
        runs.append(by_episode(roll(env, steps), first))
    common = set(runs[0]) & set(runs[1]) & set(runs[2])
    assert len(common) >= 5
    for number in sorted(common):
        for other in runs[1:]:
            for a, b in zip(runs[0][number], other[number], strict=True):
                assert np.array_equal(a, b), f"episode {number}"


@pytest.mark.parametrize("task", TASKS)
def test_some_rows_are_observed_as_all_are(make_env: MakeEnv, roll: Roll, task: str) -> None:
    env = make_env(task, 4, seed=2, **SHORT)
    roll(env, 25)
    ids = np.array([0, 3])
    rows = env.task.observe_some(ids, env.state, env.obs)
    assert np.array_equal(rows, env.task.observe(env.state, env.obs)[ids])


@pytest.mark.parametrize("task", TASKS)
def test_restart_replays_the_seed(make_env: MakeEnv, roll: Roll, task: str) -> None:
    env = make_env(task, 3, seed=2, **SHORT)
    before = roll(env, 30)
    env.restart(2)
    assert all(same(a, b) for a, b in zip(before, roll(env, 30), strict=True))


@pytest.mark.parametrize("task", TASKS)
def test_reset_of_some_leaves_the_others_untouched(
    make_env: MakeEnv, linear_policy: Callable[..., Any], task: str
) -> None:
    disturbed, control = (make_env(task, 4, seed=1, autoreset=False) for _ in range(2))
    for env in (disturbed, control):
        act = linear_policy(env)
        observation = env.reset()
        for _ in range(5):
            observation = env.step(act(observation)).observation
    seen = disturbed.reset(np.array([2]))
    others = [0, 1, 3]
    assert np.array_equal(seen[others], observation[others])
    assert not np.array_equal(seen[2], observation[2])
    for _ in range(5):
        a = disturbed.step(act(seen))
        b = control.step(act(observation))
        seen, observation = a.observation, b.observation
        assert np.array_equal(seen[others], observation[others])
        assert np.array_equal(a.reward[others], b.reward[others])
    assert disturbed.state.time.tolist() == pytest.approx([0.2, 0.2, 0.1, 0.2])
    assert disturbed.streams.episode.tolist() == [0, 1, 6, 3]


@pytest.mark.parametrize("task", TASKS)
def test_a_reset_robot_begins_as_a_fresh_one(make_env: MakeEnv, roll: Roll, task: str) -> None:
    """Whatever an episode did, the next one of the same number begins and runs the same."""
    used = make_env(task, 1, seed=4, autoreset=False)
    roll(used, 30, scale=3.0)
    used.restart(4)
    fresh = make_env(task, 1, seed=4, autoreset=False)
    assert all(same(a, b) for a, b in zip(roll(used, 10), roll(fresh, 10), strict=True))


def test_episodes_are_truncated_at_their_last_step(make_env: MakeEnv, roll: Roll) -> None:
    results = roll(make_env("reaching", 2, randomisation=NOMINAL, episode_seconds=0.2), 21, scale=0.0)
    assert [r.truncated.all() for r in results] == [k % 10 == 9 for k in range(21)]
    assert not any(r.terminated.any() for r in results)
    assert [int(r.episode[1]) for r in results] == [1] * 10 + [3] * 10 + [5]
    assert results[9].metrics["length"].tolist() == [10.0, 10.0]


def test_a_fall_terminates_and_is_not_a_truncation(make_env: MakeEnv) -> None:
    env = make_env("walking", 3, randomisation=NOMINAL, episode_seconds=0.06)
    env.reset()
    upright = env.sim.qpos[1].copy()
    for _ in range(3):
        env.sim.qpos[1, 3:7] = [np.cos(0.6), 0.0, np.sin(0.6), 0.0]  # 69 degrees forward
        result = env.step(np.zeros((3, env.task.action_size)))
        if result.terminated.any():
            break
    assert result.terminated.tolist() == [False, True, False]
    assert not result.truncated.any()
    assert result.metrics["fell"][1] == 1.0
    gravity_forward = result.final_observation[1, 9] / 3.0  # of the features, gravity in the base frame
    assert gravity_forward == pytest.approx(np.sin(1.2), abs=0.15)
    assert abs(result.observation[1, 9]) < 0.2
    assert env.sim.qpos[1, 2] == pytest.approx(upright[2], abs=0.05)


def test_a_fall_at_the_last_step_is_a_termination(make_env: MakeEnv) -> None:
    env = make_env("walking", 1, randomisation=NOMINAL, episode_seconds=0.02)
    env.reset()
    env.sim.qpos[0, 3:7] = [np.cos(0.8), 0.0, np.sin(0.8), 0.0]
    result = env.step(np.zeros((1, env.task.action_size)))
    assert result.terminated.tolist() == [True] and result.truncated.tolist() == [False]


def test_final_observation_differs_only_where_an_episode_ended(make_env: MakeEnv, roll: Roll) -> None:
    for result in roll(make_env("walking", 4, stagger=True, episode_seconds=0.4), 40):
        done = result.terminated | result.truncated
        different = (result.observation != result.final_observation).any(axis=1)
        assert np.array_equal(done, different)
        assert bool(result.metrics) == done.any()


def test_without_autoreset_an_ended_episode_stays(make_env: MakeEnv, roll: Roll) -> None:
    env = make_env("walking", 2, autoreset=False, randomisation=NOMINAL, episode_seconds=0.1)
    results = roll(env, 5, scale=0.0)
    assert results[-1].truncated.all()
    assert np.array_equal(results[-1].observation, results[-1].final_observation)
    assert env.streams.episode.tolist() == [0, 1]


def test_staggered_first_episodes_end_at_different_times(make_env: MakeEnv, roll: Roll) -> None:
    env = make_env("reaching", 30, stagger=True, randomisation=NOMINAL, episode_seconds=0.8)
    ends = np.zeros(30, dtype=np.int64)
    for k, result in enumerate(roll(env, 40, scale=0.0)):
        ends[result.truncated & (result.episode < 30)] = k + 1
    assert ends.min() >= 10 and ends.max() <= 40
    assert len(set(ends.tolist())) > 10


@pytest.mark.parametrize("shape", [(3, 10), (2, 9), (20,)])
def test_actions_of_another_shape_are_refused(make_env: MakeEnv, shape: tuple[int, ...]) -> None:
    env = make_env("walking", 2)
    env.reset()
    with pytest.raises(ShapeError, match=r"\(2, 10\)"):
        env.step(np.zeros(shape))


@pytest.mark.parametrize("value", [np.nan, 1e12], ids=["not finite", "absurd speed"])
def test_a_simulation_that_blows_up_ends_its_episode_and_no_other(make_env: MakeEnv, value: float) -> None:
    env = make_env("walking", 3, randomisation=NOMINAL)
    env.reset()
    control = make_env("walking", 3, randomisation=NOMINAL)
    control.reset()
    action = np.zeros((3, env.task.action_size))
    env.sim.qvel[1, 8] = value
    result, expected = env.step(action), control.step(action)
    assert result.terminated.tolist() == [False, True, False]
    assert result.reward[1] == 0.0
    assert np.isfinite(result.observation).all() and np.isfinite(result.final_observation).all()
    assert np.array_equal(result.observation[[0, 2]], expected.observation[[0, 2]])
    assert np.isfinite(env.step(action).observation).all()


def test_batched_simulation_is_a_loop_of_mj_step(make_env: MakeEnv) -> None:
    """The same physics, bit for bit, as MuJoCo's own loop on that simulation's model."""
    env = make_env("walking", 3, seed=2)
    env.reset()
    sim = env.sim
    model = sim.batch.get_model(1)
    data = mujoco.MjData(model)
    sim.batch.get_data(1, data)
    targets = np.tile(sim.world.robot.default_pose, (3, 1)) + 0.1
    for _ in range(5):
        sim.step(targets)
        data.ctrl[:] = targets[1]
        for _ in range(sim.world.substeps):
            mujoco.mj_step(model, data)
    mujoco.mj_step1(model, data)
    assert np.array_equal(data.qpos, sim.qpos[1])
    assert np.array_equal(data.qvel, sim.qvel[1])
    assert np.array_equal(data.geom_xpos, sim.geom_xpos[1])


def test_state_holds_copies(make_env: MakeEnv) -> None:
    env = make_env("walking", 2)
    env.reset()
    state = env.state
    kept: dict[str, Any] = {k: v.copy() for k, v in vars(state).items() if isinstance(v, np.ndarray)}
    env.step(np.ones((2, env.task.action_size)))
    assert all(np.array_equal(getattr(state, k), v) for k, v in kept.items())


def test_reversed_commands_turn_back_whoever_goes_ahead(make_env: Callable[..., BatchEnv]) -> None:
    env = make_env("walking", 40, seed=5, reversal_share=1.0, command_seconds=(0.1, 0.1), stand_seconds=None)
    env.reset()
    task: Any = env.task
    before, seen = task.goal.copy(), 0
    for _ in range(12):
        env.step(np.zeros((40, task.action_size)))
        changed = (task.goal != before).any(axis=1) & (task.since_command == 0)
        ahead = changed & (before[:, 0] > 0.2)
        back, forth = task.goal[ahead], task.goal[changed & ~ahead]
        assert (back[:, 0] <= -0.7 * 0.5).all() and (back[:, 0] >= -0.5).all()
        assert (np.abs(back[:, 2]) >= 0.4 * 0.6 - 1e-12).all() and (np.abs(back[:, 2]) <= 0.6).all()
        assert (forth[:, 0] >= 0.7).all()
        seen += len(back)
        before = task.goal.copy()
    assert seen >= 40


def test_no_command_is_reversed_unless_asked_for(make_env: Callable[..., BatchEnv]) -> None:
    plain, some = (make_env("walking", 30, seed=5, reversal_share=share) for share in (0.0, 0.3))
    for env in (plain, some):
        env.reset()
    goals: list[Any] = [getattr(env.task, "goal") for env in (plain, some)]  # noqa: B009
    same = (goals[0] == goals[1]).all(axis=1)
    assert 0.5 < same.mean() < 0.95
