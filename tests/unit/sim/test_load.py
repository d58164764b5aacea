"""Loads at the palms: mass and inertia as if something were welded there, and who carries them."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

import robots
from sim.batch import BatchSim
from sim.env import BatchEnv
from sim.load import HandLoad
from sim.randomisation import NOMINAL, Randomisation
from sim.skills.arms import carrying_poses
from sim.skills.walking import WalkingTask
from sim.world import World, build_world
from skillblend.kinematics import Limbs
from skillblend.skills.walking import WalkingController

MakeEnv = Callable[..., BatchEnv]


def mass_matrix(model: mujoco.MjModel, pose: np.ndarray) -> np.ndarray:
    data = mujoco.MjData(model)
    data.qpos[7 : 7 + len(pose)] = pose
    mujoco.mj_forward(model, data)
    out = np.zeros((model.nv, model.nv))
    mujoco.mj_fullM(model, data, out)
    return out


@pytest.mark.parametrize("name", robots.names())
def test_the_mass_matrix_is_that_of_a_robot_with_something_welded_to_its_palms(name: str) -> None:
    robot = robots.load(name)

    def weld(spec: mujoco.MjSpec) -> None:
        for frame in robot.hands:
            load = spec.body(frame.body).add_body(name=f"{frame.body}_load", pos=frame.offset)
            load.explicitinertial, load.mass, load.ipos, load.inertia = True, 1.1, [0.0] * 3, [1e-12] * 3

    sim = BatchSim(build_world(robot), 3)
    HandLoad(sim).put(np.array([0, 2]), np.array([0.0, 2.2]))
    welded = build_world(robot, furnish=[weld]).model
    pose = robot.default_pose + np.random.default_rng(0).uniform(-0.3, 0.3, robot.num_joints)
    bare = mass_matrix(sim.world.model, pose)
    np.testing.assert_array_equal(mass_matrix(sim.batch.get_model(0), pose), bare)
    np.testing.assert_array_equal(mass_matrix(sim.batch.get_model(1), pose), bare)
    np.testing.assert_allclose(mass_matrix(sim.batch.get_model(2), pose), mass_matrix(welded, pose), atol=1e-9)


def test_a_load_is_put_down_again(world: World) -> None:
    sim = BatchSim(world, 1)
    load = HandLoad(sim)
    load.put(np.array([0]), np.array([3.0]))
    load.put(np.array([0]), np.array([0.0]))
    for name in ("body_mass", "body_ipos", "body_inertia", "body_iquat", "body_sameframe"):
        np.testing.assert_array_equal(sim.batch.expand(name)[0], getattr(world.model, name))


def test_a_share_of_the_episodes_carries_something(make_env: MakeEnv) -> None:
    env = make_env("walking", 400, randomisation=Randomisation().loaded((0.0, 3.0), 0.5), seed=3)
    env.reset()
    load, task = env.randomiser.load, env.task
    assert isinstance(task, WalkingTask)
    assert 0.4 < (load > 0).mean() < 0.6
    assert load.max() <= 3.0 and load[load > 0].mean() == pytest.approx(1.5, abs=0.3)
    assert not task.carrying[load == 0].any()
    assert task.carrying[load > 0].mean() == pytest.approx(0.75, abs=0.1)
    assert task.arms.busy[task.carrying].all()


def test_loads_are_as_heavy_for_a_lighter_robot() -> None:
    g1 = robots.load("g1")
    mass = sum(body.mass for body in g1.bodies) / sum(body.mass for body in robots.load("h1").bodies)
    assert NOMINAL.loaded((0.0, 3.0)).for_robot(g1).load[1] == pytest.approx(3.0 * mass, rel=1e-4)


@pytest.mark.parametrize("name", robots.names())
def test_both_hands_are_before_a_robot_that_carries(name: str) -> None:
    robot = robots.load(name)
    controller = WalkingController(robot)
    poses = np.tile(robot.default_pose, (20, 1))
    poses[:, controller.slow] = carrying_poses(controller)[:20]
    hands = Limbs(robot, robot.hands)(poses, np.zeros_like(poses)).position
    assert (hands[:, :, 0] > 0.05).all()
    np.testing.assert_allclose(hands[:, 0], hands[:, 1] * [1, -1, 1], atol=2e-3)
