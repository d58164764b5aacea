"""N copies of a world stepped together by `mujoco.batch.Batch`, read as `WorldState`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import mujoco
import numpy as np
from mujoco.batch import MODEL_FIELDS, Batch

from sim.touch import TouchSensors, find_feeling
from sim.world import World
from skillblend.contracts import Array, BoolArray, IntArray, WorldState
from skillblend.snapshots import Stateful

CONTACT_HEIGHT = 0.004
"""A sole sphere closer than this to the floor counts as touching, m."""

FEW = 32
"""So many simulations keep their data, which takes a tenth off a step: of more, they would not stay in the cache."""

STATE_FIELDS = (
    "time", "qpos", "qvel", "act", "history", "qacc_warmstart", "ctrl", "qfrc_applied", "xfrc_applied", "eq_active",
    "mocap_pos", "mocap_quat", "userdata", "plugin_state", "plastic",
)  # fmt: skip
"""All that a simulation's future depends on, besides its model: the components of mjSTATE_INTEGRATION."""


class _Varied(Mapping[str, Array]):
    """Fields of the model with a value per simulation; one that is asked for becomes such a field."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def __getitem__(self, name: str) -> Array:
        if name not in MODEL_FIELDS:
            raise KeyError(name)
        return self._batch.expand(name)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(name for name in MODEL_FIELDS if self._batch.expanded(name) is not None))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class BatchSim(Stateful):
    """Live (N, ...) arrays over N simulations of one world.

    Attributes:
        qpos, qvel: State; writable views. Shapes (N, nq), (N, nv).
        geom_xpos, site_xpos: World positions after the last call. Shapes (N, ngeom, 3), (N, nsite, 3), m.
    """

    def __init__(self, world: World, n: int, nthread: int = 1) -> None:
        """`n` simulations on `nthread` threads; results do not depend on the number of threads."""
        _keep_no_log()
        self.world = world
        self.n = n
        self.batch = Batch(world.model, n, nthread=nthread, persistent=n <= FEW)
        self.qpos = self.batch.bind("qpos")
        self.qvel = self.batch.bind("qvel")
        self.ctrl = self.batch.bind("ctrl")
        self.geom_xpos = self.batch.bind("geom_xpos")
        self.site_xpos = self.batch.bind("site_xpos")
        self.actuator_force = self.batch.bind("actuator_force")
        first, last = mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADCTRL
        self._blow_ups = self.batch.warning[:, int(first) : int(last) + 1, 1]
        self._clearance: Array | None = None
        self._felt = find_feeling(world.model)
        self._columns = np.array(list(self._felt.values()), dtype=np.int64)
        self._forces = self.batch.bind("sensordata") if self._felt else np.zeros((n, 0))
        self._stepped: BoolArray = np.zeros(n, dtype=np.bool_)
        self._foot_radius = float(world.model.geom_size[world.foot_geoms[0, 0], 0])
        self._joints = slice(7, 7 + world.robot.num_joints)
        self._dofs = slice(6, 6 + world.robot.num_joints)

    def state_parts(self) -> dict[str, Mapping[str, Array]]:
        """The simulations' whole state, and the model's fields that differ between them."""
        return {"rows": {name: self.batch.bind(name) for name in STATE_FIELDS}, "model": _Varied(self.batch)}

    def restored(self) -> None:
        """Compute what follows from positions and velocities, as a step does."""
        self.batch.forward(stage=int(mujoco.mjtStage.mjSTAGE_VEL))
        self._clearance = None
        self._stepped[:] = False

    def copy(self, other: BatchSim, i: int) -> None:
        """Put all simulations into the state of simulation `i` of `other`, which is of the same world."""
        for name in STATE_FIELDS:
            self.batch.bind(name)[...] = other.batch.bind(name)[i]
        self.restored()

    def reset(self, ids: IntArray, qpos: Array, qvel: Array) -> None:
        """Put simulations `ids` into the given states, (len(ids), nq) and (len(ids), nv)."""
        index = ids.astype(np.int32)
        self.batch.reset(index, stage=int(mujoco.mjtStage.mjSTAGE_NONE))
        self.qpos[ids] = qpos
        self.qvel[ids] = qvel
        self.ctrl[ids] = qpos[:, self._joints]
        self.batch.forward(index, stage=int(mujoco.mjtStage.mjSTAGE_VEL))
        self._clearance = None
        self._stepped[ids] = False

    def step(self, targets: Array, ids: IntArray | None = None) -> None:
        """Advance simulations `ids`, None for all, by one control step under joint targets (N, J), rad."""
        self.ctrl[:, : targets.shape[1]] = targets
        index = None if ids is None else ids.astype(np.int32)
        self.batch.step(index, nstep=self.world.substeps, stage=int(mujoco.mjtStage.mjSTAGE_VEL))
        self._clearance = None
        self._stepped[slice(None) if ids is None else ids] = True

    def state(self, time: Array) -> WorldState:
        """Truth, as copies; `time` (N,) in s is passed through."""
        position, velocity = self.qpos.copy(), self.qvel.copy()
        return WorldState(
            time=time,
            joint_position=position[:, self._joints],
            joint_velocity=velocity[:, self._dofs],
            base_quaternion=position[:, 3:7],
            base_angular_velocity=velocity[:, 3:6],
            base_position=position[:, :3],
            base_linear_velocity=velocity[:, :3],
            joint_torque=self.actuator_force[:, : self.world.robot.num_joints].copy(),
            foot_contact=self.foot_clearance() < CONTACT_HEIGHT,
        )

    def foot_clearance(self) -> Array:
        """Height of the lowest point of each sole above the floor. Shape (N, 2), m; read-only."""
        if self._clearance is None:
            lowest = self.geom_xpos[:, self.world.foot_geoms, 2].min(axis=2)
            clearance: Array = lowest - self._foot_radius
            clearance.flags.writeable = False
            self._clearance = clearance
        return self._clearance

    def foot_position(self, ids: IntArray | None = None) -> Array:
        """Sole centres in the world, of simulations `ids`, None for all. Shape (len(ids), 2, 3), m."""
        if ids is None:
            spheres = self.geom_xpos[:, self.world.foot_geoms]
        else:
            spheres = self.geom_xpos[ids[:, None, None], self.world.foot_geoms]
        total = spheres[:, :, 0] + spheres[:, :, 1]
        for k in range(2, spheres.shape[2]):
            total += spheres[:, :, k]
        total /= spheres.shape[2]
        return total

    def foot_pitch(self) -> Array:
        """Angle of each sole to the floor, toes down positive. Shape (N, 2), rad."""
        spheres = self.geom_xpos[:, self.world.foot_geoms]
        along = spheres[:, :, 2] + spheres[:, :, 3] - spheres[:, :, 0] - spheres[:, :, 1]
        return -np.arctan2(along[:, :, 2], np.hypot(along[:, :, 0], along[:, :, 1]))

    def hand_position(self) -> Array:
        """Wrists in the world. Shape (N, 2, 3), m."""
        return self.site_xpos[:, self.world.hand_sites].copy()

    @cached_property
    def touch(self) -> TouchSensors:
        """Who presses on whom, of those that `sim.touch.add_touch` was told of."""
        return TouchSensors(self)

    def hand_force(self) -> dict[str, Array]:
        """How hard the left and the right hand press on each thing that they feel, by its name. Each (N, 2), N.

        Of the latest physics step: nothing is felt before the first one after a reset.
        """
        if not self._felt:
            return {}
        pressed = np.linalg.norm(self._forces[:, self._columns], axis=3) * self._stepped[:, None, None]
        return {thing: pressed[:, k] for k, thing in enumerate(self._felt)}

    def body_poses(self, bodies: IntArray) -> Array:
        """World poses of bodies that hang on nothing but the world: position (m) and quaternion wxyz, (N, B, 7).

        Those of free bodies are part of the state, and those of fixed bodies part of the model: nothing is computed.
        """
        model = self.world.model
        position, quaternion = self.batch.expanded("body_pos"), self.batch.expanded("body_quat")
        poses = np.empty((self.n, len(bodies), 7))
        for k, body in enumerate(bodies.tolist()):
            joint = int(model.body_jntadr[body])
            if joint >= 0 and model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE:
                at = int(model.jnt_qposadr[joint])
                poses[:, k] = self.qpos[:, at : at + 7]
                continue
            poses[:, k, :3] = model.body_pos[body] if position is None else position[:, body]
            poses[:, k, 3:] = model.body_quat[body] if quaternion is None else quaternion[:, body]
        return poses

    def broken(self) -> np.ndarray:
        """Simulations that blew up since their last reset. Shape (N,).

        MuJoCo replaces a state that it cannot go on from by the model's default, and counts that.
        """
        if np.isfinite(self.qvel.sum()) and not self._blow_ups.any():
            return np.zeros(self.n, dtype=np.bool_)
        finite = np.isfinite(self.qpos).all(axis=1) & np.isfinite(self.qvel).all(axis=1)
        return self._blow_ups.any(axis=1) | ~finite


def _keep_no_log() -> None:
    """MuJoCo adds its warnings to a file in the working directory, unless told otherwise; `broken` tells of them."""
    config = mujoco.MjLogConfig.get()
    config.logto_file = False
    mujoco.MjLogConfig.set(config)
