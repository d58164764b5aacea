"""Commands and states of one robot to and from the bytes of its low-level messages, N at once.

Firmware behaviour is unverified here: what it does when commands stop (assume nothing), whether it checks
the checksum of commands, and what other values than the documented ones mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.errors import InputError, ShapeError
from skillblend.hardware import layout
from skillblend.hardware.crc import Bytes, message_crc
from skillblend.hardware.imu import base_from_torso, torso_from_base
from skillblend.hardware.motors import AnkleMode, profile_of
from skillblend.safety.trips import RobotStatus

POSITION_STOP, VELOCITY_STOP = 2.146e9, 16000.0
"""`unitree_go`: in place of a target, "this motor gets none". Always with zero gains."""
HEAD = (0xFE, 0xEF)
LEVEL_FLAG = 0xFF
"""`unitree_go`: low-level control."""
TICK = 1e-3
"""Length of a tick of the robot's clock, s. Unverified; it wraps after 2^32 of them."""
HELD_STIFFNESS, HELD_DAMPING = 40.0, 1.0
"""Gains of joints that the model welds, N m/rad and N m s/rad. Source: arms in the public G1 example."""


@dataclass(frozen=True, kw_only=True)
class LowCommand:
    """A decoded command, in joint order: what a simulated robot obeys.

    Attributes:
        targets: Shape (N, J), rad.
        velocity: Target velocity. Shape (N, J), rad/s.
        torque: Feed-forward. Shape (N, J), N m.
        stiffness: Shape (N, J), N m/rad.
        damping: Shape (N, J), N m s/rad.
        enabled: Shape (N, J).
        checksum_ok: Shape (N,).
        mode_machine: Robot variant that the sender means; 0 for `unitree_go`. Shape (N,).
        ankle_mode: `AnkleMode`; PR for `unitree_go`. Shape (N,).
    """

    targets: Array
    velocity: Array
    torque: Array
    stiffness: Array
    damping: Array
    enabled: BoolArray
    checksum_ok: BoolArray
    mode_machine: IntArray
    ankle_mode: IntArray


@dataclass(frozen=True, kw_only=True)
class LowState:
    """A measured state, in joint order.

    Attributes:
        time: The robot's clock. Shape (N,), s.
        joint_position: Shape (N, J), rad.
        joint_velocity: Shape (N, J), rad/s.
        joint_torque: As the motors estimate it. Shape (N, J), N m.
        temperature: Hottest sensor of each motor. Shape (N, J), degrees Celsius.
        base_quaternion: Of the base, wherever the IMU sits. Shape (N, 4), wxyz.
        base_angular_velocity: Base frame. Shape (N, 3), rad/s.
        motor_fault: Any motor of the robot reports an error (`unitree_hg`). Shape (N,).
        checksum_ok: Shape (N,).
        mode_machine: Robot variant that the robot says it is; 0 for `unitree_go`. Shape (N,).
    """

    time: Array
    joint_position: Array
    joint_velocity: Array
    joint_torque: Array
    temperature: Array
    base_quaternion: Array
    base_angular_velocity: Array
    motor_fault: BoolArray
    checksum_ok: BoolArray
    mode_machine: IntArray

    def observation(self) -> Observation:
        """What skills and guard see."""
        return Observation(
            time=self.time,
            joint_position=self.joint_position,
            joint_velocity=self.joint_velocity,
            base_quaternion=self.base_quaternion,
            base_angular_velocity=self.base_angular_velocity,
        )

    def status(self, publishers: IntArray | None = None, stop: BoolArray | None = None) -> RobotStatus:
        """What else the guard sees; `publishers` and `stop` come from elsewhere."""
        return RobotStatus(
            temperature=self.temperature,
            checksum_ok=self.checksum_ok,
            motor_fault=self.motor_fault,
            publishers=publishers,
            stop=stop,
        )


class Codec:
    """Bytes of one robot's messages.

    Attributes:
        profile: How the robot is addressed.
        command_size, state_size: Bytes in a message.
    """

    def __init__(self, robot: Robot, ankle_mode: AnkleMode = AnkleMode.PR) -> None:
        """Address `robot`.

        Args:
            robot: Its name chooses message family and motor indices.
            ankle_mode: How targets of parallel ankles are meant (`unitree_hg`).

        Raises:
            UnknownNameError: No hardware profile for it.
            InputError: AB ankles for a robot that has none.
        """
        self.robot = robot
        self.profile = profile_of(robot)
        self.ankle_mode = ankle_mode
        self._go = self.profile.family == "go"
        if self._go and ankle_mode != AnkleMode.PR:
            raise InputError(f"{robot.name} has no parallel ankles; use AnkleMode.PR")
        self._command = layout.GO_COMMAND if self._go else layout.HG_COMMAND
        self._state = layout.GO_STATE if self._go else layout.HG_STATE
        self.command_size, self.state_size = self._command.itemsize, self._state.itemsize

    def encode_command(
        self, targets: Array, stiffness: Array, damping: Array, enabled: BoolArray, mode_machine: int = 0
    ) -> Bytes:
        """Messages (N, command_size) that ask for ``stiffness (targets - q) - damping qd``.

        Args:
            targets: Shape (N, J), rad.
            stiffness: Shape (N, J), N m/rad.
            damping: Shape (N, J), N m s/rad.
            enabled: Motor enable. Where it is False, no motor gets torque. Shape (N,).
            mode_machine: As the robot's own state reports it (`unitree_hg`).

        Raises:
            ShapeError: The arrays do not fit together.
            InputError: A value is not finite, or a gain is negative.
        """
        n = self._check_command(targets, stiffness, damping, enabled)
        message: Any = np.zeros(n, dtype=self._command)
        self._start(message, mode_machine)
        motors: Any = message["motor"]
        columns = self.profile.motor
        on = enabled[:, None]
        motors["mode"] = np.where(on | self._go, self.profile.enable, 0)
        idle = (POSITION_STOP, VELOCITY_STOP) if self._go else (0.0, 0.0)
        motors["q"], motors["dq"] = idle
        for field, values, off in (
            ("q", targets, idle[0]),
            ("dq", np.zeros_like(targets), idle[1]),
            ("kp", stiffness, 0.0),
            ("kd", damping, 0.0),
        ):
            motors[field][:, columns] = np.where(on, values, off)
        self._hold(motors, stiffness, enabled)
        return self._seal(message)

    def damping_command(self, n: int, gain: float = 8.0, mode_machine: int = 0) -> Bytes:
        """Messages (n, command_size) that make all motors brake, with no knowledge of the state.

        Args:
            n: N.
            gain: Velocity gain, N m s/rad; less where the torque limit at full speed asks for less.
            mode_machine: As the robot's own state reports it.
        """
        shape = (n, self.robot.num_joints)
        safe = np.minimum(gain, self.robot.torque_limit / self.robot.velocity_limit)
        return self.encode_command(
            np.zeros(shape), np.zeros(shape), np.broadcast_to(safe, shape), np.full(n, True), mode_machine
        )

    def stop_command(self, n: int, mode_machine: int = 0) -> Bytes:
        """Messages (n, command_size) that leave all motors without torque."""
        zero = np.zeros((n, self.robot.num_joints))
        return self.encode_command(zero, zero, zero, np.full(n, False), mode_machine)

    def decode_command(self, data: Bytes) -> LowCommand:
        """What messages (N, command_size) ask for.

        Raises:
            ShapeError: Not messages of this robot's size.
        """
        message: Any = self._open(data, self._command)
        motors: Any = message["motor"][:, self.profile.motor]
        n = len(message)
        stopped = motors["q"] >= POSITION_STOP / 2
        none = np.zeros(n, dtype=np.int64)
        return LowCommand(
            targets=np.where(stopped, 0.0, motors["q"]).astype(np.float64),
            velocity=np.where(motors["dq"] >= VELOCITY_STOP, 0.0, motors["dq"]).astype(np.float64),
            torque=motors["tau"].astype(np.float64),
            stiffness=motors["kp"].astype(np.float64),
            damping=motors["kd"].astype(np.float64),
            enabled=(motors["mode"] != 0) & ~stopped,
            checksum_ok=message["crc"] == message_crc(data),
            mode_machine=none if self._go else message["mode_machine"].astype(np.int64),
            ankle_mode=none if self._go else message["mode_pr"].astype(np.int64),
        )

    def encode_state(self, state: LowState) -> Bytes:
        """Messages (N, state_size) as the robot would send them: what a simulated robot says."""
        n = len(state.time)
        message: Any = np.zeros(n, dtype=self._state)
        self._start(message, 0)
        message["tick"] = np.round(state.time / TICK).astype(np.int64) % 2**32
        motors: Any = message["motor"]
        motors["mode"] = self.profile.enable
        columns = self.profile.motor
        motors["q"][:, columns] = state.joint_position
        motors["dq"][:, columns] = state.joint_velocity
        motors["tau_est"][:, columns] = state.joint_torque
        heat = np.round(state.temperature)
        if self._go:
            motors["temperature"][:, columns] = np.clip(heat, -128, 127)
        else:
            motors["temperature"][:, columns] = heat[..., None]
            motors["motorstate"][:, columns[:1]] = state.motor_fault[:, None]
            message["mode_machine"] = state.mode_machine
        quaternion, omega = state.base_quaternion, state.base_angular_velocity
        if self.profile.torso_joint >= 0:
            j = self.profile.torso_joint
            quaternion, omega = torso_from_base(
                quaternion, omega, state.joint_position[:, j], state.joint_velocity[:, j]
            )
        message["imu"]["quaternion"], message["imu"]["gyroscope"] = quaternion, omega
        return self._seal(message)

    def decode_state(self, data: Bytes) -> LowState:
        """What messages (N, state_size) measured; only to be believed where ``checksum_ok``.

        Raises:
            ShapeError: Not messages of this robot's size.
        """
        message: Any = self._open(data, self._state)
        with np.errstate(invalid="ignore"):  # spoiled bytes hold any pattern
            return self._read_state(message, message["crc"] == message_crc(data))

    def _read_state(self, message: Any, checksum_ok: BoolArray) -> LowState:
        motors: Any = message["motor"][:, self.profile.motor]
        position, velocity = motors["q"].astype(np.float64), motors["dq"].astype(np.float64)
        quaternion = message["imu"]["quaternion"].astype(np.float64)
        omega = message["imu"]["gyroscope"].astype(np.float64)
        if self.profile.torso_joint >= 0:
            j = self.profile.torso_joint
            quaternion, omega = base_from_torso(quaternion, omega, position[:, j], velocity[:, j])
        heat = motors["temperature"].astype(np.float64)
        n = len(message)
        return LowState(
            time=message["tick"].astype(np.float64) * TICK,
            joint_position=position,
            joint_velocity=velocity,
            joint_torque=motors["tau_est"].astype(np.float64),
            temperature=heat if self._go else heat.max(axis=2),
            base_quaternion=quaternion,
            base_angular_velocity=omega,
            motor_fault=np.full(n, False) if self._go else (motors["motorstate"] != 0).any(axis=1),
            checksum_ok=checksum_ok,
            mode_machine=np.zeros(n, dtype=np.int64) if self._go else message["mode_machine"].astype(np.int64),
        )

    def _start(self, message: Any, mode_machine: int) -> None:
        if self._go:
            message["head"], message["level_flag"] = HEAD, LEVEL_FLAG
            return
        message["mode_pr"] = self.ankle_mode
        message["mode_machine"] = mode_machine

    def _hold(self, motors: Any, stiffness: Array, enabled: BoolArray) -> None:
        """Motors of welded joints hold zero while any joint is held, brake while the others brake."""
        held = self.profile.held
        on = enabled[:, None]
        stiff = on & (stiffness > 0.0).any(axis=1, keepdims=True)
        motors["q"][:, held] = np.where(on, 0.0, motors["q"][:, held])
        motors["dq"][:, held] = np.where(on, 0.0, motors["dq"][:, held])
        motors["kp"][:, held] = np.where(stiff, HELD_STIFFNESS, 0.0)
        motors["kd"][:, held] = np.where(on, HELD_DAMPING, 0.0)

    def _seal(self, message: Any) -> Bytes:
        data: Bytes = message.view(np.uint8).reshape(len(message), -1)
        message["crc"] = message_crc(data)
        return data

    def _open(self, data: Bytes, kind: np.dtype[np.void]) -> npt.NDArray[np.void]:
        if data.ndim != 2 or data.shape[1] != kind.itemsize or data.dtype != np.uint8:
            raise ShapeError(
                f"messages {data.dtype} {data.shape} must be uint8 (N, {kind.itemsize}) for {self.robot.name}"
            )
        return np.ascontiguousarray(data).view(kind)[:, 0]

    def _check_command(self, targets: Array, stiffness: Array, damping: Array, enabled: BoolArray) -> int:
        n = len(enabled)
        shape = (n, self.robot.num_joints)
        for name, values in (("targets", targets), ("stiffness", stiffness), ("damping", damping)):
            if values.shape != shape:
                raise ShapeError(f"{name} {values.shape} must be {shape} (N, J)")
            if not np.isfinite(values).all() or (name != "targets" and (values < 0.0).any()):
                raise InputError(f"{name} must be finite, and gains must not be negative; nothing was sent")
        return n
