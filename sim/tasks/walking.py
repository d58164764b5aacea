"""Walking: follow velocity commands that change every few seconds, on disturbed dynamics, arms anywhere."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.batch import BatchSim
from sim.randomisation import Randomiser
from sim.streams import Streams, Uses
from sim.tasks.arms import arm_ranges, carrying_poses
from sim.tasks.base import Task, fallen
from sim.tasks.starts import StartStates
from sim.world import World
from skillblend.contracts import Array, BoolArray, IntArray, Observation, WorldState
from skillblend.kinematics import from_heading, gravity_base, length, squares, to_heading, turned, yaw
from skillblend.scales import Scales
from skillblend.skills.walking import WalkingController, WalkingMemory, WalkingTruth

_YAW, _POSE, _SPEED, _KIND, _GOAL, _TIMER, _PHASE, _ARMS, _ARM_GOAL, _BANK, _STAND, _REVERSAL = range(12)
_CARRY, _CARRY_GOAL = 40, 41

_REST = 1.0
"""Feet should rest from this time after the command to stand still on, s."""
_BRAKING = 0.6
"""And base velocity gone from this time on, s."""
_CREEP = (0.02, 0.08)
"""Speeds of a standing foot, over about half a second, at which it loses most of one half and of the other half of
what a planted one earns, m/s, of the reference body: the exploration noise alone moves feet by the latter."""
_LIFT, _LIFT_WIDTH = 0.09, 0.03
"""Wanted height of a swing foot, and the error at which most of what it earns is lost, m, of the reference body."""
_FAST = 0.8
"""Share of a joint's velocity limit beyond which its speed costs: what makes feet land softly."""
_KINDS = np.array([0.15, 0.23, 0.31, 0.39, 0.50])
"""Upper ends of the shares of commands that are fast forward, along one axis (three), still; the rest are any."""
_KEPT = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 1, 1]], dtype=np.bool_)
"""What each kind keeps of a random command."""

WEIGHTS: dict[str, float] = {
    "lin_vel": 3.0, "yaw_rate": 1.2, "alive": 0.3, "reference": 0.6, "contact": 0.5, "clearance": 0.6,
    "vertical": -0.5, "roll_pitch_rate": -0.05, "tilt": -2.0, "height": -10.0, "action_rate": -0.02,
    "joint_acceleration": -1e-7, "torque": -4e-6, "slip": -0.15, "hip": -0.4, "joint_limit": -2.0,
    "still": -0.3, "rest": -1.5, "joint_speed": -0.4, "planted": 1.0,
    "sway": -0.02, "brake": 0.0, "lean_back": 0.0, "walk_back": 0.0, "foot_level": 0.0,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class WalkingTaskConfig:
    """Episodes of the walking task.

    Attributes:
        episode_seconds: Length, s.
        command_seconds: Shortest and longest time between commands, s.
        stand_seconds: The same for commands to stand still, s; None for no difference.
        fixed_goal: Command for whole episodes instead of random ones (forward, left, yaw rate).
        uniform_goals: Draw commands uniformly over the goal space (evaluation) instead of by curriculum.
        arm_disturbance: Share of episodes in which arms and torso do something else.
        carry_share: Share of the episodes with a load in which arms are held as for a parcel.
        fall_price: Taken from the reward at a fall.
        stand_share: Share of commands that are to stand still, besides the curriculum's own.
        reversal_share: Share of commands that reverse the one before, see `_reversed`: what robots fall of last.
        weights: Reward weights per second.
        starts: States left behind by other skills; a share of episodes starts there.
        start_share: That share.
    """

    episode_seconds: float = 20.0
    command_seconds: tuple[float, float] = (1.0, 6.0)
    stand_seconds: tuple[float, float] | None = (2.0, 10.0)
    fixed_goal: tuple[float, float, float] | None = None
    uniform_goals: bool = False
    arm_disturbance: float = 0.6
    carry_share: float = 0.75
    fall_price: float = 2.5
    stand_share: float = 0.08
    reversal_share: float = 0.0
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    starts: StartStates | None = None
    start_share: float = 0.4


class WalkingTask(Task):
    """See the module docstring."""

    name = "walking"

    def __init__(self, world: World, controller: WalkingController, config: WalkingTaskConfig | None = None) -> None:
        """Bind the skill's observation and action mapping to a world."""
        self.world = world
        self.controller = controller
        self.config = config or WalkingTaskConfig()
        self.actor_size = controller.observation_size
        self.critic_size = controller.privileged_size
        self.action_size = controller.action_size
        self.scales = Scales.of(world.robot)
        dt = world.robot.control_dt
        self.episode_steps = round(self.config.episode_seconds / dt)
        self.cycle_steps = round(controller.config.period / dt)

    def attach(self, sim: BatchSim, streams: Streams, randomiser: Randomiser) -> None:
        """Allocate per-environment state."""
        super().attach(sim, streams, randomiser)
        n, robot = sim.n, self.world.robot
        self.memory = self.controller.new_memory(n)
        self.goal = np.zeros((n, 3))
        self.timer = np.zeros(n, dtype=np.int64)
        self.since_command = np.zeros(n, dtype=np.int64)
        self.average = np.zeros((n, 3))
        self.velocity = np.zeros((n, 3))
        self._height = np.zeros(n)
        self.feet = np.zeros((n, 2, 3))
        self.foot_velocity = np.zeros((n, 2, 3))
        self.foot_average = np.zeros((n, 2, 2))
        self.action = np.zeros((n, self.action_size))
        self.action_change = np.zeros((n, self.action_size))
        self.joint_velocity = np.zeros((n, robot.num_joints))
        self.start = np.zeros((n, 2))
        self.arms_busy = np.zeros(n, dtype=np.bool_)
        self.arm_goal = np.tile(robot.default_pose, (n, 1))
        self.cycle_sum = np.zeros((n, 3))
        self.cycle_count = np.zeros(n, dtype=np.int64)
        names = ("lin_vel_sum", "yaw_rate_sum", "cycles", "drift", "fell", "length")
        self.metrics = {k: np.zeros(n) for k in names}
        low, high = robot.position_lower, robot.position_upper
        middle, half = (low + high) / 2, (high - low) / 2
        self._soft = ((middle - 0.95 * half)[self.controller.legs], (middle + 0.95 * half)[self.controller.legs])
        self._fast = _FAST * robot.velocity_limit
        legs = {p: robot.joints(p) for p in ("hip_yaw", "hip_roll", "hip_pitch", "knee", "ankle")}
        self._sagittal = np.concatenate([legs["hip_pitch"], legs["knee"], legs["ankle"]])
        self._hips = np.concatenate([legs["hip_yaw"], legs["hip_roll"]])
        self._arm_low, self._arm_high = arm_ranges(self.controller)
        self.carrying = np.zeros(n, dtype=np.bool_)
        loads = randomiser.config.load != (0.0, 0.0)
        self._carrying_poses = carrying_poses(self.controller) if loads else np.zeros((1, len(self.controller.slow)))
        speed = 0.25 * self.scales.speed
        self._uses = Uses(
            (_POSE, -0.05, 0.05, robot.num_joints), (_ARMS, 0.0, 1.0, 1),
            (_ARM_GOAL, self._arm_low, self._arm_high, len(self.controller.slow)), (_SPEED, -speed, speed, 2),
            (_SPEED + 20, -0.2, 0.2, 3), (_YAW, -np.pi, np.pi, 1),
        )  # fmt: skip
        space = self.controller.goal_space
        self._goal_uses = Uses(
            (_GOAL, space.lower, space.upper, 3), (_KIND, 0.0, 1.0, 1), (_STAND, 0.0, 1.0, 1), (_TIMER, 0.0, 1.0, 1)
        )

    def initial_state(self, ids: IntArray) -> tuple[Array, Array]:
        """Default pose with noise, random heading; arms anywhere in the disturbed episodes."""
        draw, k, slow = self.streams.uniform, len(ids), self.controller.slow
        joints = self.world.robot.num_joints
        pose, disturbed, arms, speed, spin, heading = self.streams.uniforms(ids, self._uses)
        qpos = np.tile(self.world.home, (k, 1))
        qpos[:, 7 : 7 + joints] += pose
        qpos[:, 2] += 0.008
        self.arms_busy[ids] = disturbed[:, 0] < self.config.arm_disturbance
        busy = np.flatnonzero(self.arms_busy[ids])
        qpos[busy[:, None], 7 + slow] = arms[busy]
        self._carry(ids, qpos)
        qvel = np.zeros((k, self.world.model.nv))
        qvel[:, :2] = speed
        qvel[:, 3:6] = spin
        starts = self.config.starts
        if starts is not None:
            use = draw(ids, _BANK, 0.0, 1.0)[:, 0] < self.config.start_share
            row = self.streams.integers(ids, _BANK + 20, 0, starts.num)
            starts.put(qpos, qvel, use, row, joints)
        qpos[:, 3:7] = turned(qpos[:, 3:7], heading[:, 0])
        qvel[:, :3] = from_heading(qvel[:, :3], heading[:, 0])
        return qpos, qvel

    def _carry(self, ids: IntArray, qpos: Array) -> None:
        """Choose who of `ids` holds a load before it, and put their arms there, in `qpos` (len(ids), nq)."""
        loaded = self.randomiser.load[ids] > 0.0
        if loaded.any():
            loaded &= self.streams.uniform(ids, _CARRY, 0.0, 1.0)[:, 0] < self.config.carry_share
            qpos[np.flatnonzero(loaded)[:, None], 7 + self.controller.slow] = self._held(ids[loaded])
        self.carrying[ids] = loaded
        self.arms_busy[ids] |= loaded

    def _held(self, ids: IntArray) -> Array:
        """Poses of arms and torso that carry something, (len(ids), S), rad."""
        rows = self.streams.integers(ids, _CARRY_GOAL, 0, len(self._carrying_poses))
        return self._carrying_poses[rows]

    def begin(self, ids: IntArray, state: WorldState, obs: Observation) -> None:
        """Clear bookkeeping and draw the first command."""
        self.memory.reset(ids, state.joint_position[ids])
        self.memory.phase[ids] = 0.5 * self.streams.integers(ids, _PHASE, 0, 2)
        self.memory.stance = self.controller.odometry.renew(self.memory.stance, obs, ids)
        self.average[ids] = 0.0
        self.action[ids] = 0.0
        self.feet[ids] = self.sim.foot_position(ids)
        self.foot_velocity[ids] = 0.0
        self.foot_average[ids] = 0.0
        self.joint_velocity[ids] = state.joint_velocity[ids]
        self.start[ids] = state.base_position[ids, :2]
        self.arm_goal[ids] = state.joint_position[ids]
        for values in self.metrics.values():
            values[ids] = 0.0
        self._draw_goal(ids)
        self._see(state, ids)

    def targets(self, action: Array, obs: Observation, tick: int) -> Array:
        """Skill targets, with arms and torso on their own errands in the disturbed episodes."""
        del obs, tick
        self.action_change = action - self.action
        self.action = action.copy()
        before = self.memory.last_targets[:, self.controller.slow]
        targets = self.controller.targets(action, self.goal, self.memory)
        busy = self.arms_busy
        if busy.any():
            slow = self.controller.slow
            limit = self.controller.config.arm_rate * self.world.robot.control_dt
            moved = before + np.clip(self.arm_goal[:, slow] - before, -limit, limit)
            targets[:, slow] = np.where(busy[:, None], moved, targets[:, slow])
            self.memory.last_targets[:, slow] = targets[:, slow]
        return targets

    def after_tick(self, state: WorldState, obs: Observation) -> None:
        """Filters, foot motion, gait-cycle averages."""
        self.controller.update(obs, self.goal, self.memory)
        self._see(state)
        feet = self.sim.foot_position()
        self.foot_velocity = (feet - self.feet) / self.world.robot.control_dt
        self.feet = feet
        change = self.foot_velocity[:, :, :2] - self.foot_average
        self.foot_average += change * (self.world.robot.control_dt / 0.4)
        planar = np.concatenate([self.velocity[:, :2], state.base_angular_velocity[:, 2:]], axis=1)
        self.average += (planar - self.average) * (self.world.robot.control_dt / 0.4)
        self.since_command += 1
        counting = self.since_command > round(1.0 / self.world.robot.control_dt)
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
        rand = self.randomiser
        dynamics = np.empty((len(goal), 5))
        dynamics[:, 0] = rand.friction[ids] - 0.8
        dynamics[:, 1] = rand.mass[ids] / self.scales.weight * 0.2
        dynamics[:, 2] = rand.latency[ids]
        dynamics[:, 3] = (rand.gain[ids] - 1.0) * 5.0
        dynamics[:, 4] = self.arms_busy[ids] + 0.3 * rand.load[ids] / self.scales.weight
        truth = WalkingTruth(
            velocity=self.velocity[ids],
            average=self.average[ids],
            height=self._height[ids],
            clearance=self._clearance[ids],
            dynamics=dynamics,
        )
        return np.concatenate([features, self.controller.privileged(goal, memory, truth)], axis=1)

    def reward(self, state: WorldState) -> Array:
        """Weighted sum of the terms, per second, clipped below, minus a price for falling."""
        terms = self._terms(state)
        self.terms = terms
        weights = np.array([self.config.weights[k] for k in terms])
        weighted = np.array(list(terms.values())) * weights[:, None]
        total = np.add.accumulate(weighted)[-1]  # `sum` adds in an order that depends on the number of environments
        self.joint_velocity = state.joint_velocity
        fell = self.failed(state)
        self.metrics["fell"] = fell.astype(np.float64)
        self.metrics["length"] += 1
        planar = state.base_position[:, :2] - self.start
        self.metrics["drift"] = length(planar)
        return np.maximum(total, -0.5) * self.world.robot.control_dt - self.config.fall_price * fell

    def failed(self, state: WorldState) -> BoolArray:
        """Tilted by more than 45 degrees or too low."""
        return fallen(state, self.scales.fallen_height)

    def after_step(self, state: WorldState, done: BoolArray) -> None:
        """New commands and arm errands where their time has come."""
        del state
        self.timer -= 1
        due = np.flatnonzero((self.timer <= 0) & ~done)
        if len(due):
            self._draw_goal(due)
            slow = self.controller.slow
            arms = self.streams.uniform(due, _ARM_GOAL, self._arm_low, self._arm_high, len(slow))
            held = self.carrying[due]
            if held.any():
                arms[held] = self._held(due[held])
            self.arm_goal[due[:, None], slow] = arms

    def _see(self, state: WorldState, ids: IntArray | slice = slice(None)) -> None:
        """What rewards and critic need of `state`, of environments `ids` alone."""
        self._clearance = self.sim.foot_clearance()
        lowest = np.minimum(self._clearance[ids, 0], self._clearance[ids, 1])
        self._height[ids] = state.base_position[ids, 2] - lowest
        self.velocity[ids] = to_heading(state.base_linear_velocity[ids], yaw(state.base_quaternion[ids]))

    def _close_cycles(self) -> None:
        full = self.cycle_count >= self.cycle_steps
        if not full.any():
            return
        error = self.cycle_sum[full] / self.cycle_steps - self.goal[full]
        self.metrics["lin_vel_sum"][full] += np.linalg.norm(error[:, :2], axis=1)
        self.metrics["yaw_rate_sum"][full] += np.abs(error[:, 2])
        self.metrics["cycles"][full] += 1
        self.cycle_sum[full] = 0.0
        self.cycle_count[full] = 0

    def _draw_goal(self, ids: IntArray) -> None:
        cfg = self.config
        goal, kind, stand, until = self.streams.uniforms(ids, self._goal_uses)
        if cfg.fixed_goal is not None:
            goal = np.tile(np.array(cfg.fixed_goal), (len(ids), 1))
        elif cfg.uniform_goals:
            goal[kind[:, 0] < 0.1] = 0.0
        else:
            goal = self._curriculum(goal, kind[:, 0])
            goal[stand[:, 0] < cfg.stand_share] = 0.0
            if cfg.reversal_share:
                goal = self._reversed(ids, goal)
        self.goal[ids] = goal
        self.timer[ids] = self._duration(until[:, 0], goal)
        self.since_command[ids] = 0
        self.cycle_sum[ids] = 0.0
        self.cycle_count[ids] = 0

    def _duration(self, unit: Array, goal: Array) -> IntArray:
        """Control steps (K,) until the command after `goal` (K, 3), from numbers (K,) in [0, 1)."""
        cfg = self.config
        ranges = np.array([cfg.command_seconds, cfg.stand_seconds or cfg.command_seconds])
        low, high = np.round(ranges / self.world.robot.control_dt)[(~goal.any(axis=1)).astype(np.int64)].T
        return np.floor(unit * (high + 1 - low) + low).astype(np.int64)

    def _curriculum(self, goal: Array, kind: Array) -> Array:
        """Half uniform; the rest fast forward, one axis at a time, or standing still."""
        upper = self.controller.goal_space.upper[0]
        row = np.searchsorted(_KINDS, kind, side="right")
        goal = np.where(_KEPT[row], goal, 0.0)
        fast = np.abs(goal[:, 0]) / upper * 0.7 * upper + 0.3 * upper
        goal[:, 0] = np.where(row == 0, fast, goal[:, 0])
        return goal

    def _reversed(self, ids: IntArray, goal: Array) -> Array:
        """`goal` (K, 3), a share of it fast backward while turning after commands ahead, fast ahead after others."""
        chosen, speed, turn = self.streams.uniform(ids, _REVERSAL, 0.0, 1.0, 3).T
        space = self.controller.goal_space
        back, ahead = (limit[0] * (0.7 + 0.3 * speed) for limit in (space.lower, space.upper))
        spin = np.where(turn < 0.5, space.lower[2], space.upper[2]) * (0.4 + 0.6 * (2.0 * turn % 1.0))
        was_ahead = self.goal[ids, 0] > 0.2 * space.upper[0]
        hard = np.stack([np.where(was_ahead, back, ahead), goal[:, 1], np.where(was_ahead, spin, goal[:, 2])], axis=1)
        return np.where((chosen < self.config.reversal_share)[:, None], hard, goal)

    def _planted(self) -> Array:
        """1 where both feet are still, 0 where they move. Shape (N,)."""
        speed = squares(self.foot_average)
        near, far = (self.scales.speed * speed for speed in _CREEP)
        each = np.exp(-speed / near**2) + np.exp(-speed / far**2)
        return 0.25 * (each[:, 0] + each[:, 1])

    def _terms(self, state: WorldState) -> dict[str, Array]:
        memory, dt, scales = self.memory, self.world.robot.control_dt, self.scales
        clear = self._clearance
        contact = clear < 0.004
        phase = np.stack([memory.phase, (memory.phase + 0.5) % 1.0], axis=1)
        swing = (phase < 0.5) & memory.stepping[:, None]
        within = phase % 0.5
        edge = np.minimum(within, 0.5 - within) < 0.05
        desired = scales.length * _LIFT * np.maximum(np.sin(2 * np.pi * phase), 0.0)
        wanted = np.where(memory.holding[:, None], memory.command, self.goal)
        error = squares(wanted[:, :2] - self.velocity[:, :2])
        slow_error = squares(wanted[:, :2] - self.average[:, :2])
        spin_error = (wanted[:, 2] - self.average[:, 2]) ** 2
        gravity = gravity_base(state.base_quaternion)
        memory.reference = self.controller.reference(memory)
        reference = memory.reference.take(self._sagittal, axis=1)
        timely = ((contact ^ swing) | edge).astype(np.float64)
        lifted = np.where(swing, np.exp(-(((clear - desired) / (scales.length * _LIFT_WIDTH)) ** 2)), 1.0)
        slip = length(self.foot_velocity[:, :, :2]) * contact
        low, high = self._soft
        q = state.joint_position
        legs = self.controller.legs
        bent = q.take(legs, axis=1)
        acceleration = (state.joint_velocity - self.joint_velocity) / dt
        standing = ~memory.stepping
        return {
            "lin_vel": 0.3 * np.exp(-error / 0.25)
            + 0.35 * np.exp(-slow_error / 0.08)
            + 0.35 * np.exp(-slow_error / 0.015),
            "yaw_rate": 0.5 * np.exp(-spin_error / 0.25) + 0.5 * np.exp(-spin_error / 0.03),
            "alive": np.ones(state.num),
            "reference": np.exp(-2 * squares(q.take(self._sagittal, axis=1) - reference)),
            "contact": 0.5 * (timely[:, 0] + timely[:, 1]),
            "clearance": 0.5 * (lifted[:, 0] + lifted[:, 1]),
            "vertical": (self.velocity[:, 2] / scales.speed) ** 2,
            "roll_pitch_rate": squares(state.base_angular_velocity[:, :2]),
            "tilt": squares(gravity[:, :2]),
            "height": ((self._height - self.world.robot.base_height) / scales.length + 0.02) ** 2,
            "action_rate": 0.5 * squares(self.action_change),
            "joint_acceleration": np.minimum(squares(acceleration), 1e7),
            "torque": squares(state.joint_torque) / scales.torque**2,
            "slip": slip[:, 0] + slip[:, 1],
            "hip": squares(q.take(self._hips, axis=1)),
            "joint_limit": (np.maximum(low - bent, 0) + np.maximum(bent - high, 0)).sum(axis=1),
            "rest": (memory.stepping & ~memory.holding & (memory.waiting > _REST)).astype(np.float64),
            "joint_speed": squares(np.maximum(np.abs(state.joint_velocity) - self._fast, 0.0)),
            "planted": self._planted() * standing,
            "sway": np.minimum(squares(state.joint_velocity.take(legs, axis=1)), 20.0) * standing,
            "still": np.minimum(length(self.average[:, :2]), 1.0) * standing,
            "brake": np.minimum(length(self.average[:, :2]) / scales.speed, 1.0) * (memory.waiting > _BRAKING),
            "lean_back": np.minimum(gravity[:, 0], 0.0) ** 2 * (memory.waiting > 0.0),
            "walk_back": memory.holding.astype(np.float64),
            "foot_level": (self.sim.foot_pitch() ** 2 * ~contact).sum(axis=1),
        }
