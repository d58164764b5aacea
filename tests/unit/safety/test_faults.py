"""What makes the guard end a motion, and the safe modes it then chooses."""

from __future__ import annotations

import numpy as np
import pytest

from skillblend.errors import InputError, SafetyError, ShapeError
from skillblend.safety import Mode, RobotStatus, Trip

STATE_FAULTS = {
    "nan": (Trip.NOT_FINITE, lambda b: (b.spoiled("joint_position", "left_knee", np.nan), None)),
    "inf": (Trip.NOT_FINITE, lambda b: (b.spoiled("joint_velocity", "torso", np.inf), None)),
    "nan time": (Trip.NOT_FINITE, lambda b: ({"time": np.array([np.nan])}, None)),
    "nan heat": (Trip.NOT_FINITE, lambda b: ({}, RobotStatus(temperature=np.full((1, 19), np.nan)))),
    "quaternion": (Trip.IMPLAUSIBLE, lambda b: ({"base_quaternion": np.zeros((1, 4))}, None)),
    "encoder": (Trip.IMPLAUSIBLE, lambda b: (b.spoiled("joint_position", "left_knee", 2.5), None)),
    "enormous": (Trip.IMPLAUSIBLE, lambda b: (b.spoiled("joint_position", "left_knee", 1e300), None)),
    "checksum": (Trip.CHECKSUM, lambda b: ({}, RobotStatus(checksum_ok=np.array([False])))),
    "clock ahead": (Trip.CLOCK, lambda b: ({"time": b.obs().time + 0.2}, None)),
    "clock back": (Trip.CLOCK, lambda b: ({"time": b.obs().time - 0.2}, None)),
    "tilt": (Trip.TILT, lambda b: ({"base_quaternion": b.tilted(1.01)}, None)),
    "body rate": (Trip.BODY_RATE, lambda b: ({"base_angular_velocity": np.array([[0.0, 4.0, 5.0]])}, None)),
    "ankle speed": (Trip.JOINT_VELOCITY, lambda b: (b.spoiled("joint_velocity", "left_ankle", -16.0), None)),
    "heat": (Trip.TEMPERATURE, lambda b: ({}, RobotStatus(temperature=np.full((1, 19), 121.0)))),
    "motor": (Trip.MOTOR, lambda b: ({}, RobotStatus(motor_fault=np.array([True])))),
    "rival": (Trip.RIVAL, lambda b: ({}, RobotStatus(publishers=np.array([2])))),
    "stop": (Trip.STOP, lambda b: ({}, RobotStatus(stop=np.array([True])))),
}


@pytest.mark.parametrize("name", STATE_FAULTS)
def test_a_bad_measurement_ends_the_motion_in_the_same_period(bench, name):
    trip, spoil = STATE_FAULTS[name]
    bench.period()
    bench.advance()
    changes, status = spoil(bench)
    bench.guard.observe(bench.obs(**changes), bench.now, status)
    bench.guard.filter(bench.pose, bench.now)
    assert bench.guard.state[0] == Mode.FAULT
    assert Trip(int(bench.guard.faults[0])) == trip
    assert not bench.guard.command.stiffness.any()
    record = bench.guard.records[-1]
    assert (record.before, record.trips, record.holding) == (Mode.RUNNING, trip, False)
    assert trip.name is not None and trip.name.lower() in record.detail


@pytest.mark.parametrize("name", STATE_FAULTS)
def test_it_stays_until_the_cause_is_gone_and_someone_re_arms(bench, name):
    _, spoil = STATE_FAULTS[name]
    bench.period()
    bench.advance()
    changes, status = spoil(bench)
    bench.guard.observe(bench.obs(**changes), bench.now, status)
    with pytest.raises(SafetyError, match="refuses rearm"):
        bench.guard.rearm()
    for _ in range(5):
        bench.period()  # healthy again: still nothing moves
        assert bench.guard.state[0] == Mode.FAULT
    bench.guard.rearm()
    assert (bench.guard.state[0], bench.guard.faults[0]) == (Mode.DAMPING, 0)
    bench.period()
    assert bench.guard.state[0] == Mode.DAMPING
    assert not bench.guard.command.stiffness.any()


def test_measurements_below_the_trip_levels_pass(bench):
    for _ in range(20):
        changes = {"base_quaternion": bench.tilted(0.9), "base_angular_velocity": np.array([[0.0, 3.0, 4.0]])}
        changes |= bench.spoiled("joint_velocity", "left_knee", 15.0)
        bench.see(RobotStatus(temperature=np.full((1, 19), 119.0), publishers=np.array([1])), **changes)
        bench.guard.filter(bench.pose, bench.now)
    assert bench.guard.state[0] == Mode.RUNNING


def test_stale_after_two_periods(bench):
    bench.period()
    for _ in range(2):
        bench.advance()
        bench.guard.filter(bench.pose, bench.now)
        assert bench.guard.state[0] == Mode.RUNNING
    bench.advance()
    bench.guard.filter(bench.pose, bench.now)
    assert Trip(int(bench.guard.faults[0])) == Trip.STALE


def test_the_same_message_again_is_not_a_new_one(bench):
    obs = bench.obs()
    for _ in range(4):
        bench.advance()
        bench.guard.observe(obs, bench.now)
        bench.guard.filter(bench.pose, bench.now)
    assert Trip(int(bench.guard.faults[0])) == Trip.STALE


def test_frozen_after_two_periods(bench):
    still = {k: getattr(bench.obs(), k) for k in ("joint_position", "joint_velocity", "base_angular_velocity")}
    states = []
    for _ in range(4):  # the same as the message before
        bench.period(**still)
        states.append(int(bench.guard.faults[0]))
    assert states == [0, 0, Trip.FROZEN, Trip.FROZEN]


def test_our_own_clock_must_not_jump_back(bench):
    bench.period()
    bench.now -= 1.0
    bench.guard.tick(bench.now)
    assert Trip.CLOCK in Trip(int(bench.guard.faults[0]))
    with pytest.raises(SafetyError, match="stale"):
        bench.guard.rearm()
    bench.period()
    bench.guard.rearm()


@pytest.mark.parametrize("call", ["observe", "filter", "tick"])
@pytest.mark.parametrize("now", [np.nan, np.inf])
def test_a_clock_that_is_none_trips_first_and_raises_after(bench, call, now):
    arguments = {"observe": (bench.obs(), now), "filter": (bench.pose, now), "tick": (now,)}[call]
    with pytest.raises(InputError, match="finite time"):
        getattr(bench.guard, call)(*arguments)
    assert bench.guard.state[0] == Mode.FAULT


@pytest.mark.parametrize(
    ("value", "trip"),
    [(np.nan, Trip.BAD_REQUEST), (np.inf, Trip.BAD_REQUEST), (1e300, Trip.LIMIT_REQUEST),
     (2.56, Trip.LIMIT_REQUEST), (-0.77, Trip.LIMIT_REQUEST)],
)  # fmt: skip
def test_a_bad_request_ends_the_motion(bench, value, trip):
    targets = bench.pose.copy()
    targets[0, bench.robot.joint("left_knee")] = value
    out = bench.period(targets)
    assert Trip(int(bench.guard.faults[0])) == trip
    assert np.isfinite(out).all()


def test_an_impossible_step_ends_the_motion(bench):
    targets = bench.pose.copy()
    column = bench.robot.joint("left_shoulder_pitch")
    targets[0, column] = -0.7
    bench.period(targets)
    assert bench.guard.state[0] == Mode.RUNNING
    targets[0, column] = 0.8
    bench.period(targets)
    assert Trip(int(bench.guard.faults[0])) == Trip.STEP_REQUEST


def test_another_policy_may_start_far_away(bench):
    targets = bench.pose.copy()
    column = bench.robot.joint("left_shoulder_pitch")
    targets[0, column] = -0.7
    bench.period(targets, "walking")
    targets[0, column] = 0.8
    bench.period(targets, "reaching")
    assert bench.guard.state[0] == Mode.RUNNING


def test_a_leap_no_joint_could_follow_ends_the_motion(bench):
    """The knee turns at 14 rad/s at most: 0.28 rad in a period, and six times that is 1.68 rad."""
    targets, column = bench.pose.copy(), bench.robot.joint("left_knee")
    for value, trips in ((1.9, False), (0.25, False), (1.95, True)):
        targets[0, column] = value
        bench.period(targets)
        assert (Trip(int(bench.guard.faults[0])) == Trip.STEP_REQUEST) == trips


def test_silence_of_the_policy_trips_within_fifty_milliseconds(bench):
    bench.period()
    start = bench.now
    while bench.guard.state[0] == Mode.RUNNING:
        bench.now += 0.005
        bench.guard.observe(bench.obs(), bench.now)
        bench.guard.tick(bench.now)
        bench.steps += 1
    assert bench.now - start <= 0.05
    assert Trip(int(bench.guard.faults[0])) == Trip.SILENCE


def test_each_of_several_policies_may_fall_silent(make_bench):
    bench = make_bench(num=3)
    bench.run()
    speaks = np.array([True, False, True])
    for step in range(4):
        bench.see()
        targets = bench.pose.copy()
        targets[1] = np.nan if step else targets[1]  # nobody says so
        bench.guard.filter(targets, bench.now, fresh=speaks)
    assert [Trip(int(f)) for f in bench.guard.faults] == [Trip(0), Trip.SILENCE, Trip(0)]


def test_who_spoke_is_told_for_every_robot(bench):
    bench.see()
    with pytest.raises(ShapeError, match="fresh"):
        bench.guard.filter(bench.pose, bench.now, fresh=np.array([True, False]))
    assert Trip(int(bench.guard.faults[0])) == Trip.BAD_REQUEST


def test_a_policy_that_comes_back_late_is_not_obeyed(bench):
    bench.period()
    for _ in range(3):
        bench.see()
    bench.guard.filter(bench.pose, bench.now)
    assert Trip(int(bench.guard.faults[0])) == Trip.SILENCE


# --- safe mode --------------------------------------------------------------------------------------------


def silence(bench, **changes) -> None:
    for _ in range(3):
        bench.see(**changes)
        bench.guard.tick(bench.now)


def test_a_robot_that_stands_keeps_standing_when_its_policy_dies(bench):
    bench.period()
    silence(bench)
    guard = bench.guard
    assert (guard.state[0], guard.holding[0]) == (Mode.FAULT, True)
    assert (guard.command.stiffness > 0).all()
    guard.rearm()
    assert (guard.state[0], guard.holding[0]) == (Mode.STAND, False)


def test_a_robot_in_motion_brakes_when_its_policy_dies(bench):
    moving = bench.spoiled("joint_velocity", "left_hip_pitch", 2.0)
    bench.period(**moving)
    silence(bench, **moving)
    assert (bench.guard.state[0], bench.guard.holding[0]) == (Mode.FAULT, False)
    assert not bench.guard.command.stiffness.any()


@pytest.mark.parametrize(
    "changes",
    [
        lambda b: {"base_quaternion": b.tilted(0.6)},
        lambda b: {"base_angular_velocity": np.array([[7.0, 0.0, 0.0]])},
        lambda b: {"joint_position": np.full((1, 19), np.nan)},
    ],
)
def test_a_supported_stand_is_given_up_for_damping_and_never_taken_up_again(bench, changes):
    silence(bench)
    bench.see(**changes(bench))
    bench.guard.tick(bench.now)
    assert not bench.guard.holding[0]
    for _ in range(3):
        bench.see()
        bench.guard.tick(bench.now)
    assert not bench.guard.holding[0]
    assert not bench.guard.command.stiffness.any()


@pytest.mark.parametrize("mode", Mode)
def test_stop_works_in_every_mode_and_means_damping(make_bench, mode):
    bench = make_bench()
    bench.see()
    for step in ("arm", "stand", "run")[: int(min(mode, Mode.RUNNING))]:
        getattr(bench.guard, step)()
    bench.guard.trip("red button")
    assert bench.guard.state[0] == Mode.FAULT
    assert not bench.guard.holding[0]
    assert "red button" in bench.guard.records[-1].detail
    assert not bench.guard.command.stiffness.any()


def test_a_stop_that_is_held_down_blocks_re_arming(bench):
    held = RobotStatus(stop=np.array([True]))
    bench.see(held)
    bench.see(held)
    with pytest.raises(SafetyError, match="stop"):
        bench.guard.rearm()
    bench.see()
    bench.guard.rearm()


def test_braking_stays_within_the_torque_limit(bench):
    speed = np.linspace(-9.0, 9.0, 19)[None]
    bench.period(joint_velocity=speed)
    bench.guard.damp()
    bench.period(joint_velocity=speed)
    command = bench.guard.command
    assert not command.stiffness.any()
    assert (command.damping * np.abs(speed) <= bench.robot.torque_limit + 1e-9).all()
    assert command.damping.max() == pytest.approx(8.0)


def test_without_a_measurement_braking_is_safe_at_any_speed(bench):
    bench.period(joint_position=np.full((1, 19), np.nan))
    damping = bench.guard.command.damping
    assert (damping > 0).all()
    assert (damping * bench.robot.velocity_limit <= bench.robot.torque_limit + 1e-9).all()
