"""States that skills leave behind: what the next skill may have to start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, BoolArray, IntArray


@dataclass(frozen=True, kw_only=True)
class StartStates:
    """M states of the robot, with heading and position removed.

    Attributes:
        pose: Height, base quaternion (zero heading), joint positions. Shape (M, 1 + 4 + J).
        velocity: Base linear velocity (heading frame), base angular velocity, joint velocities.
            Shape (M, 6 + J).
    """

    pose: Array
    velocity: Array

    @property
    def num(self) -> int:
        """M."""
        return len(self.pose)

    def put(self, qpos: Array, qvel: Array, use: BoolArray, row: IntArray, joints: int) -> None:
        """Overwrite rows `use` of full states with stored states number `row`."""
        qpos[use, 2 : 7 + joints] = self.pose[row[use]]
        qvel[use, : 6 + joints] = self.velocity[row[use]]

    @staticmethod
    def join(parts: list[StartStates]) -> StartStates:
        """All states of `parts`."""
        return StartStates(
            pose=np.concatenate([p.pose for p in parts]), velocity=np.concatenate([p.velocity for p in parts])
        )
