"""``skillblend drive-bench``: how regularly `skillblend drive` writes, as a process of its own."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from tyro.conf import Positional

from skillblend.cli.paths import MODELS
from skillblend.errors import InputError, SafetyError
from skillblend.files import json_text

if TYPE_CHECKING:
    from skillblend.contracts import Array, Robot

FIRST, SECOND = 30, 20
"""SCHED_FIFO priorities of the driver, and of the robot and guard that it speaks to."""
STATE_DT = 0.005
"""Period of the robot's states, s; every fourth comes with a setpoint: 50 Hz."""
PATIENCE = 60.0
"""Longest wait for the driver, s."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriveBench:
    """Feed a driver states and moving setpoints, and report the periods of its commands.

    Attributes:
        robot: Whose driver.
        seconds: How long.
        realtime: Under SCHED_FIFO, which takes root or a limit of its own; else as an ordinary process.
        skill: Whose policy may drive.
        models: Where the bundles are.
        json: Print one JSON object and nothing else.
    """

    robot: Positional[Annotated[str, tyro.conf.arg(help="see `skillblend list robots`")]] = "h1"
    seconds: float = 60.0
    realtime: bool = False
    skill: str = "walking"
    models: Path = MODELS
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(drive_bench, self)


def drive_bench(args: DriveBench) -> int:
    """Measure; 0 if the driver followed to the end, 1 if it stopped the robot."""
    import robots
    from skillblend.hardware.contract import Contract
    from skillblend.skills.skill import load_skill

    if not 0.0 < args.seconds <= 3600.0:
        raise InputError(f"seconds = {args.seconds} must be between 0 and 3600")
    robot = robots.load(args.robot)
    skill = load_skill(args.skill, robot, args.models / robot.name / args.skill)
    contract = Contract.of(robot, skill.controller.layout, skill.bundle.digest)
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(args, robot, json_text(contract.to_dict()).encode(), Path(folder))
    found |= {"robot": robot.name, "realtime": args.realtime, "load": os.getloadavg()[0], "cpus": os.cpu_count()}
    if args.json:
        print(json_text(found))
    else:
        print(
            f"{found['periods']} periods in {found['seconds']:.1f} s: p50 {found['p50']:.2f} ms, "
            f"p99 {found['p99']:.2f} ms, worst {found['worst']:.2f} ms, {100 * found['late']:.3f}% longer than 3 ms; "
            f"{found['fault'] or 'no fault'}"
        )
    return 1 if found["fault"] else 0


def _measure(args: DriveBench, robot: Robot, contract: bytes, folder: Path) -> dict[str, Any]:
    """Be the robot and the guard of a driver in `folder`."""
    out = folder / "timing.json"
    command = [
        sys.executable, "-m", "skillblend.cli", "drive", robot.name, str(folder), "--skill", args.skill,
        "--models", str(args.models), "--timing", str(out),
    ]  # fmt: skip
    prefix = ["chrt", "-f", str(FIRST)] if args.realtime else []
    peer = _Peer(robot, folder)
    try:
        if args.realtime:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(SECOND))
        with subprocess.Popen([*prefix, *command], stderr=subprocess.PIPE, text=True) as driver:
            try:
                peer.feed(contract, args.seconds, driver)
            finally:
                driver.terminate()
                _, said = driver.communicate(timeout=PATIENCE)
    except OSError as error:
        raise InputError(f"cannot run the driver so: {error.strerror or error}; leave --realtime out") from error
    finally:
        peer.close()
    if not out.is_file():
        raise InputError(f"the driver measured nothing: {said.strip()[-300:]}")
    return json.loads(out.read_text())


class _Peer:
    """A robot that stands, and a guard that moves its arms slowly."""

    def __init__(self, robot: Robot, folder: Path) -> None:
        from skillblend.hardware.codec import Codec
        from skillblend.hardware.sockets import Mailbox

        self._robot, self._folder, self._codec = robot, folder, Codec(robot)
        self._box, self._guard = Mailbox(folder / "robot.sock"), Mailbox(folder / "guard.sock")
        self._arms = robot.joints("shoulder", "elbow")

    def feed(self, contract: bytes, seconds: float, driver: subprocess.Popen[str]) -> None:
        """Bring the driver up, then send setpoints for `seconds`.

        Raises:
            SafetyError: It does not come up, or ends by itself.
        """
        from skillblend.hardware import sockets

        ticks, began, follow = 0, time.monotonic(), 0
        due = began
        while follow * STATE_DT < seconds:
            found = self._box.newest()
            if sockets.RELEASE in found:
                self._box.send(self._folder / "driver.sock", sockets.RELEASED)
            self._box.send(self._folder / "driver.sock", sockets.STATE, self._state(ticks * STATE_DT))
            enabled = sockets.COMMAND in found and self._enabled(found[sockets.COMMAND])
            if follow or enabled:
                if follow % 4 == 0:
                    self._guard.send(self._folder / "setpoint.sock", sockets.SETPOINT, self._setpoint(follow))
                follow += 1
            elif sockets.COMMAND in found and ticks % 20 == 0:
                self._guard.send(self._folder / "setpoint.sock", sockets.CONTRACT, contract)
            if driver.poll() is not None or (not follow and time.monotonic() - began > PATIENCE):
                raise SafetyError("the driver did not come up, or ended; run `skillblend drive` by itself to see why")
            ticks += 1
            due = max(due + STATE_DT, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))

    def close(self) -> None:
        """Leave no sockets behind."""
        self._box.close()
        self._guard.close()

    def _state(self, now: float) -> bytes:
        import numpy as np

        from skillblend.hardware.codec import LowState

        zero = np.zeros((1, self._robot.num_joints))
        return self._codec.encode_state(LowState(
            time=np.array([now]), joint_position=self._robot.default_pose[None], joint_velocity=zero,
            joint_torque=zero, temperature=zero + 30.0, base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]),
            base_angular_velocity=np.zeros((1, 3)), motor_fault=np.array([False]), checksum_ok=np.array([True]),
            mode_machine=np.array([0]),
        ))[0].tobytes()  # fmt: skip

    def _setpoint(self, tick: int) -> bytes:
        import numpy as np

        targets: Array = self._robot.default_pose[None].copy()
        targets[:, self._arms] += 0.1 * np.sin(2.0 * np.pi * 0.5 * tick * STATE_DT)
        return self._codec.encode_command(
            targets, self._robot.stiffness[None], self._robot.damping[None], np.array([True])
        )[0].tobytes()

    def _enabled(self, data: bytes) -> bool:
        import numpy as np

        return bool(self._codec.decode_command(np.frombuffer(data, dtype=np.uint8)[None]).enabled.all())
