"""The two skills of old by name, on top of `skillblend.skillset`: for callers that have not moved there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skillblend.contracts import Array, BoolArray, Observation, Robot
from skillblend.skills.skill import PolicySkill
from skillblend.skillset import CALM_TIME, SkillSet, load_skillset

__all__ = ["CALM_TIME", "Body", "load_body"]


class _Memories:
    def __init__(self, skills: SkillSet) -> None:
        self.walking: Any = skills.memory_of("walking")
        self.reaching: Any = skills.memory_of("reaching")


class Body(SkillSet):
    """Walking, reaching and their blenders for N robots."""

    @property
    def walking(self) -> PolicySkill[Any]:
        """The skill."""
        return self.skill("walking")

    @property
    def reaching(self) -> PolicySkill[Any]:
        """The skill."""
        return self.skill("reaching")

    @property
    def memory(self) -> _Memories:
        """What the two remember."""
        return _Memories(self)

    def walk(self, obs: Observation, command: Array) -> Array:
        """Joint targets (N, J) of walking under `command` (N, 3)."""
        return self.act(obs, self.one_hot("walking", command))

    def reach(self, obs: Observation, goal: Array) -> Array:
        """Joint targets (N, J) of reaching for `goal` (N, 6)."""
        return self.act(obs, self.one_hot("reaching", goal))

    def switched(self, obs: Observation, command: Array, goal: Array, reaching: BoolArray) -> Array:
        """Joint targets (N, J) where some of N robots walk and others reach (`reaching`, (N,))."""
        walking = self.one_hot("walking", np.where(reaching[:, None], 0.0, command))
        return self.act(obs, walking.put(reaching, self.one_hot("reaching", goal)))

    def blend(self, task: str, obs: Observation, goal: Array) -> Array:
        """Joint targets (N, J) of the blender trained for `task`."""
        return self.act(obs, self.task(task, goal))


def load_body(robot: Robot, models: Path) -> Body:
    """Read all bundles of `robot` under `models`."""
    found = load_skillset(robot, models)
    return Body({name: found.skill(name) for name in found.names}, found.blenders)
