"""A residual blender: a script decides, and a network corrects what it decides.

``a = clip(script(s) + share * network(s, script(s)))``

The script sees what it decided itself last, not what came of it: corrections do not confuse what it remembers.

Source: Silver et al., "Residual policy learning", arXiv 1812.06298.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sim.tasks.spec import Act
from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController, BlendMemory
from skillblend.contracts import Array, IntArray, Observation, Robot
from skillblend.skills.skill import PolicySkill

GOALS, GATES = 0.1, 0.5
"""Of an action of the script that one unit of the network's changes: of skills' goals, and of gates."""
_STILL, _RATES = 1e-6, ("m/s", "rad/s")
"""Actions smaller than this ask for no speed; units of speeds."""
_SEEN = 0.5
"""What the network sees of the script's decision, per unit; the view of blenders has the same."""


@dataclass(kw_only=True)
class ResidualMemory(BlendMemory):
    """What a residual blender remembers, for N robots.

    Attributes:
        said: What the script decided last, (N, A).
        says: What it decides now, (N, A).
    """

    said: Array
    says: Array

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        super().reset(ids, joint_position)
        self.said[ids] = 0.0
        self.says[ids] = 0.0


class ResidualController(BlendController):
    """A blender whose action is a correction of a script's."""

    def __init__(
        self, robot: Robot, skills: Mapping[str, PolicySkill[Any]], config: BlendConfig,
        script: Callable[[BlendController], Act],
    ) -> None:  # fmt: skip
        """Correct `script` over the frozen `skills`."""
        super().__init__(robot, skills, config)
        self._script = script(self)
        self._said = self.view.column("action")
        self.layout = (*self.layout, ("script", self.action_size))
        self.observation_size += self.action_size
        self.share = np.full(self.action_size, GOALS)
        self.share[self.gates] = GATES
        self._speeds = self._without_dead_zone()

    def new_memory(self, n: int) -> ResidualMemory:
        """Memory for `n` robots in the default pose."""
        plain = super().new_memory(n)
        own = {field.name: getattr(plain, field.name) for field in fields(plain)}
        return ResidualMemory(**own, said=np.zeros_like(plain.action), says=np.zeros_like(plain.action))

    def features(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Policy input (N, O), at decision times: a blender's, and what the script decides."""
        assert isinstance(memory, ResidualMemory)
        seen = super().features(obs, goal, memory)
        alone = seen.copy()
        alone[:, self._said] = np.clip(memory.said * _SEEN, -5.0, 5.0)
        memory.says = np.clip(self._script(alone), -self.action_limit, self.action_limit)
        return np.concatenate([seen, memory.says * _SEEN], axis=1)

    def decide(self, action: Array, memory: BlendMemory) -> None:
        """Correct what the script decided, for the next control steps; who is to stand still stands still."""
        assert isinstance(memory, ResidualMemory)
        memory.said = memory.says.copy()
        change = np.clip(action, -self.action_limit, self.action_limit) * self.share
        for columns in self._speeds:
            still = np.abs(memory.says[:, columns]).max(axis=1) < _STILL
            change[np.ix_(still, columns)] = 0.0
        super().decide(memory.says + change, memory)

    def _without_dead_zone(self) -> list[IntArray]:
        """Columns of the speeds of each skill whose action of zero is to stand still, and no small speed is."""
        found: list[IntArray] = []
        for each in self.config.skills:
            units = self.ensemble.skills[each.skill].goal_space.units
            moves = [k for k, unit in enumerate(units) if unit in _RATES]
            if each.scale and moves and each.dead_zone == 0.0 and all(each.base[k] == 0.0 for k in moves):
                found.append(self.columns[each.skill].start + np.array(moves, dtype=np.int64))
        return found
