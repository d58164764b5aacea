"""Which motor a joint is, by joint name, and how the motors of a robot are addressed.

Source: joint indices of the public low-level examples of unitree_sdk2 and unitree_sdk2_python
(BSD-3-Clause); place of the IMU: deployment settings of unitree_rl_gym (BSD-3-Clause). That the IMU axes of
H1 and H1-2 are parallel to the torso's is assumed there too, and unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from skillblend.contracts import IntArray, Robot
from skillblend.errors import InputError, UnknownNameError
from skillblend.hardware.layout import GO_MOTORS, HG_MOTORS

Family = Literal["hg", "go"]


class AnkleMode(IntEnum):
    """How `unitree_hg` takes the targets of parallel ankles (and, on G1, the waist)."""

    PR = 0
    """Pitch and roll angles of the joint: what this project commands."""
    AB = 1
    """Angles of the two motors behind them."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one robot is addressed.

    Attributes:
        name: Robot name without suffix.
        family: Message family.
        num_motors: Motor slots in a message.
        motor: Motor of every joint of the robot, in joint order. Shape (J,).
        held: Motors of joints that the robot's model welds: held at zero.
        enable: Mode byte that enables each motor slot; 0 for slots without a motor. Shape (num_motors,).
        torso_joint: Index of the yaw joint between base and IMU; -1 where the IMU sits in the base, or the
            model welds that joint.
    """

    name: str
    family: Family
    num_motors: int
    motor: IntArray
    held: IntArray
    enable: npt.NDArray[np.uint8]
    torso_joint: int


_SIDES = ("left", "right")


def _both(first: tuple[int, int], parts: tuple[str, ...]) -> dict[str, int]:
    """Consecutive motors for `parts` of the left and the right side, from `first` (left, right)."""
    return {
        f"{side}_{part}_joint": start + i
        for side, start in zip(_SIDES, first, strict=True)
        for i, part in enumerate(parts)
    }


_ARM = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw")
_H1 = {
    "left_hip_yaw_joint": 7, "left_hip_roll_joint": 3, "left_hip_pitch_joint": 4, "left_knee_joint": 5,
    "left_ankle_joint": 10, "right_hip_yaw_joint": 8, "right_hip_roll_joint": 0, "right_hip_pitch_joint": 1,
    "right_knee_joint": 2, "right_ankle_joint": 11, "torso_joint": 6,
} | _both((16, 12), (*_ARM, "elbow"))  # fmt: skip
_G1 = (
    _both((0, 6), ("hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll"))
    | {"waist_yaw_joint": 12, "waist_roll_joint": 13, "waist_pitch_joint": 14}
    | _both((15, 22), (*_ARM, "elbow", "wrist_roll", "wrist_pitch", "wrist_yaw"))
)
_H1_2 = (
    _both((0, 6), ("hip_yaw", "hip_pitch", "hip_roll", "knee", "ankle_pitch", "ankle_roll"))
    | {"torso_joint": 12}
    | _both((13, 20), (*_ARM, "elbow_pitch", "elbow_roll", "wrist_pitch", "wrist_yaw"))
)

MOTORS: Mapping[str, Mapping[str, int]] = {"h1": _H1, "g1": _G1, "h1_2": _H1_2}
"""Robot name -> joint name -> motor. The H1-2's elbow roll is called wrist roll in the vendor's examples."""
_FAMILY: Mapping[str, Family] = {"h1": "go", "g1": "hg", "h1_2": "hg"}
_TORSO_IMU = ("h1", "h1_2")

_GO_STRONG, _GO_WEAK = 0x0A, 0x01
_GO_FIRST_WEAK = 10
_HG_ENABLE = 0x01


def profile_of(robot: Robot) -> Profile:
    """How `robot` is addressed; a model with locked joints is addressed as the robot it models.

    Raises:
        UnknownNameError: No such robot.
        InputError: A joint of the model is not a motor of that robot.
    """
    name = robot.name.removesuffix("_locked")
    if name not in MOTORS:
        raise UnknownNameError("hardware profile", name, MOTORS)
    motors, family = MOTORS[name], _FAMILY[name]
    missing = [joint for joint in robot.joint_names if joint not in motors]
    if missing:
        raise InputError(f"{name} has no motor for {missing}; its motors: {sorted(motors)}")
    used = [motors[joint] for joint in robot.joint_names]
    slots = GO_MOTORS if family == "go" else HG_MOTORS
    enable = np.zeros(slots, dtype=np.uint8)
    for motor in motors.values():
        weak = motor >= _GO_FIRST_WEAK
        enable[motor] = _HG_ENABLE if family == "hg" else (_GO_WEAK if weak else _GO_STRONG)
    turns = name in _TORSO_IMU and "torso_joint" in robot.joint_names
    return Profile(
        name=name,
        family=family,
        num_motors=slots,
        motor=np.array(used, dtype=np.int64),
        held=np.array(sorted(set(motors.values()) - set(used)), dtype=np.int64),
        enable=enable,
        torso_joint=robot.joint("torso") if turns else -1,
    )
