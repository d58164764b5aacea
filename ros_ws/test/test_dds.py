"""The vendor's DDS topics: types, bytes over loopback, and the nodes with nothing else between them and the robot."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from cyclonedds.domain import DomainParticipant
from cyclonedds.idl._support import Endianness
from cyclonedds.pub import DataWriter
from cyclonedds.topic import Topic
from rig import PRIORITY, SPEED, guard_settings, policy_settings
from skillblend_msgs.msg import GuardState

import robots
from skillblend.contracts import Robot
from skillblend.errors import InputError, SafetyError, ShapeError
from skillblend.hardware import Codec, layout
from skillblend.hardware.cdr import CDR_LE, Cdr
from skillblend.hardware.driver import Driver, Phase
from skillblend_ros import dds_robot
from skillblend_ros.client import Client
from skillblend_ros.dds import COMMAND_TOPIC, Bus, DdsLink, Network
from skillblend_ros.stack import Claim, Stack, wait_for
from skillblend_ros.truth import read_truth
from skillblend_ros.vendor import TYPES, packed_type
from skillblend_ros.verdicts import fell

CLAIMS = Claim(), Claim()
ROS_DOMAIN, DOMAIN = (claim.domain for claim in CLAIMS)
"""Of the nodes and of the robot: this run's own."""
H1, G1 = robots.load("h1"), robots.load("g1")
KINDS = {
    "unitree_go::LowCmd_": layout.GO_COMMAND, "unitree_go::LowState_": layout.GO_STATE,
    "unitree_hg::LowCmd_": layout.HG_COMMAND, "unitree_hg::LowState_": layout.HG_STATE,
}  # fmt: skip


TYPE_IDS = {
    "unitree_go::LowCmd_": "cad4e60020cace3bdcaefadd32ae",
    "unitree_go::LowState_": "bea62d31d8e2cf8edbede4dfd6d8",
    "unitree_hg::LowCmd_": "fa968ef77641602adc6a4d1595e5",
    "unitree_hg::LowState_": "2d915113389330c54645b3d311cf",
}
"""Minimal type hashes, DDS-XTypes 1.3. Source: unitree_sdk2_python's types, through cyclonedds 11.0.1."""


def finite_bodies(cdr: Cdr, count: int) -> np.ndarray:
    """Random bodies without NaN, which Python's own floats would change; padding zero."""
    raw = np.random.default_rng(0).integers(0, 127, (count, cdr.size), dtype=np.uint8)
    return cdr.body(cdr.packed(raw))


@pytest.mark.parametrize("name", KINDS)
def test_a_body_is_what_cyclonedds_makes_of_the_fields(name: str) -> None:
    kind = TYPES[KINDS[name]]
    assert kind.__idl_typename__ == name.replace("::", ".msg.dds_.")
    for body in finite_bodies(Cdr(KINDS[name]), 20):
        data = CDR_LE + body.tobytes()
        assert kind.deserialize(data).serialize(use_version_2=False) == data


@pytest.mark.parametrize("name", KINDS)
def test_a_type_is_the_vendors_own_down_to_the_names_of_its_fields(name: str) -> None:
    """DDS compares these hashes before it lets a reader hear a writer."""
    kind = TYPES[KINDS[name]]
    kind.__idl__.populate()
    found = kind.__idl__.get_type_info().minimal.typeid_with_size.type_id
    assert bytes(found.value).hex() == TYPE_IDS[name]


@pytest.mark.parametrize("name", KINDS)
def test_other_encodings_are_understood(name: str) -> None:
    sample = packed_type(KINDS[name])
    cdr = sample.cdr
    packed = cdr.packed(finite_bodies(cdr, 1)).tobytes()
    fields = sample.kind.deserialize(sample(packed).serialize())
    for how in ({"use_version_2": True}, {"use_version_2": False, "endianness": Endianness.Big}):
        assert sample.deserialize(fields.serialize(**how)).data == packed
    assert sample.deserialize(CDR_LE + bytes(8)).data == b""
    assert sample.deserialize_key(b"").data == b""


@pytest.mark.parametrize(
    ("domain", "interface", "why"),
    [(-1, "lo", "outside"), (233, "lo", "outside"), (0, "", "no name"), (0, "'/><x y='", "no name")],
)
def test_networks_that_cannot_be_are_refused(domain: int, interface: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        Network(domain=domain, interface=interface)


def test_a_bus_that_cannot_join_says_why() -> None:
    with pytest.raises(InputError, match="is the interface up"):
        Bus(H1, Network(domain=DOMAIN, interface="nowhere0"), "robot")
    with Bus(H1, Network(domain=DOMAIN), "robot") as bus:
        with pytest.raises(InputError, match="joined that domain already"):
            Bus(H1, Network(domain=DOMAIN), "controller")
        with pytest.raises(ShapeError, match="1180"):
            bus.send(bytes(812))
        assert bus.newest() is None and not bus.wait(0.01) and not bus.connected()
    with Bus(G1, Network(domain=DOMAIN), "controller") as bus:  # left, a domain can be joined again
        assert bus.send(bytes(1004))


def test_who_writes_motor_commands_too_is_seen() -> None:
    with Bus(H1, Network(domain=DOMAIN), "controller") as bus:
        link = DdsLink(bus, released=True)
        assert bus.rivals() == 0 and link.release()
        other = DomainParticipant(DOMAIN)
        topic = Topic(other, COMMAND_TOPIC, TYPES[layout.GO_COMMAND])
        writer = DataWriter(other, topic)
        wait_for("the rival", lambda: bus.rivals() == 1)
        assert not link.release()
        del writer, topic, other
        wait_for("its end", lambda: bus.rivals() == 0)
    with pytest.raises(SafetyError, match="released first"):
        DdsLink(bus, released=False)


@contextmanager
def simulated(robot: Robot, folder: Path, *more: object) -> Iterator[Path]:
    """A robot in a process of its own; its log."""
    truth, out = folder / "dds_truth.bin", folder / "dds_robot.log"
    command = [
        sys.executable, "-m", "skillblend_ros", "dds_robot", "--robot", robot.name, "--scene", "empty", "--seed", "3",
        "--domain", DOMAIN, "--log", truth, "--speed", SPEED, "--priority", PRIORITY, *more,
    ]  # fmt: skip
    with out.open("wb") as file:
        process = subprocess.Popen([str(c) for c in command], stdout=file, stderr=file, start_new_session=True)
    try:
        yield truth
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(60.0) == 0, out.read_text()


@pytest.mark.parametrize("robot", [H1, G1], ids=lambda robot: robot.name)
def test_bytes_reach_the_other_process_and_come_back(robot: Robot, tmp_path: Path) -> None:
    """Every target that the robot obeyed is one that was sent, to the last bit; every state is intact."""
    codec, rng = Codec(robot), np.random.default_rng(0)
    sent, states = [], 0
    with simulated(robot, tmp_path) as truth, Bus(robot, Network(domain=DOMAIN), "controller") as bus:
        wait_for("the robot", bus.connected)
        wait_for("its first state", lambda: bus.newest() is not None)
        for _ in range(100):
            targets = rng.uniform(robot.position_lower, robot.position_upper, (1, robot.num_joints))
            zero = np.zeros_like(targets)
            data = codec.encode_command(targets, zero, zero, np.array([True]))
            sent.append(codec.decode_command(data).targets[0])
            assert bus.send(data[0].tobytes())
            if bus.wait(0.1):
                told = bus.newest()
                if told is not None:
                    states += 1
                    assert codec.decode_state(np.frombuffer(told, dtype=np.uint8)[None]).checksum_ok.all()
        time.sleep(0.5)
    _, records = read_truth(truth)
    obeyed = {row.tobytes() for row in records["targets"][records["command"] > 0]}
    assert states > 50
    assert len(obeyed) > 50
    assert obeyed <= {row.tobytes() for row in sent}
    assert sent[-1].tobytes() in obeyed
    assert ", 0 spoilt" in (tmp_path / "dds_robot.log").read_text()


def test_the_driver_takes_a_robot_over_dds(tmp_path: Path) -> None:
    with simulated(H1, tmp_path), Bus(H1, Network(domain=DOMAIN), "controller") as bus:
        driver = Driver(H1, DdsLink(bus, released=True))

        def released() -> bool:
            driver.step(time.monotonic())
            return driver.phase == Phase.RELEASED

        wait_for("the robot", released)
        assert driver.state is not None and driver.state.checksum_ok.all()


@pytest.mark.parametrize("arguments", [["--robot", "r2d2"], ["--domain", "999"], ["--log", "/proc/nowhere/log"]])
def test_the_robots_program_ends_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dds_robot.main(["--domain", str(DOMAIN), *arguments]) == 1
    found = capsys.readouterr().err
    assert found.startswith("error: ") or "\nerror: " in found


def test_the_robots_program_refuses_other_speeds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        dds_robot.main(["--speed", "3"])
    assert "outside [0.05, 1]" in capsys.readouterr().err


# --- the nodes, with nothing between them and the robot but its own topics ---------------------------------


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Processes of a ROS domain of their own."""
    with Stack(tmp_path / "logs", ROS_DOMAIN) as found:
        monkeypatch.setenv("ROS_DOMAIN_ID", str(ROS_DOMAIN))
        yield found
        for node in ("dds_link", "guard", "skill_server"):
            assert "Traceback" not in found.output(node), found.output(node)


def link_settings(**changes: object) -> dict[str, object]:
    return {"dds_domain": DOMAIN, "speed": SPEED, "realtime_priority": PRIORITY} | changes


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"dds_domain": ROS_DOMAIN}, "set ROS_DOMAIN_ID to another one"),
        ({"interface": "nowhere0"}, "is the interface up"),
        ({"interface": "no name"}, "no name of a network interface"),
        ({"dds_domain": 233}, "dds_domain"),
    ],
)
def test_a_link_that_cannot_be_ends_with_one_line(nodes: Stack, settings: dict[str, object], why: str) -> None:
    nodes.start("dds_link", link_settings(**settings))
    wait_for("its end", lambda: not nodes.running("dds_link"), 120.0)
    assert nodes.stop("dds_link") == 1
    lines = [line for line in nodes.output("dds_link").splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and why in lines[0]


def test_the_guard_knows_of_a_rival_on_the_robots_network(nodes: Stack, tmp_path: Path) -> None:
    with simulated(H1, tmp_path):
        nodes.start("dds_link", link_settings())
        nodes.start("guard", guard_settings())
        client = Client("tester")
        try:
            settle(client)
            assert client.guard is not None and client.guard.lowcmd_publishers == 1
            with Bus(H1, Network(domain=DOMAIN), "controller"):
                client.until("the rival", lambda: bool(client.guard.present & GuardState.RIVAL))  # type: ignore[union-attr]
                with pytest.raises(SafetyError, match="rival"):
                    client.order("arm")
            client.until("its end", lambda: not client.guard.present & GuardState.RIVAL)  # type: ignore[union-attr]
        finally:
            client.close()


def test_a_robot_walks_over_its_own_topics_and_brakes_when_the_guard_dies(
    nodes: Stack, tmp_path: Path, seconds: Callable[[float], None], record_property: Callable[..., None]
) -> None:
    with simulated(H1, tmp_path) as truth:
        nodes.start("dds_link", link_settings())
        nodes.start("guard", guard_settings())
        nodes.start("skill_server", policy_settings())
        client = Client("tester")
        try:
            settle(client)
            client.bring_up()
            goal = client.skill("walking", goal=(0.4, 0.0, 0.0), seconds=30.0)
            assert goal.accepted, goal.reason
            seconds(4.0)
            assert mode(client) == GuardState.RUNNING, client.guard
            killed = time.monotonic()
            nodes.signal("guard", signal.SIGKILL)
            seconds(1.0)
        finally:
            client.close()
    about, records = read_truth(truth)
    walking = records[(records["held"] == 0) & (records["wall"] < killed)]
    assert not fell(about, walking)
    assert walking["position"][-1, 0] - walking["position"][0, 0] > 0.8
    last = records[-1]
    assert not last["stiffness"].any() and (last["damping"] > 0.0).all() and last["enabled"].all()
    braked = np.flatnonzero((records["wall"] > killed) & ~(records["stiffness"] > 0.0).any(axis=1))[0]
    record_property("braked_ms", 1e3 * (records["wall"][braked] - killed))


def mode(client: Client) -> int:
    return -1 if client.guard is None else client.guard.mode


def settle(client: Client) -> None:
    """Until states come, and a second more: all nodes have found one another then."""
    client.until("a state", lambda: client.guard is not None and 0.0 <= client.guard.state_age < 0.5)
    time.sleep(1.0)
