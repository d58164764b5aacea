"""Arming, shapes and limits of the guard, one property at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skillblend.errors import InputError, SafetyError, ShapeError
from skillblend.safety import ActuatorRules, Guard, Mode, RobotStatus, Rules

# --- arming -----------------------------------------------------------------------------------------------


def test_nothing_is_armed_before_the_first_measurement(make_bench):
    bench = make_bench()
    with pytest.raises(SafetyError, match="passive refuses arm: stale"):
        bench.guard.arm()


def test_passive_motors_have_no_torque_and_do_not_trip(make_bench):
    bench = make_bench()
    bench.period(base_quaternion=bench.tilted(2.0))
    command = bench.guard.command
    assert bench.guard.state[0] == Mode.PASSIVE
    assert not command.enabled.any() and not command.stiffness.any() and not command.damping.any()
    with pytest.raises(SafetyError, match="tilt: 2.00 rad, allowed 1.00"):
        bench.guard.arm()


@pytest.mark.parametrize(
    ("modes", "act"),
    [
        ([], "stand"), ([], "run"), ([], "damp"), ([], "rearm"),
        (["arm"], "run"), (["arm"], "rearm"),
        (["arm", "stand"], "relax"), (["arm", "stand"], "arm"), (["arm", "stand"], "rearm"),
        (["arm", "stand", "run"], "relax"), (["arm", "stand", "run"], "launch"),
    ],
)  # fmt: skip
def test_acts_out_of_order_are_refused_and_change_nothing(make_bench, modes, act):
    bench = make_bench()
    bench.see()
    for step in modes:
        getattr(bench.guard, step)()
    before = bench.guard.state.copy()
    with pytest.raises(SafetyError, match="refuses"):
        getattr(bench.guard, act)()
    assert (bench.guard.state == before).all()


@pytest.mark.parametrize(
    ("name", "value", "steady"),
    [("base_angular_velocity", 0.5, False), ("base_angular_velocity", 0.3, True), ("joint_velocity", 1.6, False),
     ("joint_velocity", 1.4, True), ("tilt", 0.31, False), ("tilt", 0.29, True)],
)  # fmt: skip
def test_standing_begins_only_upright_and_slow(make_bench, name, value, steady):
    bench = make_bench()
    changes = {name: np.full_like(getattr(bench.obs(), name), value)} if name != "tilt" else {}
    bench.see(**(changes or {"base_quaternion": bench.tilted(value)}))
    bench.guard.arm()
    assert bench.guard.steady[0] == steady
    if steady:
        bench.guard.stand()
        return
    with pytest.raises(SafetyError, match="upright and still"):
        bench.guard.stand()


def test_a_far_pose_is_not_stood_up_from(make_bench):
    bench = make_bench()
    bench.see(**bench.spoiled("joint_position", "left_knee", 1.9))
    bench.guard.arm()
    with pytest.raises(SafetyError, match="upright and still"):
        bench.guard.stand()


def test_the_guard_itself_moves_to_the_standing_pose(make_bench):
    bench = make_bench()
    column = bench.robot.joint("left_elbow")
    bench.pose[0, column] = 1.6
    bench.see()
    bench.guard.arm()
    bench.guard.stand()
    before = 1.6
    for _ in range(60):
        bench.see()
        out = bench.guard.tick(bench.now)
        assert 0.0 <= before - out[0, column] <= bench.guard.rules.actuator.stand_rate * 0.02 + 1e-9
        before = bench.pose[0, column] = out[0, column]
    assert before == pytest.approx(bench.robot.default_pose[column])


def test_simulations_launch_and_reset_one_by_one(make_bench):
    bench = make_bench(num=3)
    bench.see()
    bench.guard.launch(np.array([0, 2]))
    assert bench.guard.state.tolist() == [Mode.RUNNING, Mode.PASSIVE, Mode.RUNNING]
    bench.guard.trip("test", np.array([2]))
    bench.guard.reset(np.array([2]))
    assert bench.guard.state.tolist() == [Mode.RUNNING, Mode.PASSIVE, Mode.PASSIVE]
    with pytest.raises(SafetyError, match="stale"):
        bench.guard.launch(np.array([2]))


def test_re_arming_several_is_all_or_nothing(make_bench):
    bench = make_bench(num=2)
    bench.run()
    bench.guard.trip("test", np.array([0]))
    with pytest.raises(SafetyError, match="robot 1 in running"):
        bench.guard.rearm()
    assert bench.guard.faulted.tolist() == [True, False]
    bench.guard.rearm(np.array([0]))


# --- shapes -----------------------------------------------------------------------------------------------


def test_a_guard_watches_somebody(h1):
    with pytest.raises(InputError, match="num = 0"):
        Guard(h1, num=0)


@pytest.mark.parametrize(
    "changes",
    [{"joint_position": np.zeros((1, 18))}, {"joint_velocity": np.zeros(19)}, {"time": np.zeros(2)},
     {"base_quaternion": np.zeros((1, 3))}, {"base_angular_velocity": np.zeros((2, 3))}],
)  # fmt: skip
def test_measurements_of_the_wrong_shape_trip_first_and_raise_after(bench, changes):
    with pytest.raises(ShapeError, match=next(iter(changes))):
        bench.see(**changes)
    assert bench.guard.state[0] == Mode.FAULT


@pytest.mark.parametrize("name", ["temperature", "checksum_ok", "motor_fault", "publishers", "stop"])
def test_so_does_a_status_of_the_wrong_shape(bench, name):
    with pytest.raises(ShapeError, match=name):
        bench.see(replace(RobotStatus(), **{name: np.zeros(7)}))
    assert bench.guard.state[0] == Mode.FAULT


def test_so_do_targets_of_the_wrong_shape(bench):
    with pytest.raises(ShapeError, match=r"\(1, 18\) must be \(1, 19\)"):
        bench.guard.filter(np.zeros((1, 18)), bench.now)
    assert bench.guard.state[0] == Mode.FAULT


# --- limits -----------------------------------------------------------------------------------------------


def test_ordinary_targets_pass_unchanged(bench, rng):
    for _ in range(50):
        targets = bench.pose + rng.uniform(-0.05, 0.05, bench.pose.shape)
        out = bench.period(targets)
        verdict = bench.guard.verdict
        if bench.steps > 20:  # the hand-over is over
            assert np.array_equal(out, targets)
            assert not (verdict.position | verdict.rate | verdict.torque).any()
    assert verdict.passed.all()
    assert np.array_equal(bench.guard.command.stiffness[0], bench.robot.stiffness)
    assert np.array_equal(bench.guard.command.damping[0], bench.robot.damping)


def test_clipping_to_the_torque_band_leaves_the_applied_torque_as_it_was(make_bench, rng):
    """A driver clips at the effort limit anyway: what it applies must be the same with and without us."""
    bench = make_bench(num=64)
    bench.see()
    bench.guard.launch()
    robot, limit = bench.robot, bench.robot.torque_limit
    bands = 0
    for _ in range(30):
        speed = rng.uniform(-0.5, 0.5, bench.pose.shape)
        targets = bench.pose + rng.uniform(-0.6, 0.6, bench.pose.shape)
        bench.see(joint_velocity=speed)
        q = bench.obs().joint_position
        out = bench.guard.filter(targets, bench.now)
        wanted = np.clip(targets, robot.position_lower + 0.01, robot.position_upper - 0.01)
        free = bench.guard.verdict.passed[:, None] & ~bench.guard.verdict.rate
        applied = np.clip(robot.stiffness * (out - q) - robot.damping * speed, -limit, limit)
        same = np.clip(robot.stiffness * (wanted - q) - robot.damping * speed, -limit, limit)
        assert np.allclose(np.where(free, applied, 0.0), np.where(free, same, 0.0))
        bands += int((free & bench.guard.verdict.torque).sum())
    assert bands > 100


def test_a_joint_at_its_velocity_limit_may_only_be_braked(bench):
    column = bench.robot.joint("left_knee")
    for sign in (1.0, -1.0):
        speed = bench.spoiled("joint_velocity", "left_knee", sign * 14.0)
        targets = bench.pose.copy()
        targets[0, column] += sign * 0.5
        for _ in range(5):
            out = bench.period(targets, **speed)
        command = bench.guard.command
        q = bench.obs().joint_position[0, column]
        torque = command.stiffness[0, column] * (out[0, column] - q) - command.damping[0, column] * sign * 14.0
        assert torque * sign <= 1e-9


def test_where_the_joint_ran_away_both_gains_shrink(bench):
    """The target cannot follow fast enough, so the gains keep torque inside the limit."""
    column = bench.robot.joint("left_shoulder_pitch")
    for _ in range(20):
        bench.period()
    position = bench.obs().joint_position.copy()
    position[0, column] -= 1.5
    out = bench.period(joint_position=position)
    command = bench.guard.command
    torque = command.stiffness * (out - position)
    assert command.stiffness[0, column] < bench.robot.stiffness[column]
    assert np.abs(torque[0, column]) <= bench.robot.torque_limit[column] * (1 + 1e-9)
    ratio = command.damping[0, column] / command.stiffness[0, column]
    assert ratio == pytest.approx(bench.robot.damping[column] / bench.robot.stiffness[column])


def test_policy_switches_are_bumpless(bench):
    """Right after a switch a target moves at a tenth of its full rate, then faster and faster."""
    column = bench.robot.joint("left_hip_yaw")
    far, near = bench.pose.copy(), bench.pose.copy()
    far[0, column], near[0, column] = 0.4, -0.4
    for _ in range(40):
        out = bench.period(far, "walking", joint_position=far)
    moves = []
    for _ in range(20):
        before = out
        out = bench.period(near, "reaching", joint_position=before)
        moves.append(float(before[0, column] - out[0, column]))
    full = bench.guard.limits.rate[column]
    assert moves[0] == pytest.approx(0.1 * full, rel=0.01)
    assert all(a <= b + 1e-9 for a, b in zip(moves[:2], moves[1:3], strict=True))
    assert out[0, column] == pytest.approx(-0.4)


def test_handing_over_again_starts_slow_again(bench):
    column = bench.robot.joint("torso")
    for _ in range(40):
        bench.period()
    bench.guard.hand_over()
    targets = bench.pose.copy()
    targets[0, column] += 0.6
    out = bench.period(targets)
    assert out[0, column] - bench.pose[0, column] <= 0.17 * bench.guard.limits.rate[column]


def test_targets_never_leave_their_margin(make_bench):
    bench = make_bench(rules=Rules(actuator=ActuatorRules(position_margin=0.05)))
    bench.run()
    robot = bench.robot
    for _ in range(60):
        out = bench.period(robot.position_upper[None], joint_position=bench.guard.command.targets)
    assert (out <= robot.position_upper - 0.05 + 1e-12).all()
    assert bench.guard.verdict.position.all()


def test_calling_twice_at_the_same_time_moves_nothing_twice(bench):
    targets = bench.pose + 0.3
    bench.period()
    bench.advance()
    bench.guard.observe(bench.obs(), bench.now)
    first = bench.guard.filter(targets, bench.now)
    assert np.array_equal(bench.guard.filter(targets, bench.now), first)


def test_rows_do_not_depend_on_each_other(make_bench, rng):
    """A batch of three behaves as three guards of one robot each, also when one of them trips."""
    batch, alone = make_bench(num=3), [make_bench() for _ in range(3)]
    for bench in (batch, *alone):
        bench.run()
    for step in range(30):
        targets = np.tile(batch.robot.default_pose, (3, 1)) + rng.uniform(-0.4, 0.4, (3, 19))
        if step == 10:
            targets[1, 4] = np.nan
        out = batch.period(targets)
        single = [bench.period(targets[i : i + 1]) for i, bench in enumerate(alone)]
        assert np.array_equal(out, np.concatenate(single))
        assert batch.guard.state.tolist() == [int(bench.guard.state[0]) for bench in alone]
    assert batch.guard.faulted.tolist() == [False, True, False]
