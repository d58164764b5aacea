"""Configurations of blenders: what is kept of them, and what is refused."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

import robots
from skillblend.blend_config import BlendConfig, GoalColumn, SkillColumns, goal_columns
from skillblend.errors import InputError
from skillblend.skills.reaching import ReachingController

ROBOT = robots.load("h1")
REACH = ReachingController(ROBOT).goal_space
WALK_COLUMNS = SkillColumns(skill="walking", base=(0.2, 0.0, 0.0), scale=(0.5, 0.25, 0.5), dead_zone=0.12)


def configured(fixed: dict[str, float] | None = None, **changes: Any) -> BlendConfig:
    """Walking and reaching as the shipped tasks drive them; goal columns in `fixed` are no choice."""
    held = fixed or {}
    far = np.array([4.0, 4.0, 0.0] * 2)
    columns = tuple(
        replace(column, lower=held[column.name], upper=held[column.name]) if column.name in held
        else replace(column, lower=column.lower - beyond, upper=column.upper + beyond)
        for column, beyond in zip(goal_columns(REACH), far.tolist(), strict=True)
    )  # fmt: skip
    reach = SkillColumns(skill="reaching", base=REACH.names, scale=(0.05,) * 6, limit=2.0)
    terms = ("goal", "near_error", "bearing")
    return BlendConfig(**{"skills": (WALK_COLUMNS, reach), "goal": columns, "terms": terms} | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decision_ticks": 0}, "decision_ticks = 0 must be a whole number between 1 and 1000"),
        ({"gates": "leg"}, "gates = 'leg' must be 'limb', 'joint' or 'scalar'"),
        ({"gate_scale": -1.0}, "gate_scale = -1.0 must be a number between"),
        ({"skills": ()}, r"skills = \[\] must be one or more different names"),
        ({"skills": (WALK_COLUMNS, WALK_COLUMNS)}, r"skills = \['walking', 'walking'\] must be"),
        ({"goal": ()}, r"goal = \[\] must be one or more different names"),
        (
            {"goal": (GoalColumn(name="x", unit="m", lower=0.0, upper=1.0),)},
            r"reaching\.base names \['left_x', .*no columns of the goal: \['x'\]",
        ),
    ],
)
def test_configurations_that_mean_nothing(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        configured(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dead_zone": -1.0}, "walking.dead_zone = -1.0 must be a number between"),
        ({"scale": (1.0,)}, r"walking.scale = \(1.0,\) must be 3 numbers"),
        ({"base": (0.2, float("nan"), 0.0)}, r"walking.base\[1\] = nan"),
        ({"limit": 0.0}, "walking.limit = 0.0 must be a number between"),
    ],
)
def test_skill_columns_that_mean_nothing(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(WALK_COLUMNS, **changes)


def test_goal_limits_in_the_wrong_order() -> None:
    with pytest.raises(InputError, match=r"x\.upper = 0\.0 must be a number between 1 and"):
        GoalColumn(name="x", unit="m", lower=1.0, upper=0.0)


def test_configurations_survive_json() -> None:
    config = configured(fixed={"right_x": 0.22, "right_y": -0.24, "right_z": 0.98}, gates="joint")
    assert BlendConfig.parse(json.loads(json.dumps(asdict(config)))) == config
