"""The vendor's DDS topics on this machine's loopback: round trips at 500 Hz, and an H1 that walks over them.

`python ros_ws/dds_bench.py --seconds 20 [--realtime]`, in the environment of `make ros-build`. Two processes, no
ROS: one is the robot, this one has policy, guard and the 500 Hz driver. A benchmark, not a test: what else the
machine does shows in it. Prints one JSON line; `--out` writes it to a file too.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import robots
from skillblend.errors import SafetyError, SkillblendError
from skillblend.files import json_text, write_json
from skillblend.hardware import Contract, layout
from skillblend.hardware.crc import message_crc
from skillblend.hardware.driver import WRITE_DT, Driver, Phase
from skillblend.skills.skill import load_skill
from skillblend_ros import scheduling
from skillblend_ros.dds import Bus, DdsLink, Network
from skillblend_ros.gatekeeper import Gatekeeper
from skillblend_ros.stack import PATIENCE, Claim, wait_for
from skillblend_ros.truth import read_truth
from skillblend_ros.verdicts import fell

ROOT = Path(__file__).resolve().parent.parent
H1 = robots.load("h1")
GOAL = (0.4, 0.0, 0.1)
"""Forward, m/s; left, m/s; turning, rad/s."""
FIRST, SECOND = 30, 29
"""Priorities of controller and robot where real time is asked for."""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Round trips and walking over the vendor's DDS topics.")
    parser.add_argument("--seconds", type=float, default=20.0, help="of round trips")
    parser.add_argument("--walk", type=float, default=10.0, help="seconds of walking")
    parser.add_argument("--domain", type=int, help="of the robot; by default one that nobody has claimed")
    parser.add_argument("--realtime", action="store_true", help="ask for real-time scheduling")
    parser.add_argument("--echo", action="store_true", help="be the other end of the round trips")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    claim = Claim() if args.domain is None else None
    if claim is not None:
        args.domain = claim.domain
    try:
        if args.echo:
            return echo(Network(domain=args.domain), args.realtime)
        found = measure(args)
    except SkillblendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json_text(found))
    if args.out is not None:
        write_json(args.out, found)
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """All figures, and what they were measured on."""
    network = Network(domain=args.domain)
    common = ["--domain", str(args.domain)]
    scheduled = scheduling.take_priority(FIRST if args.realtime else 0)
    again = [str(Path(__file__)), "--echo", *common, *(["--realtime"] if args.realtime else [])]
    with process(again), Bus(H1, network, "controller") as bus:
        trips = round_trips(bus, args.seconds)
    truth = ROOT / "runs" / "dds-bench" / "truth.bin"
    truth.parent.mkdir(parents=True, exist_ok=True)
    robot = ["-m", "skillblend_ros", "dds_robot", "--scene", "empty", "--log", str(truth), *common]
    robot += ["--priority", str(SECOND if args.realtime else 0)]
    with process(robot), Bus(H1, network, "controller") as bus:
        walked = walk(bus, args.walk)
    machine = {"scheduling": scheduled, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    return trips | walked | judge(truth) | machine


@contextmanager
def process(command: list[str]) -> Iterator[None]:
    """A Python process that runs meanwhile."""
    running = subprocess.Popen([sys.executable, *command], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def echo(network: Network, realtime: bool) -> int:
    """Answer every command with a state whose tick is the command's reserve word, until interrupted."""
    ends: list[int] = []
    signal.signal(signal.SIGINT, lambda which, frame: ends.append(which))
    state: Any = np.zeros(1, dtype=layout.GO_STATE)
    with Bus(H1, network, "robot") as bus:
        scheduling.take_priority(SECOND if realtime else 0)
        while not ends:
            if not bus.wait(0.1):
                continue
            data = bus.newest()
            if data is not None:
                state["tick"] = np.frombuffer(data, dtype=layout.GO_COMMAND)["reserve"]
                bus.send(sealed(state))
    return 0


def round_trips(bus: Bus, seconds: float) -> dict[str, Any]:
    """Commands at 500 Hz, each with a number that comes back in a state."""
    wait_for("the other process", bus.connected)
    time.sleep(0.5)
    command: Any = np.zeros(1, dtype=layout.GO_COMMAND)
    count = int(seconds / WRITE_DT)
    sent, heard = np.full(count, np.nan), np.full(count, np.nan)
    due = time.perf_counter()
    for number in range(count):
        command["reserve"] = number
        data = sealed(command)
        sent[number] = time.perf_counter()
        bus.send(data)
        due = max(due + WRITE_DT, sent[number])
        listen(bus, heard, due)
    listen(bus, heard, due + 1.0)
    times = 1e3 * (heard - sent)[np.isfinite(heard)]
    return {
        "round_trips": count,
        "unanswered": int(np.isnan(heard).sum()),
        "missed_by_reader": bus.missed(),
        "rate_hz": float((count - 1) / (sent[-1] - sent[0])),
        "round_trip_p50_ms": float(np.percentile(times, 50)),
        "round_trip_p99_ms": float(np.percentile(times, 99)),
        "round_trip_max_ms": float(times.max()),
    }


def listen(bus: Bus, heard: Any, until: float) -> None:
    """Note when which number came back, until `until`, `time.perf_counter`."""
    while (left := until - time.perf_counter()) > 0.0:
        if bus.wait(left):
            data = bus.newest()
            if data is not None:
                heard[int(np.frombuffer(data, dtype=layout.GO_STATE)["tick"][0])] = time.perf_counter()


def sealed(message: Any) -> bytes:
    """Bytes of one packed message, with its checksum."""
    data = message.view(np.uint8).reshape(1, -1)
    message["crc"] = message_crc(data)
    return data.tobytes()


class Walker:
    """Policy, guard and driver of one robot in one loop: 50 Hz, every state, 500 Hz."""

    def __init__(self, bus: Bus) -> None:
        """Load the walking policy."""
        self._bus = bus
        self.link = _Link(bus, released=True)
        self.driver = Driver(H1, self.link)
        self.keeper = Gatekeeper(H1)
        self.skill = load_skill("walking", H1, ROOT / "models" / "h1" / "walking")
        self.memory: Any = None
        self.lates: list[float] = []

    def spend(self, seconds: float) -> None:
        """Let so many seconds pass."""
        due = time.monotonic()
        for tick in range(round(seconds / WRITE_DT)):
            now = time.monotonic()
            self.lates.append(now - due)
            self.driver.step(now)
            answer = self.answer(now)
            if self.memory is None:
                self.follow(answer, now)
            elif tick % 10 == 0:
                self.decide(now)
            due = max(due + WRITE_DT, now)
            time.sleep(max(0.0, due - time.monotonic()))

    def answer(self, now: float) -> bytes | None:
        """The guard's answer to a state, if one came."""
        data, self.link.heard = self.link.heard, None
        return None if data is None else self.keeper.hear(data, now, 1 + self._bus.rivals())

    def decide(self, now: float) -> None:
        """One step of the policy, through the guard."""
        obs = self.keeper.observation()
        targets = self.skill.act(obs, np.array([GOAL]), self.memory)
        self.follow(self.keeper.ask(targets, now, "walking"), now)

    def follow(self, data: bytes | None, now: float) -> None:
        """Give a setpoint to the driver."""
        if data is not None:
            self.driver.follow(data, now)

    def bring_up(self) -> None:
        """From the first state to a policy that drives."""
        contract = Contract.of(H1, self.skill.controller.layout, self.skill.bundle.digest)
        wait_for("the robot", self._bus.connected)
        self.spend(0.5)
        self.driver.arm(contract, contract)
        guard = self.keeper.guard
        self.keeper.order(guard.arm, time.monotonic())
        for _ in range(30):
            self.spend(0.1)
            try:
                self.keeper.order(guard.stand, time.monotonic())
            except SafetyError:
                continue
            break
        self.spend(1.0)
        self.keeper.order(guard.run, time.monotonic())
        self.memory = self.skill.new_memory(self.keeper.observation())


class _Link(DdsLink):
    """Keeps the latest state for the guard too."""

    heard: bytes | None = None

    def receive(self) -> bytes | None:
        found = super().receive()
        self.heard = found or self.heard
        return found


def walk(bus: Bus, seconds: float) -> dict[str, Any]:
    """Walk; what went over the wire."""
    walker = Walker(bus)
    walker.bring_up()
    before = bus.received
    walker.lates.clear()
    walker.spend(seconds)
    states = bus.received - before
    lates = 1e3 * np.array(walker.lates)
    found = {
        "walk_s": seconds,
        "states": states,
        "commands": bus.sent,
        "refused_by_network": bus.lost,
        "driver": walker.driver.phase.name.lower(),
        "fault": walker.driver.fault,
        "guard": [record.detail for record in walker.keeper.guard.records],
        "missed_states": bus.missed(),
        "driver_late_p99_ms": float(np.percentile(lates, 99)),
        "driver_late_max_ms": float(lates.max()),
    }
    if walker.driver.phase == Phase.FOLLOWING:
        walker.driver.stop("the benchmark ends")
        walker.driver.step(time.monotonic())
    return found


def judge(truth: Path) -> dict[str, Any]:
    """What really happened, from the simulator's log, while the motors were stiff."""
    about, records = read_truth(truth)
    free = records[records["held"] == 0]
    stiff = np.flatnonzero((free["stiffness"] > 0.0).any(axis=1))
    if not len(stiff):
        return {"fell": True, "walked_m": 0.0}
    free = free[: stiff[-1] + 1]
    path = np.linalg.norm(np.diff(free["position"][::20, :2], axis=0), axis=1).sum()
    return {"fell": fell(about, free), "walked_m": float(path), "free_s": float(free["time"][-1] - free["time"][0])}


if __name__ == "__main__":
    sys.exit(main())
