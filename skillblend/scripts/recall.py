"""What a script said last: its own last decision is all that it may remember, so that a policy can learn from it."""

from __future__ import annotations

import numpy as np

from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray
from skillblend.skills.spec import LIMBS

_HAS = 0.6
"""Share of a limb from which a skill has it: before the first decision, none of two does."""


class Recall:
    """Reads the last decision from a blender's observation."""

    def __init__(self, controller: BlendController) -> None:
        """For observations of `controller`."""
        self._controller = controller
        self._columns = controller.view.column("action")

    def action(self, observation: Array) -> Array:
        """The last decision (N, A); zeros at the beginning of an episode."""
        return observation[:, self._columns] * 2.0

    def begun(self, observation: Array) -> BoolArray:
        """Whether anything has been decided in this episode. Shape (N,)."""
        return np.abs(observation[:, self._columns]).sum(axis=1) > 0.0

    def had(self, observation: Array, limb: str, skill: str) -> BoolArray:
        """Whether `skill` had most of `limb`. Shape (N,)."""
        controller = self._controller
        joints = controller.robot.joints(*LIMBS[limb])
        shares = controller.weights(self.action(observation))[:, controller.ensemble.names.index(skill)]
        return shares[:, joints].mean(axis=1) > _HAS

    def goal(self, observation: Array, skill: str) -> Array:
        """What `skill`, which follows no column of the task's goal, was asked for. Shape (N, G)."""
        each = next(s for s in self._controller.config.skills if s.skill == skill)
        action = self.action(observation)[:, self._controller.columns[skill]]
        base = np.array([0.0 if isinstance(value, str) else value for value in each.base])
        return base + np.clip(action, -each.limit, each.limit) * np.array(each.scale)
