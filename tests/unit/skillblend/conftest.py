from __future__ import annotations

import pytest

import robots
from skillblend.contracts import Robot


@pytest.fixture(scope="session", params=robots.names())
def robot(request: pytest.FixtureRequest) -> Robot:
    """Every robot in turn."""
    return robots.load(request.param)
