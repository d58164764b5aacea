"""The nodes as real processes, started once; every test gets a robot that stands, under a policy."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skillblend_ros.stack import Claim, Stack, environment

# One domain of this run's own, on this machine alone, before anything of ROS is imported.
CLAIM = Claim()
os.environ.update(environment(CLAIM.domain))

from rig import SPEED, guard_settings, policy_settings, revive, robot_settings  # noqa: E402

from skillblend_ros.client import Client  # noqa: E402


def pytest_configure() -> None:
    """Whoever ends the tests ends their processes too: the fixtures see to it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nodes")


@pytest.fixture(scope="session")
def stack(folder: Path) -> Iterator[Stack]:
    """Simulated robot, guard and skill server; the planner joins where a test needs it."""
    with Stack(folder, CLAIM.domain) as nodes:
        nodes.start("sim_robot", robot_settings(folder))
        nodes.start("guard", guard_settings())
        nodes.start("skill_server", policy_settings())
        nodes.start("frames")
        yield nodes
        for node in ("sim_robot", "guard", "skill_server", "frames"):
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
