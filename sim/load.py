"""What a robot carries at its palms: point masses that become part of the links that bear the hands."""

from __future__ import annotations

import mujoco
import numpy as np

from sim.batch import BatchSim
from skillblend.contracts import Array, IntArray
from skillblend.snapshots import Stateful

LOAD = (0.0, 3.0)
"""What robots carry that walk and reach with a load: both palms together, kg, of the reference body."""


class HandLoad(Stateful):
    """Half of a mass at each palm, of each simulation alone; nothing is changed where it is zero.

    Mass, centre and inertia of the links follow from the parallel axis theorem.
    """

    settings = ("_sim", "_bodies", "_points", "_mass", "_centre", "_inertia")

    def __init__(self, sim: BatchSim) -> None:
        """Give the links that bear the hands their own inertia in every simulation."""
        robot, model = sim.world.robot, sim.world.model
        self._sim = sim
        self._bodies = np.array([model.body(frame.body).id for frame in robot.hands])
        self._points = np.array([frame.offset for frame in robot.hands])
        self._mass = model.body_mass[self._bodies].copy()
        self._centre = model.body_ipos[self._bodies].copy()
        axes = np.stack([_matrix(model.body_iquat[b]) for b in self._bodies])
        self._inertia = np.einsum("hij,hj,hkj->hik", axes, model.body_inertia[self._bodies], axes)
        for name in ("body_mass", "body_ipos", "body_inertia", "body_iquat", "body_sameframe"):
            sim.batch.expand(name)

    def put(self, ids: IntArray, kg: Array) -> None:
        """Let simulations `ids` carry `kg` (len(ids),)."""
        model, field, n = self._sim.world.model, self._sim.batch.expand, len(ids)
        rows, load = ids[:, None], np.repeat(0.5 * kg[:, None], len(self._bodies), axis=1)
        mass = self._mass + load
        centre = (self._mass[:, None] * self._centre + load[:, :, None] * self._points) / mass[:, :, None]
        inertia = (
            self._inertia
            + self._mass[:, None, None] * _parallel(self._centre - centre)
            + load[:, :, None, None] * _parallel(self._points - centre)
        )
        moments, axes = np.linalg.eigh(inertia)
        axes[:, :, :, 2] *= np.linalg.det(axes)[:, :, None]
        quaternion = np.array([_quaternion(m) for m in axes.reshape(-1, 3, 3)]).reshape(n, len(self._bodies), 4)
        bare = kg == 0.0
        for name, values in (
            ("body_mass", mass), ("body_ipos", centre), ("body_inertia", moments), ("body_iquat", quaternion)
        ):  # fmt: skip
            values[bare] = getattr(model, name)[self._bodies]
            field(name)[rows, self._bodies] = values
        same = np.where(bare[:, None], model.body_sameframe[self._bodies], 0)
        field("body_sameframe")[rows, self._bodies] = same


def _parallel(offset: Array) -> Array:
    """Inertia (..., 3, 3) of a unit mass at `offset` (..., 3) from the axes. Source: the parallel axis theorem."""
    square = np.einsum("...i,...i->...", offset, offset)[..., None, None] * np.eye(3)
    return square - offset[..., :, None] * offset[..., None, :]


def _matrix(quaternion: Array) -> Array:
    out = np.zeros(9)
    mujoco.mju_quat2Mat(out, quaternion)
    return out.reshape(3, 3)


def _quaternion(matrix: Array) -> Array:
    out = np.zeros(4)
    mujoco.mju_mat2Quat(out, np.ascontiguousarray(matrix).ravel())
    return out
