"""Stops typed at the console over ROS, and how long they take to whoever writes the joints' targets.

`SKILLBLEND_STOPS=1000 make ros-test ARGS="-s test/test_stops.py"` gives the figures of docs/log.md; with
SKILLBLEND_NICE, a language model decides beside it without a pause, at that niceness.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus, GoalStatusArray
from rclpy.qos import DurabilityPolicy, QoSProfile
from rig import SPEED, revive
from skillblend_msgs.msg import GuardState
from typed import TypedCommand

from skillblend_ros import topics
from skillblend_ros.client import Client, NoAnswerError
from skillblend_ros.stack import Stack

WAYS = (
    "stop\r",
    "\x03",
    "halt!\r",
    "no no no\r",
    "STOOOP\r",
    "wait\r",
    "not there!\r",
    "aaah\r",
    "stpo\r",
    "let go\r",
)
"""Ten ways to say it."""
MINUTES = 5.0
"""After so long there are no more trials."""
GOES_ON = (GoalStatus.STATUS_ACCEPTED, GoalStatus.STATUS_EXECUTING)
SCORE = """
import os, threading
os.nice(int(os.environ["NICE"]))
from planners.retrieval import ExampleIndex
from sim.scenes import load
from skillblend.simulated import load_planner
planner, scene = load_planner(), load("workshop").state
def encode():
    while True:
        ExampleIndex.load().support("walk to the red marker")
threading.Thread(target=encode, daemon=True).start()
print("ready", flush=True)
while True:
    planner.decide("walk to the red marker, then press the button", scene, (), {})
"""
"""A language model that decides without a pause, and the encoder that loads over and over."""


class Ends:
    """When the skill server says that a goal goes on, or has ended: it says so after the step that did it."""

    def __init__(self, client: Client) -> None:
        self.going: dict[bytes, float] = {}
        self.over: dict[bytes, float] = {}
        kept = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        name = f"{topics.EXECUTE_SKILL}/_action/status"
        client.node.create_subscription(GoalStatusArray, name, self._hear, kept)

    def _hear(self, message: Any) -> None:
        now = time.monotonic()
        for entry in message.status_list:
            known = self.going if entry.status in GOES_ON else self.over
            if entry.status != GoalStatus.STATUS_CANCELING:
                known.setdefault(bytes(entry.goal_info.goal_id.uuid), now)

    def moving(self) -> bool:
        """Whether a goal goes on."""
        return bool(set(self.going) - set(self.over))


@pytest.fixture
def person(ready: Client, stack: Stack, tmp_path: Path) -> Iterator[TypedCommand]:
    """At the console over ROS; the planner takes no time to think."""
    stack.start("planner", {"planner": "bag_of_words"})
    command = [sys.executable, "-m", "skillblend_ros", "console"]
    typed = TypedCommand(command, stack.environment | {"XDG_STATE_HOME": str(tmp_path)}, tmp_path)
    typed.until(lambda: "orders of the guard" in typed.text)
    yield typed
    typed.press("quit\r")
    typed.until(typed.ended)
    typed.end()
    stack.stop("planner")
    assert ready.guard is not None


@contextmanager
def punctual() -> Iterator[None]:
    """Who measures does not wait for its turn, where the system allows that; the console and DDS do."""
    threads = [int(path.name) for path in Path("/proc/self/task").iterdir()]
    try:
        for thread in threads:
            os.sched_setscheduler(thread, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        yield
        return
    try:
        yield
    finally:
        for thread in threads:
            with suppress(ProcessLookupError):
                os.sched_setscheduler(thread, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))


def stop_once(person: TypedCommand, client: Client, ends: Ends, way: str, rng: np.random.Generator) -> float:
    """From the key to the end of the goal that moved, s of wall time; nan where the guard was first."""
    person.forget()
    person.press("turn left\r")

    def stood() -> bool:
        return client.guard is None or client.guard.mode != GuardState.RUNNING

    took = float("nan")
    try:
        client.until("motion", lambda: ends.moving() or stood() or "rejected" in person.text)
        if not ends.moving() and not stood():  # the planner had not heard yet that a policy drives again
            time.sleep(1.0)
            return took
        time.sleep(float(rng.uniform(0.0, 0.1)))
        typed = person.press(way)
        client.until("its end", lambda: not ends.moving() or stood())
        took = max(ends.over.values()) - typed if ends.over and not stood() else took
        client.until("the console's word", lambda: "stopped" in person.text or "fault" in person.text or stood())
    except NoAnswerError as error:
        raise AssertionError(f"{error}; {client.guard}; the screen: {person.text[-2000:]}") from error
    if stood():
        revive(client)
        client.until("an idle robot", lambda: not ends.moving())
    ends.going.clear()
    ends.over.clear()
    return took


def test_stops_at_the_console_reach_the_writer(
    person: TypedCommand, ready: Client, stack: Stack, record_property: Any
) -> None:
    trials, rng, ends = int(os.environ.get("SKILLBLEND_STOPS", "10")), np.random.default_rng(0), Ends(ready)
    busy = "SKILLBLEND_NICE" in os.environ
    environment = stack.environment | {"NICE": os.environ.get("SKILLBLEND_NICE", "10")}
    found: list[float] = []
    model = subprocess.Popen([sys.executable, "-c", SCORE], env=environment, stdout=subprocess.PIPE) if busy else None
    try:
        if model is not None and model.stdout is not None:
            model.stdout.readline()
        end = time.monotonic() + MINUTES * 60.0
        with punctual():
            while len(found) < trials and time.monotonic() < end:
                found.append(stop_once(person, ready, ends, WAYS[len(found) % len(WAYS)], rng))
    finally:
        if model is not None:
            model.kill()
            model.wait()
    took = 1e3 * np.array(found)
    good = took[np.isfinite(took)]
    middle, late, worst = (float(value) for value in (np.median(good), np.percentile(good, 99), good.max()))
    print(
        f"{len(good)} of {len(found)} stops, speed {SPEED:g}, load {os.getloadavg()[0]:.1f}: median {middle:.1f} ms, "
        f"p99 {late:.1f} ms, worst {worst:.1f} ms, {np.mean(good <= 50.0):.1%} within 50 ms"
    )
    record_property("stop_p99_ms", late)
    assert len(good) >= len(found) // 2 and (good > 0.0).all()
