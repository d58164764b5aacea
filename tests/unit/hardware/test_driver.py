"""The driver, from its first state message to damping, in simulated time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from sim.conformance.judge import MotorJudge
from sim.conformance.robot import SpeakingRobots
from skillblend.errors import InputError, SafetyError, ShapeError
from skillblend.hardware import AnkleMode, Codec, Contract, LowState
from skillblend.hardware.driver import WRITE_DT, Driver, Phase
from skillblend.hardware.writer import Setpoint, Writer
from skillblend.safety import Guard
from skillblend.skills.skill import load_skill

H1, G1 = robots.load("h1"), robots.load("g1")
MODELS = Path(__file__).resolve().parents[3] / "models"
LAYOUT = (("goal", 3),)


class Bench:
    """A driver, a clock, and the other end of its link."""

    def __init__(self, robot=H1) -> None:
        self.robot, self.now, self.sent, self.asked = robot, 0.0, [], 0
        self.released, self.variant, self.silent = True, 4, False
        self.codec = Codec(robot)
        self.driver = Driver(robot, self)
        self.contract = Contract.of(robot, LAYOUT, "abc")

    def receive(self) -> bytes | None:
        if self.silent:
            return None
        pose, zero = self.robot.default_pose[None], np.zeros((1, self.robot.num_joints))
        state = LowState(
            time=np.array([self.now]), joint_position=pose, joint_velocity=zero, joint_torque=zero,
            temperature=zero + 30.0, base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
            base_angular_velocity=np.zeros((1, 3)), motor_fault=np.array([False]), checksum_ok=np.array([True]),
            mode_machine=np.array([self.variant]),
        )  # fmt: skip
        return self.codec.encode_state(state)[0].tobytes()

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def release(self) -> bool:
        self.asked += 1
        return self.released

    def step(self, periods: int = 1) -> None:
        for _ in range(periods):
            self.now += WRITE_DT
            self.driver.step(self.now)

    def setpoint(self, offset: float = 0.0, **changes) -> bytes:
        values = {
            "targets": self.robot.default_pose[None] + offset, "stiffness": self.robot.stiffness[None],
            "damping": self.robot.damping[None], "enabled": np.array([True]),
        } | changes  # fmt: skip
        return self.codec.encode_command(**values)[0].tobytes()

    def last(self):
        return self.codec.decode_command(np.frombuffer(self.sent[-1], dtype=np.uint8)[None])

    def armed(self):
        self.step(2)
        self.driver.arm(self.contract, self.contract)
        return self

    def following(self):
        self.armed().driver.follow(self.setpoint(), self.now)
        self.step()
        return self


def damped(command) -> bool:
    return bool(command.enabled.all() and not command.stiffness.any() and (command.damping > 0).all())


def test_nothing_is_written_before_a_state_came_and_the_mode_is_released():
    bench = Bench()
    bench.silent = True
    bench.step(5)
    assert (bench.sent, bench.asked) == ([], 0)
    bench.silent, bench.released = False, False
    bench.step(5)
    assert (bench.sent, bench.asked, bench.driver.phase) == ([], 5, Phase.OFFLINE)
    bench.released = True
    bench.step(2)
    assert bench.driver.phase == Phase.RELEASED
    assert not bench.last().enabled.any()


def test_motors_get_torque_after_the_contract_only():
    bench = Bench()
    bench.step(2)
    bench.driver.follow(bench.setpoint(), bench.now)  # too early: not taken
    bench.step()
    assert not bench.last().enabled.any()
    with pytest.raises(SafetyError, match="model hash"):
        bench.driver.arm(bench.contract, replace(bench.contract, model_hash="other"))
    bench.step()
    assert not bench.last().enabled.any()
    bench.driver.arm(bench.contract, bench.contract)
    bench.step()
    assert damped(bench.last())
    bench.driver.follow(bench.setpoint(), bench.now)
    bench.step()
    assert bench.driver.phase == Phase.FOLLOWING
    assert np.allclose(bench.last().stiffness, H1.stiffness)


def test_the_variant_that_the_robot_tells_is_what_counts_and_is_echoed():
    bench = Bench(G1)
    bench.step(2)
    with pytest.raises(SafetyError, match="robot variant: policy 5, machine 4"):
        bench.driver.arm(replace(bench.contract, mode_machine=5), bench.contract)
    bench.driver.arm(replace(bench.contract, mode_machine=4), bench.contract)
    bench.step()
    assert bench.last().mode_machine.tolist() == [4]
    bench.variant = 6
    bench.step()
    assert bench.driver.fault == "the robot's variant changed from 4 to 6"
    assert damped(bench.last())


def test_targets_are_led_from_one_setpoint_to_the_next():
    bench = Bench().following()
    bench.driver.follow(bench.setpoint(0.1), bench.now)
    found = []
    for _ in range(12):
        found.append(float((bench.last().targets - H1.default_pose).max()))
        bench.step()
    assert np.allclose(found[1:], [*(0.01 * np.arange(1, 11)), 0.1], atol=1e-6)


def test_gains_change_at_once_and_damping_is_not_led_to():
    bench = Bench().following()
    zero = np.zeros((1, 19))
    bench.driver.follow(bench.setpoint(stiffness=zero), bench.now)
    bench.step()
    assert not bench.last().stiffness.any()
    bench.driver.follow(bench.setpoint(0.2), bench.now)
    bench.step()
    assert np.allclose(bench.last().targets, H1.default_pose + 0.2, atol=1e-6)


def test_silence_of_the_guard_means_damping_within_fifty_milliseconds_latched():
    bench = Bench().following()
    start = bench.now
    while not damped(bench.last()):
        bench.step()
    assert bench.now - start <= 0.05
    assert "no setpoint for" in bench.driver.fault
    bench.driver.follow(bench.setpoint(), bench.now)
    bench.step()
    assert damped(bench.last()) and bench.driver.phase == Phase.STOPPED
    bench.driver.rearm(bench.now)
    bench.step()
    assert damped(bench.last())
    bench.driver.follow(bench.setpoint(), bench.now)
    bench.step()
    assert bench.last().stiffness.any()


def test_silence_of_the_robot_means_damping():
    bench = Bench().following()
    bench.silent = True
    for _ in range(25):
        bench.driver.follow(bench.setpoint(), bench.now)
        bench.step()
    assert "no intact state for" in bench.driver.fault and damped(bench.last())
    with pytest.raises(SafetyError, match="reconnect the robot"):
        bench.driver.rearm(bench.now)


@pytest.mark.parametrize("spoil", [lambda d: d[:-1], lambda d: bytes([d[0] ^ 1]) + d[1:]], ids=["short", "bit"])
def test_states_that_are_not_intact_do_not_count(spoil, monkeypatch):
    bench = Bench().following()
    whole = bench.receive
    monkeypatch.setattr(bench, "receive", lambda: spoil(whole()))
    for _ in range(25):
        bench.driver.follow(bench.setpoint(), bench.now)
        bench.step()
    assert "no intact state" in bench.driver.fault


def feed_forward(bench: Bench) -> bytes:
    message = np.frombuffer(bench.setpoint(), dtype=np.uint8).copy()[None].view(bench.codec._command)
    message["motor"]["tau"][:, 0] = 5.0
    return bench.codec._seal(message[0])[0].tobytes()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda b: b.setpoint()[:-1], "must be uint8"),
        (lambda b: b.setpoint()[:-1] + bytes([b.setpoint()[-1] ^ 1]), "wrong checksum"),
        (feed_forward, "feed-forward"),
        (lambda b: b.setpoint(3.0), "is outside"),
    ],
    ids=["short", "bit", "torque", "range"],
)
def test_setpoints_that_make_no_sense_mean_damping(make, reason):
    bench = Bench().following()
    bench.driver.follow(make(bench), bench.now)
    bench.step()
    assert reason in bench.driver.fault and damped(bench.last())


def test_only_joint_angles_are_sent():
    with pytest.raises(InputError, match="AnkleMode.PR"):
        Driver(G1, Bench(G1), ankle_mode=AnkleMode.AB)


def test_acts_out_of_order_are_refused():
    bench = Bench()
    with pytest.raises(SafetyError, match="offline; only a released"):
        bench.driver.arm(bench.contract, bench.contract)
    with pytest.raises(SafetyError, match="only a stopped one"):
        bench.driver.rearm(0.0)
    bench.driver.stop("early")
    assert bench.driver.phase == Phase.OFFLINE


@pytest.mark.parametrize("name", ["targets", "stiffness", "damping"])
@pytest.mark.parametrize(("value", "error"), [(np.zeros(3), ShapeError), (np.full(19, np.nan), InputError)])
def test_a_writer_brakes_before_it_complains(name, value, error):
    writer = Writer(H1)
    good = Setpoint(targets=H1.default_pose, stiffness=H1.stiffness, damping=H1.damping)
    writer.put(good, 0.0)
    with pytest.raises(error, match=name):
        writer.put(replace(good, **{name: value}), 0.01)
    assert writer.command(0.01) is writer.brake


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 0.06), st.integers(0, 18), st.floats(allow_nan=True, allow_infinity=True), st.booleans()
        ),
        max_size=30,
    )
)
def test_no_sequence_of_setpoints_leads_a_target_out_of_its_range(calls):
    writer, now = Writer(H1), 0.0
    for wait, joint, value, stiff in calls:
        now += wait
        written = writer.command(now)
        inside = (written.targets >= H1.position_lower - 1e-5) & (written.targets <= H1.position_upper + 1e-5)
        assert (inside | (written.stiffness == 0.0)).all()
        assert (written.stiffness <= H1.stiffness).all() and not (writer.fault and written.stiffness.any())
        targets = H1.default_pose.copy()
        targets[joint] = value
        gain = H1.stiffness.copy()
        gain[joint] *= stiff
        try:
            writer.put(Setpoint(targets=targets, stiffness=gain, damping=H1.damping), now)
        except InputError:
            assert writer.fault


def test_a_negative_gain_is_none_and_a_healthy_writer_has_nothing_to_clear():
    writer = Writer(H1)
    with pytest.raises(SafetyError, match="no fault"):
        writer.rearm()
    with pytest.raises(InputError, match="negative"):
        writer.put(Setpoint(targets=H1.default_pose, stiffness=-H1.stiffness, damping=H1.damping), 0.0)


def test_the_loop_brakes_when_it_ends_even_by_an_error():
    bench = Bench().following()
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        bench.now += WRITE_DT

    left = iter([True] * 5 + [False])
    bench.driver.run(bench.setpoint, lambda: next(left), lambda: bench.now, sleep)
    assert len(waits) == 5 and max(waits) <= WRITE_DT + 1e-9
    assert damped(bench.last()) and bench.driver.fault == ""
    bench.driver.follow(bench.setpoint(), bench.now)

    def broken() -> bytes | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.driver.run(broken, lambda: True, lambda: bench.now, sleep)
    assert damped(bench.last())


class SimulatedLink:
    """One robot in MuJoCo at the driver's own rate, released from the start."""

    def __init__(self, robot: SpeakingRobots, judge: MotorJudge) -> None:
        self.robot, self.judge = robot, judge
        self.truth = robot.truth()

    def receive(self) -> bytes | None:
        self.truth = self.robot.truth()
        self.state = self.robot.codec.encode_state(self.robot.measure(self.truth))
        return self.state[0].tobytes()

    def send(self, data: bytes) -> None:
        told = self.robot.obey(np.frombuffer(data, dtype=np.uint8)[None])
        self.judge.see(self.robot.time, self.truth, told)

    def release(self) -> bool:
        return True


def test_a_robot_walks_on_interpolated_setpoints_and_brakes_when_its_guard_dies():
    """Guard and policy at 50 Hz, driver and physics at 500 Hz; after 3 s the guard is gone."""
    skill = load_skill("walking", H1, MODELS / "h1" / "walking")
    body = SpeakingRobots(H1, np.array([0]), 5, WRITE_DT)
    judge, guard = MotorJudge(H1, 1, body.noise), Guard(H1)
    link = SimulatedLink(body, judge)
    driver, memory, command = Driver(H1, link), None, np.array([[0.5, 0.0, 0.2]])
    contract = Contract.of(H1, skill.controller.layout, skill.bundle.digest)
    for tick in range(1750):
        now = body.time
        if now >= 3.0:
            judge.fault_begins(np.array([True]))
            judge.bad_since(np.array([True]), 2.98)
        elif tick % 10 == 0 and tick:
            obs = body.codec.decode_state(link.state).observation()
            guard.observe(obs, now)
            memory = memory or skill.new_memory(obs)
            if tick == 10:
                driver.arm(contract, contract)
                guard.launch()
            allowed = guard.filter(skill.act(obs, command, memory), now)
            told = guard.command
            data = body.codec.encode_command(allowed, told.stiffness, told.damping, told.enabled)
            driver.follow(data[0].tobytes(), now)
        driver.step(now)
        body.step()
        if tick == 1490:
            assert link.truth.base_position[0, 0] > 0.7 and link.truth.base_position[0, 2] > 0.85
    finding = judge.findings()[0]
    assert (finding.mode, finding.driven, finding.fell, finding.relapsed) == ("damping", True, False, False)
    assert finding.latency <= 0.05 and finding.position == 0.0
    assert driver.phase == Phase.STOPPED
