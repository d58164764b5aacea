"""Blending: a high-level policy gives each skill a goal and each joint a softmax over the skills.

``a[j] = sum_k softmax_k(w[k, j]) * pi_k(g_k, s)[j]``

Source: Kuang et al., "SkillBlender: Towards versatile humanoid whole-body loco-manipulation via skill
blending", arXiv 2506.09366, section 3.2. Differences, by measurement (docs/log.md): the high level
decides at 10 Hz instead of at the skills' rate, explores in goal and gate space instead of in joint
space, and its gates may be tied per limb group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from skillblend.checks import check_integer, check_number, check_vector
from skillblend.contracts import Array, GoalSpace, IntArray, Observation, Robot
from skillblend.errors import InputError, ShapeError
from skillblend.policy import Mlp
from skillblend.skills.reaching import ReachingController, ReachingMemory
from skillblend.skills.walking import WalkingController, WalkingMemory

_NO_SAY = 0.1
"""Below this weight on the arms reaching does not act."""

Gates = Literal["limb", "joint", "scalar"]


def mix(targets: Array, weights: Array) -> Array:
    """Weighted sum of the skills' joint targets. Both (N, K, J) -> (N, J), rad.

    Raises:
        ShapeError: The shapes differ.
    """
    if weights.shape != targets.shape:
        raise ShapeError(f"weights {weights.shape} must match targets {targets.shape} (N, K, J)")
    return np.einsum("nkj,nkj->nj", weights, targets)


def softmax(logits: Array) -> Array:
    """Softmax over the skill axis of (N, K, J)."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


@dataclass(frozen=True, kw_only=True)
class BlendConfig:
    """How the high level drives walking and reaching.

    Attributes:
        decision_ticks: Control steps per decision.
        gates: One gate per limb group, per joint, or for the whole body.
        hands: Which hands have a target; a hand without one is sent to `rest`.
        command_scale, command_offset: Walking command per unit action, and at zero action.
        dead_zone: Commands whose absolute sum is smaller mean standing still.
        offset_scale: Shift of the reaching targets per unit action, m.
        gate_scale: Logit per unit action.
        rest: Left wrist target of a hand without one, stance frame, m; the right one's is mirrored.
    """

    decision_ticks: int = 5
    gates: Gates = "limb"
    hands: Literal["both", "left"] = "both"
    command_scale: tuple[float, float, float] = (0.5, 0.25, 0.5)
    command_offset: tuple[float, float, float] = (0.2, 0.0, 0.0)
    dead_zone: float = 0.12
    offset_scale: float = 0.05
    gate_scale: float = 2.0
    rest: tuple[float, float, float] = (0.22, 0.24, 0.98)

    def __post_init__(self) -> None:
        """Refuse configurations that mean nothing; they may come from a bundle.

        Raises:
            InputError: Names the field.
        """
        check_integer("decision_ticks", self.decision_ticks, 1, 1000)
        check_number("dead_zone", self.dead_zone, 0.0, 10.0)
        check_number("offset_scale", self.offset_scale, 0.0, 5.0)
        check_number("gate_scale", self.gate_scale, 0.0, 100.0)
        for name in ("command_scale", "command_offset", "rest"):
            check_vector(name, getattr(self, name), 3, -10.0, 10.0)
        if self.gates not in ("limb", "joint", "scalar"):
            raise InputError(f"gates = {self.gates!r} must be 'limb', 'joint' or 'scalar'")
        if self.hands not in ("both", "left"):
            raise InputError(f"hands = {self.hands!r} must be 'both' or 'left'")


@dataclass(kw_only=True)
class BlendMemory:
    """What a blender remembers, for N robots.

    Attributes:
        walking, reaching: The skills' own memories.
        action: Last decision of the high level. Shape (N, A).
        command: Walking goal of the last decision. Shape (N, 3).
        last_targets: Joint targets that were sent. Shape (N, J), rad.
    """

    walking: WalkingMemory
    reaching: ReachingMemory
    action: Array
    command: Array
    last_targets: Array

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        self.walking.reset(ids, joint_position)
        self.reaching.reset(ids, joint_position)
        self.action[ids] = 0.0
        self.command[ids] = 0.0
        self.last_targets[ids] = joint_position


class BlendController:
    """Observation and action mapping of a blender over walking and reaching.

    Goals are wrist targets (left x, y, z, right x, y, z) in the stance frame, as for reaching, but
    metres away. The same columns and actions serve training, evaluation and hardware.
    """

    name = "blend"

    def __init__(
        self,
        robot: Robot,
        walking: tuple[WalkingController, Mlp],
        reaching: tuple[ReachingController, Mlp],
        config: BlendConfig | None = None,
    ) -> None:
        """Join the frozen skills (controller, actor)."""
        self.robot = robot
        self.config = config or BlendConfig()
        self.walking, self._walk_net = walking
        self.reaching, self._reach_net = reaching
        far = np.array([4.0, 4.0, 0.0])
        low, high = self.reaching.goal_space.lower.copy(), self.reaching.goal_space.upper.copy()
        self.goal_space = GoalSpace(
            names=self.reaching.goal_space.names,
            units=self.reaching.goal_space.units,
            lower=low - np.tile(far, 2),
            upper=high + np.tile(far, 2),
        )
        self.groups = gate_groups(robot, self.config.gates)
        self._arms = robot.joints("shoulder", "elbow", "wrist")
        self.action_size = 3 + 6 + self.groups.shape[0]
        self.action_limit = 3.0
        j = robot.num_joints
        self.layout: tuple[tuple[str, int], ...] = (
            ("goal", 6), ("near_error", 6), ("bearing", 3), ("velocity", 3), ("average", 3),
            ("angular_velocity", 3), ("gravity", 3), ("height", 1), ("clock", 2), ("stepping", 1),
            ("feet", 2), ("joint_position", j), ("action", self.action_size),
        )  # fmt: skip
        self.observation_size = sum(size for _, size in self.layout)
        self.privileged_size = 14
        rest = np.array(self.config.rest)
        self._rest = np.stack([rest, rest * [1.0, -1.0, 1.0]])

    def new_memory(self, n: int) -> BlendMemory:
        """Memory for `n` robots in the default pose."""
        return BlendMemory(
            walking=self.walking.new_memory(n),
            reaching=self.reaching.new_memory(n),
            action=np.zeros((n, self.action_size)),
            command=np.zeros((n, 3)),
            last_targets=np.tile(self.robot.default_pose, (n, 1)),
        )

    def update(self, obs: Observation, goal: Array, memory: BlendMemory) -> None:
        """Once per control step: advance the skills' filters.

        Where reaching has no say over the arms, its goal waits at the wrists, so that it starts from there.
        """
        self.walking.update(obs, memory.command, memory.walking)
        self.reaching.update(obs, self.reach_goal(goal, memory), memory.reaching)
        share = self.weights(memory.action)[:, 1, self._arms].mean(axis=1)
        memory.reaching.goal[share < _NO_SAY] = np.nan

    def reach_goal(self, goal: Array, memory: BlendMemory) -> Array:
        """What reaching is asked for (N, 6): the aims, shifted by the last decision, inside its limits."""
        offset = np.clip(memory.action[:, 3:9], -2.0, 2.0) * self.config.offset_scale
        return self.reaching.goal_space.clip(self.aims(goal).reshape(-1, 6) + offset)

    def aims(self, goal: Array) -> Array:
        """Wrist targets (N, 2, 3) with hands at rest filled in."""
        aims = goal.reshape(-1, 2, 3).copy()
        if self.config.hands == "left":
            aims[:, 1] = self._rest[1]
        return aims

    def features(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Policy input (N, O), at decision times."""
        walk, reach, n = memory.walking, memory.reaching, obs.num
        stance = walk.stance if walk.stance is not None else self.walking.odometry(obs)
        aims = self.aims(goal)
        wrists = np.where(np.isfinite(reach.wrists), reach.wrists, self.reaching.wrists(obs, stance))
        used = aims[:, :1] if self.config.hands == "left" else aims
        centre = used.mean(axis=1)
        distance = np.linalg.norm(centre[:, :2], axis=1, keepdims=True)
        bearing = centre[:, :2] / np.maximum(distance, 0.1)
        moving = walk.stepping.astype(np.float64)[:, None]
        angle = 2 * np.pi * walk.phase[:, None]
        columns = [
            np.clip(aims, -3.0, 3.0).reshape(n, 6),
            np.clip((aims - wrists) * 3.0, -3.0, 3.0).reshape(n, 6),
            np.concatenate([bearing, distance], axis=1),
            walk.velocity,
            walk.average,
            obs.base_angular_velocity * 0.5,
            stance.gravity * 3.0,
            (stance.height[:, None] - self.robot.base_height) * 5.0,
            np.sin(angle) * moving,
            np.cos(angle) * moving,
            moving,
            (stance.feet - stance.midfoot[:, None])[:, 0, :2] * 4.0,
            obs.joint_position - self.robot.default_pose,
            memory.action * 0.5,
        ]
        return np.clip(np.concatenate(columns, axis=1), -5.0, 5.0)

    def decide(self, action: Array, memory: BlendMemory) -> None:
        """Take a decision of the high level, (N, A), for the next control steps."""
        action = np.clip(action, -self.action_limit, self.action_limit)
        cfg, space = self.config, self.walking.goal_space
        command = space.clip(action[:, :3] * cfg.command_scale + np.array(cfg.command_offset))
        command[np.abs(command).sum(axis=1) < cfg.dead_zone] = 0.0
        memory.action = action
        memory.command = command

    def weights(self, action: Array) -> Array:
        """Per-joint weights (N, K, J) of a decision: walking first, reaching second."""
        gate = action[:, 9:] * self.config.gate_scale
        logit = gate @ self.groups
        return softmax(np.stack([np.zeros_like(logit), logit], axis=1))

    def targets(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Joint targets (N, J), rad, for one control step under the last decision."""
        reach_goal = self.reach_goal(goal, memory)
        walk_input = self.walking.features(obs, memory.command, memory.walking)
        walk = self.walking.targets(self._walk_net(walk_input), memory.command, memory.walking)
        reach_input = self.reaching.features(obs, reach_goal, memory.reaching)
        reach = self.reaching.targets(self._reach_net(reach_input), reach_goal, memory.reaching)
        mixed = mix(np.stack([walk, reach], axis=1), self.weights(memory.action))
        self.sent(mixed, memory)
        return mixed

    def sent(self, targets: Array, memory: BlendMemory) -> None:
        """Let every skill know what was sent to the motors."""
        memory.last_targets = targets.copy()
        memory.walking.last_targets = targets.copy()
        memory.reaching.last_targets = targets.copy()


def gate_groups(robot: Robot, gates: Gates) -> Array:
    """Which joints each gate logit moves: one row per gate, (gates, J), zeros and ones."""
    j = robot.num_joints
    if gates == "joint":
        return np.eye(j)
    if gates == "scalar":
        return np.ones((1, j))
    rows: list[Any] = []
    for parts in (("hip", "knee", "ankle"), ("torso", "waist"), ("shoulder", "elbow", "wrist")):
        row = np.zeros(j)
        row[robot.joints(*parts)] = 1.0
        rows.append(row)
    return np.stack(rows)
