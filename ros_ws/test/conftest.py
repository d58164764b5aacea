"""The nodes as real processes, started once; every test gets a robot that stands, under a policy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# One domain of this run's own, on this machine alone, before anything of ROS is imported.
os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

from skillblend_msgs.msg import GuardState  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402

from skillblend_ros.client import Client  # noqa: E402
from skillblend_ros.stack import Stack  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SPEED = float(os.environ.get("SKILLBLEND_ROS_SPEED", "1.0"))
"""Robot time per wall time; below 1 on machines that have other work to do."""
PRIORITY = int(os.environ.get("SKILLBLEND_ROS_PRIORITY", "0"))
"""SCHED_FIFO priority of guard, robot and policy; 0 for none."""

Settings = dict[str, object]


def robot_settings(folder: Path) -> Settings:
    return {"speed": SPEED, "log": folder / "truth.bin", "realtime_priority": PRIORITY, "seed": 3}


def guard_settings() -> Settings:
    rank = PRIORITY + 1 if PRIORITY else 0
    return {"speed": SPEED, "simulated": True, "models": ROOT / "models", "realtime_priority": rank}


def policy_settings() -> Settings:
    return {"speed": SPEED, "models": ROOT / "models", "realtime_priority": max(PRIORITY - 1, 0)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nodes")


@pytest.fixture(scope="session")
def stack(folder: Path) -> Iterator[Stack]:
    """Simulated robot, guard and skill server; the planner joins where a test needs it."""
    with Stack(folder, int(os.environ["ROS_DOMAIN_ID"])) as nodes:
        nodes.start("sim_robot", robot_settings(folder))
        nodes.start("guard", guard_settings())
        nodes.start("skill_server", policy_settings())
        yield nodes
        for node in ("sim_robot", "guard", "skill_server"):
            assert "Traceback" not in nodes.output(node), nodes.output(node)


@pytest.fixture(scope="session")
def client(stack: Stack) -> Iterator[Client]:
    found = Client("tester")
    yield found
    found.close()


@pytest.fixture
def ready(client: Client, stack: Stack) -> Client:
    """The robot stands where it began, the policy drives."""
    revive(client)
    return client


@pytest.fixture
def seconds() -> Callable[[float], None]:
    """Let so many seconds of robot time pass."""
    return lambda amount: time.sleep(amount / SPEED)


def revive(client: Client) -> None:
    """Hang the robot up, let the guard hold it, and let the policy drive."""
    client.stop()
    if client.lifecycle() != "active":
        client.until("the guard", lambda: client.guard is not None)
        for transition in [1] if client.lifecycle() == "unconfigured" else []:
            assert client.transition(transition)
        client.until("a state message", lambda: client.guard is not None and 0.0 <= client.guard.state_age < 0.5)
        assert client.transition(3), client.rejections
    assert client.guard is not None
    if client.guard.mode in (GuardState.STAND, GuardState.RUNNING):
        client.order("damp")
    client.call(Trigger, "sim_robot/hang")
    client.until("a robot that can stand", lambda: client.guard.steady and not client.guard.present)  # type: ignore[union-attr]
    client.stand_up()
    client.until("a policy that drives", lambda: client.guard.mode == GuardState.RUNNING)  # type: ignore[union-attr]
