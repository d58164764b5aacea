"""How the motors of a robot are addressed in messages, from its `Wiring`.

Source: mode bytes of the public low-level examples of unitree_sdk2 and unitree_sdk2_python (BSD-3-Clause).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from skillblend.contracts import IntArray, Robot
from skillblend.errors import InputError
from skillblend.hardware.layout import GO_MOTORS, HG_MOTORS


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
        family: Message family.
        num_motors: Motor slots in a message.
        motor: Motor of every joint of the robot, in joint order. Shape (J,).
        held: Motors of joints that the robot's model welds: held at zero.
        enable: Mode byte that enables each motor slot; 0 for slots without a motor. Shape (num_motors,).
        torso_joint: Index of the yaw joint between base and IMU; -1 where the IMU sits in the base, or the
            model welds that joint.
    """

    family: Literal["hg", "go"]
    num_motors: int
    motor: IntArray
    held: IntArray
    enable: npt.NDArray[np.uint8]
    torso_joint: int


_GO_STRONG, _GO_WEAK = 0x0A, 0x01
_GO_FIRST_WEAK = 10
_HG_ENABLE = 0x01
TRUNK = "torso"
"""The role of the yaw joint of the trunk."""


def profile_of(robot: Robot) -> Profile:
    """How `robot` is addressed; a model with locked joints is addressed as the robot it models.

    Raises:
        InputError: The robot has no wiring, or a joint of the model is not a motor of that robot.
    """
    wiring = robot.wiring
    if wiring is None:
        raise InputError(f"{robot.name} has no wiring, it only moves in simulation; give its robots.spec.Spec one")
    motors, family = wiring.motors, wiring.family
    missing = [joint for joint in robot.joint_names if joint not in motors]
    if missing:
        raise InputError(f"{robot.name} has no motor for {missing}; its motors: {sorted(motors)}")
    used = [motors[joint] for joint in robot.joint_names]
    slots = GO_MOTORS if family == "go" else HG_MOTORS
    beyond = [joint for joint, motor in motors.items() if motor >= slots]
    if beyond:
        raise InputError(f"{robot.name}: motors of {beyond} are beyond the {slots} slots of a message")
    enable = np.zeros(slots, dtype=np.uint8)
    for motor in motors.values():
        weak = motor >= _GO_FIRST_WEAK
        enable[motor] = _HG_ENABLE if family == "hg" else (_GO_WEAK if weak else _GO_STRONG)
    return Profile(
        family=family,
        num_motors=slots,
        motor=np.array(used, dtype=np.int64),
        held=np.array(sorted(set(motors.values()) - set(used)), dtype=np.int64),
        enable=enable,
        torso_joint=_trunk_yaw(robot) if wiring.imu == "torso" else -1,
    )


def _trunk_yaw(robot: Robot) -> int:
    """Index of the yaw joint of the trunk, whatever this robot calls it; -1 where the model welds it."""
    return robot.joint_roles.index(TRUNK) if TRUNK in robot.joint_roles else -1
