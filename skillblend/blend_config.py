"""How a blender drives its skills: as data, so that its bundle can say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from skillblend.checks import check_integer, check_number, check_vector
from skillblend.contracts import GoalSpace
from skillblend.errors import InputError
from skillblend.skills.spec import tuples

Gates = Literal["limb", "joint", "scalar"]

LAYOUT = 2
"""Of a blender's configuration, observation and action; a bundle names the one that it was trained with."""


@dataclass(frozen=True, kw_only=True)
class GoalColumn:
    """One number of a task's goal; one whose limits agree is no choice of anybody's.

    Attributes:
        name: Such as ``left_x``; three that end in x, y and z are a point in the stance frame.
        unit: SI.
        lower, upper: Limits.
    """

    name: str
    unit: str
    lower: float
    upper: float

    def __post_init__(self) -> None:
        """Refuse limits in the wrong order.

        Raises:
            InputError: Names the column.
        """
        check_number(f"{self.name}.lower", self.lower, -1e3, 1e3)
        check_number(f"{self.name}.upper", self.upper, self.lower, 1e3)


@dataclass(frozen=True, kw_only=True)
class SkillColumns:
    """What a decision says to one skill.

    Attributes:
        skill: Its name.
        base: Its goal where the action is zero, number by number: a value, or the name of a column of the task's
            goal, which is followed at every control step.
        scale: Change of each per unit action; empty for a skill whose goal is not decided.
        limit: Largest action that counts.
        dead_zone: Goals nearer to the skill's goal at rest than this, added up, are the goal at rest.
    """

    skill: str
    base: tuple[float | str, ...]
    scale: tuple[float, ...] = ()
    limit: float = 3.0
    dead_zone: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what means nothing.

        Raises:
            InputError: Names the skill and the field.
        """
        for i, value in enumerate(self.base):
            if not isinstance(value, str):
                check_number(f"{self.skill}.base[{i}]", value, -100.0, 100.0)
        if self.scale:
            check_vector(f"{self.skill}.scale", self.scale, len(self.base), 0.0, 100.0)
        check_number(f"{self.skill}.limit", self.limit, 0.01, 100.0)
        check_number(f"{self.skill}.dead_zone", self.dead_zone, 0.0, 10.0)

    @property
    def follows(self) -> bool:
        """Whether the task's goal moves the skill's between decisions."""
        return any(isinstance(value, str) for value in self.base)


@dataclass(frozen=True, kw_only=True)
class BlendConfig:
    """A blender over K skills.

    Attributes:
        skills: What it says to each; weights without gates are the first one's.
        goal: Of the task.
        terms: Of the observation, by their names in `skillblend.terms`.
        decision_ticks: Control steps per decision.
        gates: One gate per limb group, per joint, or for the whole body.
        gate_scale: Logit per unit action.
    """

    skills: tuple[SkillColumns, ...]
    goal: tuple[GoalColumn, ...]
    terms: tuple[str, ...] = ("goal",)
    decision_ticks: int = 5
    gates: Gates = "limb"
    gate_scale: float = 2.0

    def __post_init__(self) -> None:
        """Refuse configurations that mean nothing; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        check_integer("decision_ticks", self.decision_ticks, 1, 1000)
        check_number("gate_scale", self.gate_scale, 0.0, 100.0)
        if self.gates not in get_args(Gates):
            raise InputError(f"gates = {self.gates!r} must be 'limb', 'joint' or 'scalar'")
        columns = [column.name for column in self.goal]
        for what, names in (("skills", [s.skill for s in self.skills]), ("goal", columns)):
            if not names or len(set(names)) != len(names):
                raise InputError(f"{what} = {names} must be one or more different names")
        for each in self.skills:
            unknown = [value for value in each.base if isinstance(value, str) and value not in columns]
            if unknown:
                raise InputError(f"{each.skill}.base names {unknown}, no columns of the goal: {columns}")

    @property
    def space(self) -> GoalSpace:
        """Of the task's goal."""
        return GoalSpace(
            names=tuple(column.name for column in self.goal),
            units=tuple(column.unit for column in self.goal),
            lower=np.array([column.lower for column in self.goal]),
            upper=np.array([column.upper for column in self.goal]),
        )

    @staticmethod
    def parse(data: Mapping[str, Any]) -> BlendConfig:
        """As JSON holds it.

        Raises:
            InputError: A value means nothing.
            TypeError: A field is unknown or missing, or of another kind.
        """
        skills = tuple(SkillColumns(**tuples(each)) for each in data["skills"])
        goal = tuple(GoalColumn(**column) for column in data["goal"])
        values: dict[str, Any] = tuples(data)
        values |= {"skills": skills, "goal": goal}
        return BlendConfig(**values)


def goal_columns(space: GoalSpace) -> tuple[GoalColumn, ...]:
    """The columns of a goal space."""
    rows = zip(space.names, space.units, space.lower.tolist(), space.upper.tolist(), strict=True)
    return tuple(GoalColumn(name=n, unit=u, lower=a, upper=b) for n, u, a, b in rows)
