"""Reaching with goals out of reach: what an affordance has to tell from the others."""

from __future__ import annotations

import numpy as np

from sim.tasks.reaching import ReachingTask
from skillblend.contracts import Array, IntArray, WorldState
from skillblend.kinematics import from_heading, to_heading, yaw

_WIDE = ((-0.3, -0.6, 0.4), (1.2, 0.8, 1.9))
"""Left wrist targets of which many are out of reach: corners of their box, stance frame of the reference body, m."""


class WideReaching(ReachingTask):
    """Reaching towards targets of which two in five are out of reach; the skill gets them clipped."""

    raw: Array

    def _draw_targets(self, ids: IntArray, state: WorldState) -> None:
        super()._draw_targets(ids, state)
        far = self.streams.uniform(ids, 40, 0.0, 1.0)[:, 0] < 0.4
        chosen = ids[far]
        if len(chosen):
            low, high = (np.array(self.scales.place(corner)) for corner in _WIDE)
            points = self.streams.uniform(chosen, 41, np.tile(low, 2), np.tile(high, 2), 6).reshape(-1, 2, 3)
            points[:, 1, 1] *= -1.0
            middle = self.sim.foot_position()[chosen].mean(axis=1)
            middle[:, 2] = 0.0
            self.target[chosen] = middle[:, None] + from_heading(points, yaw(state.base_quaternion[chosen]))

    def _aim(self, state: WorldState) -> None:
        middle = self.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        local = to_heading(self.target - middle[:, None], yaw(state.base_quaternion))
        self.raw = local.reshape(state.num, 6)
        self.goal = self.controller.goal_space.clip(self.raw)
