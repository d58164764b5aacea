"""Between a guard and a robot: bytes of states up, bytes of commands down, and braking when commands stop.

Nothing here knows of ROS or DDS: `skillblend_ros.dds_link` joins the two.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from skillblend.contracts import Robot
from skillblend.hardware import Codec

SILENCE = 0.05
"""After the guard has been silent for this long, the motors brake, s."""


class Wire(Protocol):
    """The controller's end of a robot's topics."""

    def newest(self) -> bytes | None:
        """The packed state that came since the latest call; None if none did."""
        ...

    def send(self, data: bytes) -> bool:
        """Write a packed command; whether the network took it."""
        ...


class Relay:
    """One robot's messages.

    Attributes:
        states, commands: Messages passed up, and down.
        refused: Commands of a wrong size or checksum: not passed on.
        braking: Whether the guard is silent, and the motors are told to brake instead.
    """

    def __init__(self, robot: Robot, wire: Wire, spacing: float) -> None:
        """Nothing is written before the guard's first command.

        Args:
            robot: Whose messages.
            wire: To the robot.
            spacing: Least time between two states passed up, s; what comes sooner is left out.
        """
        self._codec, self._wire, self._spacing = Codec(robot), wire, spacing
        self.states = self.commands = self.refused = 0
        self.braking = False
        self._state: bytes | None = None
        self._passed = -np.inf
        self._told: float | None = None
        self._codec.decode_command(self._codec.damping_command(1))  # makes the tables of the checksum

    def up(self, now: float) -> bytes | None:
        """The state to pass to the guard at `now`, our monotonic clock, s; None if there is none."""
        data = self._wire.newest()
        if data is None:
            return None
        self._state = data
        if now - self._passed < self._spacing:
            return None
        self._passed = now
        self.states += 1
        return data

    def down(self, data: bytes, now: float) -> bool:
        """Pass a command to the robot, if its size and checksum are right; whether they were."""
        raw = np.frombuffer(data, dtype=np.uint8)[None]
        if len(data) != self._codec.command_size or not self._codec.decode_command(raw).checksum_ok[0]:
            self.refused += 1
            return False
        self._told, self.braking = now, False
        self.commands += 1
        self._wire.send(data)
        return True

    def watch(self, now: float) -> None:
        """Brake where commands came once, and have stopped. Called every few ms."""
        if self._told is not None and now - self._told > SILENCE:
            self.braking = True
            self.brake()

    def brake(self) -> None:
        """Tell the motors to brake, if they were ever told anything."""
        if self._told is None:
            return
        variant = 0
        if self._state is not None:
            state = np.frombuffer(self._state, dtype=np.uint8)[None]
            variant = int(self._codec.decode_state(state).mode_machine[0])
        self._wire.send(self._codec.damping_command(1, mode_machine=variant)[0].tobytes())
