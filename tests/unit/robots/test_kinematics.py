"""Forward kinematics against an evaluation of the JSON tables that shares no code with the package."""

from __future__ import annotations

import json
import math
from importlib import resources
from typing import Any

import mujoco
import numpy as np
import pytest

import robots
from skillblend.contracts import Array, Robot

POSES = 100


def table(robot: Robot) -> dict[str, Any]:
    name = robot.name.removesuffix("_locked")
    return json.loads(resources.files("robots").joinpath("data", f"{name}.json").read_text())


def turn(axis: str, angle: Array | float) -> Array:
    """Homogeneous rotations (..., 4, 4) about a coordinate axis."""
    c, s = np.cos(angle), np.sin(angle)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    move = np.zeros((*np.shape(angle), 4, 4)) + np.eye(4)
    move[..., first, first], move[..., first, second] = c, -s
    move[..., second, first], move[..., second, second] = s, c
    return move


def shift(xyz: list[float]) -> Array:
    move = np.eye(4)
    move[:3, 3] = xyz
    return move


def link_poses(data: dict[str, Any], angles: dict[str, Array]) -> dict[str, Array]:
    """Poses (P, 4, 4) of every link in the base frame; joints without angles (P,) stay at zero."""
    children = {joint["child"] for joint in data["joints"]}
    poses = {name: np.eye(4)[None] for name in data["links"] if name not in children}
    while len(poses) < len(data["links"]):
        for joint in data["joints"]:
            if joint["parent"] in poses and joint["child"] not in poses:
                roll, pitch, yaw = joint["origin_rpy"]
                move = shift(joint["origin_xyz"]) @ turn("z", yaw) @ turn("y", pitch) @ turn("x", roll)
                if joint["name"] in angles:
                    axis = joint["axis"]
                    (letter,) = (n for n, value in zip("xyz", axis, strict=True) if value)
                    move = move @ turn(letter, sum(axis) * angles[joint["name"]])
                poses[joint["child"]] = poses[joint["parent"]] @ move
    return poses


def body_poses(robot: Robot, q: Array) -> dict[str, Array]:
    """The same from `Robot.bodies`, for joint angles (P, J)."""
    poses: list[Array] = []
    for body in robot.bodies:
        move = np.zeros((len(q), 4, 4)) + np.eye(4)
        move[:, :3, :3], move[:, :3, 3] = body.rotation, body.position
        if body.joint >= 0:
            (letter,) = (n for n, value in zip("xyz", body.axis, strict=True) if value)
            move = move @ turn(letter, body.axis.sum() * q[:, body.joint])
        poses.append(move if body.parent < 0 else poses[body.parent] @ move)
    return {body.name: pose for body, pose in zip(robot.bodies, poses, strict=True)}


def frame_points(robot: Robot, q: Array) -> dict[str, Array]:
    """Feet and hands in the base frame, (P, 3) each."""
    poses = body_poses(robot, q)
    frames = zip(("left_foot", "right_foot", "left_hand", "right_hand"), robot.feet + robot.hands, strict=True)
    return {name: (poses[frame.body] @ [*frame.offset, 1.0])[:, :3] for name, frame in frames}


def random_poses(robot: Robot, rng: np.random.Generator) -> Array:
    return rng.uniform(robot.position_lower, robot.position_upper, (POSES, robot.num_joints))


def test_bodies_and_model_follow_the_table(robot: Robot, model: mujoco.MjModel, rng: np.random.Generator) -> None:
    q = random_poses(robot, rng)
    expected = link_poses(table(robot), dict(zip(robot.joint_names, q.T, strict=True)))
    for name, pose in body_poses(robot, q).items():
        np.testing.assert_allclose(pose, np.broadcast_to(expected[name], pose.shape), atol=1e-12, err_msg=name)
    data = mujoco.MjData(model)
    places, axes = [], []
    for row in q:
        data.qpos[:] = [0, 0, 0, 1, 0, 0, 0, *row]
        mujoco.mj_kinematics(model, data)
        places.append(data.xpos.copy())
        axes.append(data.xmat.reshape(-1, 3, 3).copy())
    for i in range(1, model.nbody):
        name = model.body(i).name
        pose = np.broadcast_to(expected[name], (POSES, 4, 4))
        np.testing.assert_allclose(np.stack(places)[:, i], pose[:, :3, 3], atol=1e-6, err_msg=name)
        np.testing.assert_allclose(np.stack(axes)[:, i], pose[:, :3, :3], atol=1e-6, err_msg=name)


def test_sites_are_the_frames(robot: Robot, model: mujoco.MjModel, rng: np.random.Generator) -> None:
    data, q = mujoco.MjData(model), random_poses(robot, rng)[:10]
    points = frame_points(robot, q)
    for i, row in enumerate(q):
        data.qpos[:] = [0, 0, 0, 1, 0, 0, 0, *row]
        mujoco.mj_kinematics(model, data)
        for name, point in points.items():
            np.testing.assert_allclose(data.site(name).xpos, point[i], atol=1e-6, err_msg=name)
    assert data.site("imu").xpos == pytest.approx(np.zeros(3))


def test_soles_touch_the_ground_in_the_default_pose(robot: Robot, model: mujoco.MjModel) -> None:
    data = mujoco.MjData(model)
    assert data.qpos[2] == pytest.approx(robot.base_height)
    data.qpos[7:] = robot.default_pose
    mujoco.mj_kinematics(model, data)
    geoms = [f"{side}_foot{i}" for side in ("left", "right") for i in range(4)]
    bottoms = [data.geom(name).xpos[2] - model.geom(name).size[0] for name in geoms]
    np.testing.assert_allclose(bottoms, 0.0, atol=1e-6)
    for side in ("left", "right"):
        assert data.site(f"{side}_foot").xpos[2] == pytest.approx(0.0, abs=1e-6)


# What the tables themselves have different on the two sides (joint origins, m; the rest is exact).
KINEMATIC_ASYMMETRY = {"h1": {}, "g1": {"shoulder_pitch_joint": 1e-5}, "h1_2": {}}


def test_named_asymmetries_are_all(robot: Robot) -> None:
    joints = {joint["name"]: joint for joint in table(robot)["joints"]}
    found: dict[str, float] = {}
    for name, left in joints.items():
        if not name.startswith("left_"):
            continue
        right = joints[name.replace("left_", "right_", 1)]
        x, y, z = right["origin_xyz"]
        difference = np.abs(np.array(left["origin_xyz"]) - [x, -y, z]).max()
        roll, pitch, yaw = right["origin_rpy"]
        np.testing.assert_allclose(left["origin_rpy"], [-roll, pitch, -yaw], atol=1e-12, err_msg=name)
        if difference > 1e-12:
            found[name.removeprefix("left_")] = difference
    assert found == pytest.approx(KINEMATIC_ASYMMETRY[robot.name.removesuffix("_locked")], abs=1e-12)


def test_mirrored_pose_mirrors_feet_and_hands(robot: Robot, rng: np.random.Generator) -> None:
    slack = sum(KINEMATIC_ASYMMETRY[robot.name.removesuffix("_locked")].values())
    q = random_poses(robot, rng)
    points, mirrored = frame_points(robot, q), frame_points(robot, robot.mirror(q))
    for part in ("foot", "hand"):
        for side, other in (("left", "right"), ("right", "left")):
            expected = points[f"{side}_{part}"] * [1.0, -1.0, 1.0]
            np.testing.assert_allclose(mirrored[f"{other}_{part}"], expected, atol=1e-6 + slack)


def test_mirror_twice_is_nothing(robot: Robot, rng: np.random.Generator) -> None:
    q = random_poses(robot, rng)
    np.testing.assert_array_equal(robot.mirror(robot.mirror(q)), q)
    np.testing.assert_array_equal(robot.mirror(robot.default_pose), robot.default_pose)


def test_mirrored_limits_are_the_limits(robot: Robot) -> None:
    ends = np.stack([robot.mirror(robot.position_lower), robot.mirror(robot.position_upper)])
    found = {
        name
        for i, name in enumerate(robot.joint_names)
        if not np.allclose([ends[:, i].min(), ends[:, i].max()], [robot.position_lower[i], robot.position_upper[i]])
    }
    assert not found


def test_mirror_signs_follow_the_names(robot: Robot) -> None:
    for name, sign in zip(robot.joint_names, robot.mirror_sign, strict=True):
        flips = any(word in name for word in ("roll", "yaw")) or name == "torso_joint"
        assert sign == (-1.0 if flips else 1.0), name


def test_fk_of_one_pose_by_hand() -> None:
    """H1's left hand, arm hanging (all joints at zero): offsets add up, but for the tilted shoulder."""
    h1 = robots.load("h1")
    hand = frame_points(h1, np.zeros((1, 19)))["left_hand"][0]
    c, s = math.cos(0.43633), math.sin(0.43633)
    y = 0.15535 + c * 0.0565 - s * -0.0165
    z = 0.42999 + s * 0.0565 + c * -0.0165 - 0.1343 - 0.198 - 0.015
    assert hand == pytest.approx([0.0055 - 0.0055 + 0.0185 + 0.28, y, z], abs=1e-12)
