"""What `render` shows of an environment: the robot as it is, what its task puts around it, where its hands should go.

The model that is simulated has lost everything that does not collide, so the robot is drawn from a model of its
own; the other things are drawn where the simulation has them.
"""

from __future__ import annotations

from collections.abc import Iterator

import mujoco
import numpy as np

from sim.env import BatchEnv
from sim.render import Image, Mark, Studio, View
from sim.world import WorldConfig, build_world
from skillblend.contracts import Array

VIEW = View(azimuth=56.0, elevation=-14.0, distance=3.8)
TARGET_RADIUS = 0.04
TARGET_COLOUR = (0.2, 0.8, 0.3, 0.7)


class Portrait:
    """Draws the simulations of one environment; drawing changes nothing in them."""

    def __init__(self, env: BatchEnv, *, width: int = 480, height: int = 360) -> None:
        """Prepare to draw; OpenGL is opened by the first picture.

        Args:
            env: What is drawn; not yet reset.
            width: Of the image, pixels.
            height: Of the image, pixels.
        """
        self._env = env
        self._size = (width, height)
        self._joints = 7 + env.task.world.robot.num_joints
        self._studio: Studio | None = None
        model = env.task.world.model
        own = model.body_rootid[model.jnt_bodyid[0]]
        plane = int(mujoco.mjtGeom.mjGEOM_PLANE)
        self._others = [
            i
            for i in range(model.ngeom)
            if model.body_rootid[model.geom_bodyid[i]] != own and model.geom_type[i] != plane
        ]
        self._turn = env.sim.batch.bind("geom_xmat")

    def draw(self, index: int) -> Image:
        """Simulation `index`, seen from its side and a little from above.

        Raises:
            RenderingUnavailable: No OpenGL here.
        """
        if self._studio is None:
            width, height = self._size
            world = build_world(self._env.task.world.robot, WorldConfig(visual=True))
            self._studio = Studio(world.model, width=width, height=height)
        qpos = self._env.sim.qpos[index, : self._joints].copy()
        look_at = np.array([qpos[0], qpos[1], VIEW.height])
        return self._studio.draw(qpos, VIEW, look_at, [*self._things(index), *self._targets(index)])

    def close(self) -> None:
        """Free the OpenGL context."""
        if self._studio is not None:
            self._studio.close()
            self._studio = None

    def _things(self, index: int) -> Iterator[Mark]:
        sim, model = self._env.sim, self._env.task.world.model
        for i in self._others:
            yield Mark(
                shape=int(model.geom_type[i]),
                size=tuple(model.geom_size[i].tolist()),
                position=sim.geom_xpos[index, i].copy(),
                rotation=np.asarray(self._turn[index, i]).reshape(9).copy(),
                colour=tuple(model.geom_rgba[i].tolist()),
            )

    def _targets(self, index: int) -> Iterator[Mark]:
        points: Array = self._env.task.marks()
        for point in points[index]:
            yield Mark(
                shape=int(mujoco.mjtGeom.mjGEOM_SPHERE),
                size=(TARGET_RADIUS, 0.0, 0.0),
                position=point.copy(),
                rotation=np.eye(3).ravel(),
                colour=TARGET_COLOUR,
            )
