"""What would succeed now: the affordance of each grounded step in the present state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skillblend.affordance import Affordance, reaching_features, walking_features
from skillblend.body import Body
from skillblend.contracts import Array, Observation, Step
from skillblend.executor import RAISED, Executor
from skillblend.kinematics import gravity_base
from skillblend.navigation import Navigator


class Prospects:
    """P(success) per step, from the critics of the skills that would carry it out."""

    def __init__(self, body: Body, executor: Executor, affordances: Mapping[str, Affordance]) -> None:
        """`affordances` by skill name: walking and reaching."""
        self.body = body
        self.executor = executor
        self.affordances = affordances

    def of(self, steps: Sequence[Step], obs: Observation) -> dict[str, float]:
        """Probability per step text; ending a plan always succeeds."""
        return {s.text: self._one(s, obs) for s in steps}

    def _one(self, step: Step, obs: Observation) -> float:
        perception = self.executor.perception
        if step.skill in ("done", "refuse"):
            return 1.0
        if step.skill in ("touch", "press"):
            return self._reach(self.executor.reach_goal(step.argument), obs)
        if step.skill == "raise":
            return self._reach(np.array([RAISED]), obs)
        command = np.zeros((1, 3))
        if step.skill == "walk_to":
            route, heading = perception.route(step.argument)
            first, _ = Navigator(route, heading).command(perception.pose(), self.body.walking.goal_space)
            command = first[None]
        elif step.skill == "turn":
            command[0, 2] = 0.5 * np.sign(float(step.argument))
        elif step.skill == "walk":
            way = {"forward": (0.5, 0), "backward": (-0.3, 0), "left": (0, 0.25), "right": (0, -0.25)}
            command[0, :2] = way[step.argument.split()[0]]
        return self._walk(command, obs)

    def _walk(self, command: Array, obs: Observation) -> float:
        memory = self.body.memory.walking
        value = self.body.walking.value(obs, command, memory)
        gravity = gravity_base(obs.base_quaternion)
        features = walking_features(value, obs, command, memory.average, gravity)
        return float(self.affordances["walking"](features)[0])

    def _reach(self, goal: Array, obs: Observation) -> float:
        skill, memory = self.body.reaching, self.body.memory.reaching
        space = skill.goal_space
        value = skill.value(obs, space.clip(goal), memory)
        wrists = np.where(np.isfinite(memory.wrists), memory.wrists, 0.0)
        features = reaching_features(
            value, goal, wrists, space, memory.velocity, gravity_base(obs.base_quaternion), np.zeros(obs.num)
        )
        return float(self.affordances["reaching"](features)[0])


def load_affordances(models: Path, robot: str) -> dict[str, Affordance]:
    """The affordances in the bundles of walking and reaching.

    Raises:
        BundleError: One is missing.
    """
    return {skill: Affordance.load(models / robot / skill, skill) for skill in ("walking", "reaching")}
