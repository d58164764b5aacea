"""Guard and codec as one: whatever comes in, bytes that the motors can follow go out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from skillblend.errors import InputError, SafetyError
from skillblend.hardware import Codec, LowCommand, LowState
from skillblend.safety import Mode, Trip
from skillblend_ros.gatekeeper import WATCH_AFTER, Gatekeeper, names_of

H1 = robots.load("h1")
CODEC = Codec(H1)


def state(time: float, shift: float = 0.0) -> bytes:
    """A robot that stands, with a little noise so that it is not frozen."""
    count = H1.num_joints
    return CODEC.encode_state(
        LowState(
            time=np.array([time]),
            joint_position=H1.default_pose[None] + shift,
            joint_velocity=np.full((1, count), 0.01 + shift),
            joint_torque=np.zeros((1, count)),
            temperature=np.full((1, count), 30.0),
            base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
            base_angular_velocity=np.zeros((1, 3)),
            motor_fault=np.full(1, False),
            checksum_ok=np.full(1, True),
            mode_machine=np.zeros(1, dtype=np.int64),
        )
    )[0].tobytes()


def decoded(data: bytes) -> LowCommand:
    return CODEC.decode_command(np.frombuffer(data, dtype=np.uint8)[None])


def running() -> Gatekeeper:
    """A robot under a policy at 0.1 s."""
    keeper = Gatekeeper(H1)
    for i in range(10):
        keeper.hear(state(5.0 + 0.01 * i, 1e-4 * i), 0.01 * i)
    for order in (keeper.guard.arm, keeper.guard.stand, keeper.guard.run):
        keeper.order(order, 0.095)
    return keeper


def damps(data: bytes) -> bool:
    found = decoded(data)
    return bool(found.checksum_ok[0] and (found.stiffness == 0.0).all() and (found.damping > 0.0).all())


def test_a_passive_robot_gets_no_torque() -> None:
    found = decoded(Gatekeeper(H1).hear(state(5.0), 0.0))
    assert found.checksum_ok.all()
    assert not found.enabled.any()


def test_a_policy_drives_a_running_robot() -> None:
    found = decoded(running().ask(H1.default_pose[None] + 0.01, 0.1, "policy"))
    assert (found.stiffness > 0.0).all()
    assert found.enabled.all()


@pytest.mark.parametrize("data", [b"", b"nonsense", state(5.1)[:-1], state(5.1) + b"x", b"\0" * CODEC.state_size])
def test_bytes_that_are_no_state_end_the_motion(data: bytes) -> None:
    keeper = running()
    assert damps(keeper.hear(data, 0.1))
    assert Trip(int(keeper.guard.faults[0])) & Trip.CHECKSUM
    assert keeper.state is not None
    assert keeper.state.time[0] < 5.1


def test_targets_without_names_end_the_motion() -> None:
    keeper = running()
    keeper.ask(np.full((1, H1.num_joints), np.nan), 0.1, "policy")
    assert Trip(int(keeper.guard.faults[0])) & Trip.BAD_REQUEST


def test_the_watchdog_speaks_when_nobody_does() -> None:
    keeper = running()
    assert keeper.watch(keeper.spoken + 0.9 * WATCH_AFTER) is None
    silent = keeper.watch(0.3)
    assert silent is not None
    assert damps(silent)
    assert Trip(int(keeper.guard.faults[0])) & (Trip.STALE | Trip.SILENCE)


def test_a_rival_ends_the_motion() -> None:
    keeper = running()
    keeper.hear(state(5.1, 2e-3), 0.1, publishers=2)
    assert Trip(int(keeper.guard.faults[0])) & Trip.RIVAL


def test_a_guard_that_fails_brakes(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    keeper = running()

    def fail(now: float) -> None:
        raise RuntimeError(f"at {now}")

    monkeypatch.setattr(keeper.guard, "tick", fail)
    assert damps(keeper.hear(state(5.1, 2e-3), 0.1))
    assert keeper.guard.state[0] == Mode.FAULT
    assert "the guard failed" in caplog.text


def test_refused_orders_say_why() -> None:
    with pytest.raises(SafetyError, match="refuses run"):
        Gatekeeper(H1).order(lambda: Gatekeeper(H1).guard.run(), 0.0)


def test_nothing_is_observed_before_the_first_state() -> None:
    keeper = Gatekeeper(H1)
    with pytest.raises(InputError, match="no state message"):
        keeper.observation()
    assert keeper.age(1.0) == -1.0
    keeper.hear(state(5.0), 1.0)
    assert keeper.age(1.5) == pytest.approx(0.5)
    assert keeper.observation().joint_position[0] == pytest.approx(H1.default_pose, abs=1e-6)


def test_the_robots_variant_is_repeated() -> None:
    robot = robots.load("g1")
    codec, keeper = Codec(robot), Gatekeeper(robot)
    none = np.zeros((1, robot.num_joints))
    measured = LowState(
        time=np.ones(1), joint_position=robot.default_pose[None], joint_velocity=none, joint_torque=none,
        temperature=none, base_quaternion=np.array([[1.0, 0, 0, 0]]), base_angular_velocity=np.zeros((1, 3)),
        motor_fault=np.full(1, False), checksum_ok=np.full(1, True), mode_machine=np.array([5]),
    )  # fmt: skip
    sent = keeper.hear(codec.encode_state(replace(measured))[0].tobytes(), 0.0)
    assert codec.decode_command(np.frombuffer(sent, dtype=np.uint8)[None]).mode_machine[0] == 5


def test_trips_by_name() -> None:
    assert names_of(int(Trip.TILT | Trip.SILENCE)) == ["tilt", "silence"]
    assert names_of(0) == []
