"""Flat control: one policy sets every joint at every control step, without skills; a baseline for blenders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendMemory, BlendView, Ensemble, new_memory
from skillblend.contracts import Array, Observation, Robot
from skillblend.skills.skill import PolicySkill

ACTION_SCALE = 0.4
"""Joint target away from the standing pose per unit action, rad."""


class FlatController:
    """Same task, same observation as a blender's; the action is a joint target, the skills are never asked.

    Attributes:
        goal_space: Of the task's goal.
        view: What the policy sees.
    """

    name = "flat"
    action_limit = 3.0

    def __init__(self, robot: Robot, skills: Mapping[str, PolicySkill[Any]], config: BlendConfig) -> None:
        """As for a blender; of the skills, only their filters are used."""
        self.robot, self.config = robot, replace(config, decision_ticks=1)
        self.ensemble = Ensemble(robot, {each.skill: skills[each.skill] for each in config.skills})
        self.goal_space = config.space
        self.action_size = robot.num_joints
        self.view = BlendView(self.ensemble, config, self.action_size)
        self.layout, self.observation_size = self.view.layout, self.view.size

    def new_memory(self, n: int) -> BlendMemory:
        """Memory for `n` robots in the default pose."""
        return new_memory(self.ensemble, n, self.action_size)

    def update(self, obs: Observation, goal: Array, memory: BlendMemory) -> None:
        """Advance the skills' filters; their goals are at rest."""
        del goal
        goals = [self.ensemble.rest(k, obs.num) for k in range(len(self.ensemble.names))]
        weights = np.ones((obs.num, len(goals), self.robot.num_joints))
        self.ensemble.update(obs, goals, weights, memory.skills, memory.motion)

    def features(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Policy input (N, O)."""
        return self.view(obs, goal, memory)

    def decide(self, action: Array, memory: BlendMemory) -> None:
        """Take the joint targets of the next control step, (N, J), in units of `ACTION_SCALE`."""
        memory.action = np.clip(action, -self.action_limit, self.action_limit)

    def targets(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Joint targets (N, J), rad, inside the joint limits."""
        del obs, goal
        wanted = self.robot.default_pose + ACTION_SCALE * memory.action
        sent = np.clip(wanted, self.robot.position_lower, self.robot.position_upper)
        memory.last_targets = sent.copy()
        self.ensemble.sent(sent, memory.skills)
        return sent
