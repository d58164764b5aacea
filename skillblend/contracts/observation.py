"""What is known of N robots at one moment, and how they are read and commanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from skillblend.contracts.arrays import Array, BoolArray, IntArray
from skillblend.contracts.scene import SceneState


@dataclass(kw_only=True)
class Observation:
    """What a real robot can measure, for N robots.

    Attributes:
        time: Shape (N,), s since the episode began.
        joint_position: Shape (N, J), rad.
        joint_velocity: Shape (N, J), rad/s.
        base_quaternion: Orientation of the base in the world, wxyz. Shape (N, 4). Its yaw drifts on
            hardware, so skills only use the direction of gravity in it.
        base_angular_velocity: Base frame. Shape (N, 3), rad/s.
    """

    time: Array
    joint_position: Array
    joint_velocity: Array
    base_quaternion: Array
    base_angular_velocity: Array

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return self.joint_position.shape[0]

    def take(self, ids: IntArray) -> Observation:
        """The measurable part of robots `ids` alone, as copies."""
        return Observation(
            time=self.time[ids],
            joint_position=self.joint_position[ids],
            joint_velocity=self.joint_velocity[ids],
            base_quaternion=self.base_quaternion[ids],
            base_angular_velocity=self.base_angular_velocity[ids],
        )

    def put(self, ids: IntArray, rows: Observation) -> None:
        """Replace the measurable part of robots `ids` by `rows`, in place."""
        self.time[ids] = rows.time
        self.joint_position[ids] = rows.joint_position
        self.joint_velocity[ids] = rows.joint_velocity
        self.base_quaternion[ids] = rows.base_quaternion
        self.base_angular_velocity[ids] = rows.base_angular_velocity


@dataclass(kw_only=True)
class WorldState(Observation):
    """Simulator truth. Rewards, critics and judges may read it; actors may not.

    Attributes:
        base_position: World frame. Shape (N, 3), m.
        base_linear_velocity: World frame. Shape (N, 3), m/s.
        joint_torque: Shape (N, J), N m.
        foot_contact: Left, right. Shape (N, 2).
        scene: The things around the robots; None in a world without named things.
    """

    base_position: Array
    base_linear_velocity: Array
    joint_torque: Array
    foot_contact: BoolArray
    scene: SceneState | None = None


class Bridge(Protocol):
    """A robot that can be read and commanded: simulated or real, N = 1 on hardware."""

    def read(self) -> Observation:
        """The latest observation."""
        ...

    def send(self, targets: Array) -> None:
        """Command joint position targets (N, J), rad, for one control period."""
        ...

    def stop(self, ids: IntArray | None = None) -> None:
        """Robots `ids`, None for all, go to the safe mode at once."""
        ...
