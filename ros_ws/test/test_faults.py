"""Twelve fault classes, five trials each, across real processes: the robot walks, something goes wrong.

What happened is read from the simulator's own log, and judged by code that shares nothing with the guard.
Times are in robot time. A deadline is the fault class's own plus `TRANSPORT`: state messages come every
10 ms, and a command acts at the next physics step.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rig import ATTEMPTS, SPEED, TRIALS, await_server, policy_settings, revive
from skillblend_msgs.msg import GuardState
from skillblend_msgs.srv import InjectFault

import robots
from sim.bridge import SENSORS
from sim.conformance.faults import DEADLINES, Fault
from sim.conformance.judge import Noise, tilts
from skillblend.hardware import Codec
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.client import Client, Goal
from skillblend_ros.faults import OF_THE_ROBOT
from skillblend_ros.machine import PHYSICS_DT
from skillblend_ros.sim_robot import SPEAK_EVERY
from skillblend_ros.stack import Stack
from skillblend_ros.truth import read_truth
from skillblend_ros.verdicts import Records, judge_fault

TRANSPORT = 0.015
"""Sampling of the link and two messages, s."""
SILENCE_OF = {Fault.STATE_DROPOUT: 0.3, Fault.FROZEN_STATE: 0.3}
MARK = 0.5
"""The rival's gains are this share of the robot's: so that its commands can be told apart in the log."""

H1 = robots.load("h1")
NOISE = Noise(position=SENSORS.position_noise, velocity=SENSORS.velocity_noise)


@pytest.mark.parametrize("trial", range(TRIALS))
@pytest.mark.parametrize("fault", list(Fault))
def test_the_robot_is_safe_in_time_and_stays_so(
    fault: Fault, trial: int, client: Client, stack: Stack, folder: Path, record_property: Callable[..., None]
) -> None:
    rng = np.random.default_rng([list(Fault).index(fault), trial])
    goal = _walking(client, float(rng.uniform(-0.3, 0.3)), float(rng.uniform(1.0, 1.6)))
    mark = time.monotonic()
    told = _make(fault, client, stack, rng)
    client.until("a fault", lambda: client.guard is not None and client.guard.mode == GuardState.FAULT, 30.0)
    time.sleep(0.6 / SPEED)
    _undo(fault, client, stack, goal)
    time.sleep(0.2 / SPEED)
    assert client.guard is not None
    assert client.guard.mode == GuardState.FAULT, "the guard let go by itself"
    about, records = read_truth(folder / "truth.bin")
    records = records[records["spawn"] == records["spawn"][-1]]
    records = records[~_rivals(records)]
    pulled = float(records["time"][(records["fault"] == list(Fault).index(Fault.TILT)).argmax()])
    begins = pulled if fault == Fault.TILT else None
    finding = judge_fault(about, records, _bad_since(fault, records, told, mark), NOISE, begins=begins)
    record_property("latency_ms", 1e3 * finding.latency)
    _note(folder, fault, trial, finding.latency, finding.mode, client.guard.detail)
    assert finding.driven, "no policy drove when the fault came"
    assert np.isfinite(finding.latency), "never safe"
    assert finding.latency <= DEADLINES[fault] + TRANSPORT, f"safe after {1e3 * finding.latency:.0f} ms"
    assert not finding.relapsed, "left the safe mode again"
    assert finding.position <= 0.0, "a target outside a joint's range"


def _walking(client: Client, yaw_rate: float, seconds: float) -> Goal:
    """A robot that has walked for so many s of robot time; begun again where the guard let go before that."""
    for _ in range(ATTEMPTS):
        revive(client)
        goal = client.skill("walking", goal=(0.4, 0.0, yaw_rate), seconds=30.0)
        assert goal.accepted, goal.reason
        time.sleep(seconds / SPEED)
        assert client.guard is not None
        if client.guard.mode == GuardState.RUNNING:
            return goal
        goal.result(30.0)
        print(f"begun again: {client.guard.detail}")
    raise AssertionError("the guard let go of a robot that walked, each time")


def _make(fault: Fault, client: Client, stack: Stack, rng: np.random.Generator) -> float:
    """Let it happen; `time.monotonic` at which it did, where that matters."""
    if fault in OF_THE_ROBOT:
        seconds = SILENCE_OF.get(fault, 0.0 if fault == Fault.TILT else 0.2)
        request = InjectFault.Request(fault=fault.value, seconds=seconds, seed=int(rng.integers(2**31)))
        assert client.call(InjectFault, "sim_robot/inject_fault", request).accepted
        return 0.0
    if fault == Fault.POLICY_HANG:
        stack.signal("skill_server", signal.SIGSTOP)
    elif fault == Fault.POLICY_KILL:
        stack.signal("skill_server", signal.SIGKILL)
    elif fault == Fault.RIVAL_PUBLISHER:
        return _rival(client)
    else:
        return _ask_wrongly(fault, client, rng)
    return 0.0


def _undo(fault: Fault, client: Client, stack: Stack, goal: Goal) -> None:
    """The fault goes away; the robot must stay safe."""
    if fault == Fault.POLICY_HANG:
        stack.signal("skill_server", signal.SIGCONT)
    elif fault == Fault.POLICY_KILL:
        stack.stop("skill_server")
        stack.start("skill_server", policy_settings())
        await_server(client)
    if fault != Fault.POLICY_KILL:
        goal.result(30.0)


def _rival(client: Client) -> float:
    """Another program commands the motors too: five times, a period apart."""
    publisher = nodes.publish(client.node, topics.LOWCMD)
    client.until("the motors", lambda: publisher.get_subscription_count() > 0)
    one = np.ones((1, H1.num_joints))
    data = Codec(H1).encode_command(
        H1.default_pose[None], MARK * H1.stiffness * one, MARK * H1.damping * one, np.array([True])
    )
    first = time.monotonic()
    for _ in range(5):
        publisher.publish(conversions.bytes_message(data[0].tobytes()))
        time.sleep(0.02 / SPEED)
    client.node.destroy_publisher(publisher)
    return first


def _ask_wrongly(fault: Fault, client: Client, rng: np.random.Generator) -> float:
    """One bad request among the policy's own."""
    latest: list[Any] = []
    listener = nodes.listen(client.node, topics.TARGETS, latest.append)
    publisher = nodes.publish(client.node, topics.TARGETS)
    client.until("requests and listeners", lambda: len(latest) > 2 and publisher.get_subscription_count() > 2)
    targets = conversions.targets_of(latest[-1], H1)
    joint = int(rng.integers(H1.num_joints))
    if fault == Fault.LIMIT_REQUEST:
        targets[0, joint] = H1.position_upper[joint] + rng.uniform(0.75, 3.0)
    else:
        leap = rng.uniform(6.6, 9.0) * H1.velocity_limit * H1.control_dt
        room = np.flatnonzero(H1.position_upper - targets[0] >= leap * 1.2)
        joint = int(rng.choice(room))
        targets[0, joint] += leap[joint] * 1.2
    publisher.publish(conversions.targets_message(targets, H1, client.node.get_clock().now().to_msg()))
    sent = time.monotonic()
    time.sleep(0.1)
    client.node.destroy_publisher(publisher)
    client.node.destroy_subscription(listener)
    return sent


def _bad_since(fault: Fault, records: Records, told: float, mark: float) -> float:
    """When it began, simulator time, s: from the log alone, but for when a test's own message was sent."""
    after = records["wall"] >= mark
    if fault in OF_THE_ROBOT:
        sick = records["fault"] == list(Fault).index(fault)
        if fault == Fault.TILT:
            sick &= tilts(records["quaternion"]) > 1.0
        first = float(records["time"][sick.argmax()])
        step, period = round(first / PHYSICS_DT), SPEAK_EVERY * PHYSICS_DT
        if fault == Fault.STATE_DROPOUT:  # since the latest message before the fault
            return step // SPEAK_EVERY * period
        if fault == Fault.FROZEN_STATE:  # the first message of the fault is still true; all others repeat it
            return (step // SPEAK_EVERY + 1) * period
        return first
    if fault in (Fault.POLICY_HANG, Fault.POLICY_KILL):
        spoke = np.diff(records["policy"], prepend=records["policy"][0]) > 0
        gaps = np.diff(records["time"][spoke])
        place = int((gaps > 0.2).argmax()) if (gaps > 0.2).any() else len(gaps)
        return float(records["time"][spoke][place])
    late = records["wall"] >= told
    return float(records["time"][(late & after).argmax()])


def _rivals(records: Records) -> np.ndarray:
    """Records whose motor command was the rival's."""
    return np.isclose(records["stiffness"], MARK * H1.stiffness).all(axis=1)


def _note(folder: Path, fault: Fault, trial: int, latency: float, mode: str, detail: str) -> None:
    row = {"fault": fault.value, "trial": trial, "latency_ms": 1e3 * latency, "mode": mode, "detail": detail}
    with (folder / "faults.jsonl").open("a") as out:
        out.write(json.dumps(row) + "\n")


@pytest.fixture(scope="module", autouse=True)
def table(folder: Path) -> Any:
    """The measured figures, printed at the end."""
    yield
    file = folder / "faults.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    for fault in Fault:
        found = [row["latency_ms"] for row in rows if row["fault"] == fault.value]
        if found:
            line = f"{fault.value:16s} n {len(found)}  mean {np.mean(found):5.1f}  max {np.max(found):5.1f} ms"
            print(f"{line}  ({1e3 * DEADLINES[fault]:.0f})")
