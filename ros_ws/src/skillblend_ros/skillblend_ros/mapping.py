"""Where the robot and the things are: a map of the scene, a localisation, and the robot's own joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.scene import Scene
from skillblend.contracts import Array, Observation, Robot, SceneState
from skillblend.kinematics import Limbs, yaw
from skillblend.navigation import Leg, Pose2D
from skillblend.safety import Mode
from skillblend.safety.plan import KeepOut, Situation
from skillblend_ros.sightings import ThingMap


class MapPerception:
    """What behaviours ask about the world, N = 1; kept up to date by `locate`, `feel` and `things.take`.

    Attributes:
        things: The map, with things where they were last seen.
        heard: When the latest pose came, robot time, s; minus infinity before the first.
    """

    def __init__(self, robot: Robot, scene: Scene) -> None:
        """A robot somewhere in `scene`."""
        scene = scene.fitted(robot)
        self.things = ThingMap(scene)
        self.heard = -np.inf
        self._feet = Limbs(robot, robot.feet)
        self._position: Array = np.array([scene.start.x, scene.start.y, robot.base_height])
        half = scene.start.heading / 2
        self._quaternion: Array = np.array([np.cos(half), 0.0, 0.0, np.sin(half)])
        self._joints: tuple[Array, Array] = (robot.default_pose[None], np.zeros((1, robot.num_joints)))

    @property
    def scene(self) -> Scene:
        """The map, with things where they were last seen."""
        return self.things.scene

    def locate(self, position: Array, quaternion: Array, now: float) -> bool:
        """Take in a pose; whether it can be believed.

        Args:
            position: Of the base, map frame. Shape (3,), m.
            quaternion: Of the base in the map, wxyz. Shape (4,).
            now: Robot time, s.
        """
        norm = float(np.linalg.norm(quaternion))
        if not (np.isfinite(position).all() and np.isfinite(norm) and abs(norm - 1.0) < 0.1):
            return False
        self._position, self._quaternion, self.heard = position, quaternion / norm, now
        return True

    def scene_state(self) -> SceneState:
        """The things around the robot, as far as is known, and the robot's base."""
        return replace(self.things.state, base=self.poses())

    def feel(self, obs: Observation) -> None:
        """Take in the joints."""
        self._joints = (obs.joint_position, obs.joint_velocity)

    def poses(self) -> Array:
        """The base on the floor: x, y (m) and heading (rad), map frame. Shape (1, 3)."""
        return np.array([[*self._position[:2], yaw(self._quaternion[None])[0]]])

    def stances(self) -> tuple[Array, Array]:
        """Midpoint between the soles on the floor, map (1, 3), m, and the heading (1,), rad."""
        feet = self._feet(*self._joints).position[0]
        middle = self._position + _rotation(self._quaternion) @ feet.mean(axis=0)
        middle[2] = 0.0
        return middle[None], yaw(self._quaternion[None])

    def route(self, i: int, name: str) -> tuple[Sequence[Leg], float | None]:
        """How to walk to the stand of `name`, and the heading there (None for markers)."""
        del i
        return self.scene.legs(self._pose(), name)

    def touch_points(self, i: int, name: str, clearance: float) -> tuple[Array | None, Array | None]:
        """Where the left and the right wrist are `clearance` m off its surface, map (3,), m."""
        del i
        found = {t.hand: t.wrist(clearance) for t in self.scene.thing(name).touches}
        return found.get("left"), found.get("right")

    def zones(self, i: int) -> tuple[KeepOut, ...]:
        """Where not to go."""
        del i
        return self.scene.zones

    def situation(self, i: int, mode: Mode) -> Situation:
        """What the rules for plans look at."""
        del i
        return self.scene.situation(self._pose(), mode)

    def _pose(self) -> Pose2D:
        x, y, heading = self.poses()[0]
        return Pose2D(x=float(x), y=float(y), heading=float(heading))


def _rotation(quaternion: Array) -> Array:
    """Rotation matrix (3, 3) of a unit quaternion (4,), wxyz."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
