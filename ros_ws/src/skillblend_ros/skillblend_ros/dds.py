"""The vendor's own topics: one robot's state and motor commands over CycloneDDS, as packed bytes.

No ROS here. A DDS domain on one network interface is a `Network`; a `Bus` is one end of one robot's two topics.
Old messages are worse than none: readers and writers keep one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from cyclonedds.core import DDSException, InstanceState, ReadCondition, SampleState, ViewState, WaitSet
from cyclonedds.domain import Domain, DomainParticipant
from cyclonedds.pub import DataWriter
from cyclonedds.qos import Policy, Qos
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

from skillblend.contracts import Robot
from skillblend.errors import InputError, SafetyError
from skillblend.hardware import layout
from skillblend.hardware.motors import profile_of
from skillblend_ros.vendor import packed_type

COMMAND_TOPIC, STATE_TOPIC = "rt/lowcmd", "rt/lowstate"
"""Source: the vendor's public low-level examples."""
HIGHEST_DOMAIN = 232
"""Above it, RTPS has no ports."""
_INTERFACE = re.compile(r"[A-Za-z0-9_.:@-]{1,15}")
_CONFIG = (
    "<CycloneDDS><Domain><General><Interfaces>"
    "<NetworkInterface name='{}'/>"
    "</Interfaces></General></Domain></CycloneDDS>"
)
_ANY = SampleState.Any | ViewState.Any | InstanceState.Any
_WRITER = Qos(
    Policy.Reliability.Reliable(max_blocking_time=duration(milliseconds=1)),
    Policy.History.KeepLast(1),
    Policy.DataRepresentation(use_cdrv0_representation=True),
)
"""Reliable, so that readers of either kind match; it waits for none of them."""
_READER = Qos(Policy.Reliability.BestEffort, Policy.History.KeepLast(1))
_WITNESS = Qos(Policy.Reliability.BestEffort, Policy.History.KeepLast(1), Policy.IgnoreLocal.Participant)

End = Literal["robot", "controller"]
"""Who writes states and obeys commands, and who does the opposite."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """Where the robot is.

    Attributes:
        domain: DDS domain. Source for the default: the vendor's public examples.
        interface: Network interface, such as ``eth0``; ``lo`` for this machine alone.
    """

    domain: int = 0
    interface: str = "lo"

    def __post_init__(self) -> None:
        """Check.

        Raises:
            InputError: No such domain, or no name of an interface.
        """
        if not 0 <= self.domain <= HIGHEST_DOMAIN:
            raise InputError(f"DDS domain {self.domain} is outside [0, {HIGHEST_DOMAIN}]")
        if not _INTERFACE.fullmatch(self.interface):
            raise InputError(f"{self.interface!r} is no name of a network interface; `ip link` lists them")


class Bus:
    """One end of a robot's topics.

    Attributes:
        received, sent, lost, spoilt: Messages: taken, written, refused by the network, and of another size.
    """

    def __init__(self, robot: Robot, network: Network, end: End) -> None:
        """Join; a process joins a domain once at a time.

        Raises:
            UnknownNameError: No hardware profile for `robot`.
            InputError: The network refuses, e.g. because it has no such interface.
        """
        go = profile_of(robot).family == "go"
        command = packed_type(layout.GO_COMMAND if go else layout.HG_COMMAND)
        state = packed_type(layout.GO_STATE if go else layout.HG_STATE)
        self.received = self.sent = self.lost = self.spoilt = 0
        try:
            self._domain = Domain(network.domain, _CONFIG.format(network.interface))
            self._member = DomainParticipant(network.domain)
        except DDSException as error:
            raise InputError(
                f"cannot join DDS domain {network.domain} on {network.interface}: {error}; is the interface up, "
                "and has this process not joined that domain already?"
            ) from error
        commands, states = Topic(self._member, COMMAND_TOPIC, command), Topic(self._member, STATE_TOPIC, state)
        hears, says = (commands, states) if end == "robot" else (states, commands)
        self._kind = state if end == "robot" else command
        self._reader = DataReader(self._member, hears, qos=_READER)
        self._writer = DataWriter(self._member, says, qos=_WRITER)
        self._witness = DataReader(self._member, says, qos=_WITNESS)
        self._waiting = WaitSet(self._member)
        self._waiting.attach(ReadCondition(self._reader, _ANY))

    def wait(self, seconds: float) -> bool:
        """Until a message is there, at most for `seconds`; whether one is."""
        return self._waiting.wait(duration(seconds=seconds)) > 0

    def newest(self) -> bytes | None:
        """The packed message that came since the latest call; None if none did."""
        found = None
        for sample in self._reader.take(8):
            data: bytes = getattr(sample, "data", b"")
            if data:
                found = data
                self.received += 1
            elif isinstance(sample, self._reader.topic.data_type):
                self.spoilt += 1
        return found

    def send(self, data: bytes) -> bool:
        """Write a packed message; whether the network took it.

        Raises:
            ShapeError: Not a message of this robot's size.
        """
        try:
            self._writer.write(self._kind(data))
        except DDSException:
            self.lost += 1
            return False
        self.sent += 1
        return True

    def rivals(self) -> int:
        """How many others write what we write."""
        return len(self._witness.get_matched_publications())

    def missed(self) -> int:
        """How many messages never reached our reader, by gaps in their numbers; overtaken ones do not count."""
        return int(self._reader.get_sample_lost_status().total_count)

    def connected(self) -> bool:
        """Whether someone writes what we read, and someone reads what we write."""
        return bool(self._reader.get_matched_publications() and self._writer.get_matched_subscriptions())

    def close(self) -> None:
        """Leave the domain."""
        for name in ("_waiting", "_witness", "_reader", "_writer", "_member", "_domain"):
            self.__dict__.pop(name, None)

    def __enter__(self) -> Bus:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class DdsLink:
    """A robot behind a `Bus`: what a `skillblend.hardware.driver.Link` asks for."""

    def __init__(self, bus: Bus, *, released: bool) -> None:
        """Speak with a robot over `bus`.

        Args:
            bus: The controller's end.
            released: The operator has taken the robot out of its built-in mode; this class cannot.

        Raises:
            SafetyError: The operator has not.
        """
        if not released:
            raise SafetyError("the robot's built-in mode must be released first: by its remote or its app")
        self._bus = bus

    def receive(self) -> bytes | None:
        """The newest state message."""
        return self._bus.newest()

    def send(self, data: bytes) -> None:
        """Give a command to the motors."""
        self._bus.send(data)

    def release(self) -> bool:
        """Whether nobody else writes motor commands any more."""
        return self._bus.rivals() == 0
