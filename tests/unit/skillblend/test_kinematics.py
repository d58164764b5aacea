"""Kinematics of our own beside MuJoCo's, and beside poses that can be worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import mujoco
import numpy as np
import pytest

import robots
from sim.world import World, build_world
from skillblend.contracts import Array, Frame, Observation, Robot
from skillblend.errors import UnknownNameError
from skillblend.kinematics import (
    LegOdometry,
    Limbs,
    from_heading,
    gravity_base,
    level_rotation,
    to_heading,
    turned,
    yaw,
)  # fmt: skip

N = 100


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return {name: build_world(robots.load(name)) for name in robots.names()}


@dataclass
class Truth:
    """What MuJoCo says of N poses: sites in base axes, and their velocities due to the joints alone."""

    position: Array
    velocity: Array


def random_joints(robot: Robot, rng: np.random.Generator) -> tuple[Array, Array]:
    q = rng.uniform(robot.position_lower, robot.position_upper, (N, robot.num_joints))
    return q, rng.normal(0.0, 3.0, (N, robot.num_joints))


def mujoco_sites(world: World, sites: np.ndarray, q: Array, qd: Array) -> Truth:
    model, data = world.model, mujoco.MjData(world.model)
    joints = world.robot.num_joints
    position, velocity = np.zeros((len(q), 2, 3)), np.zeros((len(q), 2, 3))
    jacobian = np.zeros((3, model.nv))
    for n in range(len(q)):
        data.qpos[:] = model.qpos0
        data.qpos[:7] = [0, 0, 0, 1, 0, 0, 0]
        data.qpos[7 : 7 + joints] = q[n]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        for limb, site in enumerate(sites):
            position[n, limb] = data.site_xpos[site]
            mujoco.mj_jacSite(model, data, jacobian, None, site)
            velocity[n, limb] = jacobian[:, 6 : 6 + joints] @ qd[n]
    return Truth(position, velocity)


@pytest.mark.parametrize("limb", ["feet", "hands"])
def test_limbs_are_where_and_as_fast_as_mujoco_says(
    robot: Robot, worlds: dict[str, World], rng: np.random.Generator, limb: str
) -> None:
    world = worlds[robot.name]
    q, qd = random_joints(robot, rng)
    truth = mujoco_sites(world, world.foot_sites if limb == "feet" else world.hand_sites, q, qd)
    found = Limbs(robot, robot.feet if limb == "feet" else robot.hands)(q, qd)
    assert np.abs(found.position - truth.position).max() < 1e-9
    assert np.abs(found.velocity - truth.velocity).max() < 1e-9


def test_velocity_is_the_derivative_of_position(robot: Robot, rng: np.random.Generator) -> None:
    q, qd = random_joints(robot, rng)
    limbs, h = Limbs(robot, robot.hands), 1e-6
    ahead, behind = (limbs(q + s * h * qd, qd).position for s in (1, -1))
    assert limbs(q, qd).velocity == pytest.approx((ahead - behind) / (2 * h), abs=1e-6)


def test_the_jacobian_times_the_rates_is_the_velocity(robot: Robot, rng: np.random.Generator) -> None:
    arms, (q, qd) = Limbs(robot, robot.hands), random_joints(robot, rng)
    seen, found = arms(q, qd), arms.jacobian(q)
    assert found.shape == (N, 2, 3, arms.joints.shape[1])
    rates = qd[:, arms.joints]
    np.testing.assert_allclose((found * rates[:, :, None]).sum(axis=3), seen.velocity, atol=1e-12)
    np.testing.assert_array_equal(arms.position(q), seen.position)


def test_limbs_of_some_robots_read_as_those_of_all(robot: Robot, rng: np.random.Generator) -> None:
    q, qd = random_joints(robot, rng)
    limbs = Limbs(robot, robot.feet)
    everybody, one = limbs(q, qd), limbs(q[7:8], qd[7:8])
    assert np.array_equal(one.position[0], everybody.position[7])
    assert np.array_equal(one.velocity[0], everybody.velocity[7])


def test_mirrored_joints_mirror_the_limbs(robot: Robot, rng: np.random.Generator) -> None:
    """Up to the table's own asymmetry: G1's shoulders are 0.01 mm apart (see the tests of the robots)."""
    slack = 1.1e-5 if robot.name.startswith("g1") else 1e-9
    q, qd = random_joints(robot, rng)
    flip = np.array([1.0, -1.0, 1.0])
    for frames in (robot.feet, robot.hands):
        limbs = Limbs(robot, frames)
        plain, mirrored = limbs(q, qd), limbs(robot.mirror(q), robot.mirror(qd))
        assert mirrored.position[:, ::-1] * flip == pytest.approx(plain.position, abs=1e-6 + slack)
        assert mirrored.velocity[:, ::-1] * flip == pytest.approx(plain.velocity, abs=1e-5 + 20 * slack)


def test_unknown_bodies_and_unequal_limbs_are_refused() -> None:
    robot = robots.load("h1")
    with pytest.raises(UnknownNameError, match="unknown body 'left_foot'"):
        Limbs(robot, [Frame(body="left_foot", offset=(0, 0, 0))])
    with pytest.raises(ValueError, match="equally many joints"):
        Limbs(robot, [robot.feet[0], Frame(body="torso_link", offset=(0, 0, 0))])


def random_quaternions(rng: np.random.Generator, n: int = N) -> Array:
    q = rng.normal(size=(n, 4))
    return q / np.linalg.norm(q, axis=1, keepdims=True)


def matrix(quaternion: Array) -> Array:
    out = np.zeros(9)
    mujoco.mju_quat2Mat(out, quaternion)
    return out.reshape(3, 3)


def about(axis: str, angle: float) -> Array:
    return np.array([[np.cos(angle / 2), *(np.array([c == axis for c in "xyz"]) * np.sin(angle / 2))]])


def test_gravity_in_the_base_frame(rng: np.random.Generator) -> None:
    quaternions = random_quaternions(rng)
    expected = [matrix(q).T @ [0, 0, -1] for q in quaternions]
    assert gravity_base(quaternions) == pytest.approx(np.array(expected))
    assert gravity_base(about("y", np.pi / 3))[0] == pytest.approx([np.sin(np.pi / 3), 0.0, -0.5])


def test_yaw_is_the_heading_of_the_forward_axis(rng: np.random.Generator) -> None:
    quaternions = random_quaternions(rng)
    forward = np.array([matrix(q)[:, 0] for q in quaternions])
    assert yaw(quaternions) == pytest.approx(np.arctan2(forward[:, 1], forward[:, 0]))


def test_turning_adds_to_the_yaw_and_keeps_the_tilt(rng: np.random.Generator) -> None:
    quaternions, heading = random_quaternions(rng), rng.uniform(-3, 3, N)
    after = turned(quaternions, heading)
    difference = yaw(after) - yaw(quaternions) - heading
    assert np.cos(difference) == pytest.approx(1.0)
    assert gravity_base(after) == pytest.approx(gravity_base(quaternions))


def test_heading_frames_undo_each_other(rng: np.random.Generator) -> None:
    heading = rng.uniform(-3, 3, N)
    for shape in ((N, 3), (N, 2, 3)):
        vectors = rng.normal(size=shape)
        assert from_heading(to_heading(vectors, heading), heading) == pytest.approx(vectors)
    quarter = to_heading(np.array([[1.0, 2.0, 3.0]]), np.array([np.pi / 2]))
    assert quarter == pytest.approx(np.array([[2.0, -1.0, 3.0]]))


def test_level_rotation_is_a_rotation_that_levels(rng: np.random.Generator) -> None:
    gravity = gravity_base(random_quaternions(rng))
    rotation = level_rotation(gravity)
    assert np.einsum("nij,nkj->nik", rotation, rotation) == pytest.approx(np.tile(np.eye(3), (N, 1, 1)))
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert np.einsum("nij,nj->ni", rotation, gravity) == pytest.approx(np.tile([0.0, 0.0, -1.0], (N, 1)))
    forward = rotation[:, :, 0]
    assert forward[:, 1] == pytest.approx(0.0) and (forward[:, 0] > 0).all()


def test_level_rotation_by_hand() -> None:
    """Pitched forward by 30 degrees, the base's forward axis points 30 degrees down."""
    rotation = level_rotation(gravity_base(about("y", np.pi / 6)))[0]
    assert rotation @ [1, 0, 0] == pytest.approx([np.cos(np.pi / 6), 0.0, -0.5])
    assert rotation @ [0, 1, 0] == pytest.approx([0.0, 1.0, 0.0])


def test_level_rotation_is_the_orientation_without_its_heading(rng: np.random.Generator) -> None:
    tilts = np.concatenate([about("x", a) for a in (-0.6, 0.3)] + [about("y", a) for a in (-0.5, 0.7)])
    quaternions = turned(tilts, rng.uniform(-3, 3, len(tilts)))
    without = turned(quaternions, -yaw(quaternions))
    expected = np.array([matrix(q) for q in without])
    assert level_rotation(gravity_base(quaternions)) == pytest.approx(expected)


def observation(q: Array, qd: Array, quaternion: Array, omega: Array) -> Observation:
    return Observation(
        time=np.zeros(len(q)),
        joint_position=q,
        joint_velocity=qd,
        base_quaternion=quaternion,
        base_angular_velocity=omega,
    )


def planted(world: World, rng: np.random.Generator, n: int) -> tuple[Observation, Array, Array]:
    """A base that moves at random over planted feet: observation, base velocity (level), base height."""
    robot, model, data = world.robot, world.model, mujoco.MjData(world.model)
    joints = robot.num_joints
    q = robot.default_pose + rng.uniform(-0.1, 0.1, (n, joints))
    qd, omega, velocity = np.zeros((n, joints)), rng.uniform(-0.5, 0.5, (n, 3)), rng.uniform(-1, 1, (n, 3))
    quaternion = np.zeros((n, 4))
    height = np.zeros(n)
    for i in range(n):
        tilt = rng.uniform(-0.2, 0.2, 3)
        quaternion[i] = [1.0, *(tilt / 2)]
        quaternion[i] /= np.linalg.norm(quaternion[i])
        data.qpos[:] = model.qpos0
        data.qpos[:7] = [0, 0, 0, *quaternion[i]]
        data.qpos[7 : 7 + joints] = q[i]
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        rows = []
        for site in world.foot_sites:
            jacobian = np.zeros((3, model.nv))
            mujoco.mj_jacSite(model, data, jacobian, None, site)
            rows.append(jacobian[:, : 6 + joints])
        whole = np.concatenate(rows)
        base = whole[:, :6] @ np.concatenate([velocity[i], omega[i]])
        qd[i] = np.linalg.lstsq(whole[:, 6:], -base, rcond=None)[0]
        assert whole @ np.concatenate([velocity[i], omega[i], qd[i]]) == pytest.approx(0.0, abs=1e-9)
        height[i] = -min(data.site_xpos[site][2] for site in world.foot_sites)
    level = to_heading(velocity, yaw(quaternion))
    return observation(q, qd, quaternion, omega), level, height


def test_odometry_is_exact_over_planted_feet(
    robot: Robot, worlds: dict[str, World], rng: np.random.Generator
) -> None:
    obs, velocity, height = planted(worlds[robot.name], rng, 30)
    stance = LegOdometry(robot)(obs)
    assert stance.linear_velocity == pytest.approx(velocity, abs=1e-9)
    assert stance.height == pytest.approx(height, abs=1e-9)
    upright = np.einsum("nij,nj->ni", stance.rotation, obs.base_angular_velocity)
    assert stance.angular_velocity == pytest.approx(upright)


def test_a_standing_robot_stands_still(robot: Robot) -> None:
    still = observation(
        robot.default_pose[None], np.zeros((1, robot.num_joints)), np.array([[1.0, 0, 0, 0]]), np.zeros((1, 3))
    )
    stance = LegOdometry(robot)(still)
    assert stance.linear_velocity == pytest.approx(0.0)
    assert stance.height[0] == pytest.approx(robot.base_height, abs=0.01)
    assert stance.midfoot[0, 1] == pytest.approx(0.0, abs=1e-6)
    assert stance.midfoot[0, 2] == pytest.approx(-stance.height[0])
    assert (stance.feet[0, 0] * [1, -1, 1]) == pytest.approx(stance.feet[0, 1], abs=1e-6)


def test_odometry_trusts_the_lower_foot(worlds: dict[str, World], rng: np.random.Generator) -> None:
    """With one foot lifted clear of the floor, its motion says nothing about the base."""
    robot = robots.load("h1")
    obs, velocity, _ = planted(worlds["h1"], rng, 5)
    q, qd = obs.joint_position.copy(), obs.joint_velocity.copy()
    knee, hip = robot.joint("right_knee"), robot.joint("right_hip_pitch")
    q[:, knee] += 0.8
    q[:, hip] -= 0.4
    qd[:, [knee, hip]] += 3.0
    lifted = LegOdometry(robot)(replace(obs, joint_position=q, joint_velocity=qd))
    assert (lifted.feet[:, 1, 2] > lifted.feet[:, 0, 2] + 0.05).all()
    assert lifted.linear_velocity == pytest.approx(velocity, abs=0.05)


def test_renewing_some_leaves_the_others(robot: Robot, rng: np.random.Generator) -> None:
    q, qd = random_joints(robot, rng)
    obs = observation(q, qd, random_quaternions(rng), rng.normal(size=(N, 3)))
    odometry = LegOdometry(robot)
    before = odometry(obs)
    q, qd = random_joints(robot, rng)
    moved = replace(obs, joint_position=q, joint_velocity=qd, base_quaternion=random_quaternions(rng))
    ids = np.array([3, 50, 7])
    others = np.setdiff1d(np.arange(N), ids)
    renewed, everybody = odometry.renew(before, moved, ids), odometry(moved)
    for name in ("gravity", "rotation", "feet", "linear_velocity", "angular_velocity", "height"):
        assert np.array_equal(getattr(renewed, name)[ids], getattr(everybody, name)[ids])
        assert np.array_equal(getattr(renewed, name)[others], getattr(before, name)[others])
    assert np.array_equal(odometry.renew(None, moved, ids).feet, everybody.feet)
