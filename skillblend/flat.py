"""Flat control: one policy sets every joint at every control step, without skills; a baseline for blenders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skillblend.blending import BlendConfig, BlendController, BlendMemory
from skillblend.contracts import Array, Observation, Robot
from skillblend.policy import Mlp
from skillblend.skills.reaching import ReachingController
from skillblend.skills.walking import WalkingController

ACTION_SCALE = 0.4
"""Joint target away from the standing pose per unit action, rad."""


class FlatController(BlendController):
    """Same task, same observation as a blender; the action is a joint target, the skills are never asked."""

    name = "flat"

    def __init__(
        self,
        robot: Robot,
        walking: tuple[WalkingController, Mlp],
        reaching: tuple[ReachingController, Mlp],
        config: BlendConfig | None = None,
    ) -> None:
        """As for a blender; of the skills, only their filters and kinematics are used."""
        super().__init__(robot, walking, reaching, replace(config or BlendConfig(), decision_ticks=1))
        self.action_size = robot.num_joints
        size = self.action_size
        self.layout = tuple((name, size if name == "action" else width) for name, width in self.layout)
        self.observation_size = sum(width for _, width in self.layout)

    def update(self, obs: Observation, goal: Array, memory: BlendMemory) -> None:
        """Advance the skills' filters, whose velocities and wrists the policy sees."""
        self.walking.update(obs, memory.command, memory.walking)
        self.reaching.update(obs, self.reaching.goal_space.clip(self.aims(goal).reshape(-1, 6)), memory.reaching)

    def decide(self, action: Array, memory: BlendMemory) -> None:
        """Take the joint targets of the next control step, (N, J), in units of `ACTION_SCALE`."""
        memory.action = np.clip(action, -self.action_limit, self.action_limit)

    def targets(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Joint targets (N, J), rad, inside the joint limits."""
        del obs, goal
        wanted = self.robot.default_pose + ACTION_SCALE * memory.action
        sent = np.clip(wanted, self.robot.position_lower, self.robot.position_upper)
        self.sent(sent, memory)
        return sent
