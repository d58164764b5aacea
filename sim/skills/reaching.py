"""Reaching: both wrists to targets fixed in the world, standing; how it is trained, judged and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.rewards import Reward, weights
from sim.settings import HARDER, episodes
from sim.skills import terms
from sim.skills.mdp import SkillTask, SkillTaskConfig
from sim.skills.spec import Progress, Rows, SkillTraining
from skillblend.affordance import reaching_features
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.kinematics import Limbs, from_heading, gravity_base, to_heading, yaw
from skillblend.scales import LEG_PARTS, Scales
from skillblend.skills.reaching import ReachingController, ReachingMemory, ReachingTruth
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.env import BatchEnv
    from sim.randomisation import Randomiser
    from sim.starts import StartStates
    from sim.streams import Streams
    from sim.world import World
    from skillblend.training.ppo import PPOConfig

_LEFT, _RIGHT, _TIMER, _START, _ROW, _FAR, _WHERE = 3, 4, 5, 6, 7, 40, 41
"""Tags of random numbers."""
_AHEAD = 0.10
"""Targets are at least so far in front of the feet, m, of the reference body."""
_WIDE = ((-0.3, -0.6, 0.4), (1.2, 0.8, 1.9))
"""Left wrist targets of which many are out of reach: corners of their box, stance frame of the reference body, m."""
_CLOSE = 0.05
"""A wrist this near to its target has reached it, m: what is asked of every robot, as by the paper's tasks."""
_SIDE = np.array([1.0, -1.0, 1.0])
"""From the left to the right, no unit."""


def nearness(width: float, task: ReachingTask, state: WorldState) -> Array:
    """1 for a wrist at its target, 1/e at an error of `width` m, of the reference body, mean of both."""
    del state
    return np.exp(-((task.distance / (width * task.scales.reach)) ** 2)).mean(axis=1)


def distance(task: ReachingTask, state: WorldState) -> Array:
    """Of the wrists from their targets, mean, m, as of the reference body."""
    del state
    return task.distance.mean(axis=1) / task.scales.reach


def legs(task: ReachingTask, state: WorldState) -> Array:
    """Squares of how far leg joints are from the default pose, rad^2."""
    home = task.world.robot.default_pose[task.legs]
    return terms.in_order(state.joint_position.take(task.legs, axis=1) - home)


def foot_shift(task: ReachingTask, state: WorldState) -> Array:
    """Squares of how far soles have moved in the episode, added up, at most 1 m^2, as of the reference body."""
    del state
    return np.minimum(((task.feet - task.first_feet) ** 2).sum(axis=(1, 2)) / task.scales.length**2, 1.0)


REWARDS: dict[str, Reward[ReachingTask]] = {
    "near": Reward(weight=0.5, values=partial(nearness, 0.3)),
    "close": Reward(weight=1.0, values=partial(nearness, 0.1)),
    "exact": Reward(weight=2.0, values=partial(nearness, 0.03)),
    "distance": Reward(weight=-0.5, values=distance),
    "alive": Reward(weight=0.3, values=terms.alive),
    "contact": Reward(weight=0.4, values=terms.contact),
    "tilt": Reward(weight=-1.0, values=terms.tilt),
    "action_rate": Reward(weight=-0.01, values=partial(terms.action_rate, total=terms.in_order)),
    "torque": Reward(weight=-4e-6, values=partial(terms.torque, total=terms.in_order)),
    "joint_velocity": Reward(weight=-0.002, values=partial(terms.joint_velocity, total=terms.in_order)),
    "slip": Reward(weight=-0.3, values=terms.slip),
    "foot_shift": Reward(weight=-2.0, values=foot_shift),
    "legs": Reward(weight=-0.15, values=legs),
    "joint_limit": Reward(weight=-2.0, values=terms.joint_limit),
    "roll_pitch_rate": Reward(weight=-0.02, values=terms.roll_pitch_rate),
}


@dataclass(frozen=True, kw_only=True)
class ReachingTaskConfig(SkillTaskConfig):
    """Episodes of the reaching task.

    Attributes:
        hold_seconds: Shortest and longest time a pair of targets stays, s.
        settle_seconds: The error is measured over the last part of each hold, this long, s.
        outside_share: Share of targets drawn from a wide box, of which many are out of reach; where it is not zero,
            the skill gets goals clipped.
    """

    hold_seconds: tuple[float, float] = (2.0, 4.0)
    settle_seconds: float = 0.5
    outside_share: float = 0.0
    weights: dict[str, float] = field(default_factory=lambda: weights(REWARDS))


class ReachingTask(SkillTask):
    """Targets of both wrists, from any stance that another skill may leave.

    Attributes:
        target: Left, right, world. Shape (N, 2, 3), m.
        distance: Of the wrists from them after the last step. Shape (N, 2), m.
    """

    name = "reaching"
    rewards = REWARDS
    measured = ("wrist_sum", "wrist_count", "close_sum")
    soft_share = 0.97
    lift = 0.005
    start_tags = (_START, _ROW)
    controller: ReachingController
    memory: ReachingMemory
    config: ReachingTaskConfig

    def __init__(self, world: World, controller: ReachingController, config: ReachingTaskConfig) -> None:
        """Bind the skill's observation and action mapping to a world."""
        super().__init__(world, controller, config)
        self.table = reachable_points(world.robot, controller)

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        self.target = np.zeros((sim.n, 2, 3))
        self.raw = np.zeros((sim.n, 6))
        self.distance = np.zeros((sim.n, 2))
        self.legs = self.world.robot.joints(*LEG_PARTS)

    @property
    def asked(self) -> Array:
        """Targets in the stance frame, wherever they are."""
        return self.raw

    def start(self, ids: IntArray) -> tuple[Array, Array, Array]:
        """Default pose with noise, more of it in arms and trunk."""
        robot = self.world.robot
        noise = np.full(robot.num_joints, 0.04)
        noise[robot.joints("shoulder", "elbow", "torso", "waist", "wrist")] = 0.2
        return self.shaken(ids, np.tile(self.world.home, (len(ids), 1)), noise, 0.1)

    def draw(self, ids: IntArray, state: WorldState) -> None:
        """New targets of robots `ids`, in front of where they stand now."""
        local = self._points(ids)
        middle = self.sim.foot_position(ids).mean(axis=1)
        middle[:, 2] = 0.0
        self.target[ids] = middle[:, None] + from_heading(local, yaw(state.base_quaternion[ids]))
        low, high = (self.steps(s) for s in self.config.hold_seconds)
        self.timer[ids] = self.streams.integers(ids, _TIMER, low, high + 1)
        self.aim(state)

    def _points(self, ids: IntArray) -> Array:
        """Left and right, stance frame: (K, 2, 3), m."""
        rows = [self.streams.integers(ids, tag, 0, len(self.table)) for tag in (_LEFT, _RIGHT)]
        local = np.stack([self.table[rows[0]], self.table[rows[1]] * _SIDE], axis=1)
        if self.config.outside_share:
            far = self.streams.uniform(ids, _FAR, 0.0, 1.0)[:, 0] < self.config.outside_share
            low, high = (np.tile(self.scales.place(corner), 2) for corner in _WIDE)
            wide = self.streams.uniform(ids, _WHERE, low, high, 6).reshape(-1, 2, 3)
            wide[:, 1, 1] *= -1.0
            local = np.where(far[:, None, None], wide, local)
        return local

    def aim(self, state: WorldState) -> None:
        """Targets in the moved stance frame."""
        middle = self.sim.foot_position().mean(axis=1)
        middle[:, 2] = 0.0
        self.raw = to_heading(self.target - middle[:, None], yaw(state.base_quaternion)).reshape(state.num, 6)
        self.goal = self.controller.goal_space.clip(self.raw) if self.config.outside_share else self.raw

    def truth(self, state: WorldState) -> ReachingTruth:
        """For the critic: velocity, height, errors, how feet have moved, contacts, dynamics."""
        heading = yaw(state.base_quaternion)
        return ReachingTruth(
            velocity=to_heading(state.base_linear_velocity, heading),
            height=state.base_position[:, 2],
            error=to_heading(self.target - self.sim.hand_position(), heading),
            foot_shift=to_heading(self.feet - self.first_feet, heading)[:, :, :2],
            contact=state.foot_contact.astype(np.float64),
            dynamics=self.dynamics(),
        )

    def look(self, state: WorldState) -> None:
        """How far the wrists are."""
        del state
        self.distance = np.linalg.norm(self.target - self.sim.hand_position(), axis=2)

    def measure(self, state: WorldState) -> None:
        """Errors at the end of holds."""
        del state
        settled = self.timer <= self.steps(self.config.settle_seconds)
        self.metrics["wrist_sum"] += self.distance.mean(axis=1) * settled
        self.metrics["close_sum"] += (self.distance.max(axis=1) < _CLOSE) * settled
        self.metrics["wrist_count"] += settled


def reachable_points(robot: Robot, controller: ReachingController, samples: int = 20_000) -> Array:
    """Left-wrist positions in the stance frame that sane arm poses reach, standing. Shape (M, 3), m."""
    rng = np.random.default_rng(7)
    spans = {"shoulder_pitch": (-2.2, 0.6), "shoulder_roll": (-0.1, 1.4), "shoulder_yaw": (-0.8, 1.2),
             "elbow": (-0.6, 2.2)}  # fmt: skip
    q = np.tile(robot.default_pose, (samples, 1))
    for part, span in spans.items():
        q[:, robot.role(part, "left")] = rng.uniform(*span, samples)
    q = np.clip(q, robot.position_lower, robot.position_upper)
    home = robot.default_pose[None]
    feet = Limbs(robot, robot.feet)(home, np.zeros_like(home)).position[0]
    middle = feet.mean(axis=0)
    points = Limbs(robot, robot.hands)(q, np.zeros_like(q)).position[:, 0] - middle
    low, high = controller.goal_space.lower[:3], controller.goal_space.upper[:3]
    inside = ((points > low) & (points < high)).all(axis=1) & (points[:, 0] > _AHEAD * Scales.of(robot).reach)
    return points[inside]


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> ReachingTask:
    from sim.world import build_world

    return ReachingTask(build_world(robot), controller, episodes(ReachingTaskConfig(), config))


def _ppo() -> PPOConfig:
    from skillblend.training.ppo import PPOConfig

    return PPOConfig(gamma=0.98, min_log_std=-2.6)


def _errors(metrics: Mapping[str, Array]) -> dict[str, Array]:
    """Of wrists: means over the last 0.5 s of holds."""
    count = np.where(metrics["wrist_count"] > 0, metrics["wrist_count"], np.nan)
    return {"wrist": metrics["wrist_sum"] / count}


def _features(skill: PolicySkill[Any], env: BatchEnv, task: ReachingTask) -> Array:
    """As the skill describes itself, with wrists as they are now: its memory knows none when an episode begins."""
    controller = task.controller
    wrists = controller.wrists(env.obs, controller.odometry(env.obs))
    value, gravity = skill.value(env.obs, task.goal, task.memory), gravity_base(env.obs.base_quaternion)
    still = np.zeros(env.n)
    return reaching_features(value, task.raw, wrists, controller.goal_space, task.memory.velocity, gravity, still)


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: both wrists within 5 cm of their targets after three seconds, without a fall."""
    from sim.rollouts import Known, roll

    task = _task(skill.robot, skill.controller, {"hold_seconds": (3.0, 3.0), "outside_share": 0.4})

    def reached(env: BatchEnv, last: Known, given: Known) -> BoolArray:
        del env, last, given
        return task.distance.max(axis=1) < _CLOSE

    return roll(skill, task, seed, rollouts, progress, reached=reached, features=_features)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Any moment."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.starts import collect

    rng = np.random.default_rng(seed)
    task = _task(skill.robot, skill.controller, {})
    env = BatchEnv(task, 64, seed=seed, randomisation=Randomisation(push_every=6.0, push_speed=0.2))
    return collect(env, skill.bundle.actor.fast(), steps, lambda e: rng.random(e.n) < 0.05)


def _goals(controller: Any, streams: Streams, ids: IntArray, tag: int) -> Array:
    """Both wrists where arms reach, each by itself."""
    table = reachable_points(controller.robot, controller)
    left, right = (streams.integers(ids, tag + side, 0, len(table)) for side in (0, 1))
    return np.concatenate([table[left], table[right] * _SIDE], axis=1)


_DISTURBED = replace(HARDER, push_every=8.0, push_speed=0.25, push_spin=0.15)

TRAINING = SkillTraining(
    skill="reaching",
    task=_task,
    rewards=REWARDS,
    ppo=_ppo,
    disturbed=_DISTURBED,
    pushed=_DISTURBED,
    errors=_errors,
    good_below={"wrist": 0.03},
    unmeasured="no episode lasted to the last 0.5 s of a hold",
    rollouts=_rollouts,
    leaves=_leaves,
    goals=_goals,
)
