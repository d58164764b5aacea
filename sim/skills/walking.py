"""Walking: velocity commands that change every few seconds; how it is trained, judged and calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.rewards import Reward, weights
from sim.settings import HARDER, episodes
from sim.skills import gait_terms as gait
from sim.skills import terms
from sim.skills.arms import Errands, carrying_poses
from sim.skills.commands import CommandConfig, Commands
from sim.skills.mdp import POSE, SPEED, YAW, SkillTask, SkillTaskConfig
from sim.skills.spec import Progress, Rows, SkillTraining
from sim.streams import Uses
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot, WorldState
from skillblend.kinematics import length, to_heading, yaw
from skillblend.scales import Scales
from skillblend.skills.skill import PolicySkill
from skillblend.skills.walking import WalkingController, WalkingMemory, WalkingTruth

if TYPE_CHECKING:
    from sim.batch import BatchSim
    from sim.env import BatchEnv
    from sim.randomisation import Randomiser
    from sim.starts import StartStates
    from sim.streams import Streams
    from skillblend.training.ppo import PPOConfig

_PHASE, _ARMS, _ARM_GOAL, _START, _CARRY, _CARRY_GOAL = 6, 7, 8, 9, 40, 41
"""Tags of random numbers, besides those of commands."""
_FAST = 0.8
"""Share of a joint's velocity limit beyond which its speed costs."""
_GOOD_SPEED = 0.15
"""A speed is good within this of what was asked for, m/s: what is asked of every robot."""
_DOWN = 0.01
"""No sole of a robot that has both feet down is higher, m, of the reference body."""

REWARDS: dict[str, Reward[WalkingTask]] = {
    "lin_vel": Reward(weight=3.0, values=gait.lin_vel),
    "yaw_rate": Reward(weight=1.2, values=gait.yaw_rate),
    "alive": Reward(weight=0.3, values=terms.alive),
    "reference": Reward(weight=0.6, values=gait.reference),
    "contact": Reward(weight=0.5, values=gait.contact),
    "clearance": Reward(weight=0.6, values=gait.clearance),
    "vertical": Reward(weight=-0.5, values=gait.vertical),
    "roll_pitch_rate": Reward(weight=-0.05, values=terms.roll_pitch_rate),
    "tilt": Reward(weight=-2.0, values=terms.tilt),
    "height": Reward(weight=-10.0, values=gait.height),
    "action_rate": Reward(weight=-0.02, values=terms.action_rate),
    "joint_acceleration": Reward(weight=-1e-7, values=gait.joint_acceleration),
    "torque": Reward(weight=-4e-6, values=terms.torque),
    "slip": Reward(weight=-0.15, values=gait.slip),
    "hip": Reward(weight=-0.4, values=gait.hip),
    "joint_limit": Reward(weight=-2.0, values=gait.joint_limit),
    "rest": Reward(weight=-1.5, values=gait.rest),
    "joint_speed": Reward(weight=-0.4, values=gait.joint_speed),
    "planted": Reward(weight=1.0, values=gait.planted),
    "sway": Reward(weight=-0.02, values=gait.sway),
    "still": Reward(weight=-0.3, values=gait.still),
    "brake": Reward(weight=0.0, values=gait.brake),
    "lean_back": Reward(weight=0.0, values=gait.lean_back),
    "walk_back": Reward(weight=0.0, values=gait.walk_back),
    "foot_level": Reward(weight=0.0, values=gait.foot_level),
}


@dataclass(frozen=True, kw_only=True)
class WalkingTaskConfig(CommandConfig, SkillTaskConfig):
    """Episodes of the walking task.

    Attributes:
        arm_disturbance: Share of episodes in which arms and torso do something else.
        carry_share: Share of the episodes with a load in which arms are held as for a parcel.
    """

    weights: dict[str, float] = field(default_factory=lambda: weights(REWARDS))
    arm_disturbance: float = 0.6
    carry_share: float = 0.75
    fall_price: float = 2.5
    start_share: float = 0.4


def walking_space(controller: WalkingController) -> GoalSpace:
    """Of the walking command, which comes first in the goal of a skill that walks."""
    space = controller.goal_space
    return GoalSpace(names=space.names[:3], units=space.units[:3], lower=space.lower[:3], upper=space.upper[:3])


class WalkingTask(SkillTask):
    """Velocity commands on disturbed dynamics, arms anywhere.

    Attributes:
        arms: On errands of their own.
        clearance: Of the soles above the floor. Shape (N, 2), m.
        height: Of the base above the lower sole. Shape (N,), m.
        velocity: Of the base, heading frame. Shape (N, 3), m/s.
        average: Forward, sideways velocity and yaw rate over about half a cycle. Shape (N, 3).
        foot_average: Velocity of the soles over about half a cycle. Shape (N, 2, 2), m/s.
        joint_velocity: Before the last step. Shape (N, J), rad/s.
        gait: What terms share about the last step.
    """

    name = "walking"
    settings = ("commands", "gait")
    rewards = REWARDS
    measured = ("lin_vel_sum", "yaw_rate_sum", "cycles", "drift")
    soft_share = 0.95
    lift = 0.008
    start_tags = (_START, _START + 20)
    controller: WalkingController
    memory: WalkingMemory
    config: WalkingTaskConfig

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, robot = sim.n, self.world.robot
        self.since_command = np.zeros(n, dtype=np.int64)
        self.average = np.zeros((n, 3))
        self.velocity = np.zeros((n, 3))
        self.height = np.zeros(n)
        self.foot_average = np.zeros((n, 2, 2))
        self.joint_velocity = np.zeros((n, robot.num_joints))
        self.began = np.zeros((n, 2))
        self.cycle_sum = np.zeros((n, 3))
        self.cycle_count = np.zeros(n, dtype=np.int64)
        self.cycle_steps = self.steps(self.controller.config.period)
        self.arms = Errands(self.controller, n, self.controller.config.arm_rate)
        self.fast = _FAST * robot.velocity_limit
        self.sagittal = np.concatenate([robot.joints(part) for part in ("hip_pitch", "knee", "ankle")])
        self.hips = np.concatenate([robot.joints(part) for part in ("hip_yaw", "hip_roll")])
        self.carrying = np.zeros(n, dtype=np.bool_)
        loads = randomiser.config.load != (0.0, 0.0)
        self._poses = carrying_poses(self.controller) if loads else np.zeros((1, len(self.arms.slow)))
        self.commands = Commands(walking_space(self.controller), self.config, robot.control_dt)
        speed, arms = 0.25 * self.scales.speed, self.arms
        self._uses = Uses(
            (POSE, -0.05, 0.05, robot.num_joints), (_ARMS, 0.0, 1.0, 1),
            (_ARM_GOAL, arms.low, arms.high, len(arms.slow)), (SPEED, -speed, speed, 2),
            (SPEED + 20, -0.2, 0.2, 3), (YAW, -np.pi, np.pi, 1),
        )  # fmt: skip

    def start(self, ids: IntArray) -> tuple[Array, Array, Array]:
        """Default pose with noise; arms anywhere in the disturbed episodes."""
        k, joints = len(ids), self.world.robot.num_joints
        pose, disturbed, arms, speed, spin, heading = self.streams.uniforms(ids, self._uses)
        qpos = np.tile(self.world.home, (k, 1))
        qpos[:, 7 : 7 + joints] += pose
        self.arms.busy[ids] = disturbed[:, 0] < self.config.arm_disturbance
        self.arms.put(qpos, ids, arms)
        self._carry(ids, qpos)
        qvel = np.zeros((k, self.world.model.nv))
        qvel[:, :2] = speed
        qvel[:, 3:6] = spin
        return qpos, qvel, heading[:, 0]

    def _carry(self, ids: IntArray, qpos: Array) -> None:
        """Choose who of `ids` holds a load before it, and put their arms there, in `qpos` (len(ids), nq)."""
        loaded = self.randomiser.load[ids] > 0.0
        if loaded.any():
            loaded &= self.streams.uniform(ids, _CARRY, 0.0, 1.0)[:, 0] < self.config.carry_share
            qpos[np.flatnonzero(loaded)[:, None], 7 + self.arms.slow] = self._held(ids[loaded])
        self.carrying[ids] = loaded
        self.arms.busy[ids] |= loaded

    def _held(self, ids: IntArray) -> Array:
        """Poses of arms and torso that carry something, (len(ids), S), rad."""
        return self._poses[self.streams.integers(ids, _CARRY_GOAL, 0, len(self._poses))]

    def opened(self, ids: IntArray, state: WorldState) -> None:
        """A half of the gait; nothing has moved yet."""
        self.memory.phase[ids] = 0.5 * self.streams.integers(ids, _PHASE, 0, 2)
        self.average[ids] = 0.0
        self.foot_average[ids] = 0.0
        self.joint_velocity[ids] = state.joint_velocity[ids]
        self.began[ids] = state.base_position[ids, :2]
        self.arms.goal[ids] = state.joint_position[ids][:, self.arms.slow]
        self._see(state, ids)

    def draw(self, ids: IntArray, state: WorldState) -> None:
        """New commands."""
        del state
        self.goal[ids, :3], self.timer[ids] = self.commands(self.streams, ids, self.goal[ids, :3])
        self.since_command[ids] = 0
        self.cycle_sum[ids] = 0.0
        self.cycle_count[ids] = 0

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets, with arms and torso on their own errands in the disturbed episodes."""
        before = self.memory.last_targets[:, self.arms.slow]
        return self.arms.go(super().targets(action, obs, tick), before, self.memory)

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Filters, foot motion, gait-cycle averages."""
        super().after_tick(state, obs)
        self._see(state)
        share = self.world.robot.control_dt / 0.4
        self.foot_average += (self.foot_velocity[:, :, :2] - self.foot_average) * share
        planar = np.concatenate([self.velocity[:, :2], state.base_angular_velocity[:, 2:]], axis=1)
        self.average += (planar - self.average) * share
        self.since_command += 1
        counting = self.since_command > self.steps(1.0)
        self.cycle_sum += planar * counting[:, None]
        self.cycle_count += counting
        self._close_cycles()

    def observe(self, state: WorldState, obs: Observation) -> Array:
        """Skill features, then truth for the critic: velocities, height, contacts, dynamics."""
        del state
        return self._observe(obs, self.memory, self.goal, slice(None))

    def observe_some(self, ids: IntArray, state: WorldState, obs: Observation) -> Array:
        """The same for environments `ids` alone."""
        del state
        memory = self.memory.take(ids)
        rows = self._observe(obs.take(ids), memory, self.goal[ids], ids)
        self.memory.mirrored[ids] = memory.mirrored
        return rows

    def _observe(self, obs: Observation, memory: WalkingMemory, goal: Array, ids: IntArray | slice) -> Array:
        features = self.controller.features(obs, goal, memory)
        hands = self.arms.busy[ids] + 0.3 * self.randomiser.load[ids] / self.scales.weight
        truth = WalkingTruth(
            velocity=self.velocity[ids],
            average=self.average[ids],
            height=self.height[ids],
            clearance=self.clearance[ids],
            dynamics=np.concatenate([self.dynamics(ids, self.randomiser.mass), hands[:, None]], axis=1),
        )
        return np.concatenate([features, self.controller.privileged(goal, memory, truth)], axis=1)

    def look(self, state: WorldState) -> None:
        """The gait; the skill need not work out the reference again."""
        del state
        self.gait = gait.Gait.of(self)
        self.memory.reference = self.gait.reference

    def measure(self, state: WorldState) -> None:
        """How far the robot has come."""
        self.joint_velocity = state.joint_velocity
        self.metrics["drift"] = length(state.base_position[:, :2] - self.began)

    def after_step(self, state: WorldState, done: BoolArray) -> None:
        """New commands and arm errands where their time has come."""
        super().after_step(state, done)
        due, arms = np.flatnonzero((self.since_command == 0) & ~done), self.arms
        if len(due):
            arms.goal[due] = self.streams.uniform(due, _ARM_GOAL, arms.low, arms.high, len(arms.slow))
            held = due[self.carrying[due]]
            if len(held):
                arms.goal[held] = self._held(held)

    def _see(self, state: WorldState, ids: IntArray | slice = slice(None)) -> None:
        """What rewards and critic need of `state`, of environments `ids` alone."""
        self.clearance = self.sim.foot_clearance()
        lowest = np.minimum(self.clearance[ids, 0], self.clearance[ids, 1])
        self.height[ids] = state.base_position[ids, 2] - lowest
        self.velocity[ids] = to_heading(state.base_linear_velocity[ids], yaw(state.base_quaternion[ids]))

    def _close_cycles(self) -> None:
        full = self.cycle_count >= self.cycle_steps
        if not full.any():
            return
        error = self.cycle_sum[full] / self.cycle_steps - self.goal[full, :3]
        self.metrics["lin_vel_sum"][full] += np.linalg.norm(error[:, :2], axis=1)
        self.metrics["yaw_rate_sum"][full] += np.abs(error[:, 2])
        self.metrics["cycles"][full] += 1
        self.cycle_sum[full] = 0.0
        self.cycle_count[full] = 0


_SETTLED: dict[str, Any] = {
    "weights": weights(REWARDS)
    | {"lin_vel": 4.0, "yaw_rate": 1.4, "vertical": -4.0, "roll_pitch_rate": -0.12, "slip": -0.4, "still": -1.0}
    | {"rest": -2.0, "brake": -2.5, "lean_back": -40.0, "walk_back": -2.0, "foot_level": -5.0},
    "stand_share": 0.2,
}
"""Of a gait that keeps its pelvis and feet level, and comes to rest where it is told to, once and for all."""

_UNIFORM: dict[str, Any] = {
    "uniform_goals": True,
    "arm_disturbance": 0.0,
    "command_seconds": (5.0, 5.0),
    "stand_seconds": None,
}
"""Commands uniform over the goal space (one in ten is to stand still), a new one every 5 s."""


def _task(robot: Robot, controller: Any, config: Mapping[str, Any]) -> WalkingTask:
    from sim.world import build_world

    return WalkingTask(build_world(robot), controller, episodes(WalkingTaskConfig(), config))


def _ppo() -> PPOConfig:
    from skillblend.training.ppo import PPOConfig

    return PPOConfig(
        batch_size=1536, epochs=4, desired_kl=0.012, learning_rate_range=(1e-5, 3e-3), actor=(128, 128),
        critic=(128, 128),
    )  # fmt: skip


def _errors(metrics: Mapping[str, Array]) -> dict[str, Array]:
    """Of velocities averaged over each gait cycle that lies wholly at least 1 s after a command."""
    cycles = np.where(metrics["cycles"] > 0, metrics["cycles"], np.nan)
    return {"lin_vel": metrics["lin_vel_sum"] / cycles, "yaw_rate": metrics["yaw_rate_sum"] / cycles}


def _rollouts(skill: PolicySkill[Any], seed: int, rollouts: int, progress: Progress | None) -> Rows:
    """Success: four seconds without a fall, the gait cycles after the first second within 0.15 m/s."""
    from sim.rollouts import Known, roll

    config = _UNIFORM | {"arm_disturbance": 0.2, "command_seconds": (4.0, 4.0)}
    task = _task(skill.robot, skill.controller, config)

    def known() -> Known:
        return {name: task.metrics[name] for name in ("lin_vel_sum", "cycles")}

    def reached(env: BatchEnv, last: Known, given: Known) -> BoolArray:
        del env
        cycles = np.maximum(last["cycles"] - given["cycles"], 1)
        return (last["lin_vel_sum"] - given["lin_vel_sum"]) / cycles <= _GOOD_SPEED

    return roll(skill, task, seed, rollouts, progress, reached=reached, known=known)


def _leaves(skill: PolicySkill[Any], seed: int, steps: int) -> StartStates:
    """Standing or slow, both feet down."""
    from sim.env import BatchEnv
    from sim.randomisation import Randomisation
    from sim.starts import collect

    rng = np.random.default_rng(seed)
    config = {"arm_disturbance": 0.3, "command_seconds": (1.0, 3.0), "stand_seconds": None, "stand_share": 0.5}
    task = _task(skill.robot, skill.controller, config)
    slow_speed = 0.25 * Scales.of(skill.robot).speed

    def slow(env: BatchEnv) -> BoolArray:
        speed = np.linalg.norm(task.velocity[:, :2], axis=1)
        down = task.sim.foot_clearance().max(axis=1) < _DOWN * Scales.of(skill.robot).length
        quiet = ~task.memory.stepping | ((speed < slow_speed) & down)
        return (rng.random(env.n) < 0.05) & quiet

    env = BatchEnv(task, 64, seed=seed, randomisation=Randomisation(push_every=4.0))
    return collect(env, skill.bundle.actor.fast(), steps, slow)


TRAINING = SkillTraining(
    skill="walking",
    task=_task,
    rewards=REWARDS,
    ppo=_ppo,
    disturbed=replace(HARDER, push_every=5.0, push_speed=0.5),
    pushed=replace(HARDER, push_every=8.0, push_speed=0.4),
    errors=_errors,
    good_below={"lin_vel": _GOOD_SPEED, "yaw_rate": 0.2},
    unmeasured="no episode held a whole gait cycle at least 1 s after a command",
    rollouts=_rollouts,
    leaves=_leaves,
    evaluation=_UNIFORM,
    settled=_SETTLED,
    at_rest=_UNIFORM | {"fixed_goal": (0.0, 0.0, 0.0)},
    shown={"arm_disturbance": 0.0, "fixed_goal": (0.7, 0.0, 0.0)},
)
