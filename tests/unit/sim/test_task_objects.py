"""Free things of tasks, where episodes put them, and who presses on whom."""

from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pytest

import robots
from sim.batch import BatchSim
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.randomisation import NOMINAL
from sim.tasks.baselines import baseline
from sim.tasks.blend import BlendTask, blend_task
from sim.tasks.objects import FreeThing
from sim.tasks.spec import TASKS
from sim.things.box import box
from sim.things.kinds import Place
from sim.touch import TouchSensors, add_touch
from sim.world import build_world
from skillblend.contracts import Array, IntArray, WorldState
from skillblend.shipped import MODELS

H1 = robots.load("h1")
CRATE = box("crate", Place(x=1.0, y=0.2), size=(0.2, 0.2, 0.2), mass=2.0)


def furnish(spec: mujoco.MjSpec) -> None:
    CRATE.furnish(spec, visual=False)
    for other in ("floor", "pelvis", "left_palm_collision"):
        add_touch(spec, CRATE.body, other)


def test_a_box_at_rest_presses_on_the_floor_with_its_weight() -> None:
    world = build_world(H1, furnish=[furnish])
    sim = BatchSim(world, 2)
    touch = TouchSensors(sim)
    at = int(world.model.joint(CRATE.body).qposadr[0])
    qpos = np.tile(world.home, (2, 1))
    qpos[1, at + 2] = 3.0  # still in the air when it is looked at
    sim.reset(np.arange(2), qpos, np.zeros((2, world.model.nv)))
    for _ in range(20):
        sim.step(np.tile(H1.default_pose, (2, 1)))
    assert touch.touching(CRATE.body, "floor").tolist() == [True, False]
    assert not touch.touching(CRATE.body, "pelvis").any()
    force = np.linalg.norm(touch.force(CRATE.body, "floor"), axis=1)
    assert force == pytest.approx([2.0 * 9.81, 0.0], rel=0.02)


def test_a_surface_that_is_not_there_has_no_sensor() -> None:
    world = build_world(H1, furnish=[furnish])  # nothing asks for palms
    assert world.model.nsensor == 2
    with pytest.raises(KeyError, match="left_palm"):
        TouchSensors(BatchSim(world, 1)).count(CRATE.body, "left_palm_collision")


def arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    task.own.put(qpos, np.stack([1.0 + ids, 0.3 * ids, np.full(len(ids), 0.1)], axis=1), np.pi / 2 * ids)
    qvel[:, -6] = 0.0


def error(task: BlendTask, state: WorldState) -> Array:
    """How far the robot's sole centres are from where the crate is, along x."""
    del state
    return np.abs(task.own.position[:, 0] - task.sim.foot_position()[:, :, 0].mean(axis=1))


@pytest.fixture
def env() -> BatchEnv:
    spec = replace(
        TASKS["far_reach"],
        new=lambda task: FreeThing(task, "crate"),
        furnish=(furnish,),
        arrange=arrange,
        begin=lambda task, ids, state: None,
        goal=lambda task, state: np.zeros((state.num, 6)),
        error=error,
        paper_error=error,
        success=lambda task, state: error(task, state) < 0,
        critic_size=0,
        critic=lambda task, state: np.zeros((state.num, 0)),
        episode_seconds=0.4,
    )
    return BatchEnv(blend_task(spec, make_blender(spec, H1, MODELS)), 2, randomisation=NOMINAL)


def test_episodes_put_free_things_where_they_have_them(env: BatchEnv) -> None:
    env.reset()
    thing: FreeThing = env.task.own  # type: ignore[attr-defined]
    assert thing.position == pytest.approx(np.array([[1.0, 0.0, 0.1], [2.0, 0.3, 0.1]]))
    assert thing.forward == pytest.approx(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), abs=1e-12)
    assert thing.up == pytest.approx(np.tile([0.0, 0.0, 1.0], (2, 1)))
    assert thing.tilt == pytest.approx([0.0, 0.0]) and (thing.velocity == 0.0).all()


def test_a_things_mass_is_the_episodes(env: BatchEnv) -> None:
    env.reset()
    thing: FreeThing = env.task.own  # type: ignore[attr-defined]
    thing.weigh(np.array([1]), np.array([0.5]))
    assert thing.mass.tolist() == [2.0, 0.5]
    inertia = env.sim.batch.expand("body_inertia")[:, env.sim.world.model.body("thing/crate").id]
    assert inertia[1] == pytest.approx(inertia[0] / 4)


def test_progress_pays_for_the_best_so_far_alone(env: BatchEnv) -> None:
    task = env.task
    assert isinstance(task, BlendTask)
    observation = env.reset()
    start = task.best.copy()
    act = baseline("noop", TASKS["far_reach"], task.controller)
    places = [0.5, 0.2, 0.2, 0.6]  # of the first crate: nearer, nearer, the same, away again
    gains = []
    for place in places[:3]:
        task.sim.qpos[0, task.own._at] = place
        observation = env.step(act(observation[:, : task.actor_size])).observation
        gains.append(float(task.gain[0]))
    assert task.best[0] < start[0]
    assert gains[0] > 0.3 and gains[1] > 0.1 and gains[2] < 0.02
    assert sum(gains) == pytest.approx(start[0] - task.best[0])
