"""The robots under test and their compiled models."""

from __future__ import annotations

import mujoco
import pytest

import robots
from skillblend.contracts import Robot


@pytest.fixture(scope="session", params=robots.names())
def robot(request: pytest.FixtureRequest) -> Robot:
    """Each robot in turn."""
    return robots.load(request.param)


@pytest.fixture(scope="session")
def model(robot: Robot) -> mujoco.MjModel:
    """The robot alone, compiled; tests leave it as it is."""
    return mujoco.MjModel.from_xml_string(robot.mjcf)
