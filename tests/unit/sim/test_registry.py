# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false
from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import gymnasium
import numpy as np
import pytest

import robots
from sim.registry import (
    ROBOT_GROUP,
    TaskRegistry,
    builtin_tasks,
    env_id,
    load_robot,
    register_envs,
    robot_names,
)
from sim.skills.spec import TRAININGS
from sim.tasks.spec import TASKS
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError, UnknownNameError
from skillblend.shipped import MODELS

PYPROJECT = Path(__file__).resolve().parents[3] / "pyproject.toml"


def test_a_registered_factory_makes_the_task() -> None:
    made = []
    registry = TaskRegistry()
    registry.register("far_reach", lambda robot, **config: made.append((robot, config)))
    registry.make("far_reach", "a robot", episode_seconds=3.0)  # type: ignore[arg-type]
    assert made == [("a robot", {"episode_seconds": 3.0})]
    assert registry.names() == ("far_reach",)


def test_names_are_taken_once() -> None:
    registry = builtin_tasks()
    with pytest.raises(InputError, match="'walking' is registered already"):
        registry.register("walking", lambda robot: None)


@pytest.mark.parametrize("name", ["", "Far Reach", "FarReach", "far-reach"])
def test_names_are_lower_case_identifiers(name: str) -> None:
    with pytest.raises(InputError, match="lower-case identifier"):
        TaskRegistry().register(name, lambda robot: None)


def test_unknown_tasks_suggest_a_near_miss(h1: Robot) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown task 'wolking'.*did you mean 'walking'\?"):
        builtin_tasks().make("wolking", h1)


def test_unknown_robots_suggest_a_near_miss() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown robot 'h11'.*did you mean 'h1'\?"):
        load_robot("h11")


def test_robots_are_found_by_entry_point() -> None:
    assert load_robot("h1") is robots.load("h1")
    assert "h1" in robot_names()


def test_one_entry_point_serves_every_robot() -> None:
    points = tomllib.loads(PYPROJECT.read_text())["project"]["entry-points"][ROBOT_GROUP]
    assert list(points.values()) == ["robots"]
    assert set(robot_names()) == set(robots.names())


@pytest.mark.parametrize("robot", robots.names())
@pytest.mark.parametrize("task", list(TRAININGS))
def test_builtin_tasks_are_made_for_every_robot(robot: str, task: str) -> None:
    made = builtin_tasks().make(task, robots.load(robot), episode_seconds=2.0)
    assert made.name == task
    assert made.world.robot is robots.load(robot)
    assert made.episode_steps == 100


@pytest.mark.parametrize("name", sorted(name for name in gymnasium.registry if name.startswith("skillblend/")))
def test_every_id_is_made_reset_and_stepped(name: str) -> None:
    env = gymnasium.make(name)
    observation, _ = env.reset(seed=3)
    assert env.observation_space.contains(observation)
    still = np.zeros(env.action_space.shape, dtype=env.action_space.dtype)
    for _ in range(5):
        observation, reward, terminated, _, _ = env.step(still)
        assert env.observation_space.contains(observation)
        assert np.isfinite(reward)
        assert not terminated
    env.close()


@pytest.mark.parametrize("robot", robots.names())
def test_every_robot_has_targets_that_it_can_reach(robot: str) -> None:
    made = builtin_tasks().make("reaching", robots.load(robot))
    assert len(made.table) > 1000


@pytest.mark.parametrize("task", TASKS.names())
def test_blenders_tasks_are_made_over_the_shipped_skills(h1: Robot, task: str, tmp_path: Path) -> None:
    made = builtin_tasks().make(task, h1, episode_seconds=4.0)
    assert (made.name, made.episode_steps) == (task, 40)
    with pytest.raises(BundleError, match="no bundle at"):
        builtin_tasks().make(task, h1, models=tmp_path)


def test_ids_are_known_in_a_fresh_interpreter_by_the_modules_name() -> None:
    code = "import gymnasium\nprint(gymnasium.make_vec('sim:skillblend/H1-FarReach-v0', num_envs=2).num_envs)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["2"]


@pytest.mark.parametrize(
    "robot, task, expected",
    [
        ("h1", "walking", "skillblend/H1-Walking-v0"),
        ("h1_2", "far_reach", "skillblend/H1-2-FarReach-v0"),
        ("g1_locked", "reaching", "skillblend/G1-Locked-Reaching-v0"),
    ],
)
def test_gymnasium_ids(robot: str, task: str, expected: str) -> None:
    assert env_id(robot, task) == expected


def test_importing_sim_registers_what_can_be_made_and_brings_nothing_heavy() -> None:
    code = (
        "import sys, sim, gymnasium\n"
        "print(*[name for name in gymnasium.registry if name.startswith('skillblend/')])\n"
        "print(*[name for name in ('mujoco', 'torch', 'stable_baselines3', 'scipy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    ids, heavy = done.stdout.split("\n")[:2]
    able = {
        (r, t)
        for r in robots.names()
        for t in TASKS
        if all((MODELS / r / skill).is_dir() for skill in TASKS[t].skills)
    }
    assert ("h1", "box_push") in able and ("g1", "box_push") not in able
    made = {(r, t) for r in robots.names() for t in TRAININGS} | able
    assert set(ids.split()) == {env_id(*pair) for pair in made}
    assert heavy == ""


@pytest.mark.filterwarnings("error")
def test_registering_twice_is_harmless() -> None:
    before = dict(gymnasium.registry)
    register_envs()
    assert gymnasium.registry == before
