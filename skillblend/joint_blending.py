"""Exploration in joint space: what the mean of a blend is made of, so that a likelihood over joints has gradients.

The noise is drawn in joint space, at the skills' own rate, around the blend that the high level decides on:

``q[j] ~ N(sum_k softmax_k(w)[k, j] * (pi_k + D_k (g_k - g'_k))[j], std^2)``

The frozen skills' targets ``pi_k`` and their slopes ``D_k`` are taken when the noise is drawn, under the goals ``g'``
that were decided then: gates are differentiated as they are, goals along the slopes. A slope is that of a skill which
already follows its goal, because within one control step a goal that is followed at a limited rate moves no joint.

Source: Kuang et al., "SkillBlender: Towards versatile humanoid whole-body loco-manipulation via skill
blending", arXiv 2506.09366, section 3.2, where the low-level networks are part of the policy.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController, BlendMemory
from skillblend.contracts import Array, Observation, Robot
from skillblend.errors import InputError
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import SKILLS

_STEP = 1e-3
"""Of the differences that slopes are taken from, in units of the high level's action."""


@dataclass(frozen=True, kw_only=True)
class JointParts:
    """What the mean of N robots' joint targets is made of in one control step.

    Attributes:
        targets: Of each skill. Shape (N, K, J), rad.
        slopes: Of the target of the skill that a column of the action is about, per unit of that column.
            Shape (N, S, J), rad.
    """

    targets: Array
    slopes: Array


class JointBlendController(BlendController):
    """A blender that decides at the skills' rate and knows the slopes of its skills."""

    def __init__(self, robot: Robot, skills: Mapping[str, PolicySkill[Any]], config: BlendConfig) -> None:
        """Blend those of the frozen `skills` that `config` names.

        Raises:
            InputError: A goal is decided of a skill that does not say where its memory follows it.
        """
        super().__init__(robot, skills, config)
        for each in config.skills:
            if each.scale and not SKILLS[each.skill].followed:
                raise InputError(
                    f"{each.skill} does not say what of its memory follows the goal (SkillSpec.followed): joint "
                    "noise has no gradient towards its goals"
                )
        counts = [len(each.scale) for each in config.skills]
        self.owner = np.repeat(np.arange(len(counts)), counts)

    def parts(self, obs: Observation, goal: Array, memory: BlendMemory) -> JointParts:
        """What this control step's mean will be made of, whatever is decided; changes nothing."""
        del goal  # what skills follow lags behind it
        goals = list(memory.goals)
        targets = [self._target(k, obs, goals[k], memory, None) for k in range(len(goals))]
        slopes = [self._slope(k, column, obs, goals[k], memory) for k, column in self._columns()]
        return JointParts(targets=np.stack(targets, axis=1), slopes=np.stack(slopes, axis=1))

    def _columns(self) -> list[tuple[int, int]]:
        """Skill and goal column of each column of the action that is no gate."""
        return [(k, i) for k, each in enumerate(self.config.skills) for i in range(len(each.scale))]

    def _slope(self, k: int, column: int, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Central difference of what skill number `k` does, per unit of the action, (N, J)."""
        step = np.zeros(goal.shape[1])
        step[column] = _STEP * self.config.skills[k].scale[column]
        ahead, back = (self._target(k, obs, goal, memory, sign * step) for sign in (1.0, -1.0))
        return (ahead - back) / (2.0 * _STEP)

    def _target(self, k: int, obs: Observation, goal: Array, memory: BlendMemory, shift: Array | None) -> Array:
        """What skill number `k` would do if what it follows were shifted by (G,): (N, J), rad."""
        name = self.ensemble.names[k]
        own = copy.copy(memory.skills[name])
        if shift is not None:
            field = SKILLS[name].followed
            followed = getattr(own, field)
            setattr(own, field, followed + shift.reshape(-1, *followed.shape[1:]))
        return self.ensemble.act(k, obs, goal, own)
