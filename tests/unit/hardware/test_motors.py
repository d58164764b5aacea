"""Joint to motor, by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from skillblend.contracts import Wiring
from skillblend.errors import InputError
from skillblend.hardware.motors import profile_of

# The public low-level examples list motors by index; here they are once more, in that order.
H1 = """right_hip_roll right_hip_pitch right_knee left_hip_roll left_hip_pitch left_knee torso left_hip_yaw
    right_hip_yaw - left_ankle right_ankle right_shoulder_pitch right_shoulder_roll right_shoulder_yaw
    right_elbow left_shoulder_pitch left_shoulder_roll left_shoulder_yaw left_elbow"""
G1 = """left_hip_pitch left_hip_roll left_hip_yaw left_knee left_ankle_pitch left_ankle_roll right_hip_pitch
    right_hip_roll right_hip_yaw right_knee right_ankle_pitch right_ankle_roll waist_yaw waist_roll waist_pitch
    left_shoulder_pitch left_shoulder_roll left_shoulder_yaw left_elbow left_wrist_roll left_wrist_pitch
    left_wrist_yaw right_shoulder_pitch right_shoulder_roll right_shoulder_yaw right_elbow right_wrist_roll
    right_wrist_pitch right_wrist_yaw"""
H1_2 = """left_hip_yaw left_hip_pitch left_hip_roll left_knee left_ankle_pitch left_ankle_roll right_hip_yaw
    right_hip_pitch right_hip_roll right_knee right_ankle_pitch right_ankle_roll torso left_shoulder_pitch
    left_shoulder_roll left_shoulder_yaw left_elbow_pitch left_elbow_roll left_wrist_pitch left_wrist_yaw
    right_shoulder_pitch right_shoulder_roll right_shoulder_yaw right_elbow_pitch right_elbow_roll
    right_wrist_pitch right_wrist_yaw"""


@pytest.mark.parametrize(("name", "text"), [("h1", H1), ("g1", G1), ("h1_2", H1_2)])
def test_motor_order(name, text):
    listed = {f"{joint}_joint": i for i, joint in enumerate(text.split()) if joint != "-"}
    wiring = robots.load(name).wiring
    assert wiring is not None and wiring.motors == listed


def test_every_joint_has_a_motor_of_its_own(robot):
    profile = profile_of(robot)
    assert len(set(profile.motor.tolist())) == robot.num_joints
    table = robot.wiring.motors
    assert [table[name] for name in robot.joint_names] == profile.motor.tolist()
    assert sorted([*profile.motor.tolist(), *profile.held.tolist()]) == sorted(table.values())


@pytest.mark.parametrize(("name", "family", "slots"), [("h1", "go", 20), ("g1", "hg", 35), ("h1_2", "hg", 35)])
def test_families(name, family, slots):
    profile = profile_of(robots.load(name))
    assert (profile.family, profile.num_motors) == (family, slots)


def test_enable_modes_of_h1():
    enable = profile_of(robots.load("h1")).enable
    assert enable[:9].tolist() == [0x0A] * 9
    assert enable[9] == 0
    assert enable[10:].tolist() == [1] * 10


def test_enable_modes_of_g1():
    enable = profile_of(robots.load("g1")).enable
    assert enable.tolist() == [1] * 29 + [0] * 6


def test_where_the_imu_sits():
    torso = {name: profile_of(robots.load(name)).torso_joint for name in ("h1", "g1", "h1_2")}
    assert torso == {"h1": robots.load("h1").joint("torso"), "g1": -1, "h1_2": robots.load("h1_2").joint("torso")}


def test_a_robot_without_wiring():
    with pytest.raises(InputError, match="h7 has no wiring.*give its robots.spec.Spec one"):
        profile_of(replace(robots.load("h1"), name="h7", wiring=None))


def test_two_joints_never_share_a_motor():
    with pytest.raises(InputError, match="'a', 'b'.*share a motor slot"):
        Wiring(family="go", motors={"a": 1, "b": 1, "c": 2})


def test_a_motor_beyond_the_message():
    h1 = robots.load("h1")
    assert h1.wiring is not None
    wiring = replace(h1.wiring, motors={**h1.wiring.motors, "torso_joint": 20})
    with pytest.raises(InputError, match="'torso_joint'. are beyond the 20 slots"):
        profile_of(replace(h1, wiring=wiring))


def test_unknown_joint():
    h1 = robots.load("h1")
    names = ("tail_joint", *h1.joint_names[1:])
    with pytest.raises(InputError, match="h1 has no motor for .'tail_joint'."):
        profile_of(replace(h1, joint_names=names))


def test_no_index_is_out_of_range(robot):
    profile = profile_of(robot)
    assert profile.motor.max() < profile.num_motors
    assert np.all(profile.enable[profile.motor] > 0)
