"""Carrying: walking's commands with hands that hold and a load at the palms; judged and calibrated as walking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.settings import episodes
from sim.skills.spec import Progress, Rows, SkillTraining
from sim.skills.walking import REWARDS, WalkingTask, WalkingTaskConfig
from sim.skills.walking import TRAINING as WALKING
from sim.streams import Streams
from skillblend.contracts import Array, IntArray, Robot, WorldState
from skillblend.scales import Scales
from skillblend.skills.carrying import CarryingController
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.env import BatchEnv
    from sim.rollouts import Known
    from sim.starts import StartStates
    from skillblend.contracts import BoolArray

_GRIP = 42
"""Tag of random numbers, besides those of walking."""

_LOW, _HIGH = (0.28, -0.02, 1.02), (0.40, 0.02, 1.25)
"""Corners of the places that things are carried at: the middle between both wrists, reference body, m."""
_WIDTHS, _FORCE = (0.20, 0.50), 60.0
"""Between the wrists, m; what they press with at most, N. Of the reference body."""


class CarryingTask(WalkingTask):
    """Velocity commands on disturbed dynamics, hands before the body.

    A load is point masses at the palms: what is between the palms is not simulated, so that hands which press do not
    meet. So they press with nothing here.
    """

    name = "carrying"
    controller: CarryingController

    def draw(self, ids: IntArray, state: WorldState) -> None:
        """New commands, and another grip."""
        super().draw(ids, state)
        self.goal[ids, 3:] = grips(self.controller, self.streams, ids, _GRIP)
        self.goal[ids, -1] = 0.0


def grips(controller: CarryingController, streams: Streams, ids: IntArray, tag: int) -> Array:
    """Random grips (len(ids), 5) of things that are carried."""
    scales = Scales.of(controller.robot)
    (x, _, z), (far, _, high) = scales.place(_LOW), scales.place(_HIGH)
    aside, wide = _HIGH[1] * scales.reach, np.array(_WIDTHS) * scales.reach
    low = np.array([x, -aside, z, wide[0], 0.0])
    top = np.array([far, aside, high, wide[1], _FORCE * scales.weight])
    return streams.uniform(ids, tag, low, top, 5)


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> CarryingTask:
    from sim.world import build_world

    return CarryingTask(build_world(robot), controller, episodes(WalkingTaskConfig(arm_disturbance=0.0), config))


def _goals(controller: Any, streams: Streams, ids: IntArray, tag: int) -> Array:
    """Commands over all of walking's, and a grip that presses with nothing."""
    space = controller.goal_space
    command = streams.uniform(ids, tag, space.lower[:3], space.upper[:3], 3)
    grip = grips(controller, streams, ids, tag + 1)
    grip[:, -1] = 0.0
    return np.concatenate([command, grip], axis=1)


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: four seconds without a fall, the gait cycles after the first second within 0.15 m/s."""
    from sim.rollouts import roll

    config = dict(WALKING.evaluation) | {"command_seconds": (4.0, 4.0)}
    task = _task(skill.robot, skill.controller, config)
    fast = Scales.of(skill.robot).speed

    def known() -> Known:
        return {name: task.metrics[name] for name in ("lin_vel_sum", "cycles")}

    def reached(env: BatchEnv, last: Known, given: Known) -> BoolArray:
        del env
        cycles = np.maximum(last["cycles"] - given["cycles"], 1)
        return (last["lin_vel_sum"] - given["lin_vel_sum"]) / cycles <= 0.15 * fast

    return roll(skill, task, seed, rollouts, progress, reached=reached, known=known)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Standing or slow, hands before the body."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.starts import collect

    rng = np.random.default_rng(seed)
    config = {"command_seconds": (1.0, 3.0), "stand_seconds": None, "stand_share": 0.5}
    task = _task(skill.robot, skill.controller, config)
    slow = 0.25 * Scales.of(skill.robot).speed

    def quiet(env: BatchEnv) -> BoolArray:
        speed = np.linalg.norm(task.velocity[:, :2], axis=1)
        down = task.sim.foot_clearance().max(axis=1) < 0.01
        calm = ~task.memory.stepping | ((speed < slow) & down)
        return np.asarray((rng.random(env.n) < 0.05) & calm)

    env = BatchEnv(task, 64, seed=seed, randomisation=Randomisation(push_every=4.0))
    return collect(env, skill.bundle.actor.fast(), steps, quiet)


TRAINING = SkillTraining(
    skill="carrying",
    task=_task,
    rewards=REWARDS,
    ppo=WALKING.ppo,
    disturbed=WALKING.disturbed,
    pushed=WALKING.pushed,
    errors=WALKING.errors,
    good_below=WALKING.good_below,
    unmeasured=WALKING.unmeasured,
    rollouts=_rollouts,
    leaves=_leaves,
    evaluation=WALKING.evaluation,
    settled=WALKING.settled,
    at_rest=WALKING.at_rest,
    shown={"fixed_goal": (0.4, 0.0, 0.0)},
    goals=_goals,
)
