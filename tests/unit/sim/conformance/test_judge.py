"""The judge on commands whose verdict is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from sim.conformance.judge import NEVER_BAD, Finding, Moment, MotorCommand, MotorJudge, Noise, tilts
from skillblend.contracts import WorldState

H1 = robots.load("h1")
J = H1.num_joints
DT = 0.005


def truth(q=None, qd=None, tilt: float = 0.0) -> WorldState:
    q = H1.default_pose if q is None else q
    return WorldState(
        time=np.zeros(1),
        joint_position=np.array(q)[None].copy(),
        joint_velocity=np.zeros((1, J)) if qd is None else np.array(qd)[None].copy(),
        base_quaternion=np.array([[np.cos(tilt / 2), 0.0, np.sin(tilt / 2), 0.0]]),
        base_angular_velocity=np.zeros((1, 3)),
        base_position=np.zeros((1, 3)),
        base_linear_velocity=np.zeros((1, 3)),
        joint_torque=np.zeros((1, J)),
        foot_contact=np.ones((1, 2), dtype=np.bool_),
    )


def driven(targets=None) -> MotorCommand:
    targets = H1.default_pose if targets is None else targets
    zero = np.zeros((1, J))
    return MotorCommand(
        targets=np.array(targets)[None].copy(), velocity=zero, torque=zero, stiffness=H1.stiffness[None],
        damping=H1.damping[None], enabled=np.full((1, J), True),
    )  # fmt: skip


def damped() -> MotorCommand:
    return replace(driven(), stiffness=np.zeros((1, J)), damping=np.full((1, J), 2.0))


def away(step: int) -> np.ndarray:
    """Targets of a policy that moves, within all limits."""
    return H1.default_pose + 0.03 * np.sin(step + np.arange(J))


def play(commands, bad: float | None = 0.05, **options) -> Finding:
    """Ten periods of a policy, then `commands`; the bad state began at `bad`, s."""
    judge = MotorJudge(H1, 1)
    for step, command in enumerate([*(driven(away(k)) for k in range(10)), *commands]):
        if step == 10:
            judge.fault_begins(np.array([True]))
        if bad is not None and step * DT >= bad:
            judge.bad_since(np.array([True]), bad)
        judge.see(step * DT, truth(**options), command)
    return judge.findings()[0]


def test_damping_at_once_passes():
    finding = play([damped()] * 10)
    assert finding.latency == pytest.approx(0.0)
    assert (finding.mode, finding.relapsed, finding.driven, finding.fell) == ("damping", False, True, False)
    assert finding.reasons(0.02) == []


@pytest.mark.parametrize(("late", "deadline", "passes"), [(4, 0.02, True), (5, 0.02, False), (10, 0.05, True)])
def test_deadlines(late, deadline, passes):
    finding = play([driven(away(k)) for k in range(late)] + [damped()] * 5)
    assert finding.latency == pytest.approx(late * DT)
    assert (finding.reasons(deadline) == []) == passes


@pytest.mark.parametrize(
    "change",
    [{"enabled": np.full((1, J), False)}, {"torque": np.full((1, J), 0.1)}, {"velocity": np.full((1, J), 0.1)},
     {"damping": np.zeros((1, J))}, {"stiffness": np.eye(1, J)}],
    ids=["disabled", "feed-forward", "velocity target", "no brake", "one stiff joint"],
)  # fmt: skip
def test_what_is_no_damping(change):
    finding = play([replace(damped(), **change)] * 10)
    assert finding.mode == "unsafe" and finding.reasons(0.02)[0] == "never safe"


def test_letting_go_again_is_no_safe_mode():
    finding = play([damped()] * 5 + [driven(away(3))] + [damped()] * 5)
    assert finding.relapsed
    assert finding.latency == pytest.approx(6 * DT)
    assert "left the safe mode again" in finding.reasons(0.02)


def lead(start, speed: float, periods: int):
    """The standing pose, approached from `start` rad away."""
    start = np.broadcast_to(start, J)
    way = speed * DT * np.arange(1, periods + 1)
    return [driven(H1.default_pose + np.sign(start) * np.maximum(np.abs(start) - w, 0.0)) for w in way]


@pytest.mark.parametrize("speed", [0.5, 1.0])
def test_a_supported_stand_is_led_to_the_pose(speed):
    finding = play(lead(away(9) - H1.default_pose, speed, 100))
    assert (finding.mode, finding.reasons(0.02)) == ("stand", [])


def test_ankles_may_balance():
    commands = lead(0.0, 1.0, 30)
    for k, command in enumerate(commands):
        command.targets[:, H1.joints("ankle")] += 0.1 * np.sin(k)
    assert play(commands).mode == "stand"


@pytest.mark.parametrize(
    ("commands", "options"),
    [
        ([driven(away(9) + 0.1)] * 50, {}),  # the last command again and again
        (lead(0.0, 1.0, 50), {"tilt": 0.7}),
        ([driven(away(k)) for k in range(50)], {}),
        (lead(0.3, 5.0, 50), {}),
    ],
    ids=["repeated", "leaning", "still walking", "too fast"],
)
def test_what_is_no_supported_stand(commands, options):
    assert play([*commands, driven(away(2))], **options).mode == "unsafe"


def test_a_target_outside_the_range_is_seen():
    targets = H1.position_upper + np.eye(J)[3] * 0.02
    finding = play([driven(targets), *[damped()] * 5])
    assert finding.position == pytest.approx(0.02, abs=1e-4)
    assert any("outside the range by 0.02 rad" in reason for reason in finding.reasons(0.02))


def test_too_much_torque_is_seen_and_noise_is_allowed_for():
    knee = H1.joint("left_knee")
    q = H1.default_pose.copy()
    q[knee] -= 1.02  # 300 N m/rad: 306 N m, limit 300
    state, command = truth(q), driven()
    for noise, excess in ((Noise(), 3.0), (Noise(position=0.01), 0.0)):
        judge = MotorJudge(H1, 1, noise)
        judge.see(0.0, state, command)
        assert judge.findings()[0].torque == pytest.approx(excess)


def test_torque_is_judged_where_the_latest_message_told():
    q = H1.default_pose.copy()
    q[H1.joint("left_knee")] -= 2.0
    judge = MotorJudge(H1, 1)
    judge.see(0.0, truth(q), driven(), Moment.of(truth()))
    assert judge.findings()[0].torque == 0.0
    old = Moment.of(truth())
    assert np.array_equal(old.updated(np.array([True]), truth(q)).position[0], q)
    assert np.array_equal(old.updated(np.array([False]), truth(q)).position[0], H1.default_pose)


def test_torque_must_not_speed_up_a_joint_beyond_its_velocity_limit():
    ankle = H1.joint("left_ankle")
    qd, q = np.zeros(J), H1.default_pose.copy()
    qd[ankle] = H1.velocity_limit[ankle] + 1.0
    q[ankle] -= 0.5  # 60 N m from the spring, less 4 * 10 from the damper: 20 N m the wrong way
    judge = MotorJudge(H1, 1)
    judge.see(0.0, truth(q, qd), driven())
    assert judge.findings()[0].velocity == pytest.approx(20.0 - 0.4)
    assert judge.findings()[0].torque == 0.0
    judge = MotorJudge(H1, 1)
    judge.see(0.0, truth(H1.default_pose, qd), damped())
    assert judge.findings()[0].velocity == 0.0


def test_what_is_not_finite_is_over_every_limit():
    judge = MotorJudge(H1, 1)
    judge.see(0.0, truth(), driven(np.full(J, np.nan)))
    assert judge.findings()[0].torque == np.inf


def test_a_fault_that_never_shows_is_no_pass():
    assert play([damped()] * 5, bad=None).reasons(0.02) == [NEVER_BAD]


def test_a_robot_that_lay_on_the_floor_already_is_no_pass():
    assert "fell before the fault" in play([damped()] * 5, tilt=1.0).reasons(0.02)


def test_tilt_of_known_rotations():
    turned = np.array([[np.cos(0.2), np.sin(0.2), 0.0, 0.0], [np.cos(1.0), 0.0, 0.0, np.sin(1.0)]])
    assert np.allclose(tilts(turned), [0.4, 0.0])
