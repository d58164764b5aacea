"""A skill at work, as a filmstrip: what a person looks at before believing a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import mujoco
import numpy as np

from sim import scenes
from sim.env import BatchEnv
from sim.evaluate import Act
from sim.randomisation import Randomisation
from sim.render import Recorder, View, visual_world
from sim.settings import EVALUATION
from sim.skills.spec import TRAININGS
from sim.tasks.blend import BlendTask, blend_task
from sim.tasks.spec import TASKS
from sim.world import WorldConfig, build_world
from skillblend.blending import BlendController
from skillblend.contracts import Array
from skillblend.flat import FlatController
from skillblend.skills.skill import PolicySkill

Progress = Callable[[int, int], None]
"""Called with the control steps that are drawn, and how many there are at most."""


def film(
    skill: PolicySkill[Any], path: Path, *, seed: int, seconds: float, video: Path | None = None,
    progress: Progress | None = None,
) -> None:  # fmt: skip
    """Draw one episode of `skill` as a PNG of twelve frames, and as a video where there is a place for it."""
    training = TRAININGS[skill.name]
    task = training.task(skill.robot, skill.controller, training.shown)
    env = BatchEnv(task, 1, seed=seed, randomisation=Randomisation(push_every=0.0))
    observation = env.reset()
    view = View(azimuth=_side(env), elevation=-8.0, distance=3.4, settle=0.2)
    with Recorder(visual_world(skill.robot, scenes.load("empty")).model, video=video, view=view) as recorder:
        for tick in _told(round(seconds / skill.robot.control_dt), progress):
            result = env.step(skill.bundle.actor(observation[:, : task.actor_size]))
            observation = result.observation
            recorder.update(tick * skill.robot.control_dt, env.sim.qpos[0])
        recorder.save_filmstrip(path)


def film_task(
    task: str, controller: BlendController | FlatController, act: Act, path: Path, *, seed: int, seconds: float,
    episode: int = 0, video: Path | None = None, progress: Progress | None = None,
) -> None:  # fmt: skip
    """Draw an episode of a blender's task as a PNG of twelve frames, and as a video; what it points at is green.

    It is the episode of that number in every evaluation with that seed, to its end or for so many seconds.
    """
    mdp = blend_task(TASKS[task], controller)
    env = BatchEnv(mdp, 1, seed=seed, randomisation=EVALUATION, autoreset=False)
    env.restart(seed, np.array([episode]))
    observation = env.reset()
    model = _drawn_task(mdp)
    view = View(azimuth=_side(env), elevation=-10.0, distance=3.8, settle=0.2)
    dt = controller.robot.control_dt * mdp.decimation
    with Recorder(model, video=video, view=view) as recorder:
        recorder.update(0.0, env.sim.qpos[0])
        for tick in _told(min(round(seconds / dt), mdp.episode_steps), progress):
            result = env.step(act(observation[:, : mdp.actor_size]))
            observation = result.observation
            recorder.update((tick + 1) * dt, env.sim.qpos[0])
            if result.terminated[0]:
                break
        recorder.save_filmstrip(path)


def _told(total: int, progress: Progress | None) -> Iterator[int]:
    """Numbers below `total`; after each, `progress` hears of it."""
    for number in range(total):
        yield number
        if progress is not None:
            progress(number + 1, total)


def drawn(env: BatchEnv) -> mujoco.MjModel:
    """The world of a training with what only serves pictures; its qpos is that of each environment."""
    if isinstance(env.task, BlendTask):
        return _drawn_task(env.task)
    return visual_world(env.task.world.robot, scenes.load("empty")).model


def _drawn_task(task: BlendTask) -> mujoco.MjModel:
    robot = task.world.robot
    furnish = [*task.spec.furnishing(robot), partial(_mark, task.spec.marks(task))]
    world = build_world(robot, WorldConfig(visual=True), furnish=furnish)
    _put_things(task, world.model)
    return world.model


def _put_things(task: BlendTask, model: mujoco.MjModel) -> None:
    """Bodies of `model` where environment 0 of `task` has them."""
    places, own = task.sim.batch.expand("body_pos")[0], task.world.model
    for i in range(1, own.nbody):
        model.body(own.body(i).name).pos[:] = places[i]


def _mark(points: Array, spec: mujoco.MjSpec) -> None:
    """Spheres (N, 3) that nothing touches."""
    for point in points:
        spec.worldbody.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.04, 0, 0], pos=point.tolist(), contype=0, conaffinity=0,
            rgba=[0.2, 0.8, 0.3, 0.7],
        )  # fmt: skip


def _side(env: BatchEnv) -> float:
    """Azimuth (degrees) that looks at the robot from its right-hand side."""
    w, _, _, z = env.state.base_quaternion[0]
    return float(np.degrees(2 * np.arctan2(z, w))) + 75.0
