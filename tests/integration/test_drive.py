"""``skillblend drive`` as a process of its own: this test is its robot and its guard."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import robots
from skillblend.cli import main
from skillblend.cli.paths import MODELS
from skillblend.errors import InputError
from skillblend.hardware import Codec, Contract, LowState
from skillblend.hardware.codec import LowCommand
from skillblend.hardware.sockets import COMMAND, CONTRACT, RELEASE, RELEASED, SETPOINT, STATE, Mailbox, read_contract
from skillblend.skills.skill import load_skill

H1 = robots.load("h1")
PATIENCE = 60.0
"""Longest wait for anything, s: a machine under load is no failure."""


class Peer(threading.Thread):
    """A robot that stands, and a guard that wants it to, at their own rates."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.codec = folder, Codec(H1)
        self.robot, self.guard = Mailbox(folder / "robot.sock"), Mailbox(folder / "guard.sock")
        self.commands: list[bytes] = []
        self.guard_alive = self.over = False
        self.zero = np.zeros((1, 19))

    def run(self) -> None:
        while not self.over:
            found = self.robot.newest()
            if RELEASE in found:
                self.robot.send(self.folder / "driver.sock", RELEASED)
            if COMMAND in found:
                self.commands.append(found[COMMAND])
            self.robot.send(self.folder / "driver.sock", STATE, self.state())
            if self.guard_alive:
                self.guard.send(self.folder / "setpoint.sock", SETPOINT, self.setpoint())
            time.sleep(0.005)
        self.robot.close()
        self.guard.close()

    def state(self) -> bytes:
        return self.codec.encode_state(LowState(
            time=np.array([time.monotonic()]), joint_position=H1.default_pose[None], joint_velocity=self.zero,
            joint_torque=self.zero, temperature=self.zero + 30.0, base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
            base_angular_velocity=np.zeros((1, 3)), motor_fault=np.array([False]), checksum_ok=np.array([True]),
            mode_machine=np.array([0]),
        ))[0].tobytes()  # fmt: skip

    def setpoint(self) -> bytes:
        return self.codec.encode_command(
            H1.default_pose[None], H1.stiffness[None], H1.damping[None], np.array([True])
        )[0].tobytes()

    def read(self, data: bytes) -> LowCommand:
        return self.codec.decode_command(np.frombuffer(data, dtype=np.uint8)[None])

    def announce(self, contract: Contract) -> None:
        self.guard.send(self.folder / "setpoint.sock", CONTRACT, json.dumps(contract.to_dict()).encode())

    def wait(self, what: Callable[[LowCommand], bool]) -> None:
        """Until a command is like that.

        Raises:
            AssertionError: None is.
        """
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.commands and what(self.read(self.commands[-1])):
                return
            time.sleep(0.01)
        raise AssertionError("no such command came")


def off(command: LowCommand) -> bool:
    return not command.enabled.any()


def damped(command: LowCommand) -> bool:
    return bool(command.enabled.all() and not command.stiffness.any() and (command.damping > 0).all())


def stiff(command: LowCommand) -> bool:
    return bool(np.allclose(command.stiffness, H1.stiffness) and np.allclose(command.targets[0], H1.default_pose))


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer(tmp_path)
    peer.start()
    yield peer
    peer.over = True
    peer.join()


@pytest.fixture
def driver(peer: Peer) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "from skillblend.cli import main; main()", "drive", "h1", str(peer.folder)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def contract() -> Contract:
    skill = load_skill("walking", H1, MODELS / "h1" / "walking")
    return Contract.of(H1, skill.controller.layout, skill.bundle.digest)


def test_a_driver_brakes_when_its_guard_is_gone(
    peer: Peer, driver: subprocess.Popen[str], contract: Contract
) -> None:
    peer.wait(off)
    peer.announce(contract)
    peer.wait(damped)
    peer.guard_alive = True
    peer.wait(stiff)
    peer.guard_alive = False
    peer.wait(damped)
    peer.guard_alive = True  # it comes back: nothing moves
    driver.send_signal(signal.SIGTERM)
    _, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 1
    assert "armed for walking on h1" in err and "no setpoint for" in err
    peer.wait(damped)


def test_a_driver_refuses_another_policy(peer: Peer, driver: subprocess.Popen[str], contract: Contract) -> None:
    peer.wait(off)
    peer.announce(Contract.from_dict(contract.to_dict() | {"model_hash": "0" * 64}))
    peer.guard_alive = True
    count = len(peer.commands)
    peer.wait(lambda command: len(peer.commands) > count + 50)
    assert all(off(peer.read(data)) for data in peer.commands)
    driver.send_signal(signal.SIGINT)
    _, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0
    assert "model hash" in err and "armed for" not in err


@pytest.mark.parametrize("data", [b"{", b"[1]", b"{}"])
def test_what_is_no_contract(data: bytes) -> None:
    with pytest.raises(InputError, match="contract"):
        read_contract(data)


def test_a_mailbox_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose another folder"):
        Mailbox(tmp_path / "none" / "x.sock")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot open"):
        Mailbox(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_mailbox_replaces_what_a_dead_process_left_and_removes_itself(tmp_path: Path) -> None:
    Mailbox(tmp_path / "a.sock")
    with Mailbox(tmp_path / "a.sock") as box, Mailbox(tmp_path / "b.sock") as other:
        assert other.send(box.path, STATE, b"1") and other.send(box.path, STATE, b"2")
        assert other.send(box.path, COMMAND, b"3")
        assert box.newest() == {STATE: b"2", COMMAND: b"3"}
        assert box.newest() == {}
        assert not other.send(tmp_path / "c.sock", STATE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["drive", "h1", str(tmp_path / "none")])
    assert end.value.code == 2
    assert "is no folder; create it" in capsys.readouterr().err


def test_the_bench_drives_a_driver_and_tells_its_periods(capsys: pytest.CaptureFixture[str]) -> None:
    """On a busy machine the driver may stop the robot; the figures are there all the same."""
    with pytest.raises(SystemExit) as end:
        main(["drive-bench", "h1", "--seconds", "0.5", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert end.value.code == (1 if found["fault"] else 0)
    assert found["periods"] > 0 and 0.0 < found["p50"] <= found["p99"] <= found["worst"]
    assert found["robot"] == "h1" and not found["realtime"]


@pytest.mark.parametrize("seconds", ["0", "nan", "-1"])
def test_a_bench_takes_some_time(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["drive-bench", "--seconds", seconds])
    assert "must be between 0 and 3600" in capsys.readouterr().err
