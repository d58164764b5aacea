from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

import robots
from robots import assembly
from robots.assembly import build
from robots.g1 import SPEC as G1
from robots.h1 import SPEC as H1
from robots.table import read_table
from skillblend.contracts import Robot
from skillblend.errors import InputError, UnknownNameError

H1_JOINTS = (
    "left_hip_yaw_joint", "left_hip_roll_joint", "left_hip_pitch_joint", "left_knee_joint", "left_ankle_joint",
    "right_hip_yaw_joint", "right_hip_roll_joint", "right_hip_pitch_joint", "right_knee_joint",
    "right_ankle_joint", "torso_joint",
    "left_shoulder_pitch_joint", "left_shoulder_roll_joint", "left_shoulder_yaw_joint", "left_elbow_joint",
    "right_shoulder_pitch_joint", "right_shoulder_roll_joint", "right_shoulder_yaw_joint", "right_elbow_joint",
)  # fmt: skip


PUBLISHED: dict[str, dict[str, tuple[float, float]]] = {
    "h1": {
        "hip_yaw": (200, 23), "hip_roll": (200, 23), "hip_pitch": (200, 23), "knee": (300, 14), "ankle": (40, 9),
        "torso": (200, 23), "shoulder_pitch": (40, 9), "shoulder_roll": (40, 9), "shoulder_yaw": (18, 20),
        "elbow": (18, 20),
    },
    "g1": {
        "hip_pitch": (88, 32), "hip_roll": (139, 20), "hip_yaw": (88, 32), "knee": (139, 20),
        "ankle_pitch": (50, 37), "ankle_roll": (50, 37), "waist_yaw": (88, 32), "waist_roll": (50, 37),
        "waist_pitch": (50, 37), "shoulder_pitch": (25, 37), "shoulder_roll": (25, 37), "shoulder_yaw": (25, 37),
        "elbow": (25, 37), "wrist_roll": (25, 37), "wrist_pitch": (5, 22), "wrist_yaw": (5, 22),
    },
    "h1_2": {
        "hip_yaw": (200, 23), "hip_pitch": (200, 23), "hip_roll": (200, 23), "knee": (300, 14),
        "ankle_pitch": (60, 9), "ankle_roll": (40, 9), "torso": (200, 23), "shoulder_pitch": (40, 9),
        "shoulder_roll": (40, 9), "shoulder_yaw": (18, 20), "elbow_pitch": (18, 20), "elbow_roll": (19, 31.4),
        "wrist_pitch": (19, 31.4), "wrist_yaw": (19, 31.4),
    },
}  # fmt: skip
"""Torque (N m) and speed (rad/s) of each joint. Source: Unitree's URDFs (unitree_ros), written down again here."""

H1_2_RANGES = {
    "hip_yaw": (-0.43, 0.43), "hip_pitch": (-3.14, 2.5), "hip_roll": (-0.43, 3.14), "knee": (-0.26, 2.05),
    "ankle_pitch": (-0.897334, 0.523598), "ankle_roll": (-0.261799, 0.261799), "torso": (-2.35, 2.35),
    "shoulder_pitch": (-3.14, 1.57), "shoulder_roll": (-0.38, 3.4), "shoulder_yaw": (-2.66, 3.01),
    "elbow_pitch": (-0.95, 3.18), "elbow_roll": (-3.01, 2.75), "wrist_pitch": (-0.47, 0.47),
    "wrist_yaw": (-1.27, 1.27),
}  # fmt: skip
"""Left side, rad. Source: as above."""


@pytest.mark.parametrize(
    ("name", "joints"), [("h1", 19), ("g1", 29), ("g1_locked", 21), ("h1_2", 27), ("h1_2_locked", 21)]
)
def test_joint_counts(name: str, joints: int) -> None:
    assert robots.load(name).num_joints == joints


def test_names_are_the_names_of_the_robots() -> None:
    assert robots.names() == ("g1", "g1_locked", "h1", "h1_2", "h1_2_locked")
    assert [robots.load(name).name for name in robots.names()] == list(robots.names())


def test_locked_flag_and_locked_name_agree() -> None:
    assert robots.load("g1", locked=True).joint_names == robots.load("g1_locked").joint_names
    assert robots.load("h1", locked=True).joint_names == robots.load("h1").joint_names


def test_locking_welds_wrists_and_waist_roll_and_pitch() -> None:
    free, locked = robots.load("g1"), robots.load("g1_locked")
    welded = set(free.joint_names) - set(locked.joint_names)
    sides = {f"{s}_wrist_{a}_joint" for s in ("left", "right") for a in ("roll", "pitch", "yaw")}
    assert welded == sides | {"waist_roll_joint", "waist_pitch_joint"}
    assert [b.name for b in free.bodies] == [b.name for b in locked.bodies]


def test_h1_joint_order() -> None:
    assert robots.load("h1").joint_names == H1_JOINTS


def test_order_is_left_leg_right_leg_waist_left_arm_right_arm(robot: Robot) -> None:
    def limb(name: str) -> str:
        if "waist" in name or "torso" in name:
            return "waist"
        part = "leg" if any(w in name for w in ("hip", "knee", "ankle")) else "arm"
        return f"{name.split('_')[0]} {part}"

    limbs = [limb(name) for name in robot.joint_names]
    assert list(dict.fromkeys(limbs)) == ["left leg", "right leg", "waist", "left arm", "right arm"]
    assert limbs == sorted(limbs, key=list(dict.fromkeys(limbs)).index)


def test_h1_choices() -> None:
    h1 = robots.load("h1")
    gains = dict(zip(h1.joint_names, zip(h1.stiffness, h1.damping, strict=True), strict=True))
    assert gains["left_hip_yaw_joint"] == gains["left_hip_roll_joint"] == (200.0, 5.0)
    assert gains["right_hip_pitch_joint"] == (250.0, 6.0)
    assert gains["left_knee_joint"] == gains["torso_joint"] == (300.0, 6.0)
    assert gains["right_ankle_joint"] == (120.0, 4.0)
    assert gains["left_shoulder_yaw_joint"] == (100.0, 3.0)
    assert gains["left_elbow_joint"] == (60.0, 2.0)
    pose = dict(zip(h1.joint_names, h1.default_pose, strict=True))
    assert (pose["left_hip_pitch_joint"], pose["left_knee_joint"], pose["left_ankle_joint"]) == (
        -0.18,
        0.52,
        -0.34,
    )
    assert (pose["right_shoulder_pitch_joint"], pose["right_elbow_joint"]) == (0.1, 0.6)
    assert np.count_nonzero(h1.default_pose) == 10
    assert [frame.offset for frame in h1.feet] == [(0.05, 0.0, -0.07)] * 2
    assert [frame.body for frame in h1.hands] == ["left_elbow_link", "right_elbow_link"]
    assert h1.control_dt == 0.02


def test_h1_base_height_by_trigonometry() -> None:
    expected = 0.1742 + 0.4 * math.cos(0.18) + 0.4 * math.cos(0.52 - 0.18) + 0.07
    assert robots.load("h1").base_height == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ["h1", "g1", "g1_locked", "h1_2", "h1_2_locked"])
def test_torques_and_speeds_are_the_published_ones(name: str) -> None:
    robot = robots.load(name)
    published = PUBLISHED[name.removesuffix("_locked")]
    for i, joint in enumerate(robot.joint_names):
        role = joint.removeprefix("left_").removeprefix("right_").removesuffix("_joint")
        assert (robot.torque_limit[i], robot.velocity_limit[i]) == published[role], joint


def test_ranges_of_h1_2_are_the_published_ones() -> None:
    """Those of H1 and G1 stand beside Menagerie's (`test_menagerie`), those of the right side beside the left's."""
    robot = robots.load("h1_2")
    for role, limits in H1_2_RANGES.items():
        i = robot.joint(role if role == "torso" else f"left_{role}")
        assert (robot.position_lower[i], robot.position_upper[i]) == limits, role


def test_default_pose_is_well_inside_the_limits(robot: Robot) -> None:
    assert np.all(robot.default_pose >= robot.position_lower + 0.05)
    assert np.all(robot.default_pose <= robot.position_upper - 0.05)


def test_every_link_of_the_table_is_a_body_after_its_parent(robot: Robot) -> None:
    table = read_table(robot.name.removesuffix("_locked"))
    assert {body.name for body in robot.bodies} == set(table.links)
    assert all(body.parent < i for i, body in enumerate(robot.bodies))
    assert [body.joint for body in robot.bodies if body.joint >= 0] == list(range(robot.num_joints))
    assert sum(body.mass for body in robot.bodies) == pytest.approx(table.total_mass, abs=1e-9)


def test_source_names_the_licence(robot: Robot) -> None:
    assert "BSD-3-Clause" in robot.source


def test_callers_cannot_change_a_shared_robot(robot: Robot) -> None:
    for value in (robot.default_pose, robot.stiffness, robot.mirror_index, robot.bodies[1].com):
        with pytest.raises(ValueError, match="read-only"):
            value[0] = 1


@pytest.mark.parametrize("name", ["h2", "H1", "", "h1_locked", "g1_locked_locked"])
def test_unknown_name(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown robot") as caught:
        robots.load(name)
    assert "h1_2_locked" in str(caught.value)


def test_joint_without_gains() -> None:
    with pytest.raises(InputError, match="no value for joint 'torso_joint'"):
        build(dataclasses.replace(H1, gains={k: v for k, v in H1.gains.items() if k != "torso"}), locked=False)


def test_axes_that_are_not_mirror_images(monkeypatch: pytest.MonkeyPatch) -> None:
    table = read_table("g1")
    skew = np.array([0.6, 0.8, 0.0])
    joints = tuple(dataclasses.replace(j, axis=skew) if j.name == "left_knee_joint" else j for j in table.joints)
    monkeypatch.setattr(assembly, "read_table", lambda name: dataclasses.replace(table, joints=joints))
    with pytest.raises(InputError, match="left_knee_joint"):
        build(G1, locked=False)


def test_inertia_is_turned_into_link_axes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inertia = dict(ixx=1.0, iyy=2.0, izz=3.0, ixy=0.0, ixz=0.0, iyz=0.0)
    link = dict(mass=1.0, com=[0, 0, 0], com_rpy=[0.0, 0.0, math.pi / 2], inertia=inertia)
    (tmp_path / "data").mkdir()
    document = json.dumps(dict(source="", links={"base": link}, joints=[], total_mass=1.0))
    (tmp_path / "data" / "turned.json").write_text(document)
    monkeypatch.setattr(robots, "__path__", [*robots.__path__, str(tmp_path)])
    assert read_table("turned").links["base"].inertia == pytest.approx(np.diag([2.0, 1.0, 3.0]), abs=1e-15)


def test_roles_that_no_joint_plays_are_refused() -> None:
    with pytest.raises(InputError, match="role 'elbow' of h1 is played by 'elbow_pitch', which is none of"):
        build(dataclasses.replace(H1, roles={"elbow": "elbow_pitch"}), locked=False)


def test_roles_are_found_by_side() -> None:
    g1, h1_2 = robots.load("g1"), robots.load("h1_2")
    assert g1.joint_names[g1.role("torso")] == "waist_yaw_joint"
    assert h1_2.joint_names[h1_2.role("elbow", "right")] == "right_elbow_pitch_joint"
    with pytest.raises(UnknownNameError, match="left_tail"):
        h1_2.role("tail", "left")


def test_numbers_that_are_not_there() -> None:
    with pytest.raises(InputError, match=r"no published numbers of 'h7'; they belong into .*data/h7.json"):
        read_table("h7")


def test_file_and_robot_have_one_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "h7.py").write_text("from robots import h1\n\nSPEC = h1.SPEC\n")
    monkeypatch.setattr(robots, "__path__", [*robots.__path__, str(tmp_path)])
    with pytest.raises(
        InputError, match=r"robots/h7.py must define SPEC = Spec\(name='h7', ...\), found one called 'h1'"
    ):
        robots.load("h7")
