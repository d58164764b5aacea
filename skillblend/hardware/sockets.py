"""A robot and a guard in other processes of this machine, over datagram sockets in one folder.

``robot.sock`` is bound by the robot (a simulator here), ``driver.sock`` and ``setpoint.sock`` by the driver.
Each datagram is one byte that says what follows: the robot sends states and the confirmation that its
built-in mode is released, the driver commands and the request for that, the guard its contract and setpoints.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

from skillblend.errors import InputError
from skillblend.hardware.contract import Contract

STATE, RELEASED, COMMAND, RELEASE, CONTRACT, SETPOINT = b"S", b"R", b"C", b"M", b"K", b"P"
_LARGEST = 65536


class Mailbox:
    """A bound datagram socket; leaving its context removes it."""

    def __init__(self, path: Path) -> None:
        """Bind `path`, in place of what an earlier process left there.

        Raises:
            InputError: It cannot be bound.
        """
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            if path.is_socket():
                path.unlink()
            self._socket.bind(str(path))
        except OSError as error:
            self._socket.close()
            raise InputError(f"cannot open {path}: {error.strerror or error}; choose another folder") from error

    def newest(self) -> dict[bytes, bytes]:
        """The newest datagram of each kind that came since the latest call."""
        found: dict[bytes, bytes] = {}
        while True:
            try:
                data = self._socket.recv(_LARGEST)
            except BlockingIOError:
                return found
            found[data[:1]] = data[1:]

    def send(self, to: Path, kind: bytes, data: bytes = b"") -> bool:
        """Give a datagram to `to`; whether anybody took it."""
        try:
            self._socket.sendto(kind + data, str(to))
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            return False
        return True

    def close(self) -> None:
        """Unbind."""
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Mailbox:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class SocketLink:
    """A robot behind ``robot.sock``: what a `skillblend.hardware.driver.Link` asks for."""

    def __init__(self, box: Mailbox, robot: Path) -> None:
        """Speak through `box` with `robot`."""
        self._box, self._robot = box, robot
        self._released = False

    def receive(self) -> bytes | None:
        """The newest state message."""
        found = self._box.newest()
        self._released = self._released or RELEASED in found
        return found.get(STATE)

    def send(self, data: bytes) -> None:
        """Give a command to the robot; one that is not there misses it."""
        self._box.send(self._robot, COMMAND, data)

    def release(self) -> bool:
        """Ask for the release of the built-in mode; whether the robot has confirmed it."""
        if not self._released:
            self._box.send(self._robot, RELEASE)
        return self._released


class SetpointBox:
    """What a guard sends: first its contract, then setpoints."""

    def __init__(self, box: Mailbox, announce: Callable[[Contract], None]) -> None:
        """Read `box`; `announce` gets every contract that comes.

        Args:
            box: Bound to ``setpoint.sock``.
            announce: May arm the driver.
        """
        self._box, self._announce = box, announce

    def newest(self) -> bytes | None:
        """The newest setpoint since the latest call.

        Raises:
            InputError: A contract came that is none.
        """
        found = self._box.newest()
        if CONTRACT in found:
            self._announce(read_contract(found[CONTRACT]))
        return found.get(SETPOINT)


def read_contract(data: bytes) -> Contract:
    """A contract from JSON bytes.

    Raises:
        InputError: They hold none.
    """
    try:
        values = json.loads(data)
    except ValueError as error:
        raise InputError(f"expected a contract as JSON: {error}; got {data[:80]!r}") from error
    if not isinstance(values, dict):
        raise InputError(f"expected a contract as a JSON object, got {type(values).__name__}")
    return Contract.from_dict(values)  # pyright: ignore[reportUnknownArgumentType]
