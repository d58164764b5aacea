"""The process next to the motors: takes one robot from its own controller to ours, and brakes when in doubt.

    offline -> released -> armed -> following -> stopped

Every 2 ms `Driver.step` reads the latest state message and writes a command. Motors get no torque before
the robot's built-in mode is released, its variant is known, and the contract between policy and machine
holds. A fault means damping, latched, until `Driver.rearm`.

Unverified: how a real robot confirms that its built-in mode is released, and what it does when commands stop.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

import numpy as np

from skillblend.contracts import Robot
from skillblend.errors import InputError, SafetyError, SkillblendError
from skillblend.hardware.codec import Codec, LowState
from skillblend.hardware.contract import Contract, check_contract
from skillblend.hardware.crc import Bytes
from skillblend.hardware.motors import AnkleMode
from skillblend.hardware.writer import Setpoint, Writer
from skillblend.safety.rules import ActuatorRules

log = logging.getLogger(__name__)

WRITE_DT = 0.002
"""Period of the writer, s. Source: the vendor's public low-level examples write every 2 ms."""


class Link(Protocol):
    """How bytes reach one robot and come back."""

    def receive(self) -> bytes | None:
        """The newest state message since the latest call; None if there is none."""
        ...

    def send(self, data: bytes) -> None:
        """Give a command message to the motors."""
        ...

    def release(self) -> bool:
        """Ask the robot to leave its built-in mode; whether it has. Called until it has."""
        ...


class Phase(IntEnum):
    """How far the driver has come."""

    OFFLINE = 0
    """No intact state message yet, or the built-in mode is still on: nothing is written."""
    RELEASED = 1
    """Motors are disabled; waiting for `Driver.arm`."""
    ARMED = 2
    """Motors brake; waiting for the first setpoint."""
    FOLLOWING = 3
    """Setpoints are followed."""
    STOPPED = 4
    """A fault: motors brake until `Driver.rearm`."""


class Driver:
    """Drives one robot over a `Link`.

    Attributes:
        phase: How far it has come.
        state: Latest intact state; None before the first.
        fault: Why it stopped; empty where it did not.
    """

    def __init__(
        self,
        robot: Robot,
        link: Link,
        *,
        rules: ActuatorRules | None = None,
        ankle_mode: AnkleMode = AnkleMode.PR,
    ) -> None:
        """Connect to `robot`; nothing is written yet.

        Raises:
            InputError: AB ankles: our targets are angles of joints, not of the motors behind them.
        """
        if ankle_mode != AnkleMode.PR:
            raise InputError("this driver sends joint angles; use AnkleMode.PR")
        rules = rules or ActuatorRules()
        self.robot, self._link = robot, link
        self.codec = Codec(robot, ankle_mode)
        self.writer = Writer(robot, rules)
        self.phase = Phase.OFFLINE
        self.state: LowState | None = None
        self._heard = -np.inf
        self._patience = rules.stale_periods * robot.control_dt + 1e-6
        self._variant = 0

    @property
    def fault(self) -> str:
        """Why it stopped; empty where it did not."""
        return self.writer.fault

    def arm(self, policy: Contract, machine: Contract) -> None:
        """Let the motors brake, if policy and machine agree.

        Args:
            policy: What the policy was trained for.
            machine: What this driver serves; its robot variant is replaced by the one that the robot tells.

        Raises:
            SafetyError: Not released, or they disagree; every difference is named.
        """
        if self.phase != Phase.RELEASED:
            raise SafetyError(f"the driver is {self.phase.name.lower()}; only a released one can be armed")
        told = {**machine.to_dict(), "mode_machine": self._variant if self.codec.profile.family == "hg" else None}
        check_contract(policy, Contract.from_dict(told))
        self.phase = Phase.ARMED

    def follow(self, data: bytes, now: float) -> None:
        """Take in a setpoint: a command message (command_size bytes) as the guard makes it.

        What cannot be followed stops the robot instead of raising: the writer must go on.

        Args:
            data: As received.
            now: Our monotonic clock, s.
        """
        if self.phase not in (Phase.ARMED, Phase.FOLLOWING):
            return
        try:
            self.writer.put(self._setpoint(data), now)
        except SkillblendError as error:
            self.stop(str(error))
            return
        self.phase = Phase.FOLLOWING

    def step(self, now: float) -> None:
        """One writer period: read, check, write."""
        data = self._link.receive()
        if data is not None:
            self._hear(data, now)
        if self.phase == Phase.OFFLINE:
            if self.state is not None and self._link.release():
                self.phase = Phase.RELEASED
            return
        if self.phase != Phase.RELEASED and now - self._heard > self._patience:
            self.stop(f"no intact state for {1e3 * (now - self._heard):.0f} ms")
        self._link.send(self._write(now).tobytes())

    def stop(self, reason: str) -> None:
        """Brake from now on, latched. Before arming, motors have no torque anyway."""
        self.writer.stop(reason)
        if self.phase in (Phase.ARMED, Phase.FOLLOWING):
            self.phase = Phase.STOPPED
            log.error("driver stopped: %s", self.fault)

    def rearm(self, now: float) -> None:
        """Clear the fault; motors brake until the next setpoint.

        Raises:
            SafetyError: Not stopped, or the robot's state does not come.
        """
        if self.phase != Phase.STOPPED:
            raise SafetyError(f"the driver is {self.phase.name.lower()}; only a stopped one can be re-armed")
        if now - self._heard > self._patience:
            raise SafetyError(f"no intact state for {1e3 * (now - self._heard):.0f} ms; reconnect the robot first")
        self.writer.rearm()
        self.phase = Phase.ARMED

    def run(
        self,
        setpoints: Callable[[], bytes | None],
        alive: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Step every `WRITE_DT` while `alive`, and brake once more at the end, whatever ends it.

        Args:
            setpoints: The newest setpoint since the latest call; None if there is none.
            alive: Asked every period.
            clock: Monotonic, s.
            sleep: For so many seconds.
        """
        due = clock()
        try:
            while alive():
                now = clock()
                data = setpoints()
                if data is not None:
                    self.follow(data, now)
                self.step(now)
                due = max(due + WRITE_DT, now)
                sleep(max(0.0, due - clock()))
        finally:
            if self.phase not in (Phase.OFFLINE, Phase.RELEASED):
                self._link.send(self._encode(self.writer.brake).tobytes())

    def _hear(self, data: bytes, now: float) -> None:
        """Believe a state message only if it is whole, intact, and from the same robot as before."""
        if len(data) != self.codec.state_size:
            return
        state = self.codec.decode_state(np.frombuffer(data, dtype=np.uint8)[None])
        if not state.checksum_ok[0]:
            return
        variant = int(state.mode_machine[0])
        if self.state is not None and variant != self._variant:
            self.stop(f"the robot's variant changed from {self._variant} to {variant}")
            return
        self._variant, self.state, self._heard = variant, state, now

    def _setpoint(self, data: bytes) -> Setpoint:
        asked = self.codec.decode_command(np.frombuffer(data, dtype=np.uint8)[None])
        if not asked.checksum_ok[0]:
            raise SafetyError("a setpoint has a wrong checksum")
        if asked.velocity.any() or asked.torque.any():
            raise SafetyError("a setpoint has a velocity target or a feed-forward torque; this driver takes neither")
        return Setpoint(
            targets=asked.targets[0],
            stiffness=asked.stiffness[0],
            damping=asked.damping[0],
            enabled=bool(asked.enabled[0].all()),
        )

    def _write(self, now: float) -> Bytes:
        if self.phase in (Phase.OFFLINE, Phase.RELEASED):
            return self.codec.stop_command(1, self._variant)
        wanted = self.writer.command(now)
        if self.fault and self.phase != Phase.STOPPED:
            self.stop(self.fault)
        return self._encode(wanted)

    def _encode(self, wanted: Setpoint) -> Bytes:
        return self.codec.encode_command(
            wanted.targets[None], wanted.stiffness[None], wanted.damping[None],
            np.array([wanted.enabled]), self._variant,
        )  # fmt: skip
