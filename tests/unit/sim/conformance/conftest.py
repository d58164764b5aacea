"""The shipped walking policy, which every trial walks with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import robots
from skillblend.skills.skill import PolicySkill, load_skill

MODELS = Path(__file__).resolve().parents[4] / "models"


@pytest.fixture(scope="session")
def walking() -> PolicySkill[Any]:
    return load_skill("walking", robots.load("h1"), MODELS / "h1" / "walking")
