"""Carrying: walk with a thing pressed between both palms; legs as in walking, arms by inverse kinematics.

What holds a thing is that the arms' targets do not change with the gait: springs of constant rest length press on
it with a constant force, whatever the trunk does. So the arms are no policy's: they go to a place fixed to the trunk,
and the force that the palms press with is added to their joint targets, over the stiffness of the joints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np

from skillblend import columns
from skillblend.affordance import walking_features
from skillblend.checks import check_number, check_vector
from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray, Observation, Robot
from skillblend.errors import InputError
from skillblend.kinematics import Limbs, Stance, gravity_base, length
from skillblend.scales import Scales
from skillblend.skills.gait import WalkingConfig
from skillblend.skills.spec import Holding, SkillSpec, tuples
from skillblend.skills.walking import WalkingController, WalkingMemory, follow_gait

_COMMAND = 3
"""Columns of the goal that are a walking command; the rest is a grip: place of the middle, width, force."""

_REST = (0.22, 0.24, 0.98)
"""Left wrist of a hand that holds nothing, stance frame of the reference body, m."""

_TURN = 0.2
"""Largest change of a joint in an iteration of the inverse kinematics, rad."""

_DAMPING, _CENTRING = 1e-3, 0.1
"""Of the least squares, m^2; how fast joints that are not needed go to their home, as a share an iteration."""


_SLOWLY = 1.0
"""How slowly hands follow the height of the base, s: slower than it bobs."""

_LIFTING, _HANGS = 600.0, 0.05
"""How fast the lift grows for each metre that wrists hang too low, N/s, of the reference body; at most so low, m."""


@dataclass(frozen=True, kw_only=True)
class CarryingConfig(WalkingConfig):
    """Walking's gait, and where hands may be; the defaults are those of the reference body, the H1.

    Attributes:
        low, high: Corners of the places of the middle between both wrists: ahead, aside and high, where the feet of a
            robot that stands are the origin, m.
        widths: Least and most between the wrists, m.
        force: The palms press with so much at most, N.
        hand_rate: Largest speed of arm joints on their way to another grip, rad/s.
        iterations: Of the inverse kinematics in a control step.
    """

    low: tuple[float, float, float] = (0.12, -0.15, 0.75)
    high: tuple[float, float, float] = (0.50, 0.15, 1.65)
    widths: tuple[float, float] = (0.05, 0.80)
    force: float = 60.0
    hand_rate: float = 1.5
    iterations: int = 3

    def __post_init__(self) -> None:
        """Refuse values that no robot can carry by; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        super().__post_init__()
        check_vector("low", self.low, 3, -5.0, 5.0)
        check_vector("high", self.high, 3, -5.0, 5.0)
        check_vector("widths", self.widths, 2, 0.0, 5.0)
        check_number("force", self.force, 0.0, 500.0)
        check_number("hand_rate", self.hand_rate, 0.01, 50.0)
        check_number("iterations", self.iterations, 1, 50)
        if not (np.array([*self.low, self.widths[0]]) < np.array([*self.high, self.widths[1]])).all():
            raise InputError(f"low {self.low} and widths[0] {self.widths[0]} must be below high and widths[1]")

    @staticmethod
    def for_robot(robot: Robot) -> CarryingConfig:
        """Of `robot`: the gait by its legs, hands by its arms."""
        gait, scales, base = WalkingConfig.for_robot(robot), Scales.of(robot), CarryingConfig()
        (ahead, _, low), (far, _, high) = (scales.place((x, 0.0, z)) for x, _, z in (base.low, base.high))
        aside = round(base.high[1] * scales.reach, 3)
        return CarryingConfig(
            **{field.name: getattr(gait, field.name) for field in fields(WalkingConfig)},
            low=(ahead, -aside, low),
            high=(far, aside, high),
            force=round(base.force * scales.weight, 1),
        )


@dataclass(kw_only=True)
class CarryingMemory(WalkingMemory):
    """Walking's, and what the inverse kinematics has found, for N robots.

    Attributes:
        pose: Joints that bring the wrists to the grip. Shape (N, J), rad.
        high: Of the base above the soles, on average over a second or so. Shape (N,), m.
        lift: What each wrist is pushed upwards with, for the weight of the arms and of what they hold. Shape (N,), N.
        active: Whose arms it has. Shape (N,).
        fresh: Whose arms it has not had before. Shape (N,).
        found: Where the joints of those were when it was given them. Shape (N, J), rad; NaN of all others.
    """

    pose: Array
    high: Array
    lift: Array
    active: BoolArray
    fresh: BoolArray
    found: Array

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        super().reset(ids, joint_position)
        self.pose[ids], self.lift[ids], self.active[ids] = joint_position, 0.0, False
        self.high[ids] = np.nan
        self.fresh[ids] = True
        self.found[ids] = np.nan

    def take(self, ids: IntArray) -> CarryingMemory:
        """Of robots `ids` alone, as copies."""
        values = {f.name: getattr(self, f.name)[ids] for f in fields(self) if f.name not in ("stance", "reference")}
        return CarryingMemory(**values, stance=None if self.stance is None else self.stance.take(ids))


class CarryingController(WalkingController):
    """Walking's observation and action mapping, with arms that hold."""

    name = "carrying"
    config: CarryingConfig

    def __init__(self, robot: Robot, config: CarryingConfig | None = None) -> None:
        """Prepare index tables for `robot`."""
        config = config or CarryingConfig.for_robot(robot)
        super().__init__(robot, config)
        walking = self.goal_space
        self.goal_space = GoalSpace(
            names=(*walking.names, "ahead", "aside", "height", "width", "force"),
            units=(*walking.units, "m", "m", "m", "m", "N"),
            lower=np.array([*walking.lower, *config.low, config.widths[0], 0.0]),
            upper=np.array([*walking.upper, *config.high, config.widths[1], config.force]),
        )
        x, y, z = Scales.of(robot).place(_REST)
        self.goal_at_rest = np.array([0.0, 0.0, 0.0, x, 0.0, z, 2.0 * y, 0.0])
        self._hands = Limbs(robot, robot.hands)
        still = np.zeros((1, robot.num_joints))
        feet = Limbs(robot, robot.feet)(robot.default_pose[None], still).position[0].mean(axis=0)
        self._feet = np.array([feet[0], feet[1], 0.0])
        arms = set(robot.joints("shoulder", "elbow", "wrist").tolist())
        rows = [k for k, joint in enumerate(self._hands.joints[0].tolist()) if joint in arms]
        self.arm_joints: IntArray = self._hands.joints[:, rows]
        self._arm = np.array(rows)
        self._lifting = _LIFTING * Scales.of(robot).weight
        self._most = 0.9 * robot.torque_limit / robot.stiffness

    def new_memory(self, n: int) -> CarryingMemory:
        """Memory for `n` robots in the default pose."""
        walking = super().new_memory(n)
        values = {f.name: getattr(walking, f.name) for f in fields(WalkingMemory)}
        pose = np.tile(self.robot.default_pose, (n, 1))
        return CarryingMemory(
            **values, pose=pose, lift=np.zeros(n), high=np.full(n, np.nan), active=np.zeros(n, dtype=np.bool_),
            fresh=np.ones(n, dtype=np.bool_), found=np.full_like(pose, np.nan),
        )  # fmt: skip

    def update(self, obs: Observation, goal: Array, memory: WalkingMemory, stance: Stance | None = None) -> None:
        """Once per control step: advance the filters of walking, and let the lift follow where wrists hang."""
        super().update(obs, goal[:, :_COMMAND], memory, stance)
        memory = cast(CarryingMemory, memory)  # made by `new_memory`
        assert memory.stance is not None  # just set
        share, height = self.robot.control_dt / _SLOWLY, memory.stance.height
        memory.high = np.where(
            memory.fresh | np.isnan(memory.high), height, memory.high + share * (height - memory.high)
        )
        memory.found = np.where(memory.fresh[:, None], obs.joint_position, np.nan)
        going = np.flatnonzero(memory.active)
        if len(going):
            joints = obs.joint_position[going]
            wrists = self._hands.position(joints)
            below = (self.places(goal[going, _COMMAND:], memory.high[going]) - wrists)[:, :, 2].mean(axis=1)
            memory.lift[going] += self._lifting * self.robot.control_dt * np.clip(below, -_HANGS, _HANGS)
        memory.lift = np.clip(memory.lift, 0.0, self.config.force)
        memory.active[:], memory.fresh[:] = True, False

    def wait(self, rows: BoolArray, memory: WalkingMemory) -> None:
        """Robots `rows` (N,) hold nothing by this skill: others walk, and arms begin where they are."""
        memory = cast(CarryingMemory, memory)  # made by `new_memory`
        memory.active &= ~rows
        memory.fresh[rows] = True
        memory.pose[rows] = memory.last_targets[rows]

    def targets(self, action: Array, goal: Array, memory: WalkingMemory) -> Array:
        """Joint targets (N, J), rad, from policy output (N, A) and the grip."""
        memory = cast(CarryingMemory, memory)  # made by `new_memory`
        before, arms = memory.last_targets, self.arm_joints.ravel()
        rows = np.flatnonzero(memory.active)
        self._take_on(rows[np.isfinite(memory.found[rows, 0])], memory)
        targets = super().targets(action, goal, memory)
        if len(rows):
            grip = goal[rows, _COMMAND:]
            memory.pose[rows] = self._solved(memory.pose[rows], grip, memory.high[rows])
            wanted = memory.pose[rows] + self.pressed(memory.pose[rows], grip[:, 4], memory.lift[rows])
            limit = self.config.hand_rate * self.robot.control_dt
            moved = before[rows] + np.clip(wanted - before[rows], -limit, limit)
            moved = np.clip(moved, self.robot.position_lower, self.robot.position_upper)
            targets[rows[:, None], arms] = moved[:, arms]
            memory.last_targets = targets.copy()
        return targets

    def _take_on(self, rows: IntArray, memory: CarryingMemory) -> None:
        """Let the lift of robots `rows`, whose arms it has been given, begin with what their springs bear."""
        if len(rows):
            lift = self._borne(memory.found[rows], memory.last_targets[rows])
            memory.lift[rows] = np.clip(lift, 0.0, self.config.force)

    def places(self, grip: Array, high: Array) -> Array:
        """Wrists (N, 2, 3) of grips (N, 5), in base axes of a robot that stands with its base `high` (N,), m."""
        middle = grip[:, None, :3] + self._feet
        middle[:, 0, 2] -= high
        middle = np.repeat(middle, 2, axis=1)
        middle[:, 0, 1] += grip[:, 3] / 2
        middle[:, 1, 1] -= grip[:, 3] / 2
        return middle

    def solve(self, grip: Array, iterations: int = 60) -> tuple[Array, Array]:
        """Poses (N, J), rad, for grips (N, 5), and how far the farther wrist stays from its place (N,), m."""
        high = np.full(len(grip), self.robot.base_height)
        pose = self._solved(np.tile(self.robot.default_pose, (len(grip), 1)), grip, high, iterations)
        away = self._hands.position(pose) - self.places(grip, high)
        return pose, np.linalg.norm(away, axis=2).max(axis=1)

    def pressed(self, pose: Array, force: Array, lift: Array) -> Array:
        """Change of joint targets (N, J), rad, by which palms press inwards with `force` and up with `lift` (N,), N.

        A joint that is held by a spring bears the torque J^T f where its target is J^T f over stiffness further.
        """
        jacobian = self._jacobian(pose)
        change = np.zeros_like(pose)
        for side, inward in enumerate((-1.0, 1.0)):
            joints = self.arm_joints[side]
            torque = jacobian[:, side, 1] * (inward * force[:, None]) + jacobian[:, side, 2] * lift[:, None]
            change[:, joints] = torque / self.robot.stiffness[joints]
        return np.clip(change, -self._most, self._most)

    def _borne(self, joints: Array, targets: Array) -> Array:
        """What the springs of both arms bear at the wrists, upwards, (N,), N: from joints and targets (N, J), rad."""
        jacobian, borne = self._jacobian(joints), np.zeros((len(joints), 2))
        for side in range(2):
            arm, j = self.arm_joints[side], jacobian[:, side]
            torque = (targets - joints)[:, arm] * self.robot.stiffness[arm]
            square = _squared(j) + _DAMPING * np.eye(3)
            borne[:, side] = _solve(square, _times(j, torque))[:, 2]
        return borne.mean(axis=1)

    def _jacobian(self, pose: Array) -> Array:
        """Of the wrists by the joints of their own arms, base axes. Shape (N, 2, 3, K), m/rad."""
        return self._hands.jacobian(pose)[..., self._arm]

    def _solved(self, pose: Array, grip: Array, high: Array, iterations: int = 0) -> Array:
        """`pose` (N, J) brought nearer to where the wrists are at their places; torso at home.

        What is left over goes to the default pose.

        Source: damped least squares, Nakamura and Hanafusa, "Inverse Kinematic Solutions With Singularity Robustness
        for Robot Manipulator Control", ASME J. Dyn. Sys. Meas. Control 108 (1986).
        """
        robot, goal, pose = self.robot, self.places(grip, high), pose.copy()
        torso = np.setdiff1d(self.slow, self.arm_joints)
        pose[:, torso] = robot.default_pose[torso]
        eye = _DAMPING * np.eye(3)
        for _ in range(iterations or self.config.iterations):
            error = goal - self._hands.position(pose)
            jacobian = self._jacobian(pose)
            for side in range(2):
                joints, j = self.arm_joints[side], jacobian[:, side]
                home = _CENTRING * (robot.default_pose[joints] - pose[:, joints])
                off = error[:, side] - _times(j, home)
                step = home + _times(j.transpose(0, 2, 1), _solve(_squared(j) + eye, off))
                pose[:, joints] += np.clip(step, -_TURN, _TURN)
            pose = np.clip(pose, robot.position_lower, robot.position_upper)
        return pose


def _times(matrices: Array, vectors: Array) -> Array:
    """Products (N, I) of matrices (N, I, K) and vectors (N, K), added up in an order that no batch size changes."""
    total = np.zeros(matrices.shape[:2])
    for k in range(matrices.shape[2]):
        total += matrices[:, :, k] * vectors[:, k, None]
    return total


def _squared(matrices: Array) -> Array:
    """Products (N, I, I) of matrices (N, I, K) and their transposes, added up likewise."""
    total = np.zeros((*matrices.shape[:2], matrices.shape[1]))
    for k in range(matrices.shape[2]):
        total += matrices[:, :, None, k] * matrices[:, None, :, k]
    return total


def _solve(square: Array, right: Array) -> Array:
    """Solutions (N, 3) of N systems (N, 3, 3) with right sides (N, 3)."""
    return np.asarray(np.linalg.solve(square, right[..., None]), dtype=np.float64)[..., 0]


def _make(robot: Robot, config: Mapping[str, Any] | None) -> CarryingController:
    return CarryingController(robot, None if config is None else CarryingConfig(**tuples(config)))


def _describe(
    controller: WalkingController, value: Array, obs: Observation, goal: Array, memory: WalkingMemory
) -> Array:
    """Value, tilt (rad), speed (m/s), size of the command, its distance from the present motion."""
    del controller
    return walking_features(value, obs, goal[:, :_COMMAND], memory.average, gravity_base(obs.base_quaternion))


def _goal(command: Array, grip: Array) -> Array:
    """Goals (N, 8) of commands (N, 3) and grips (N, 5)."""
    return np.concatenate([command, grip], axis=1)


def _steps(controller: WalkingController, memory: WalkingMemory) -> BoolArray:
    """Robots (N,) that it walks: nobody else can have their legs in mid-stride."""
    return controller.stepping(memory)


_CLOSED = 0.045
"""Wrists this much closer together than the grip is wide press on nothing, m: a thing keeps them apart."""


def _lost(grip: Array, wrists: Array) -> BoolArray:
    """Whether the wrists (N, 2, 3) have come closer together than what is between them lets them, (N,)."""
    apart = length(wrists[:, 0] - wrists[:, 1])
    return np.asarray(apart < grip[:, 3] - _CLOSED)


SKILL = SkillSpec(
    name="carrying",
    about="Walks as walking does, or stands, while both palms press on what is between them at a place fixed to the "
    "trunk. Legs are learned; arms follow from their kinematics and the force.",
    make=_make,
    limbs=("arms",),
    parts=columns.WALKING,
    planted=False,
    follow=follow_gait,
    holds=_steps,
    carries=Holding(goal=_goal, lost=_lost),
    features=("value", "tilt", "speed", "command", "command_change"),
    describe=_describe,
)
