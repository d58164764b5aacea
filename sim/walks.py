"""N robots that walk by one skill under commands given from step to step: what gait and endurance are measured on."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.batch import BatchSim
from sim.mdp import fallen
from sim.randomisation import Randomisation, Randomiser
from sim.streams import Streams
from sim.world import build_world
from skillblend.contracts import Array, BoolArray, Observation, WorldState
from skillblend.scales import Scales
from skillblend.skills.skill import PolicySkill


class Walks:
    """Robots on an empty floor, each an episode of its own: what is random in one depends on its number alone.

    Attributes:
        state: Truth after the latest step.
        memory: What the skill remembers.
        fell: Robots that have fallen, for good. Shape (N,).
    """

    def __init__(self, skill: PolicySkill[Any], n: int, seed: int, randomisation: Randomisation) -> None:
        """Stand `n` robots up."""
        self.skill, self.n, robot = skill, n, skill.robot
        self.world = build_world(robot)
        self.sim = BatchSim(self.world, n)
        self.streams = Streams(seed, n)
        self.randomiser = Randomiser(self.sim, randomisation, self.streams)
        self.ids = np.arange(n)
        self.streams.next_episode(self.ids)
        self.randomiser.reset(self.ids)
        self.sim.reset(self.ids, np.tile(self.world.home, (n, 1)), np.zeros((n, self.world.model.nv)))
        self.slow = skill.controller.slow  # type: ignore[attr-defined]
        self.fell: BoolArray = np.zeros(n, dtype=np.bool_)
        self._sent = np.tile(robot.default_pose, (n, 1))
        self._lowest = Scales.of(robot).fallen_height
        self.state: WorldState = self.sim.state(np.zeros(n))
        self.memory = skill.new_memory(self._measured())

    def step(self, command: Array, arms: Array | None = None) -> WorldState:
        """One control step under `command` (N, 3); arms and torso go to `arms` (N, S), rad, if given."""
        before = self.memory.last_targets[:, self.slow]
        targets = self.skill.act(self._measured(), command, self.memory)
        if arms is not None:
            limit = self.skill.controller.config.arm_rate * self.skill.robot.control_dt
            targets[:, self.slow] = before + np.clip(arms - before, -limit, limit)
            self.memory.last_targets[:, self.slow] = targets[:, self.slow]
        self.randomiser.push()
        self.sim.step(self.randomiser.delay(targets, self._sent))
        self._sent = targets
        self.streams.step += 1
        self.state = self.sim.state(self._time())
        self.fell |= fallen(self.state, self._lowest) | self.sim.broken()
        return self.state

    def _time(self) -> Array:
        return self.streams.step.astype(np.float64) * self.skill.robot.control_dt

    def _measured(self) -> Observation:
        return self.randomiser.measure(self.state)
