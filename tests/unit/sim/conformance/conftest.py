"""The shipped walking policy, which every trial walks with."""

from __future__ import annotations

from pathlib import Path

import pytest

import robots
from skillblend.skills.skill import Walking, load_skill

MODELS = Path(__file__).resolve().parents[4] / "models"


@pytest.fixture(scope="session")
def walking() -> Walking:
    return load_skill("walking", robots.load("h1"), MODELS / "h1" / "walking")
