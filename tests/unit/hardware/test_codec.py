"""Commands and states to bytes and back, and what the bytes say."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

import robots
from skillblend.errors import InputError, ShapeError
from skillblend.hardware import AnkleMode, Codec, LowState, layout
from skillblend.safety import Guard, Mode, Trip


def command(robot, rng, n=5):
    targets = rng.uniform(robot.position_lower, robot.position_upper, (n, robot.num_joints))
    gain = rng.uniform(0.1, 1.0, (n, 1))
    return targets, gain * robot.stiffness, gain * robot.damping, np.ones(n, dtype=np.bool_)


def struct_of(codec, data):
    kind = layout.GO_COMMAND if codec.profile.family == "go" else layout.HG_COMMAND
    return data.view(kind)[:, 0]


def test_sizes(robot, codec):
    sizes = {"go": (812, 1180), "hg": (1004, 2092)}[codec.profile.family]
    assert (codec.command_size, codec.state_size) == sizes
    assert codec.stop_command(3).shape == (3, sizes[0])


def test_commands_come_back(robot, codec, rng):
    targets, stiffness, damping, enabled = command(robot, rng)
    found = codec.decode_command(codec.encode_command(targets, stiffness, damping, enabled))
    assert np.allclose(found.targets, targets, atol=1e-6)
    assert np.allclose(found.stiffness, stiffness, rtol=1e-6)
    assert np.allclose(found.damping, damping, rtol=1e-6)
    assert not found.velocity.any() and not found.torque.any()
    assert found.enabled.all() and found.checksum_ok.all()


def test_states_come_back(codec, state):
    found = codec.decode_state(codec.encode_state(state))
    for item in fields(state):
        assert np.allclose(getattr(found, item.name), getattr(state, item.name), atol=1e-5), item.name


def test_a_spoiled_byte_is_noticed(robot, codec, state, rng):
    for data, decode in (
        (codec.encode_state(state), codec.decode_state),
        (codec.encode_command(*command(robot, rng)), codec.decode_command),
    ):
        spoiled = data.copy()
        spoiled[np.arange(5), rng.integers(0, data.shape[1], 5)] ^= 0x10
        assert decode(data).checksum_ok.all()
        assert not decode(spoiled).checksum_ok.any()


def test_every_joint_reaches_its_own_motor(robot, codec):
    n = robot.num_joints
    targets, zero = np.diag(np.arange(1.0, n + 1)), np.zeros((n, n))
    motors = struct_of(codec, codec.encode_command(targets, zero, zero, np.ones(n, dtype=np.bool_)))["motor"]
    for j, motor in enumerate(codec.profile.motor.tolist()):
        assert motors["q"][j, motor] == j + 1
        assert not np.delete(motors["q"][j], [motor, *unused(codec)]).any()


def unused(codec) -> list[int]:
    """Slots without a motor, where stop values may stand."""
    return np.flatnonzero(codec.profile.enable == 0).tolist()


def test_stop_values_never_meet_a_gain(robot, codec, rng):
    """A target that means "none" with a gain would be an enormous torque."""
    targets, stiffness, damping, enabled = command(robot, rng)
    enabled[::2] = False
    for data in (
        codec.encode_command(targets, stiffness, damping, enabled), codec.stop_command(2), codec.damping_command(2),
    ):  # fmt: skip
        motors = struct_of(codec, data)["motor"]
        stopped = (np.abs(motors["q"]) > 100) | (np.abs(motors["dq"]) > 100)
        assert not (stopped & ((motors["kp"] != 0) | (motors["kd"] != 0))).any()
        assert not motors["tau"].any()


def test_disabled_means_no_torque(robot, codec, rng):
    targets, stiffness, damping, _ = command(robot, rng)
    motors = struct_of(codec, codec.encode_command(targets, stiffness, damping, np.zeros(5, dtype=np.bool_)))["motor"]
    assert not motors["kp"].any() and not motors["kd"].any() and not motors["tau"].any()
    found = codec.decode_command(codec.stop_command(1))
    assert not found.enabled.any()
    if codec.profile.family == "go":
        assert (motors["q"] == np.float32(2.146e9)).all()
        assert (motors["dq"] == 16000).all()
        assert (motors["mode"] == codec.profile.enable).all()
    else:
        assert not motors["mode"].any()


def test_damping_brakes_and_does_nothing_else(robot, codec):
    found = codec.decode_command(codec.damping_command(2))
    assert not found.stiffness.any()
    assert (found.damping > 0).all() and (found.damping <= 8).all()
    assert (found.damping * robot.velocity_limit <= robot.torque_limit * (1 + 1e-6)).all()
    assert found.enabled.all()
    motors = struct_of(codec, codec.damping_command(2))["motor"]
    used = np.flatnonzero(codec.profile.enable)
    assert (motors["kd"][:, used] > 0).all()
    assert not motors["kp"].any()


def test_welded_joints_are_held_while_others_are_and_brake_with_them(robot, codec, rng):
    held = codec.profile.held
    targets, stiffness, damping, enabled = command(robot, rng)
    motors = struct_of(codec, codec.encode_command(targets, stiffness, damping, enabled))["motor"]
    assert (motors["kp"][:, held] == 40).all() and not motors["q"][:, held].any()
    motors = struct_of(codec, codec.damping_command(2))["motor"]
    assert not motors["kp"][:, held].any() and (motors["kd"][:, held] == 1).all()


def test_heads():
    go, hg = Codec(robots.load("h1")), Codec(robots.load("g1"), AnkleMode.AB)
    assert go.stop_command(1)[0, :4].tolist() == [0xFE, 0xEF, 0xFF, 0]
    zero = np.zeros((1, 29))
    data = hg.encode_command(zero, zero, zero, np.array([True]), mode_machine=5)
    assert data[0, :4].tolist() == [1, 5, 0, 0]
    found = hg.decode_command(data)
    assert (found.ankle_mode[0], found.mode_machine[0]) == (AnkleMode.AB, 5)


def test_only_parallel_ankles_have_an_ab_mode():
    with pytest.raises(InputError, match="no parallel ankles"):
        Codec(robots.load("h1"), AnkleMode.AB)


def test_motor_errors_and_variant_are_told(state, codec):
    if codec.profile.family == "go":  # has no such fields
        assert not codec.decode_state(codec.encode_state(state)).motor_fault.any()
        return
    fault = np.array([True, False, True, False, False])
    said = codec.decode_state(codec.encode_state(replace(state, motor_fault=fault, mode_machine=np.full(5, 4))))
    assert np.array_equal(said.motor_fault, fault)
    assert (said.mode_machine == 4).all()


def test_the_guard_understands_what_is_decoded():
    robot = robots.load("h1")
    codec, guard = Codec(robot), Guard(robot)
    zero = np.zeros((1, 19))
    for step in range(4):
        sent = LowState(
            time=np.array([step * 0.02]), joint_position=robot.default_pose[None] + 1e-4 * step,
            joint_velocity=zero, joint_torque=zero, temperature=zero + 30.0,
            base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]), base_angular_velocity=np.zeros((1, 3)),
            motor_fault=np.array([False]), checksum_ok=np.array([True]), mode_machine=np.array([0]),
        )  # fmt: skip
        data = codec.encode_state(sent)
        if step == 3:
            data[0, 100] ^= 1
        state = codec.decode_state(data)
        guard.observe(state.observation(), step * 0.02, state.status(publishers=np.array([1])))
        if step == 0:
            guard.launch()
        guard.filter(robot.default_pose[None], step * 0.02)
    assert guard.state[0] == Mode.FAULT
    assert Trip.CHECKSUM in Trip(int(guard.faults[0]))
    braking = guard.command
    found = codec.decode_command(
        codec.encode_command(braking.targets, braking.stiffness, braking.damping, braking.enabled)
    )
    assert not found.stiffness.any() and (found.damping > 0).all()


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_not_sent(robot, codec, rng, which, value):
    parts = list(command(robot, rng))
    parts[which][3, 2] = value
    with pytest.raises(InputError, match="nothing was sent"):
        codec.encode_command(*parts)


@pytest.mark.parametrize("which", [1, 2])
def test_gains_are_not_negative(robot, codec, rng, which):
    parts = list(command(robot, rng))
    parts[which][0, 0] = -1.0
    with pytest.raises(InputError, match="negative"):
        codec.encode_command(*parts)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_commands_have_one_value_per_joint(robot, codec, rng, which):
    parts = list(command(robot, rng))
    parts[which] = parts[which][:, 1:]
    with pytest.raises(ShapeError, match="must be"):
        codec.encode_command(*parts)


@pytest.mark.parametrize("size", [0, 811, 2093])
def test_messages_have_their_size(codec, size):
    for decode in (codec.decode_command, codec.decode_state):
        with pytest.raises(ShapeError, match="uint8"):
            decode(np.zeros((1, size), dtype=np.uint8))
