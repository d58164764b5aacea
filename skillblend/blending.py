"""Blending: a high-level policy gives each of K skills a goal and each joint a softmax over the skills.

``a[j] = sum_k softmax_k(w[k, j]) * pi_k(g_k, s)[j]``

Source: Kuang et al., "SkillBlender: Towards versatile humanoid whole-body loco-manipulation via skill
blending", arXiv 2506.09366, section 3.2. Differences, by measurement (docs/log.md): the high level
decides at 10 Hz instead of at the skills' rate, explores in goal and gate space instead of in joint
space, and its gates may be tied per limb group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skillblend.blend_config import BlendConfig, Gates, SkillColumns
from skillblend.contracts import Array, IntArray, Observation, Robot
from skillblend.errors import InputError, ShapeError, UnknownNameError
from skillblend.kinematics import Stance
from skillblend.motion import Motion, MotionFilter
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import LIMBS, SKILLS, SkillMemory
from skillblend.terms import TERMS, Sight

SAY = 0.1
"""A skill with less weight on the limbs that its goal is about, on average, waits."""


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


class Ensemble:
    """K frozen skills that act side by side on N robots.

    Attributes:
        robot: Whose.
        names: Of the skills, in the order of goals and weights.
        skills: By name.
        filter: Of what the robots feel of their motion.
    """

    def __init__(self, robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> None:
        """Join skills that were trained for `robot`."""
        self.robot = robot
        self.names = tuple(skills)
        self.skills = dict(skills)
        self.filter = MotionFilter(robot)
        self._gaits = {k: f for k, name in enumerate(self.names) if (f := SKILLS[name].follow) is not None}
        self._recovers = [SKILLS[name].recovers for name in self.names]
        self._legs = robot.joints(*LIMBS["legs"])
        limbs = [[part for limb in SKILLS[name].limbs for part in LIMBS[limb]] for name in self.names]
        self._limbs = [robot.joints(*parts) for parts in limbs]

    def new_memories(self, n: int) -> dict[str, SkillMemory]:
        """Of every skill, for `n` robots in the default pose."""
        return {name: skill.controller.new_memory(n) for name, skill in self.skills.items()}

    def rest(self, k: int, n: int) -> Array:
        """Goals (n, G) at rest of skill number `k`."""
        return self.skills[self.names[k]].controller.goal_at_rest[None].repeat(n, axis=0)

    def begin(self, obs: Observation, memories: dict[str, SkillMemory], motion: Motion) -> None:
        """Before the first control step: let everybody see how the robots stand."""
        motion.stance = self.filter.odometry(obs)
        for memory in memories.values():
            memory.stance = motion.stance

    def update(
        self,
        obs: Observation,
        goals: list[Array],
        weights: Array,
        memories: dict[str, SkillMemory],
        motion: Motion,
        legs: Array | None = None,
    ) -> None:
        """Once per control step: advance all filters; skills without a say wait, those with a gait go along.

        Args:
            obs: Of N robots.
            goals: Each skill's, (N, G).
            weights: (N, K, J).
            memories: The skills'.
            motion: What the robots feel of their motion.
            legs: Share of the legs that each skill has, (N, K); by default what `weights` say.
        """
        stance = self.filter.update(obs, motion)
        for k, (name, skill) in enumerate(self.skills.items()):
            skill.controller.update(obs, goals[k], memories[name], stance)
            skill.controller.wait(weights[:, k, self._limbs[k]].mean(axis=1) < SAY, memories[name])
        if len(self._gaits) > 1:
            self._go_along(weights[:, :, self._legs].mean(axis=2) if legs is None else legs, memories)

    def _go_along(self, legs: Array, memories: dict[str, SkillMemory]) -> None:
        """Skills with a gait follow the one that has most of the legs (N, K), or else the one that recovers."""
        mine = {k: legs[:, k] > 0.5 for k in self._gaits}
        nobody = ~np.any(list(mine.values()), axis=0)
        for k, walked in mine.items():
            rows = walked | nobody if self._recovers[k] else walked
            for other, follow in self._gaits.items():
                if other != k and rows.any():
                    follow(rows, memories[self.names[other]], memories[self.names[k]])

    def targets(
        self, obs: Observation, goals: list[Array], memories: dict[str, SkillMemory], weights: Array | None = None
    ) -> Array:
        """What each skill would do, (N, K, J), rad; zeros of a skill that has no joint by `weights` (N, K, J).

        The skill that recovers is always asked: its clock runs also where others move the robot.
        """
        out = np.zeros((obs.num, len(self.names), self.robot.num_joints))
        for k, name in enumerate(self.names):
            if weights is None or self._recovers[k] or weights[:, k].any():
                out[:, k] = self.act(k, obs, goals[k], memories[name])
        return out

    def act(self, k: int, obs: Observation, goal: Array, memory: SkillMemory) -> Array:
        """What skill number `k` would do, (N, J), rad; advances the clocks in `memory`."""
        skill = self.skills[self.names[k]]
        action = skill.bundle.actor(skill.controller.features(obs, goal, memory))
        return skill.controller.targets(action, goal, memory)

    def sent(self, targets: Array, memories: dict[str, SkillMemory]) -> None:
        """Let every skill know what was sent to the motors."""
        for memory in memories.values():
            memory.last_targets = targets.copy()


@dataclass(kw_only=True)
class BlendMemory:
    """What a blender remembers, for N robots.

    Attributes:
        skills: The skills' own memories.
        motion: What the robots feel of their motion.
        action: Last decision of the high level. Shape (N, A).
        goals: What it asks of each skill, (N, G_k); where a skill follows the task's goal, that moves on.
        rests: Each skill's goal at rest, (G_k,).
        last_targets: Joint targets that were sent. Shape (N, J), rad.
    """

    skills: dict[str, SkillMemory]
    motion: Motion
    action: Array
    goals: list[Array]
    rests: tuple[Array, ...]
    last_targets: Array

    def reset(self, ids: IntArray, joint_position: Array) -> None:
        """Forget robots `ids`, which now stand at `joint_position` (len(ids), J)."""
        for memory in self.skills.values():
            memory.reset(ids, joint_position)
        self.motion.reset(ids)
        self.action[ids] = 0.0
        for goals, rest in zip(self.goals, self.rests, strict=True):
            goals[ids] = rest
        self.last_targets[ids] = joint_position


class BlendView:
    """What a high-level policy sees: the task's terms, proprioception, a summary of each skill, its last decision."""

    def __init__(self, ensemble: Ensemble, config: BlendConfig, action_size: int) -> None:
        """For a policy with `action_size` outputs."""
        self.ensemble, self.robot, self.space = ensemble, ensemble.robot, config.space
        self._terms = [TERMS[name] for name in config.terms]
        parts = [
            (f"{name}.{part}", size)
            for name, skill in ensemble.skills.items()
            for part, size in skill.controller.summary_layout
        ]
        self.layout: tuple[tuple[str, int], ...] = (
            *((name, term.size(self.space)) for name, term in zip(config.terms, self._terms, strict=True)),
            ("velocity", 3), ("average", 3), ("angular_velocity", 3), ("gravity", 3), ("height", 1), *parts,
            ("feet", 2), ("joint_position", self.robot.num_joints), ("action", action_size),
        )  # fmt: skip
        self.size = sum(size for _, size in self.layout)

    def column(self, name: str) -> slice:
        """Where a part of the observation is.

        Raises:
            UnknownNameError: No such part.
        """
        names = [n for n, _ in self.layout]
        if name not in names:
            raise UnknownNameError("part of the observation", name, names)
        start = sum(size for _, size in self.layout[: names.index(name)])
        return slice(start, start + dict(self.layout)[name])

    def __call__(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Policy input (N, O)."""
        motion = memory.motion
        stance = motion.stance if motion.stance is not None else self.ensemble.filter.odometry(obs)
        columns = [term.values(self._sight(obs, goal, motion, stance)) for term in self._terms]
        columns += [
            motion.velocity,
            motion.average,
            obs.base_angular_velocity * 0.5,
            stance.gravity * 3.0,
            (stance.height[:, None] - self.robot.base_height) * 5.0,
            *(s.controller.summary(memory.skills[name]) for name, s in self.ensemble.skills.items()),
            (stance.feet - stance.midfoot[:, None])[:, 0, :2] * 4.0,
            obs.joint_position - self.robot.default_pose,
            memory.action * 0.5,
        ]
        return np.clip(np.concatenate(columns, axis=1), -5.0, 5.0)

    def _sight(self, obs: Observation, goal: Array, motion: Motion, stance: Stance) -> Sight:
        wrists = motion.wrists
        if not np.isfinite(wrists).all():
            wrists = np.where(np.isfinite(wrists), wrists, self.ensemble.filter.wrists(obs, stance))
        return Sight(space=self.space, goal=goal, obs=obs, stance=stance, wrists=wrists)


class BlendController:
    """Observation and action mapping of a blender over K skills.

    An action is, skill by skill, the numbers that its goal is changed by, then K - 1 gates per gate group.

    Attributes:
        ensemble: The skills.
        goal_space: Of the task's goal.
        view: What the high level sees.
        action_limit: Largest action of its network.
    """

    name = "blend"
    action_limit = 3.0

    def __init__(self, robot: Robot, skills: Mapping[str, PolicySkill[Any]], config: BlendConfig) -> None:
        """Blend those of the frozen `skills` that `config` names.

        Raises:
            UnknownNameError: One of them is not there.
            InputError: A goal has another size than the skill's.
        """
        for each in config.skills:
            if each.skill not in skills:
                raise UnknownNameError("skill", each.skill, skills)
            size = len(skills[each.skill].goal_space.names)
            if len(each.base) != size:
                raise InputError(f"{each.skill}.base has {len(each.base)} numbers, its goal {size}")
        self.robot, self.config = robot, config
        self.ensemble = Ensemble(robot, {each.skill: skills[each.skill] for each in config.skills})
        self.goal_space = config.space
        self.groups = gate_groups(robot, config.gates)
        ends = np.cumsum([len(each.scale) for each in config.skills]).tolist()
        self.columns = {
            each.skill: slice(end - len(each.scale), end) for each, end in zip(config.skills, ends, strict=True)
        }
        self.gates = slice(ends[-1], ends[-1] + (len(config.skills) - 1) * len(self.groups))
        self.action_size = self.gates.stop
        self.view = BlendView(self.ensemble, config, self.action_size)
        self.layout, self.observation_size = self.view.layout, self.view.size
        self._follow = [_Base(each, self.goal_space.names) for each in config.skills]

    def new_memory(self, n: int) -> BlendMemory:
        """Memory for `n` robots in the default pose."""
        return new_memory(self.ensemble, n, self.action_size)

    def update(self, obs: Observation, goal: Array, memory: BlendMemory) -> None:
        """Once per control step: advance the skills' filters towards what was decided."""
        self.ensemble.update(obs, self.goals(goal, memory), self.weights(memory.action), memory.skills, memory.motion)

    def goals(self, goal: Array, memory: BlendMemory) -> list[Array]:
        """What each skill is asked for (N, G_k) under the last decision and the task's `goal` (N, G)."""
        for k, each in enumerate(self.config.skills):
            if each.follows:
                memory.goals[k] = self._asked(k, each, memory.action, goal)
        return list(memory.goals)

    def features(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Policy input (N, O), at decision times."""
        return self.view(obs, goal, memory)

    def decide(self, action: Array, memory: BlendMemory) -> None:
        """Take a decision of the high level, (N, A), for the next control steps."""
        memory.action = np.clip(action, -self.action_limit, self.action_limit)
        for k, each in enumerate(self.config.skills):
            if not each.follows:
                memory.goals[k] = self._asked(k, each, memory.action, None)

    def _asked(self, k: int, each: SkillColumns, action: Array, goal: Array | None) -> Array:
        controller = self.ensemble.skills[each.skill].controller
        wanted = self._follow[k](goal, len(action))
        if each.scale:
            wanted = wanted + np.clip(action[:, self.columns[each.skill]], -each.limit, each.limit) * each.scale
        wanted = controller.goal_space.clip(wanted)
        near = np.abs(wanted - controller.goal_at_rest).sum(axis=1) < each.dead_zone
        wanted[near] = controller.goal_at_rest
        return wanted

    def weights(self, action: Array) -> Array:
        """Per-joint weights (N, K, J) of a decision."""
        others = len(self.config.skills) - 1
        gate = action[:, self.gates].reshape(len(action), others, len(self.groups)) * self.config.gate_scale
        logits = np.zeros((len(action), others + 1, self.robot.num_joints))
        logits[:, 1:] = gate @ self.groups
        return softmax(logits)

    def as_decision(self, acting: IntArray) -> Array:
        """The action (N, A) under which skill number `acting` (N,) has every joint; zeros where it is -1."""
        return self.encode({}, dict.fromkeys(LIMBS, acting))

    def encode(self, shifts: Mapping[str, Array], limbs: Mapping[str, IntArray]) -> Array:
        """The action (N, A) that says this, for scripts.

        Args:
            shifts: By skill, its goal (N, G_k), or, of one that follows the task's goal, the change of it; others are
                left where the action is zero.
            limbs: By limb group, number of the skill that has it (N,), or -1 for all skills alike.
        """
        n = len(next(iter(limbs.values())))
        action = np.zeros((n, self.action_size))
        for k, each in enumerate(self.config.skills):
            if each.scale and each.skill in shifts:
                base = np.zeros(len(each.base)) if each.follows else self._follow[k](None, n)
                action[:, self.columns[each.skill]] = (shifts[each.skill] - base) / np.array(each.scale)
        gates = np.zeros((n, len(self.config.skills) - 1, len(self.groups)))
        for limb, chosen in limbs.items():
            mine = self.groups[:, self.robot.joints(*LIMBS[limb])].any(axis=1)
            for k in range(1, len(self.config.skills)):
                said = np.where(chosen == k, self.action_limit, -self.action_limit) * (chosen >= 0)
                gates[:, k - 1, mine] = said[:, None]
        action[:, self.gates] = gates.reshape(n, -1)
        return action

    def targets(self, obs: Observation, goal: Array, memory: BlendMemory) -> Array:
        """Joint targets (N, J), rad, for one control step under the last decision."""
        each = self.ensemble.targets(obs, self.goals(goal, memory), memory.skills)
        mixed = mix(each, self.weights(memory.action))
        self.sent(mixed, memory)
        return mixed

    def sent(self, targets: Array, memory: BlendMemory) -> None:
        """Let every skill know what was sent to the motors."""
        memory.last_targets = targets.copy()
        self.ensemble.sent(targets, memory.skills)


class _Base:
    """A skill's goal where the action is zero."""

    def __init__(self, columns: SkillColumns, names: tuple[str, ...]) -> None:
        pairs = [(i, names.index(v)) for i, v in enumerate(columns.base) if isinstance(v, str)]
        self._mine, self._theirs = ([p[side] for p in pairs] for side in (0, 1))
        self._values = np.array([0.0 if isinstance(v, str) else v for v in columns.base])

    def __call__(self, goal: Array | None, n: int) -> Array:
        out = np.tile(self._values, (n, 1))
        if goal is not None:
            out[:, self._mine] = goal[:, self._theirs]
        return out


def new_memory(ensemble: Ensemble, n: int, action_size: int) -> BlendMemory:
    """What a high-level policy with `action_size` outputs remembers, for `n` robots in the default pose."""
    return BlendMemory(
        skills=ensemble.new_memories(n),
        motion=ensemble.filter.new(n),
        action=np.zeros((n, action_size)),
        goals=[ensemble.rest(k, n) for k in range(len(ensemble.names))],
        rests=tuple(skill.controller.goal_at_rest for skill in ensemble.skills.values()),
        last_targets=np.tile(ensemble.robot.default_pose, (n, 1)),
    )


def gate_groups(robot: Robot, gates: Gates) -> Array:
    """Which joints each gate logit moves: one row per gate, (gates, J), zeros and ones."""
    j = robot.num_joints
    if gates == "joint":
        return np.eye(j)
    if gates == "scalar":
        return np.ones((1, j))
    rows = np.zeros((len(LIMBS), j))
    for row, parts in zip(rows, LIMBS.values(), strict=True):
        row[robot.joints(*parts)] = 1.0
    return rows
