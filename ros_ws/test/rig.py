"""What the tests share: how the nodes are started, and how the robot is put back on its feet."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from lifecycle_msgs.srv import GetState
from skillblend_msgs.msg import GuardState
from std_srvs.srv import Trigger

from skillblend.errors import SafetyError
from skillblend_ros.client import CONFIGURE, Client, NoAnswerError
from skillblend_ros.truth import read_truth

ROOT = Path(__file__).resolve().parents[2]
SPEED = float(os.environ.get("SKILLBLEND_ROS_SPEED", "1.0"))
"""Robot time per wall time; below 1 on machines that have other work to do."""
PRIORITY = int(os.environ.get("SKILLBLEND_ROS_PRIORITY", "20"))
"""SCHED_FIFO priority of guard, robot and policy; 0 for none. Refused by the system, it stays off."""
TRIALS = int(os.environ.get("SKILLBLEND_ROS_TRIALS", "5"))
"""Trials of each fault class."""

Settings = dict[str, object]


def robot_settings(folder: Path) -> Settings:
    return {"speed": SPEED, "log": folder / "truth.bin", "realtime_priority": PRIORITY, "seed": 3}


def guard_settings() -> Settings:
    rank = PRIORITY + 1 if PRIORITY else 0
    return {"speed": SPEED, "simulated": True, "models": ROOT / "models", "realtime_priority": rank}


def policy_settings() -> Settings:
    return {"speed": SPEED, "models": ROOT / "models", "realtime_priority": max(PRIORITY - 1, 0)}


ATTEMPTS = 3
"""How often a robot is hung up before a guard that lets go of it is a failure: a machine that stands still for a
moment, as virtual ones do, is late, and a guard that says so is right."""


def revive(client: Client) -> None:
    """Hang the robot up, let the guard hold it, and let the policy drive.

    Raises:
        SafetyError: The guard lets go each time.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            return _revive(client)
        except SafetyError as error:
            if not left:
                raise
            print(f"hung up again: {error}")


def _revive(client: Client) -> None:
    if client.lifecycle() == "active":
        client.stop()
    else:
        client.until("the guard", lambda: client.guard is not None)
        if client.lifecycle() == "unconfigured":
            assert client.transition(CONFIGURE)
        client.until("a state message", lambda: client.guard is not None and 0.0 <= client.guard.state_age < 0.5)
        client.activate()
    assert client.guard is not None
    if client.guard.mode in (GuardState.STAND, GuardState.RUNNING):
        client.order("damp")
    client.call(Trigger, "sim_robot/hang")
    client.until("a robot that can stand", lambda: client.guard.steady and not client.guard.present)  # type: ignore[union-attr]
    client.stand_up()
    client.until("word of it", lambda: client.guard.mode in (GuardState.RUNNING, GuardState.FAULT))  # type: ignore[union-attr]
    if client.guard.mode == GuardState.FAULT:
        raise SafetyError(f"the guard let go again: {client.guard.detail}")


def await_server(client: Client) -> None:
    """Until a skill server that was started again answers; what is sent before reaches the dead one."""
    for _ in range(20):
        try:
            client.call(GetState, "skill_server/get_state", seconds=3.0)
        except NoAnswerError:
            continue
        return
    raise NoAnswerError("the skill server did not come back")


def comes_to_rest(folder: Path, *, within: float = 8.0, below: float = 0.15) -> bool:
    """Whether the mean planar speed over the last 100 states falls below `below` m/s within so many s of robot time.

    A walk that is broken off ends in a step back now and then: of 60, 52 were at rest after 3 s, all after 4.6 s
    (docs/log.md).
    """
    path = folder / "truth.bin"
    began = len(read_truth(path)[1])
    end = time.monotonic() + within / SPEED
    while time.monotonic() < end:
        _, records = read_truth(path)
        latest = records[began:]["velocity"][-100:, :2]
        if len(latest) == 100 and np.linalg.norm(latest, axis=1).mean() < below:
            return True
        time.sleep(0.25 / SPEED)  # a look reads the whole log
    return False
