"""Simulated robots behind the `Bridge` interface, with their perception of a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sim.batch import BatchSim
from sim.mdp import fallen
from sim.randomisation import Randomisation, Randomiser
from sim.scene import Scene
from sim.streams import Streams
from sim.world import World, WorldConfig, build_world
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot, SceneState, WorldState
from skillblend.errors import InputError
from skillblend.kinematics import yaw
from skillblend.navigation import Leg, Pose2D
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation
from skillblend.scales import Scales

SENSORS = Randomisation(friction=(0.8, 1.0), mass=(-1.0, 2.0), gain=(0.95, 1.05), latency=(0.0, 0.4), push_every=0.0)
"""Dynamics and sensor noise of a run: never the nominal robot."""


HANDLED = (8, 12)
"""Iterations of the solver where things are free: with 4 and 6, palms throw what they touch."""


class MujocoBridge:
    """N robots in copies of a scene, stepped by `send`.

    Attributes:
        world: The physics world.
        scene: What stands around, as it was in the beginning.
        live: What has become of it.
        things: That, at the latest control step.
        state: Simulator truth, for judges and pictures.
        stopped: Robots that hold their joints from now on. Shape (N,).
    """

    def __init__(
        self,
        robot: Robot,
        scene: Scene,
        *,
        seed: int = 0,
        episodes: Sequence[int] = (0,),
        begin_at: Sequence[str] | None = None,
        randomisation: Randomisation | None = None,
        world: World | None = None,
        threads: int = 1,
    ) -> None:
        """Stand robots at the start of `scene`.

        Args:
            robot: Whom.
            scene: Where.
            seed: Of dynamics, latency and sensor noise.
            episodes: One number a robot: what is random about it depends on `seed` and its number alone.
            begin_at: The thing whose stand each robot begins at; "" for the start of the scene, None for that of all.
            randomisation: `SENSORS` by default.
            world: What `scene`, fitted to `robot`, was built into before; None builds it.
            threads: That step the physics; results do not depend on it.

        Raises:
            UnknownNameError: A robot is to begin at a thing that is not there.
        """
        self.scene = scene = scene.fitted(robot) if world is None else scene
        self.robot = robot
        self.world: World = world or _build(robot, scene)
        n = len(episodes)
        self.sim = BatchSim(self.world, n, threads)
        self.live = scene.live(self.sim)
        self.streams = Streams(seed, n)
        self.randomisation = randomisation or SENSORS
        self.randomiser = Randomiser(self.sim, self.randomisation, self.streams)
        ids = np.arange(n)
        self.streams.episode[:] = np.asarray(episodes) - n
        self.streams.next_episode(ids)
        self.randomiser.reset(ids)
        qpos = np.tile(self.world.home, (n, 1))
        for i, name in enumerate(begin_at or [""] * n):
            stand = scene.thing(name).stand if name else scene.start
            qpos[i, :2], half = stand.xy, stand.heading / 2
            qpos[i, 3:7] = [np.cos(half), 0.0, 0.0, np.sin(half)]
        self.randomiser.varying.settle(ids, qpos)
        self.sim.reset(ids, qpos, np.zeros((n, self.world.model.nv)))
        self._sent = np.tile(robot.default_pose, (n, 1))
        self._fallen_height = Scales.of(robot).fallen_height
        self.stopped: BoolArray = np.zeros(n, dtype=np.bool_)
        self._moving: IntArray | None = None
        self.listeners: list[Callable[[WorldState], None]] = []
        self.state: WorldState = self._truth()

    def copies(
        self,
        i: int,
        *,
        seed: int,
        episodes: Sequence[int],
        randomisation: Randomisation | None = None,
        threads: int = 1,
    ) -> MujocoBridge:
        """Robots that are where robot `i` is now, in mid-motion, among things that are where they are now.

        Nobody can see friction, mass, gains and latency: each copy has its own, by `seed` and its number.

        Args:
            i: Which robot; it is not changed.
            seed: Of dynamics, latency and sensor noise.
            episodes: One number a copy.
            randomisation: That of this bridge by default.
            threads: As in `__init__`.
        """
        twin = MujocoBridge(
            self.robot, self.scene, seed=seed, episodes=episodes, randomisation=randomisation or self.randomisation,
            world=self.world, threads=threads,
        )  # fmt: skip
        twin.randomiser.varying.keep_sizes(self.randomiser.varying.size[i])
        twin.sim.copy(self.sim, i)
        twin.streams.step[:] = self.streams.step[i]
        twin._sent[:] = self._sent[i]
        twin.stopped[:] = self.stopped[i]
        twin.state = twin._truth()
        return twin

    def place(self, ids: IntArray, poses: Array, kicks: Array) -> None:
        """Stand robots `ids` elsewhere, in the default pose, and push them.

        Args:
            ids: Which robots, k of them.
            poses: x, y (m) and heading (rad), world frame. Shape (k, 3).
            kicks: Velocity along x and y (m/s, world) and yaw rate (rad/s) that each begins with. Shape (k, 3).
        """
        qpos, qvel = self.sim.qpos.copy(), np.zeros((len(ids), self.world.model.nv))
        qpos[ids] = np.where(np.arange(qpos.shape[1]) < 7 + self.robot.num_joints, self.world.home, qpos[ids])
        qpos[ids, :2], half = poses[:, :2], poses[:, 2] / 2
        qpos[ids, 3:7] = np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=1)
        qvel[:, :2], qvel[:, 5] = kicks[:, :2], kicks[:, 2]
        self.sim.reset(ids, qpos[ids], qvel)
        self._sent[ids] = self.robot.default_pose
        self.state = self._truth()

    def push(self, kicks: Array) -> None:
        """Change velocities of the robots along x and y (m/s, world) and yaw rates (rad/s) by `kicks` (N, 3)."""
        self.sim.qvel[:, :2] += kicks[:, :2]
        self.sim.qvel[:, 5] += kicks[:, 2]
        self.state = self._truth()

    def move(self, i: int, name: str, xy: Array) -> None:
        """Put the free thing called `name` upright on the floor at `xy` (2,), m, around robot `i`.

        Raises:
            InputError: It is fixed.
        """
        thing = self.scene.thing(name)
        if not thing.free:
            raise InputError(f"the {name} is fixed and cannot be moved; choose a thing that is free")
        model = self.world.model
        address = int(model.jnt_qposadr[model.body_jntadr[model.body(thing.body).id]])
        qpos, qvel = self.sim.qpos[i : i + 1].copy(), self.sim.qvel[i : i + 1].copy()
        qpos[0, address : address + 7] = [*xy, thing.object.size[2] / 2 + 0.002, 1.0, 0.0, 0.0, 0.0]
        self.sim.reset(np.array([i]), qpos, qvel)
        self.state = self._truth()

    def read(self) -> Observation:
        """What the sensors say now."""
        return self.randomiser.measure(self.state)

    def send(self, targets: Array) -> None:
        """Command joint targets (N, J), rad, and let one control period pass."""
        targets = np.where(self.stopped[:, None], self.state.joint_position, targets)
        self.randomiser.push()
        self.sim.step(self.randomiser.delay(targets, self._sent), self._moving)
        self._sent = targets.copy()
        self.streams.step += 1
        self.state = self._truth()
        for listen in self.listeners:
            listen(self.state)

    def stop(self, ids: IntArray | None = None) -> None:
        """Robots `ids`, None for all, hold their present joint positions from now on."""
        self.stopped[slice(None) if ids is None else ids] = True

    def leave(self, i: int) -> None:
        """Let time stand still for robot `i` from now on: nothing that it does counts any more."""
        moving = np.arange(self.sim.n) if self._moving is None else self._moving
        self._moving = moving[moving != i]

    @property
    def fell(self) -> BoolArray:
        """Who lies on the floor. Shape (N,)."""
        return fallen(self.state, self._fallen_height) | self.sim.broken()

    @property
    def qpos(self) -> Array:
        """Of the first robot, for pictures. Shape (nq,)."""
        return self.sim.qpos[0].copy()

    @property
    def qvel(self) -> Array:
        """Of the first robot. Shape (nv,)."""
        return self.sim.qvel[0].copy()

    @property
    def sent(self) -> Array:
        """Joint targets of the first robot in the latest control step. Shape (J,), rad."""
        return self._sent[0].copy()

    def around(self, i: int) -> Scene:
        """The scene as it is now around robot `i`."""
        return self.scene.now(self.things, i)

    def hands(self) -> Array:
        """Wrists in the world. Shape (N, 2, 3), m."""
        return self.sim.hand_position()

    def _truth(self) -> WorldState:
        state = self.sim.state(self.streams.step.astype(np.float64) * self.robot.control_dt)
        self.things = state.scene = self.live.read()
        return state


def _build(robot: Robot, scene: Scene) -> World:
    config = WorldConfig(body_contacts=scene.contacts(robot))
    if any(model.free for model in scene.things):
        config = replace(config, iterations=HANDLED[0], ls_iterations=HANDLED[1], firm=True)
    return build_world(robot, config, furnish=[scene.furnish, scene.feel])


class ScenePerception:
    """Localisation and a map: simulator truth of the bases and of the things."""

    def __init__(self, bridge: MujocoBridge) -> None:
        """Perceive what surrounds the robots of `bridge`."""
        self.bridge = bridge

    def scene_state(self) -> SceneState:
        """The things around the robots as they are now, and the bases among them."""
        return self.bridge.things

    def poses(self) -> Array:
        """The bases on the floor: x, y (m) and heading (rad). Shape (N, 3)."""
        state = self.bridge.state
        return np.column_stack([state.base_position[:, :2], yaw(state.base_quaternion)])

    def stances(self) -> tuple[Array, Array]:
        """Midpoints between the soles on the floor, world (N, 3), m, and the headings (N,), rad."""
        middle = self.bridge.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        return middle, yaw(self.bridge.state.base_quaternion)

    def route(self, i: int, name: str) -> tuple[Sequence[Leg], float | None]:
        """How robot `i` walks to the stand of `name`, and the heading there (None for markers)."""
        return self.bridge.around(i).legs(self._pose(i), name)

    def touch_points(self, i: int, name: str, clearance: float) -> tuple[Array | None, Array | None]:
        """Where the left and the right wrist are `clearance` m off its surface, world (3,), m."""
        found = {t.hand: t.wrist(clearance) for t in self.bridge.around(i).thing(name).touches}
        return found.get("left"), found.get("right")

    def zones(self, i: int) -> tuple[KeepOut, ...]:
        """Where robot `i` may not go."""
        return self.bridge.scene.zones_now(self.bridge.things, i)

    def situation(self, i: int, mode: Mode) -> Situation:
        """What the rules for plans look at, for robot `i`."""
        held = tuple(t.name for t in self.bridge.things.things if t.held is not None and t.held[i])
        return replace(self.bridge.around(i).situation(self._pose(i), mode), held=held)

    def _pose(self, i: int) -> Pose2D:
        x, y, heading = self.poses()[i]
        return Pose2D(x=float(x), y=float(y), heading=float(heading))
