"""Free things of blenders' tasks: where they are and how heavy, in N simulations at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skillblend.contracts import Array, IntArray

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask


class FreeThing:
    """One free thing of a task's world, called ``thing/NAME`` there: `sim.things` builds them so.

    Attributes:
        body: Name of its body, and of its joint.
    """

    def __init__(self, task: BlendTask, name: str) -> None:
        """Find the thing called `name`."""
        self.body = f"thing/{name}"
        self._sim, model = task.sim, task.world.model
        joint = model.joint(self.body)
        self._at, self._dof = int(joint.qposadr[0]), int(joint.dofadr[0])
        self._number = int(model.body(self.body).id)
        self._inertia: Array = model.body_inertia[self._number] / model.body_mass[self._number]

    def put(self, qpos: Array, position: Array, heading: Array) -> None:
        """Stand upright at `position` (K, 3), m, turned by `heading` (K,), rad, in states (K, nq); in place."""
        at = self._at
        qpos[:, at : at + 3] = position
        qpos[:, at + 3 : at + 7] = 0.0
        qpos[:, at + 3], qpos[:, at + 6] = np.cos(heading / 2), np.sin(heading / 2)

    def weigh(self, ids: IntArray, mass: Array) -> None:
        """Give it `mass` (len(ids),), kg, in simulations `ids`."""
        expand = self._sim.batch.expand
        expand("body_mass")[ids, self._number] = mass
        expand("body_inertia")[ids, self._number] = mass[:, None] * self._inertia
        self._sim.batch.set_const(ids.astype(np.int32))

    @property
    def mass(self) -> Array:
        """Shape (N,), kg."""
        return self._sim.batch.expand("body_mass")[:, self._number].copy()

    @property
    def position(self) -> Array:
        """Of its middle, world. Shape (N, 3), m."""
        return self._sim.qpos[:, self._at : self._at + 3].copy()

    @property
    def velocity(self) -> Array:
        """Of its middle, world. Shape (N, 3), m/s."""
        return self._sim.qvel[:, self._dof : self._dof + 3].copy()

    @property
    def forward(self) -> Array:
        """Its x axis, world. Shape (N, 3)."""
        w, x, y, z = self._quaternion
        return np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], axis=1)

    @property
    def up(self) -> Array:
        """Its z axis, world. Shape (N, 3)."""
        w, x, y, z = self._quaternion
        return np.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)], axis=1)

    @property
    def tilt(self) -> Array:
        """Angle of its z axis to the vertical. Shape (N,), rad."""
        return np.arccos(np.clip(self.up[:, 2], -1.0, 1.0))

    @property
    def _quaternion(self) -> Array:
        return self._sim.qpos[:, self._at + 3 : self._at + 7].T
