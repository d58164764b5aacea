"""MuJoCo as the robot: obeys bytes, speaks bytes, fails on request, and logs the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import robots
from sim import scenes
from sim.conformance.faults import DEADLINES, Fault
from sim.scene_file import parse_scene
from skillblend.contracts import Array, Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.hardware import Codec, LowState
from skillblend_ros.faults import OF_THE_ROBOT, Injection
from skillblend_ros.gatekeeper import Gatekeeper
from skillblend_ros.machine import PHYSICS_DT, Machine, free_things
from skillblend_ros.truth import NO_FAULT, TruthLog, read_truth
from skillblend_ros.verdicts import fell, judge_fault, judge_step

H1 = robots.load("h1")
CODEC = Codec(H1)
EMPTY = scenes.load("empty")


def command(stiffness: float, targets: Array | None = None, damping: float = 1.0) -> bytes:
    one = np.ones((1, H1.num_joints))
    wanted = H1.default_pose[None] if targets is None else targets
    return CODEC.encode_command(wanted, stiffness * H1.stiffness * one, damping * H1.damping * one, np.full(1, True))[
        0
    ].tobytes()


def heard(machine: Machine) -> LowState:
    data = machine.speak()
    assert data is not None
    return CODEC.decode_state(np.frombuffer(data, dtype=np.uint8)[None])


def guarded(machine: Machine, keeper: Gatekeeper, seconds: float, start: float) -> float:
    """Let `seconds` pass with the guard answering every second physics step; when it ends."""
    for i in range(round(seconds / PHYSICS_DT)):
        now = start + i * PHYSICS_DT
        data = machine.speak() if i % 2 == 0 else None
        machine.obey(keeper.hear(data, now) if data is not None else keeper.watch(now) or b"")
        machine.step(now)
    return start + seconds


def test_the_gantry_holds_until_the_motors_do() -> None:
    machine = Machine(H1, EMPTY)
    for _ in range(100):
        machine.step()
    assert machine.held
    assert machine.sim.qpos[0, 7:] == pytest.approx(H1.default_pose)
    machine.obey(command(1.0))
    for _ in range(100):
        machine.step()
    assert not machine.held
    machine.hang()
    assert machine.held


def test_the_guard_lets_it_stand_and_damping_lets_it_sink() -> None:
    machine, keeper = Machine(H1, EMPTY, 1), Gatekeeper(H1)
    now = guarded(machine, keeper, 0.2, 0.0)
    keeper.order(keeper.guard.arm, now)
    keeper.order(keeper.guard.stand, now)
    now = guarded(machine, keeper, 4.0, now)
    assert machine.tilt < 0.2
    assert not keeper.guard.faulted.any()
    keeper.order(keeper.guard.damp, now)
    guarded(machine, keeper, 3.0, now)
    assert machine.sim.qpos[0, 2] < 0.7 * H1.base_height
    assert machine.sim.qpos[0, 2] > 0.0  # lies on the floor, not under it


def test_motors_do_what_the_command_says() -> None:
    machine = Machine(H1, EMPTY, 2)
    knee = H1.joint("left_knee")
    targets = H1.default_pose[None].copy()
    targets[0, knee] += 0.3
    machine.obey(command(1.0, targets))
    machine.step()
    expected = H1.stiffness[knee] * 0.3 * machine._strength
    assert machine.sim.actuator_force[0, knee] == pytest.approx(min(expected, H1.torque_limit[knee]), rel=0.05)
    machine.obey(CODEC.stop_command(1)[0].tobytes())
    machine.step()
    assert np.abs(machine.sim.actuator_force[0, : H1.num_joints]).max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("data", [b"", b"short", command(1.0)[:-1] + b"\0", command(1.0) + b"\0"])
def test_spoilt_commands_are_not_obeyed(data: bytes) -> None:
    machine = Machine(H1, EMPTY)
    spoilt = bytearray(data)
    if len(spoilt) > 100:
        spoilt[50] ^= 1
    assert not machine.obey(bytes(spoilt))
    assert machine.commands == 0
    assert machine.obey(command(1.0))
    assert machine.commands == 1


def test_the_clock_goes_on_when_the_robot_is_hung_up_again() -> None:
    machine = Machine(H1, EMPTY, 3)
    machine.step()
    before = heard(machine).time[0]
    machine.hang()
    machine.step()
    assert heard(machine).time[0] == pytest.approx(before + PHYSICS_DT, abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fault", OF_THE_ROBOT)
def test_every_fault_shows_and_ends(fault: Fault, seed: int) -> None:
    machine = Machine(H1, EMPTY, 4)
    machine.step()
    well = heard(machine)
    machine.inject(fault.value, 0.02, seed)
    machine.step()
    data = machine.speak()
    sick = None if data is None else CODEC.decode_state(np.frombuffer(data, dtype=np.uint8)[None])
    shows = {
        Fault.STATE_DROPOUT: lambda: sick is None,
        Fault.BAD_CRC: lambda: sick is not None and not sick.checksum_ok[0],
        Fault.NAN: lambda: sick is not None and not np.isfinite(_numbers(sick)).all(),
        Fault.OVERHEATING: lambda: sick is not None and sick.temperature.max() > 120.0,
        Fault.CLOCK_JUMP: lambda: sick is not None and abs(sick.time[0] - well.time[0] - PHYSICS_DT) > 0.09,
        Fault.TILT: lambda: np.linalg.norm(machine._pull[0, machine._torso, :3]) >= 500.0,
        Fault.FROZEN_STATE: lambda: _frozen(machine),
    }
    assert shows[fault]()
    for _ in range(6):
        machine.step()
    assert machine.injection is None
    assert heard(machine).checksum_ok[0]
    assert (machine._pull[0, machine._torso] == 0.0).all()


def _numbers(state: LowState) -> Array:
    return np.concatenate(
        [state.joint_position, state.joint_velocity, state.base_quaternion, state.base_angular_velocity], axis=1
    )


def _frozen(machine: Machine) -> bool:
    first = _numbers(heard(machine))
    machine.step()
    return bool((_numbers(heard(machine)) == first).all())


def test_unknown_faults_are_refused() -> None:
    machine = Machine(H1, EMPTY)
    with pytest.raises(UnknownNameError, match="policy_hang"):
        machine.inject("policy_hang", 1.0, 0)
    with pytest.raises(InputError, match="not a number"):
        machine.inject("tilt", float("nan"), 0)
    machine.inject("tilt", 0.0, 0)
    assert machine.injection is not None
    assert machine.injection.force(1.5).tolist() == [0.0, 0.0, 0.0]
    machine.inject("", 0.0, 0)
    assert machine.injection is None


def test_faults_are_drawn_from_their_seed() -> None:
    one, two = (Injection.draw("nan", 1.0, H1, seed) for seed in (7, 7))
    assert (one.joint, one.size, one.variant) == (two.joint, two.size, two.variant)


def logged(path: Path, fault: Fault | None, seconds: float = 3.0) -> tuple[Path, float]:
    """A robot that the guard holds, with `fault` at 2 s; when it really was bad."""
    log = TruthLog(path, H1, scenes.load("workshop"), 0)
    machine, keeper = Machine(H1, scenes.load("workshop"), 0, log), Gatekeeper(H1)
    now = guarded(machine, keeper, 0.2, 0.0)
    keeper.order(keeper.guard.arm, now)
    keeper.order(keeper.guard.stand, now)
    now = guarded(machine, keeper, 2.0, now)
    if fault is not None:
        machine.inject(fault.value, 0.2, 0)
    guarded(machine, keeper, seconds - 2.2, now)
    machine.close()
    return path, now


def test_the_log_holds_what_happened(tmp_path: Path) -> None:
    path, now = logged(tmp_path / "truth.bin", Fault.OVERHEATING)
    about, records = read_truth(path)
    assert about["buttons"] == ["button"]
    assert about["felt"] == ["button", "wooden table", "metal table", "shelf", "box"]
    assert records["hand_force"].shape[1:] == (5, 2)
    assert len(records) == round(3.0 / PHYSICS_DT)
    assert np.diff(records["time"]) == pytest.approx(PHYSICS_DT)
    sick = records["fault"] != NO_FAULT
    assert records["time"][sick][0] == pytest.approx(now)
    assert sick.sum() * PHYSICS_DT == pytest.approx(0.2, abs=0.006)
    assert not fell(about, records[~sick][:300])


def test_the_judge_sees_a_safe_mode_in_time(tmp_path: Path) -> None:
    path, now = logged(tmp_path / "truth.bin", Fault.OVERHEATING)
    finding = judge_fault(*read_truth(path), bad_since=now)
    assert finding.mode == "damping"
    assert finding.latency <= DEADLINES[Fault.OVERHEATING]
    assert not finding.relapsed


def test_a_robot_that_is_safe_before_its_state_is_bad_was_driven_when_the_fault_began(tmp_path: Path) -> None:
    """A pull ends in a safe mode, by body rate, long before the robot tilts too far."""
    path, now = logged(tmp_path / "truth.bin", Fault.OVERHEATING)
    about, records = read_truth(path)
    late, before = now + 0.4, records["time"] < now
    records = records.copy()  # until the fault, the motors get what only a policy asks for
    swing = 0.5 * np.sin(20.0 * records["time"][before])[:, None]
    records["targets"][before] += swing
    assert not judge_fault(about, records, late).driven
    finding = judge_fault(about, records, late, begins=now)
    assert finding.driven and finding.latency < -0.3 and not finding.relapsed


def test_the_judge_of_steps_reads_the_log(tmp_path: Path) -> None:
    about, records = read_truth(logged(tmp_path / "truth.bin", None, 6.0)[0])
    stood = judge_step(about, records[400:1100], Step(text="stand still", behaviour="stand", arguments=("3",)))
    assert stood.success, stood.reason
    walked = judge_step(about, records[400:1100], Step(text="walk", behaviour="walk", arguments=("forward", "1")))
    assert not walked.success
    with pytest.raises(InputError, match="no records"):
        judge_step(about, records[:0], Step(text="stand still", behaviour="stand", arguments=("3",)))
    with pytest.raises(InputError, match="does not reach"):
        judge_fault(about, records, 99.0)


@pytest.mark.parametrize("content", [b"", b"{}\n", b'{"format": 1, "joint_names": [], "buttons": []}\n', b"\xff\xfe"])
def test_what_is_no_log_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(InputError, match="no log of simulator truth"):
        read_truth(tmp_path / "log")


def test_a_log_that_was_cut_off_is_read_to_its_last_whole_record(tmp_path: Path) -> None:
    path, _ = logged(tmp_path / "truth.bin", None)
    whole = read_truth(path)[1]
    path.write_bytes(path.read_bytes()[:-7])
    assert len(read_truth(path)[1]) == len(whole) - 1


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write"):
        TruthLog(tmp_path / "file" / "log", H1, EMPTY, 0)


def test_things_are_moved_and_the_log_holds_where_they_are(tmp_path: Path) -> None:
    scene = scenes.load("storeroom")
    path = tmp_path / "truth.bin"
    machine = Machine(H1, scene, 0, TruthLog(path, H1, scene, 0))
    name = free_things(machine.scene)[0]
    machine.step()
    there = np.array([1.5, -1.5, 0.6, 0.0, 0.0, 0.0, 1.0])
    machine.move(name, there)
    machine.step()
    machine.close()
    about, records = read_truth(path)
    k = about["things"].index(name)
    before = machine.scene.state.thing(name).pose
    assert before is not None
    assert records["things"][0, k, :3] == pytest.approx(before[0, :3], abs=1e-3)
    assert records["things"][1, k] == pytest.approx(there)
    arrived = judge_step(
        about, records, Step(text=f"walk to the {name}", behaviour="walk_to", arguments=(name,))
    ).reason
    assert float(arrived.split(" m ")[0]) < 2.5, arrived
    machine.hang()
    pose = machine.things().thing(name).pose
    assert pose is not None and pose[0, :3] == pytest.approx(before[0, :3], abs=1e-3)


@pytest.mark.parametrize(
    ("name", "pose", "why"),
    [
        ("moon", [0, 0, 1, 1, 0, 0, 0], "unknown object"),
        ("button", [0, 0, 1, 1, 0, 0, 0], "cannot be moved; free things here"),
        ("box", [np.nan, 0, 1, 1, 0, 0, 0], "no place"),
        ("box", [0, 0, 1, 0, 0, 0, 0], "no place"),
        ("box", [0, 99, 1, 1, 0, 0, 0], "no place"),
    ],
)
def test_what_cannot_be_moved_there_stays(name: str, pose: list[float], why: str) -> None:
    scene = parse_scene(
        {
            "things": [
                {"name": "table", "kind": "table", "position": [2, 0]},
                {"name": "button", "kind": "button", "position": [0, 2, 1.0]},
                {"name": "box", "kind": "box", "on": "table", "position": [1.9, 0]},
            ]
        },
        name="test",
    )
    machine = Machine(H1, scene)
    before = machine.sim.qpos.copy()
    with pytest.raises(InputError, match=why):
        machine.move(name, np.array(pose, dtype=np.float64))
    assert (machine.sim.qpos == before).all()
