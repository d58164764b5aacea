"""The URDF is the robot: another reader of it finds the same kinematics and masses."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Tree

import mujoco
import numpy as np
import pytest

import robots
from skillblend.kinematics import Limbs
from skillblend_ros.description import Soles, quaternion, roll_pitch_yaw, urdf
from skillblend_ros.parameters import BEGIN, END, table
from skillblend_ros.topics import BASE

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=robots.names())
def robot(request: pytest.FixtureRequest) -> robots.Robot:
    return robots.load(request.param)


def test_another_reader_of_the_urdf_finds_the_same_robot(robot: robots.Robot) -> None:
    """MuJoCo reads it; joints are bent at random."""
    extension = '<mujoco><compiler fusestatic="false" discardvisual="false"/></mujoco>'
    model = mujoco.MjModel.from_xml_string(urdf(robot).replace("</robot>", extension + "</robot>"))
    assert {model.joint(k).name for k in range(model.njnt)} == set(robot.joint_names)
    assert sum(model.body_mass) == pytest.approx(sum(body.mass for body in robot.bodies), rel=1e-6)
    data = mujoco.MjData(model)
    rng = np.random.default_rng(0)
    joints = rng.uniform(robot.position_lower, robot.position_upper)
    for name, angle in zip(robot.joint_names, joints, strict=True):
        data.qpos[model.joint(name).qposadr[0]] = angle
        limits = model.joint(name).range
        k = robot.joint(name)
        assert limits == pytest.approx([robot.position_lower[k], robot.position_upper[k]], abs=1e-6)
    mujoco.mj_kinematics(model, data)
    ends = Limbs(robot, (*robot.feet,))(joints[None], np.zeros((1, robot.num_joints))).position[0]
    soles = Soles(robot)(joints)
    for foot, end, (position, turn) in zip(robot.feet, ends, soles, strict=True):
        body = data.body(foot.body)
        there = body.xpos + body.xmat.reshape(3, 3) @ np.array(foot.offset)
        assert there == pytest.approx(end, abs=1e-6)
        assert position == pytest.approx(end, abs=1e-9)
        assert abs(float(turn @ body.xquat)) == pytest.approx(1.0, abs=1e-6)


def test_the_tree_hangs_on_the_base_frame(robot: robots.Robot) -> None:
    root = Tree.fromstring(urdf(robot))
    children = {joint.find("child").get("link") for joint in root.iter("joint")}  # type: ignore[union-attr]
    links = [link.get("name") for link in root.iter("link")]
    assert len(links) == len(set(links))
    assert set(links) - children == {BASE}


def test_rotations_survive_their_other_forms() -> None:
    rng = np.random.default_rng(1)
    turns = [q / np.linalg.norm(q) for q in rng.normal(size=(30, 4))]
    turns += [np.array(q, dtype=np.float64) for q in ([1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1])]
    turns += [np.array([np.sqrt(0.5), 0.0, s * np.sqrt(0.5), 0.0]) for s in (1.0, -1.0)]  # pitched by a quarter turn
    for turn in turns:
        matrix = np.empty(9)
        mujoco.mju_quat2Mat(matrix, turn)
        matrix = matrix.reshape(3, 3)
        assert abs(float(quaternion(matrix) @ turn)) == pytest.approx(1.0)
        roll, pitch, yaw = roll_pitch_yaw(matrix)
        again = np.empty(4)
        mujoco.mju_euler2Quat(again, np.array([roll, pitch, yaw]), "XYZ")
        assert abs(float(again @ turn)) == pytest.approx(1.0)


def test_the_page_holds_the_table_of_parameters() -> None:
    page = (ROOT / "docs" / "ros2.md").read_text()
    assert f"{BEGIN}\n{table()}\n{END}" in page, "run `python ros_ws/parameter_table.py`"
