"""A skill at work, as a filmstrip: what a person looks at before believing a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sim import scenes
from sim.env import BatchEnv
from sim.randomisation import Randomisation
from sim.render import Recorder, View, visual_world
from sim.tasks.reaching import ReachingTask, ReachingTaskConfig
from sim.tasks.walking import WalkingTask, WalkingTaskConfig
from sim.world import build_world
from skillblend.skills.skill import PolicySkill


def film(skill: PolicySkill[Any], path: Path, *, seed: int, seconds: float) -> None:
    """Draw one episode of `skill` as a PNG of twelve frames."""
    controller: Any = skill.controller
    world = build_world(skill.robot)
    if skill.name == "walking":
        config = WalkingTaskConfig(arm_disturbance=0.0, fixed_goal=(0.7, 0.0, 0.0))
        task: Any = WalkingTask(world, controller, config)
    else:
        task = ReachingTask(world, controller, ReachingTaskConfig())
    env = BatchEnv(task, 1, seed=seed, randomisation=Randomisation(push_every=0.0))
    observation = env.reset()
    view = View(azimuth=_side(env), elevation=-8.0, distance=3.4, settle=0.2)
    with Recorder(visual_world(skill.robot, scenes.load("empty")).model, view=view) as recorder:
        for tick in range(round(seconds / skill.robot.control_dt)):
            result = env.step(skill.bundle.actor(observation[:, : task.actor_size]))
            observation = result.observation
            recorder.update(tick * skill.robot.control_dt, env.sim.qpos[0])
        recorder.save_filmstrip(path)


def _side(env: BatchEnv) -> float:
    """Azimuth (degrees) that looks at the robot from its right-hand side."""
    w, _, _, z = env.state.base_quaternion[0]
    return float(np.degrees(2 * np.arctan2(z, w))) + 75.0
