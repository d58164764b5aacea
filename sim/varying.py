"""What differs between episodes of the hands and the free things of a world: friction, mass and size."""

from __future__ import annotations

import mujoco
import numpy as np

from sim.batch import BatchSim
from sim.streams import Streams
from skillblend.contracts import Array, IntArray
from skillblend.snapshots import Stateful

_HAND, _FRICTION, _MASS, _SIZE = range(107, 111)

Range = tuple[float, float]
_SAME: Range = (1.0, 1.0)
_EXTENTS = ("geom_size", "geom_pos", "geom_rbound", "geom_aabb", "body_ipos")


class Varying(Stateful):
    """Draws factors on the palms' and things' properties; a world without any of them is left as it is.

    Attributes:
        names: Bodies of the free things, T of them.
        hand: Factor on the friction of the palms. Shape (N,).
        friction, mass, size: Factors on each thing's friction, mass and extents. Shape (N, T).
    """

    settings = (
        "names", "_sim", "_streams", "_ranges", "_hand_range", "_bodies", "_things", "_palms", "_undersides",
        "_hands_vary", "_vary", "_nominal",
    )  # fmt: skip

    def __init__(
        self, sim: BatchSim, streams: Streams, *, hand: Range, friction: Range, mass: Range, size: Range
    ) -> None:
        """Give the fields that vary a value per simulation."""
        model = sim.world.model
        self._sim, self._streams = sim, streams
        self._ranges = (friction, mass, size)
        self._hand_range = hand
        bodies = [b for b in range(1, model.nbody) if _free(model, b) and b != model.jnt_bodyid[0]]
        self.names = tuple(model.body(b).name for b in bodies)
        self._bodies = np.array(bodies, dtype=np.int64)
        self._things = [np.flatnonzero(model.geom_bodyid == b) for b in bodies]
        self._palms = np.array([g for g in range(model.ngeom) if "_palm_collision" in model.geom(g).name], np.int64)
        n, t = sim.n, len(bodies)
        self.hand = np.ones(n)
        self.friction, self.mass, self.size = np.ones((n, t)), np.ones((n, t)), np.ones((n, t))
        self._undersides = [_half_height(model, geoms) for geoms in self._things]
        self._hands_vary = hand != _SAME and len(self._palms) > 0
        self._vary = [limits != _SAME and t > 0 for limits in self._ranges]
        self._nominal: dict[str, Array] = {}
        if self._hands_vary or self._vary[0]:
            self._expand("geom_friction")
        if self._vary[1] or self._vary[2]:
            self._expand("body_mass", "body_inertia")
        if self._vary[2]:
            self._expand(*_EXTENTS)

    def _expand(self, *names: str) -> None:
        for name in names:
            self._nominal[name] = np.array(getattr(self._sim.world.model, name))
            self._sim.batch.expand(name)

    def reset(self, ids: IntArray) -> None:
        """Draw the episode's factors for simulations `ids`."""
        if not (self._hands_vary or any(self._vary)):
            return
        draw, t = self._streams.uniform, len(self.names)
        if self._hands_vary:
            self.hand[ids] = draw(ids, _HAND, *self._hand_range)[:, 0]
            field = self._sim.batch.expand("geom_friction")
            for g in self._palms:
                field[ids, g] = self.hand[ids, None] * self._nominal["geom_friction"][g]
        for varies, values, tag, limits in zip(
            self._vary, (self.friction, self.mass, self.size), (_FRICTION, _MASS, _SIZE), self._ranges, strict=True
        ):
            if varies:
                values[ids] = draw(ids, tag, *limits, t)
        for k in range(t):
            self._apply(ids, k)
        if self._vary[1] or self._vary[2]:
            self._sim.batch.set_const(ids.astype(np.int32))

    def keep_sizes(self, factors: Array) -> None:
        """Give the things of all simulations these sizes (T,), which can be seen, and leave what cannot as drawn."""
        if not self._vary[2]:
            if (factors == 1.0).all():
                return
            self._vary[2] = True
            self._expand("body_mass", "body_inertia", *_EXTENTS)
        self.size[:] = factors
        ids = np.arange(self._sim.n)
        for k in range(len(self.names)):
            self._apply(ids, k)
        self._sim.batch.set_const(ids.astype(np.int32))

    def _apply(self, ids: IntArray, k: int) -> None:
        expand, nominal, body, geoms = self._sim.batch.expand, self._nominal, self._bodies[k], self._things[k]
        mass, size = self.mass[ids, k], self.size[ids, k]
        rows = ids[:, None]
        if self._vary[0]:
            expand("geom_friction")[rows, geoms] = self.friction[ids, k, None, None] * nominal["geom_friction"][geoms]
        if self._vary[1] or self._vary[2]:
            expand("body_mass")[ids, body] = mass * nominal["body_mass"][body]
            expand("body_inertia")[ids, body] = (mass * size**2)[:, None] * nominal["body_inertia"][body]
        if self._vary[2]:
            for name in ("geom_size", "geom_pos", "geom_aabb"):
                expand(name)[rows, geoms] = size[:, None, None] * nominal[name][geoms]
            expand("geom_rbound")[rows, geoms] = size[:, None] * nominal["geom_rbound"][geoms]
            expand("body_ipos")[ids, body] = size[:, None] * nominal["body_ipos"][body]

    def settle(self, ids: IntArray, qpos: Array) -> None:
        """Lift or lower the things of `qpos` (len(ids), nq), in place, so that undersides stay where they were."""
        model = self._sim.world.model
        for k, body in enumerate(self._bodies):
            at = int(model.jnt_qposadr[model.body_jntadr[body]])
            qpos[:, at + 2] += (self.size[ids, k] - 1.0) * self._undersides[k]


def _free(model: mujoco.MjModel, body: int) -> bool:
    joint = int(model.body_jntadr[body])
    return joint >= 0 and int(model.jnt_type[joint]) == int(mujoco.mjtJoint.mjJNT_FREE)


def _half_height(model: mujoco.MjModel, geoms: IntArray) -> float:
    """From the origin of an upright thing down to its underside, m."""
    lowest = [
        float(model.geom_pos[g, 2] - model.geom_aabb[g, 5] + model.geom_aabb[g, 2])
        for g in geoms
        if model.geom_contype[g]
    ]
    return -min(lowest)
