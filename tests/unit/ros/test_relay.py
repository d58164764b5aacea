"""Bytes between guard and robot: what is passed, what is not, and what follows silence."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from skillblend.contracts import Robot
from skillblend.hardware import Codec, LowCommand, LowState
from skillblend_ros.relay import SILENCE, Relay


class FakeWire:
    """A robot that says what it is given to say, and remembers what it was told."""

    def __init__(self) -> None:
        self.states: list[bytes] = []
        self.told: list[bytes] = []

    def newest(self) -> bytes | None:
        return self.states.pop() if self.states else None

    def send(self, data: bytes) -> bool:
        self.told.append(data)
        return True


@pytest.fixture(params=["h1", "g1"])
def robot(request: pytest.FixtureRequest) -> Robot:
    return robots.load(request.param)


def state(robot: Robot, variant: int = 0) -> bytes:
    zero = np.zeros((1, robot.num_joints))
    told = LowState(
        time=np.zeros(1), joint_position=zero, joint_velocity=zero, joint_torque=zero, temperature=zero + 30.0,
        base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]), base_angular_velocity=np.zeros((1, 3)),
        motor_fault=np.array([False]), checksum_ok=np.array([True]), mode_machine=np.array([variant]),
    )  # fmt: skip
    return Codec(robot).encode_state(told)[0].tobytes()


def command(robot: Robot) -> bytes:
    one = np.ones((1, robot.num_joints))
    return Codec(robot).encode_command(0.1 * one, one, one, np.array([True]))[0].tobytes()


def read(robot: Robot, data: bytes) -> LowCommand:
    return Codec(robot).decode_command(np.frombuffer(data, dtype=np.uint8)[None])


def test_states_pass_as_they_are_and_not_too_often(robot: Robot) -> None:
    wire = FakeWire()
    relay = Relay(robot, wire, spacing=0.008)
    assert relay.up(0.0) is None
    passed = []
    for tick in range(10):
        wire.states = [state(robot, tick)]
        passed.append(relay.up(0.002 * tick) == state(robot, tick))
    assert passed == [tick % 4 == 0 for tick in range(10)]
    assert relay.states == 3


def test_commands_pass_if_they_are_intact(robot: Robot) -> None:
    wire = FakeWire()
    relay = Relay(robot, wire, spacing=0.0)
    good = command(robot)
    assert relay.down(good, 0.0)
    for bad in (b"", good[:-1], bytes([good[0] ^ 1]) + good[1:]):
        assert not relay.down(bad, 0.001)
    assert wire.told == [good]
    assert (relay.commands, relay.refused) == (1, 3)


def test_silence_of_the_guard_means_braking_until_it_speaks_again(robot: Robot) -> None:
    wire = FakeWire()
    relay = Relay(robot, wire, spacing=0.0)
    relay.watch(5.0)
    relay.brake()
    assert not wire.told, "nothing is written before the guard spoke"
    variant = 4 if robot.name == "g1" else 0
    wire.states = [state(robot, variant)]
    relay.up(5.0)
    relay.down(command(robot), 5.0)
    relay.watch(5.0 + 0.9 * SILENCE)
    assert len(wire.told) == 1 and not relay.braking
    relay.watch(5.0 + 1.1 * SILENCE)
    told = read(robot, wire.told[-1])
    assert relay.braking and told.enabled.all() and told.checksum_ok.all()
    assert not told.stiffness.any() and (told.damping > 0.0).all()
    assert told.mode_machine.tolist() == [variant]
    relay.down(command(robot), 6.0)
    assert not relay.braking and wire.told[-1] == command(robot)


def test_braking_needs_no_state(robot: Robot) -> None:
    wire = FakeWire()
    relay = Relay(robot, wire, spacing=0.0)
    relay.down(command(robot), 0.0)
    relay.brake()
    assert not read(robot, wire.told[-1]).stiffness.any()
