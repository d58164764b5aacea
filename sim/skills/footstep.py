"""Footstep: one foot to a place near the other; how it is trained, judged and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.randomisation import Randomisation
from sim.rewards import Reward, weights
from sim.settings import episodes
from sim.skills import terms
from sim.skills.arms import Errands
from sim.skills.mdp import SkillTask, SkillTaskConfig
from sim.skills.spec import Progress, Rows, SkillTraining
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot, WorldState
from skillblend.kinematics import from_heading, length, squares, to_heading, yaw
from skillblend.skills.footstep import FootstepController, FootstepMemory, FootstepTruth
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.env import BatchEnv
    from sim.randomisation import Randomiser
    from sim.starts import StartStates
    from sim.streams import Streams
    from skillblend.training.ppo import PPOConfig

_STEP, _TIMER, _ARMS, _ARM_GOAL, _BUSY, _BANK, _ROW = range(3, 10)
"""Tags of random numbers."""
_MOVED = 0.03
"""A foot that was to stay has not where it is further from its place than this, m, of the reference body."""
_FAR = 0.3
"""A foot that was to stay costs no more than at this distance from its place, m, of the reference body."""
_GOOD = 0.05
"""A step is good within this of its target, m: what is asked of every robot."""
_EDGE = 0.06
"""Feet may touch down or lift so much earlier or later than planned, s, of the reference body."""


def base(width: float, task: FootstepTask, state: WorldState) -> Array:
    """1 where the base is as planned, from the foot that stays; 1/e at `width` m from there."""
    del state
    return np.exp(-task.off_base / width**2)


def sole(width: float, task: FootstepTask, state: WorldState) -> Array:
    """1 where the moving sole is as planned, from the one that stays; 1/e at `width` m from there."""
    del state
    return np.exp(-task.off_sole / width**2)


def landing(width: float, task: FootstepTask, state: WorldState) -> Array:
    """1 at the target once the foot should be down, or where there is none; 1/e at `width` m from there."""
    del state
    landed = (task.memory.clock > task.down) & task.moves
    off = np.where(landed, task.error() / task.scales.length, np.where(task.moves, 1.0, 0.0))
    return np.exp(-((off / width) ** 2))


def contact(task: FootstepTask, state: WorldState) -> Array:
    """Share of the soles that touch the ground as planned: one always, the other but for its swing."""
    cfg, clock = task.controller.config, task.memory.clock
    slack = _EDGE * task.scales.time
    air = (clock > cfg.push) & (clock < task.land)
    edge = (np.abs(clock - cfg.push) < slack) | (np.abs(clock - task.land) < slack)
    moving, stays = task.split(state.foot_contact)
    return 0.5 * (((moving ^ air) | edge).astype(np.float64) + stays)


def reference(task: FootstepTask, state: WorldState) -> Array:
    """1 where the legs are as planned."""
    off = state.joint_position - task.controller.reference(task.memory)
    return np.exp(-2.0 * squares(off.take(task.legs, axis=1)))


def height(task: FootstepTask, state: WorldState) -> Array:
    """Square of how far the base is from its height at rest, m^2, of the reference body."""
    return ((state.base_position[:, 2] - task.world.robot.base_height) / task.scales.length) ** 2


def slip(task: FootstepTask, state: WorldState) -> Array:
    """Speed of the soles on the ground, added up, m/s, as of the reference body."""
    return (length(task.foot_velocity[:, :, :2]) * state.foot_contact).sum(axis=1) / task.scales.speed


def shift(task: FootstepTask, state: WorldState) -> Array:
    """How far the foot that is to stay has moved, at most `_FAR`, m, as of the reference body."""
    del state
    return np.minimum(task.shift() * task.moves / task.scales.length, _FAR)


def heading(task: FootstepTask, state: WorldState) -> Array:
    """Square of how far the base has turned since the step was asked for, rad^2."""
    turn = (yaw(state.base_quaternion) - task.heading + np.pi) % (2 * np.pi) - np.pi
    return turn**2


def still(task: FootstepTask, state: WorldState) -> Array:
    """Speed of the base between steps, at most 1 m/s, as of the reference body."""
    resting = ~task.controller.stepping(task.memory)
    return np.minimum(length(state.base_linear_velocity[:, :2]) / task.scales.speed, 1.0) * resting


REWARDS: dict[str, Reward[FootstepTask]] = {
    "base": Reward(weight=1.0, values=partial(base, 0.08)),
    "base_fine": Reward(weight=0.5, values=partial(base, 0.03)),
    "sole": Reward(weight=1.0, values=partial(sole, 0.06)),
    "near": Reward(weight=0.3, values=partial(landing, 0.1)),
    "close": Reward(weight=0.7, values=partial(landing, 0.03)),
    "exact": Reward(weight=0.7, values=partial(landing, 0.01)),
    "alive": Reward(weight=0.3, values=terms.alive),
    "reference": Reward(weight=0.3, values=reference),
    "contact": Reward(weight=1.0, values=contact),
    "tilt": Reward(weight=-3.0, values=terms.tilt),
    "height": Reward(weight=-10.0, values=height),
    "action_rate": Reward(weight=-0.02, values=terms.action_rate),
    "torque": Reward(weight=-4e-6, values=terms.torque),
    "joint_velocity": Reward(weight=-0.001, values=terms.joint_velocity),
    "slip": Reward(weight=-0.3, values=slip),
    "shift": Reward(weight=-8.0, values=shift),
    "heading": Reward(weight=-2.0, values=heading),
    "joint_limit": Reward(weight=-2.0, values=terms.joint_limit),
    "roll_pitch_rate": Reward(weight=-0.05, values=terms.roll_pitch_rate),
    "still": Reward(weight=-0.5, values=still),
}


@dataclass(frozen=True, kw_only=True)
class FootstepTaskConfig(SkillTaskConfig):
    """Episodes of the footstep task.

    Attributes:
        hold_seconds: Shortest and longest time between steps that are asked for, s.
        settle_seconds: The error is measured over the last part of it, this long, s.
        rest_share: Share of goals that ask for no step.
        arm_disturbance: Share of episodes in which arms and torso do something else.
    """

    hold_seconds: tuple[float, float] = (2.5, 4.0)
    settle_seconds: float = 0.3
    rest_share: float = 0.05
    arm_disturbance: float = 0.3
    weights: dict[str, float] = field(default_factory=lambda: weights(REWARDS))
    fall_price: float = 2.0
    start_share: float = 0.3


class FootstepTask(SkillTask):
    """A step every few seconds, with either foot, from wherever the one before has left both.

    Attributes:
        arms: On errands of their own.
        target: Where the sole should go, world. Shape (N, 1, 3), m.
        heading: Of the base when the step was asked for. Shape (N,), rad.
        stays: Both soles then. Shape (N, 2, 2), m.
        worst: Furthest that the sole that is to stay has been from there. Shape (N,), m.
        off_base, off_sole: Squares of how far both are from the plan, of the reference body. Shape (N,), m^2.
        down, land: When in a step a foot may count as landed, and when it should touch down, s.
    """

    name = "footstep"
    rewards = REWARDS
    measured = ("foot_sum", "foot_count", "made", "stayed", "tries")
    soft_share = 0.97
    lift = 0.005
    start_tags = (_BANK, _ROW)
    controller: FootstepController
    memory: FootstepMemory
    config: FootstepTaskConfig

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, cfg = sim.n, self.controller.config
        self.arms = Errands(self.controller, n, 0.5 * cfg.arm_rate)
        self.target = np.zeros((n, 1, 3))
        self.heading = np.zeros(n)
        self.stays = np.zeros((n, 2, 2))
        self.worst = np.zeros(n)
        self.off_base, self.off_sole = np.zeros(n), np.zeros(n)
        self.land = cfg.push + cfg.swing
        self.down = self.land - 0.2 * cfg.swing
        self.legs = self.world.robot.joints("hip_roll", "hip_pitch", "knee", "ankle")

    @property
    def moves(self) -> BoolArray:
        """Whether a step is asked for. Shape (N,)."""
        return self.goal[:, 0] != 0.0

    def start(self, ids: IntArray) -> tuple[Array, Array, Array]:
        """Default pose with noise; arms anywhere in the disturbed episodes."""
        arms, draw = self.arms, self.streams.uniform
        qpos = np.tile(self.world.home, (len(ids), 1))
        qpos, qvel, heading = self.shaken(ids, qpos, np.full(self.world.robot.num_joints, 0.04), 0.15)
        arms.busy[ids] = draw(ids, _BUSY, 0.0, 1.0)[:, 0] < self.config.arm_disturbance
        arms.put(qpos, ids, draw(ids, _ARMS, arms.low, arms.high, len(arms.slow)))
        return qpos, qvel, heading

    def draw(self, ids: IntArray, state: WorldState) -> None:
        """Steps, how long until the next, and where busy arms go meanwhile; at first a moment without a step."""
        arms, fresh = self.arms, self.metrics["length"][ids] == 0.0
        goal = draw_steps(self.controller, self.streams, ids, _STEP, self.config.rest_share)
        self.goal[ids] = np.where(fresh[:, None], 0.0, goal)
        shortest, longest = (self.steps(s) for s in self.config.hold_seconds)
        timer = self.streams.integers(ids, _TIMER, shortest, longest + 1)
        self.timer[ids] = np.where(fresh, timer // 4, timer)
        arms.goal[ids] = self.streams.uniform(ids, _ARM_GOAL, arms.low, arms.high, len(arms.slow))
        self.heading[ids] = yaw(state.base_quaternion[ids])
        self.stays[ids] = self.feet[ids, :, :2]
        self.worst[ids] = 0.0
        side, local = self.controller.wanted(self.goal[ids])
        stays = self.feet[ids, np.where(side > 0.0, 1, 0)]
        flat = np.concatenate([local, np.zeros((len(ids), 1))], axis=1)
        self.target[ids, 0] = stays + from_heading(flat, self.heading[ids])
        self.target[ids, 0, 2] = 0.0

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets, with arms and torso on their own errands in the disturbed episodes."""
        before = self.memory.last_targets[:, self.arms.slow]
        return self.arms.go(super().targets(action, obs, tick), before, self.memory)

    def split(self, values: Any) -> tuple[Any, Any]:
        """Rows of the moving foot and of the other one, (N, ...) each, of `values` (N, 2, ...)."""
        rows, moving = np.arange(len(values)), np.where(self.memory.side > 0.0, 0, 1)
        return values[rows, moving], values[rows, 1 - moving]

    def shift(self) -> Array:
        """How far the sole that is to stay is from where it was when the step was asked for. Shape (N,), m."""
        return length(self.split(self.feet[:, :, :2] - self.stays)[1])

    def error(self) -> Array:
        """How far the moving sole is from its target. Shape (N,), m."""
        return length(self.split(self.feet)[0][:, :2] - self.target[:, 0, :2])

    def truth(self, state: WorldState) -> FootstepTruth:
        """For the critic, as seen with the moving foot on the left."""
        course = yaw(state.base_quaternion)
        flip = np.stack([np.ones(state.num), self.memory.side, np.ones(state.num)], axis=1)
        moving, stays = self.split(self.feet)
        _, first = self.split(self.stays)
        off = to_heading(self.target[:, 0] - moving, course) * flip * self.moves[:, None]
        moved = np.concatenate([stays[:, :2] - first, np.zeros((state.num, 1))], axis=1)
        return FootstepTruth(
            velocity=to_heading(state.base_linear_velocity, course) * flip,
            height=state.base_position[:, 2],
            off=off[:, :2],
            shift=(to_heading(moved, course) * flip)[:, :2],
            contact=np.stack(self.split(state.foot_contact), axis=1).astype(np.float64),
            dynamics=self.dynamics(),
        )

    def look(self, state: WorldState) -> None:
        """How far base and moving sole are from the plan."""
        memory, controller, course = self.memory, self.controller, yaw(state.base_quaternion)
        place, swung, lift = controller.plan(memory)
        moving, stays = self.split(self.feet)
        began = np.where(controller.stepping(memory), course - memory.spin, course)
        here = to_heading(np.stack([state.base_position - stays, moving - stays], axis=1), began)
        planned = np.concatenate([swung, lift[:, None]], axis=1)
        self.off_base = squares(here[:, 0, :2] - place) / self.scales.length**2
        self.off_sole = squares(here[:, 1] - planned) / self.scales.length**2

    def measure(self, state: WorldState) -> None:
        """Errors at the end of steps, and whether the other foot stayed where it was."""
        del state
        self.worst = np.maximum(self.worst, self.shift() * self.moves)
        settled = (self.timer <= self.steps(self.config.settle_seconds)) & self.moves
        over = (self.timer == 1) & self.moves
        self.metrics["foot_sum"] += self.error() * settled
        self.metrics["foot_count"] += settled
        self.metrics["made"] += over
        self.metrics["stayed"] += over & (self.worst < _MOVED * self.scales.length)
        self.metrics["tries"] += self.memory.tries * over

    def marks(self) -> Array:
        """Where the foot should go, for pictures."""
        return self.target


def draw_steps(controller: FootstepController, streams: Streams, ids: IntArray, tag: int, rest: float) -> Array:
    """Either foot, to anywhere within its range; a share `rest` of goals asks for no step. Shape (len(ids), 3)."""
    foot, radius, angle, idle = streams.uniform(ids, tag, 0.0, 1.0, 4).T
    side = np.where(foot < 0.5, 1.0, -1.0)
    distance = controller.furthest * np.sqrt(radius)
    forward, out = distance * np.cos(2 * np.pi * angle), distance * np.sin(2 * np.pi * angle)
    out = np.where(out < -controller.inward, -out, out)
    goal = np.stack([side, forward, out * side], axis=1)
    return np.where((idle < rest)[:, None], 0.0, goal)


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> FootstepTask:
    from sim.world import build_world

    return FootstepTask(build_world(robot), controller, episodes(FootstepTaskConfig(), config))


def _ppo() -> PPOConfig:
    from skillblend.training.ppo import PPOConfig

    return PPOConfig(gamma=0.98, min_log_std=-2.6, desired_kl=0.012)


def _errors(metrics: Mapping[str, Array]) -> dict[str, Array]:
    """How far soles are from their targets at the end of holds, m; share of steps whose other foot left its place."""
    count, steps = (np.where(metrics[k] > 0, metrics[k], np.nan) for k in ("foot_count", "made"))
    return {"foot": metrics["foot_sum"] / count, "other_foot_moved": 1.0 - metrics["stayed"] / steps}


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: after two and a half seconds within 5 cm of the target, the other foot in its place; no fall."""
    from sim.rollouts import Known, roll

    task = _task(skill.robot, skill.controller, {"hold_seconds": (2.5, 2.5), "rest_share": 0.0})

    def known() -> Known:
        return {"error": task.error(), "worst": task.worst, "moves": task.moves.astype(np.float64)}

    def reached(env: BatchEnv, last: Known, given: Known) -> BoolArray:
        del env, given
        size = task.scales.length
        good = (last["error"] < _GOOD) & (last["worst"] < _MOVED * size)
        return good | (last["moves"] == 0.0)

    return roll(skill, task, seed, rollouts, progress, reached=reached, known=known)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """At rest after a step, feet wherever they are."""
    from sim.env import BatchEnv
    from sim.starts import collect

    rng = np.random.default_rng(seed)
    task = _task(skill.robot, skill.controller, {})

    def calm(env: BatchEnv) -> BoolArray:
        return (rng.random(env.n) < 0.05) & ~task.controller.stepping(task.memory)

    env = BatchEnv(task, 64, seed=seed, randomisation=Randomisation(push_every=6.0, push_speed=0.2))
    return collect(env, skill.bundle.actor.fast(), steps, calm)


def _goals(controller: Any, streams: Streams, ids: IntArray, tag: int) -> Array:
    return draw_steps(controller, streams, ids, tag, 0.0)


_DISTURBED = Randomisation(push_every=10.0, push_speed=0.15, push_spin=0.1)

TRAINING = SkillTraining(
    skill="footstep",
    task=_task,
    rewards=REWARDS,
    ppo=_ppo,
    disturbed=_DISTURBED,
    pushed=_DISTURBED,
    errors=_errors,
    good_below={"foot": _GOOD, "other_foot_moved": 0.0},
    unmeasured="no episode lasted to the end of a step",
    rollouts=_rollouts,
    leaves=_leaves,
    shown={"arm_disturbance": 0.0, "rest_share": 0.0},
    goals=_goals,
)
