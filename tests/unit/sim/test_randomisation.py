from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.env import BatchEnv
from sim.randomisation import NOMINAL, Randomisation, quaternion_product
from skillblend.kinematics import gravity_base

MakeEnv = Callable[..., BatchEnv]
N = 400


@pytest.fixture(scope="module")
def many(h1) -> BatchEnv:
    from sim.registry import builtin_tasks

    env = BatchEnv(builtin_tasks().make("walking", h1), N, seed=1)
    env.reset()
    return env


@pytest.mark.parametrize("name", ["friction", "mass", "gain", "latency"])
def test_episode_dynamics_fill_their_ranges(many: BatchEnv, name: str) -> None:
    low, high = getattr(Randomisation(), name)
    values = getattr(many.randomiser, name)
    assert values.min() >= low and values.max() <= high
    assert values.mean() == pytest.approx((low + high) / 2, abs=5 * (high - low) / np.sqrt(12 * N))
    assert np.ptp(values) > 0.95 * (high - low)


def test_dynamics_are_drawn_independently(many: BatchEnv) -> None:
    rand = many.randomiser
    drawn = np.corrcoef([rand.friction, rand.mass, rand.gain, rand.latency])
    assert np.abs(drawn - np.eye(4)).max() < 5 / np.sqrt(N)


def test_dynamics_reach_the_simulated_models(many: BatchEnv) -> None:
    rand, sim = many.randomiser, many.sim
    robot, nominal = sim.world.robot, sim.world.model
    torso = nominal.body(next(b.name for b in robot.bodies if "torso" in b.name)).id
    for i in (0, 7, N - 1):
        model = sim.batch.get_model(i)
        assert model.geom_friction[sim.world.foot_geoms.ravel(), 0] == pytest.approx(rand.friction[i])
        assert model.body_mass[torso] == pytest.approx(nominal.body_mass[torso] + rand.mass[i])
        assert model.actuator_gainprm[:, 0] == pytest.approx(rand.gain[i] * robot.stiffness)
        assert model.actuator_biasprm[:, 1] == pytest.approx(-rand.gain[i] * robot.stiffness)
        assert model.actuator_biasprm[:, 2] == pytest.approx(-rand.gain[i] * robot.damping)


def test_measurement_noise_stays_inside_its_half_widths_and_is_unbiased(many: BatchEnv) -> None:
    cfg, state = Randomisation(), many.state
    seen = many.randomiser.measure(state)
    for error, width in (
        (seen.joint_position - state.joint_position, cfg.position_noise),
        (seen.joint_velocity - state.joint_velocity, cfg.velocity_noise),
        (seen.base_angular_velocity - state.base_angular_velocity, cfg.gyro_noise),
    ):
        assert np.abs(error).max() <= width
        assert np.abs(error).max() > 0.98 * width
        assert error.mean() == pytest.approx(0.0, abs=5 * width / np.sqrt(3 * error.size))
    assert np.linalg.norm(seen.base_quaternion, axis=1) == pytest.approx(1.0)
    cosine = (gravity_base(seen.base_quaternion) * gravity_base(state.base_quaternion)).sum(axis=1)
    tilt = np.arccos(np.minimum(cosine, 1.0))
    assert 0.5 * cfg.tilt_noise < tilt.max() <= np.sqrt(2) * cfg.tilt_noise * 1.001


def test_noise_changes_from_step_to_step(make_env: MakeEnv) -> None:
    env = make_env("walking", 3)
    env.reset()
    first = env.randomiser.measure(env.state)
    env.streams.step += 1
    second = env.randomiser.measure(env.state)
    assert (first.joint_position != second.joint_position).all()


def test_measuring_some_reads_as_measuring_all(make_env: MakeEnv) -> None:
    env = make_env("walking", 5)
    env.reset()
    ids = np.array([3, 1])
    everybody, some = env.randomiser.measure(env.state), env.randomiser.measure(env.state.take(ids), ids)
    assert np.array_equal(some.joint_velocity, everybody.joint_velocity[ids])
    assert np.array_equal(some.base_quaternion, everybody.base_quaternion[ids])


def test_nominal_measures_the_truth(make_env: MakeEnv) -> None:
    env = make_env("walking", 2, randomisation=NOMINAL)
    env.reset()
    assert np.array_equal(env.obs.joint_position, env.state.joint_position)
    assert env.obs.base_quaternion == pytest.approx(env.state.base_quaternion, abs=1e-15)
    assert env.randomiser.latency.tolist() == [0.0, 0.0]


def test_pushes_come_as_often_and_as_hard_as_asked(make_env: MakeEnv) -> None:
    env = make_env("walking", 300, randomisation=Randomisation(push_every=0.4, push_speed=0.7, push_spin=0.2))
    env.reset()
    pushes, kicks = 0, []
    for _ in range(40):  # one in 20 steps each
        before = env.sim.qvel.copy()
        pushed = env.randomiser.push()
        change = env.sim.qvel - before
        assert not change[~pushed].any()
        assert not change[:, [2, 3, 4]].any() and not change[:, 6:].any()
        pushes += int(pushed.sum())
        kicks.append(change[pushed][:, [0, 1, 5]])
        env.streams.step += 1
    expected = 300 * 40 * 0.02 / 0.4
    assert pushes == pytest.approx(expected, abs=5 * np.sqrt(expected))
    kick = np.abs(np.concatenate(kicks))
    assert (kick.max(axis=0) <= [0.7, 0.7, 0.2]).all()
    assert (kick.max(axis=0) > [0.68, 0.68, 0.19]).all()


def test_without_pushes_nobody_pushes(make_env: MakeEnv) -> None:
    env = make_env("walking", 4, randomisation=Randomisation().without_pushes())
    env.reset()
    before = env.sim.qvel.copy()
    assert not env.randomiser.push().any()
    assert np.array_equal(env.sim.qvel, before)


def test_latency_mixes_old_and_new_targets(make_env: MakeEnv) -> None:
    env = make_env("walking", 3)
    env.randomiser.latency[:] = [0.0, 0.25, 0.5]
    new, old = np.full((3, 19), 1.0), np.zeros((3, 19))
    assert env.randomiser.delay(new, old)[:, 0] == pytest.approx([1.0, 0.75, 0.5])


def test_quaternion_product_composes_rotations() -> None:
    half = np.sqrt(0.5)
    about_z, about_x = np.array([[half, 0, 0, half]]), np.array([[half, half, 0, 0]])
    assert quaternion_product(about_z, about_x) == pytest.approx(np.array([[0.5, 0.5, 0.5, 0.5]]))


def test_masses_and_pushes_are_as_heavy_for_every_robot() -> None:
    import robots

    base = Randomisation()
    assert base.for_robot(robots.load("h1")) == base
    g1 = base.for_robot(robots.load("g1"))
    assert g1.mass == pytest.approx(tuple(kg * 33.341 / 51.650 for kg in base.mass), rel=1e-4)
    assert g1.push_speed == pytest.approx(base.push_speed * (0.67516 / 0.84064) ** 0.5, rel=1e-4)
    assert (g1.friction, g1.latency, g1.push_spin) == (base.friction, base.latency, base.push_spin)


def test_an_environment_draws_masses_of_its_own_robot() -> None:
    import robots
    from sim.registry import builtin_tasks

    env = BatchEnv(builtin_tasks().make("walking", robots.load("g1")), N, seed=1)
    env.reset()
    low, high = Randomisation().for_robot(robots.load("g1")).mass
    assert env.randomiser.mass.min() >= low and env.randomiser.mass.max() <= high
    assert np.ptp(env.randomiser.mass) > 0.95 * (high - low)
