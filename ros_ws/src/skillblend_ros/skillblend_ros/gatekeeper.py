"""Guard and codec as one thing: bytes of the robot and a policy's targets in, bytes for the motors out.

The guard's process calls `hear` for every state message, `ask` for every policy message, and `watch` from a
timer of its own, so that silence of the robot or the policy ends a motion without anyone else's help.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from skillblend.contracts import Array, Observation, Robot
from skillblend.errors import InputError
from skillblend.hardware import Codec, LowState
from skillblend.hardware.crc import Bytes
from skillblend.safety import Guard, Rules, Trip

log = logging.getLogger(__name__)

WATCH_AFTER = 0.012
"""Without any command for this long, the watchdog sends one, s."""


class Gatekeeper:
    """One robot under guard.

    Attributes:
        guard: The guard, N = 1.
        codec: The robot's language.
        state: Latest state message that had its right checksum; None before the first.
        spoken: When the latest command was made, our clock, s.
    """

    def __init__(self, robot: Robot, rules: Rules | None = None) -> None:
        """Guard `robot`, passive."""
        self.robot = robot
        self.guard = Guard(robot, rules)
        self.codec = Codec(robot)
        self.state: LowState | None = None
        self.spoken = -1.0
        self._received = -np.inf

    def hear(self, data: bytes, now: float, publishers: int = 1) -> bytes:
        """The command that answers a state message.

        Args:
            data: As received, whatever it is.
            now: Our monotonic clock, s.
            publishers: How many write motor commands, ourselves included.
        """
        raw = np.frombuffer(data, dtype=np.uint8)[None]
        count = np.array([publishers], dtype=np.int64)
        if raw.shape[1] != self.codec.state_size:
            spoiled = np.zeros((1, self.codec.state_size), dtype=np.uint8)
            spoiled[0, : raw.shape[1]] = raw[0, : self.codec.state_size]
            spoiled[0, -1] ^= 1 + spoiled[0, -1] % 2
            raw = spoiled

        def observe() -> None:
            state = self.codec.decode_state(raw)
            ok = bool(state.checksum_ok[0]) and len(data) == self.codec.state_size
            status = state.status(publishers=count)
            status.checksum_ok = np.array([ok])
            if ok:
                self.state = state
                self._received = now
            self.guard.observe(state.observation(), now, status)
            self.guard.tick(now)

        return self._answer(observe, now)

    def ask(self, targets: Array, now: float, source: str) -> bytes:
        """The command that answers a policy's targets (1, J), rad; NaN where it named no target."""
        return self._answer(lambda: self.guard.filter(targets, now, source), now)

    def watch(self, now: float) -> bytes | None:
        """The watchdog's turn: a command where none was made for `WATCH_AFTER`, else None."""
        if now - self.spoken < WATCH_AFTER:
            return None
        return self._answer(lambda: self.guard.tick(now), now)

    def order(self, event: Callable[[], None], now: float) -> bytes:
        """The command that follows from an operator's `event`, such as ``guard.stand``.

        Raises:
            SafetyError: The guard refuses it.
        """
        self.guard.tick(now)
        event()
        return self._answer(lambda: self.guard.tick(now), now)

    def age(self, now: float) -> float:
        """Time since the latest intact state message, s; -1 before the first."""
        return now - self._received if self.state is not None else -1.0

    def observation(self) -> Observation:
        """What the latest intact state message measured.

        Raises:
            InputError: None has come yet.
        """
        if self.state is None:
            raise InputError("no state message has come yet; is the robot on, and is `lowstate` connected?")
        return self.state.observation()

    def _answer(self, act: Callable[[], object], now: float) -> bytes:
        """Bytes of the guard's command after `act`; whatever fails, the motors brake."""
        self.spoken = now
        try:
            act()
            return self._encode()
        except Exception:
            log.exception("the guard failed; the motors brake")
            self.guard.trip("internal error: see the log")
            return bytes(self.codec.damping_command(1, mode_machine=self._variant())[0])

    def _encode(self) -> bytes:
        command = self.guard.command
        data: Bytes = self.codec.encode_command(
            command.targets, command.stiffness, command.damping, command.enabled, self._variant()
        )
        return data[0].tobytes()

    def _variant(self) -> int:
        return int(self.state.mode_machine[0]) if self.state is not None else 0


def names_of(bits: int) -> list[str]:
    """Names of `Trip` bits, in lower case."""
    return [(trip.name or "").lower() for trip in Trip(bits)]
