"""The things of a scene as they are now: poses, openness, travel and grip, read from N simulations at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.batch import BatchSim
from sim.things.model import Model
from skillblend.contracts import Array, BoolArray, SceneState, Thing
from skillblend.kinematics import yaw
from skillblend.scales import Scales

GRIP = 0.06
"""A wrist this near to the surface of a thing has its palm on it, m: palms are 2-4 cm thick to either side."""

AIR = 0.015
"""A thing this far above everything that could carry it is carried by the robot, m."""


class Live:
    """Reads the things of one scene from the simulations of one world.

    Attributes:
        models: The things, as they were built.
    """

    def __init__(self, models: tuple[Model, ...], sim: BatchSim) -> None:
        """Find the things in the model of `sim`."""
        self.models = models
        self._sim, self._length = sim, round(Scales.of(sim.world.robot).length, 2)
        model = sim.world.model
        self._bodies = np.array([model.body(thing.body).id for thing in models], dtype=np.int64)
        self._parts = {
            thing.name: [(part, int(model.joint(thing.joint_of(part)).qposadr[0])) for part in thing.parts]
            for thing in models
        }
        self._free = [k for k, thing in enumerate(models) if thing.free]
        self._bearing = [_bearing(thing) for thing in models]
        self._radii = np.array([models[k].radius for k in self._free])

    def read(self) -> SceneState:
        """Everything now; poses of things are copies."""
        sim = self._sim
        poses = sim.body_poses(self._bodies)
        held = self._grips(poses)
        base = np.column_stack([sim.qpos[:, 0:2], yaw(sim.qpos[:, 3:7])])
        things = [self._thing(k, poses[:, k], held.get(k)) for k in range(len(self.models))]
        return SceneState(things=tuple(things), base=base, length=self._length)

    def travel(self) -> dict[str, Array]:
        """How far each button is pushed in, m, by name; each (N,)."""
        return {
            name: self._sim.qpos[:, address].copy()
            for name, parts in self._parts.items()
            for part, address in parts
            if np.isfinite(part.threshold)
        }

    def _thing(self, k: int, pose: Array, held: BoolArray | None) -> Thing:
        model = self.models[k]
        travel: Array | None = None
        shares: list[Array] = []
        for part, address in self._parts[model.name]:
            if not np.isfinite(part.threshold):
                shares.append(np.clip(self._sim.qpos[:, address] / part.travel, 0.0, 1.0))
            else:
                travel = self._sim.qpos[:, address].copy()
        openness = np.max(shares, axis=0) if shares else None
        doors = np.stack(shares, axis=1) if shares else None
        if held is None:
            held = np.zeros(len(pose), dtype=np.bool_)
        return replace(model.object, pose=pose, openness=openness, doors=doors, travel=travel, held=held)

    def _grips(self, poses: Array) -> dict[int, BoolArray]:
        """Whether each free thing is held; looked at closely only where both hands are near enough."""
        if not self._free:
            return {}
        hands = self._sim.hand_position()
        away = np.linalg.norm(hands[:, None] - poses[:, self._free, None, :3], axis=3)
        near = (away < self._radii[:, None] + GRIP).all(axis=2).any(axis=0)
        nowhere = np.zeros(len(poses), dtype=np.bool_)
        return {
            k: self._held(k, poses, hands) if close else nowhere.copy()
            for k, close in zip(self._free, near.tolist(), strict=True)
        }

    def _held(self, k: int, poses: Array, hands: Array) -> BoolArray:
        """Both palms are on it and nothing else carries it."""
        local = _to_local(hands, poses[:, k])
        gap = np.min([block.distance(local) for block in self.models[k].solid], axis=0)
        return (gap < GRIP).all(axis=1) & (self._air(k, poses) > AIR)

    def _air(self, k: int, poses: Array) -> Array:
        """From its lowest point to the highest surface under its middle. Shape (N,), m."""
        corners = np.concatenate([block.corners() for block in self.models[k].solid])
        lowest = _to_world(corners, poses[:, k])[..., 2].min(axis=1)
        middle = poses[:, k, :3]
        under = np.zeros(len(poses))
        for other, blocks in enumerate(self._bearing):
            if other == k or not len(blocks):
                continue
            local = _to_local(middle[:, None], poses[:, other])
            inside = (np.abs(local[:, :, :2] - blocks[:, :2]) <= blocks[:, 2:4]).all(axis=2)
            tops = poses[:, other, 2:3] + blocks[:, 4]
            tops = np.where(inside & (tops <= lowest[:, None] + AIR), tops, 0.0)
            under = np.maximum(under, tops.max(axis=1))
        return lowest - under


def _bearing(model: Model) -> Array:
    """Upper sides of its blocks: middle x, y, half sizes x, y and height, in its own frame. Shape (B, 5), m."""
    return np.array(
        [(*block.center[:2], *block.half[:2], block.center[2] + block.half[2]) for block in model.solid]
    ).reshape(-1, 5)


def rotations(quaternions: Array) -> Array:
    """Rotation matrices (N, 3, 3) of unit quaternions (N, 4), wxyz."""
    w, x, y, z = quaternions.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def _to_local(points: Array, poses: Array) -> Array:
    """World points (N, P, 3) in the frames of `poses` (N, 7), m."""
    return np.einsum("npi,nij->npj", points - poses[:, None, :3], rotations(poses[:, 3:]))


def _to_world(points: Array, poses: Array) -> Array:
    """Points (P, 3) of the frames of `poses` (N, 7) in the world. Shape (N, P, 3), m."""
    return np.einsum("pj,nij->npi", points, rotations(poses[:, 3:])) + poses[:, None, :3]
