"""A batch that is put back goes on as the one that it was taken from: bit for bit, for every task there is."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import mujoco
import numpy as np
import pytest
from mujoco.batch import Batch

import robots
from sim.batch import STATE_FIELDS, BatchSim
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.randomisation import Randomisation
from sim.registry import builtin_tasks
from sim.tasks.blend import blend_task
from sim.tasks.spec import TASKS
from sim.world import build_world
from skillblend.errors import BundleError
from skillblend.shipped import MODELS
from skillblend.snapshots import capture, restore

NAMES = builtin_tasks().names()
N = 12
PUSHED = Randomisation(push_every=0.5)


def make(task: str, seed: int, variant: str = "") -> BatchEnv:
    robot = robots.load("h1")
    if variant:
        controller = make_blender(TASKS[task], robot, MODELS, variant, fast=True)
        made = blend_task(TASKS[task], controller)
    else:
        made = builtin_tasks().make(task, robot)
    env = BatchEnv(made, N, seed=seed, randomisation=PUSHED, stagger=True)
    env.reset()
    return env


def drive(env: BatchEnv, steps: int, rng: np.random.Generator) -> list[np.ndarray]:
    """What `steps` random actions lead to: observations, rewards, ends, episodes and the state underneath."""
    seen: list[np.ndarray] = []
    for _ in range(steps):
        result = env.step(rng.uniform(-1.5, 1.5, (N, env.task.action_size)))
        seen += [result.observation, result.reward, result.terminated, result.truncated, result.episode]
        seen += [*result.metrics.values(), *env.terms.values(), env.sim.qpos.copy(), env.sim.qvel.copy()]
    return seen


@pytest.mark.parametrize(
    ("task", "variant"), [*((t, "") for t in NAMES), ("far_reach", "flat"), ("button_press", "every_tick")]
)
def test_a_restored_batch_goes_on_bit_for_bit(task: str, variant: str) -> None:
    env = make(task, 5, variant)
    decimation = env.task.decimation
    rng = np.random.default_rng(1)
    drive(env, 60 // decimation, rng)
    while not any(seen.any() for seen in drive(env, 1, rng)[2:4]):
        continue  # until just after an episode has begun, when attributes may share what they hold
    taken = capture(env)
    wanted = drive(env, 90 // decimation, np.random.default_rng(2))
    assert any(t.any() for t in wanted if t.dtype == np.bool_), "no episode ends: the test says little"
    other = make(task, 6, variant)
    drive(other, 20 // decimation, np.random.default_rng(3))
    restore(other, taken)
    found = drive(other, 90 // decimation, np.random.default_rng(2))
    assert len(found) == len(wanted)
    assert all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in zip(wanted, found, strict=True))


def test_a_snapshot_does_not_change_with_what_it_was_taken_from() -> None:
    env = make("walking", 5)
    drive(env, 10, np.random.default_rng(1))
    taken = capture(env)
    before = {name: array.copy() for name, array in taken.arrays.items()}
    drive(env, 30, np.random.default_rng(2))
    assert all(np.array_equal(before[k], v, equal_nan=v.dtype.kind == "f") for k, v in taken.arrays.items())


def test_a_state_of_another_size_is_refused() -> None:
    env = make("walking", 5)
    taken = capture(env)
    fewer = BatchEnv(builtin_tasks().make("walking", robots.load("h1")), N - 1, seed=5, randomisation=PUSHED)
    fewer.reset()
    with pytest.raises(BundleError, match="does not fit BatchEnv"):
        restore(fewer, taken)


def test_the_rows_of_a_batch_are_whole() -> None:
    """MuJoCo's own count of the numbers in a row, and every component of the state that it integrates."""
    world = build_world(robots.load("h1"))
    batch: Any = Batch(world.model, 2)
    sizes = [int(np.prod(batch.bind(name).shape[1:])) for name in STATE_FIELDS]
    assert sum(sizes) == batch.nstate == mujoco.mj_stateSize(world.model, int(mujoco.mjtState.mjSTATE_INTEGRATION))


def test_fields_of_the_model_that_vary_are_kept() -> None:
    world = build_world(robots.load("h1"))
    one, two = (BatchSim(world, 2) for _ in range(2))
    one.batch.expand("body_mass")[:] *= [[1.1], [0.9]]
    restore(two, capture(one))
    assert np.array_equal(two.batch.expand("body_mass"), one.batch.expand("body_mass"))


@dataclass(frozen=True)
class Pose:
    height: np.ndarray


@dataclass
class Two:
    one: Pose
    other: Pose
    notes: dict[str, list[float]]


def test_what_is_held_twice_is_held_twice_again() -> None:
    pose = Pose(np.array([1.0, 2.0]))
    taken = capture(Two(pose, pose, {"a": [1.0, float("nan")]}))
    tree = json.loads(json.dumps(taken.tree))
    found = Two(Pose(np.zeros(2)), Pose(np.zeros(2)), {})
    restore(found, replace(taken, tree=tree))
    assert found.one is found.other
    assert found.one.height.tolist() == [1.0, 2.0] and found.one.height is not pose.height
    assert found.notes["a"][0] == 1.0 and np.isnan(found.notes["a"][1])
