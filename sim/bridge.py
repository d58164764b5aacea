"""One simulated robot behind the `Bridge` interface, with its perception of a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sim.batch import BatchSim
from sim.randomisation import Randomisation, Randomiser
from sim.scene import Scene
from sim.streams import Streams
from sim.tasks.base import fallen
from sim.world import World, WorldConfig, build_world
from skillblend.contracts import Array, Observation, Robot, SceneState, WorldState
from skillblend.kinematics import yaw
from skillblend.navigation import Leg, Pose2D
from skillblend.safety.machine import Mode
from skillblend.safety.plan import KeepOut, Situation
from skillblend.scales import Scales

SENSORS = Randomisation(friction=(0.8, 1.0), mass=(-1.0, 2.0), gain=(0.95, 1.05), latency=(0.0, 0.4), push_every=0.0)
"""Dynamics and sensor noise of a run: never the nominal robot."""


class MujocoBridge:
    """A robot in a scene, N = 1, stepped by `send`.

    Attributes:
        world: The physics world.
        scene: What stands around, as it was in the beginning.
        live: What has become of it.
        state: Simulator truth, for judges and pictures.
    """

    def __init__(
        self, robot: Robot, scene: Scene, *, seed: int = 0, randomisation: Randomisation | None = None
    ) -> None:
        """Stand `robot` at the start of `scene`."""
        self.scene = scene = scene.fitted(robot)
        config = WorldConfig(body_contacts=scene.contacts(robot))
        self.robot = robot
        self.world: World = build_world(robot, config, furnish=[scene.furnish])
        self.sim = BatchSim(self.world, 1)
        self.live = scene.live(self.sim)
        self.streams = Streams(seed, 1)
        self.randomiser = Randomiser(self.sim, randomisation or SENSORS, self.streams)
        ids = np.zeros(1, dtype=np.int64)
        self.streams.next_episode(ids)
        self.randomiser.reset(ids)
        qpos = self.world.home[None].copy()
        qpos[0, 0], qpos[0, 1] = scene.start.x, scene.start.y
        half = scene.start.heading / 2
        qpos[0, 3:7] = [np.cos(half), 0.0, 0.0, np.sin(half)]
        self.randomiser.varying.settle(ids, qpos)
        self.sim.reset(ids, qpos, np.zeros((1, self.world.model.nv)))
        self._sent = robot.default_pose[None].copy()
        self._fallen_height = Scales.of(robot).fallen_height
        self.stopped = False
        self.listeners: list[Callable[[WorldState], None]] = []
        self.state: WorldState = self._truth()

    def read(self) -> Observation:
        """What the sensors say now."""
        return self.randomiser.measure(self.state)

    def send(self, targets: Array) -> None:
        """Command joint targets (1, J), rad, and let one control period pass."""
        if self.stopped:
            targets = self.state.joint_position
        self.randomiser.push()
        self.sim.step(self.randomiser.delay(targets, self._sent))
        self._sent = targets.copy()
        self.streams.step += 1
        self.state = self._truth()
        for listen in self.listeners:
            listen(self.state)

    def stop(self) -> None:
        """Hold the present joint positions from now on."""
        self.stopped = True

    @property
    def fell(self) -> bool:
        """Whether the robot lies on the floor."""
        return bool(fallen(self.state, self._fallen_height)[0]) or bool(self.sim.broken()[0])

    @property
    def qpos(self) -> Array:
        """Shape (nq,)."""
        return self.sim.qpos[0].copy()

    @property
    def around(self) -> Scene:
        """The scene as it is now."""
        return self.scene.now(self.live.read())

    def hands(self) -> Array:
        """Wrists in the world. Shape (2, 3), m."""
        return self.sim.hand_position()[0]

    def _truth(self) -> WorldState:
        state = self.sim.state(self.streams.step.astype(np.float64) * self.robot.control_dt)
        state.scene = self.live.read()
        return state


class ScenePerception:
    """Localisation and a map: simulator truth of the base and of the things."""

    def __init__(self, bridge: MujocoBridge) -> None:
        """Perceive what surrounds the robot of `bridge`."""
        self.bridge = bridge

    def scene_state(self) -> SceneState:
        """The things around the robot as they are now."""
        return self.bridge.live.read()

    def pose(self) -> Pose2D:
        """The base on the floor."""
        state = self.bridge.state
        x, y = state.base_position[0, :2]
        return Pose2D(x=float(x), y=float(y), heading=float(yaw(state.base_quaternion)[0]))

    def stance(self) -> tuple[Array, float]:
        """Midpoint between the soles on the floor, world (3,), m, and the heading, rad."""
        middle = self.bridge.sim.foot_position()[0].mean(axis=0)
        middle[2] = 0.0
        return middle, self.pose().heading

    def route(self, name: str) -> tuple[Sequence[Leg], float | None]:
        """How to walk to the stand of `name`, and the heading there (None for markers)."""
        return self.bridge.around.legs(self.pose(), name)

    def touch_points(self, name: str, clearance: float) -> tuple[Array | None, Array | None]:
        """Where the left and the right wrist are `clearance` m off its surface, world (3,), m."""
        found = {t.hand: t.wrist(clearance) for t in self.bridge.around.thing(name).touches}
        return found.get("left"), found.get("right")

    @property
    def zones(self) -> tuple[KeepOut, ...]:
        """Where not to go."""
        return self.bridge.around.zones

    def situation(self, mode: Mode) -> Situation:
        """What the rules for plans look at."""
        return self.bridge.around.situation(self.pose(), mode)
