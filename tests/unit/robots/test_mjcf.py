"""What the MJCF document promises to whoever builds a world around it."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

import robots
from robots.table import read_table
from skillblend.contracts import Array, Robot

FEET = [f"{side}_foot{i}" for side in ("left", "right") for i in range(4)]


def geoms(model: mujoco.MjModel, part: str) -> list[str]:
    return [name for i in range(model.ngeom) if part in (name := model.geom(i).name)]


def inertia(model: mujoco.MjModel, name: str) -> Array:
    """Rotational inertia (3, 3) about the centre of mass, body axes."""
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, model.body(name).iquat)
    axes = matrix.reshape(3, 3)
    return axes @ np.diag(model.body(name).inertia) @ axes.T


def test_state_is_a_free_base_and_the_joints_in_order(robot: Robot, model: mujoco.MjModel) -> None:
    assert (model.nq, model.nv, model.nu) == (7 + robot.num_joints, 6 + robot.num_joints, 0)
    assert [model.joint(i).name for i in range(model.njnt)] == ["root", *robot.joint_names]
    assert model.joint("root").type[0] == mujoco.mjtJoint.mjJNT_FREE
    assert model.body(1).name == robot.bodies[0].name == "pelvis"
    assert model.body(1).pos == pytest.approx([0, 0, robot.base_height])


def test_bodies_with_mass_in_the_order_of_the_robot(robot: Robot, model: mujoco.MjModel) -> None:
    names = [model.body(i).name for i in range(1, model.nbody)]
    assert names == [body.name for body in robot.bodies if body.mass > 0]


def test_total_mass(robot: Robot, model: mujoco.MjModel) -> None:
    table = read_table(robot.name.removesuffix("_locked"))
    assert model.body_mass.sum() == pytest.approx(table.total_mass, abs=1e-9)


def test_inertial_of_every_body(robot: Robot, model: mujoco.MjModel) -> None:
    for body in robot.bodies:
        if body.mass == 0:
            continue
        assert model.body(body.name).mass[0] == body.mass, body.name
        np.testing.assert_allclose(model.body(body.name).ipos, body.com, atol=1e-12, err_msg=body.name)
        scale = np.abs(body.inertia).max()
        np.testing.assert_allclose(inertia(model, body.name), body.inertia, atol=1e-6 * scale, err_msg=body.name)


def test_axis_limits_and_effort_of_every_joint(robot: Robot, model: mujoco.MjModel) -> None:
    axes = {body.joint: body.axis for body in robot.bodies if body.joint >= 0}
    for i, name in enumerate(robot.joint_names):
        joint = model.joint(name)
        assert joint.type[0] == mujoco.mjtJoint.mjJNT_HINGE
        assert joint.axis == pytest.approx(axes[i], abs=1e-12)
        assert joint.limited[0] == 1
        assert tuple(joint.range) == (robot.position_lower[i], robot.position_upper[i]), name
        assert model.jnt_actfrclimited[joint.id] == 1
        assert tuple(model.jnt_actfrcrange[joint.id]) == (-robot.torque_limit[i], robot.torque_limit[i]), name
        assert joint.damping[0] == joint.frictionloss[0] == 0


def test_armature() -> None:
    h1 = mujoco.MjModel.from_xml_string(robots.load("h1").mjcf)
    assert np.unique(h1.dof_armature[6:]).tolist() == [0.1]
    g1 = mujoco.MjModel.from_xml_string(robots.load("g1").mjcf)
    assert g1.joint("left_hip_roll_joint").armature[0] == 0.0251
    assert g1.joint("left_hip_yaw_joint").armature[0] == 0.0102
    assert g1.joint("waist_pitch_joint").armature[0] == 0.0072
    assert g1.joint("right_wrist_roll_joint").armature[0] == 0.0036


def test_foot_spheres(robot: Robot, model: mujoco.MjModel) -> None:
    assert geoms(model, "_foot") == FEET
    for name in FEET:
        geom = model.geom(name)
        assert geom.type[0] == mujoco.mjtGeom.mjGEOM_SPHERE
        assert (geom.group[0], geom.contype[0], geom.conaffinity[0]) == (3, 0, 1)
        assert tuple(geom.friction) == (1.0, 0.005, 0.0001)
        side = ("left", "right").index(name.split("_")[0])
        assert model.body(geom.bodyid[0]).name == robot.feet[side].body


def test_h1_foot_spheres_are_at_the_agreed_places() -> None:
    model = mujoco.MjModel.from_xml_string(robots.load("h1").mjcf)
    for side in ("left", "right"):
        places = {tuple(np.round(model.geom(f"{side}_foot{i}").pos, 9)) for i in range(4)}
        assert places == {(x, y, -0.055) for x in (-0.045, 0.14) for y in (-0.03, 0.03)}
        assert model.geom(f"{side}_foot0").size[0] == 0.015


def test_collision_geoms_wait_for_a_task_to_switch_them_on(robot: Robot, model: mujoco.MjModel) -> None:
    names = geoms(model, "_collision")
    for name in names:
        geom = model.geom(name)
        assert (geom.group[0], geom.contype[0], geom.conaffinity[0]) == (3, 0, 0), name
        assert name.startswith(model.body(geom.bodyid[0]).name) or "hand" in name or "palm" in name
    for part in ("torso_link", "pelvis", "knee_link", "elbow", "hand", "hip"):
        assert any(part in name for name in names), part
    for side, frame in zip(("left", "right"), robot.hands, strict=True):
        hand = model.geom(f"{side}_hand_collision")
        assert hand.size[0] == 0.03
        assert hand.pos == pytest.approx(frame.offset)
        assert model.body(hand.bodyid[0]).name == frame.body
        palm = model.geom(f"{side}_palm_collision")
        assert palm.bodyid[0] == hand.bodyid[0]
        assert 0.015 <= palm.size[1] <= 0.03 and palm.size[0] > 1.5 * palm.size[1], "flat, its faces along y"
        assert (np.abs(palm.pos - frame.offset) < palm.size).all(), "the wrist point is inside the palm"


def test_visual_geoms_only_look(model: mujoco.MjModel) -> None:
    names = geoms(model, "_visual")
    assert len(names) + len(geoms(model, "_collision")) + len(FEET) == model.ngeom
    for name in names:
        geom = model.geom(name)
        assert (geom.group[0], geom.contype[0], geom.conaffinity[0]) == (2, 0, 0), name
        assert geom.matid[0] >= 0


def test_standing_robot_touches_a_floor_with_its_feet_alone(robot: Robot) -> None:
    spec = mujoco.MjSpec.from_string(robot.mjcf)
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[1, 1, 0.1], contype=1, conaffinity=0)
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[2] -= 0.001
    data.qpos[7:] = robot.default_pose
    mujoco.mj_forward(model, data)
    touching = {model.geom(contact.geom[1]).name for contact in data.contact}
    assert touching == set(FEET)


def test_shapes_are_as_tall_as_the_robot(robot: Robot, model: mujoco.MjModel) -> None:
    """Nothing visible goes through the floor, and the head is where the published height puts it."""
    data = mujoco.MjData(model)
    data.qpos[7:] = robot.default_pose
    mujoco.mj_forward(model, data)
    low, high = np.inf, -np.inf
    for name in geoms(model, "_visual"):
        i = model.geom(name).id
        if model.geom_type[i] != mujoco.mjtGeom.mjGEOM_MESH:
            continue
        mesh = model.geom_dataid[i]
        start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        points = model.mesh_vert[start : start + count] @ data.geom_xmat[i].reshape(3, 3).T + data.geom_xpos[i]
        low, high = min(low, points[:, 2].min()), max(high, points[:, 2].max())
    assert low == pytest.approx(0.0, abs=0.002)
    published = {"h1": 1.80, "g1": 1.32, "h1_2": 1.78}[robot.name.removesuffix("_locked")]
    assert published - 0.1 < high < published  # knees are bent
