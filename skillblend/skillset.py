"""All skills of a robot kept in step: whichever acts, every other knows what was sent and can take over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.blending import BlendConfig, BlendController, BlendMemory, mix
from skillblend.bundle import CONFIG, Bundle
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, Robot, TaskGoal
from skillblend.errors import BundleError, InputError, ShapeError, UnknownNameError
from skillblend.kinematics import gravity_base, length
from skillblend.motion import MotionFilter
from skillblend.skills.skill import PolicySkill, load_skill, naming, read_policy
from skillblend.skills.spec import LIMBS, SKILLS, SkillSpec, tuples

RECOVER_TILT = 0.25
"""A planted robot that tilts by more (sine of the angle) gives its legs to the skill that recovers, to step."""

CALM_SPEED, CALM_TILT, CALM_TIME = 0.1, 0.12, 0.3
"""Legs are handed to a skill with planted feet once no foot is being moved, leg odometry is below this speed (m/s,
over half a second) and the tilt below this (sine of the angle) for so long (s): a robot that has just stopped may
still be falling."""

HAND_OVER = 0.3
"""How long it takes to hand the legs from one skill to another, s."""

SAY = 0.1
"""A skill with less weight on the limbs that its goal is about, on average, waits."""


@dataclass(kw_only=True)
class _Run:
    """What a blender remembers, for N robots.

    Attributes:
        action: Its last decision. Shape (N, A).
        ticks: Control steps since it took over; -1 where it does not act. Shape (N,).
    """

    action: Array
    ticks: IntArray


class SkillSet:
    """K skills and their blenders for N robots; `act` is the one way from a `Blend` to the joints.

    Attributes:
        robot: Whose.
        names: Of the skills, in the order of a `Blend`'s goals and weights.
        blenders: High-level policies by task name.
        recovering: The skill that stands, and catches the robot where no other may.
        motion: What the robots feel of their own motion.
    """

    def __init__(
        self,
        skills: Mapping[str, PolicySkill[Any]],
        blenders: Mapping[str, tuple[BlendController, Bundle]] | None = None,
    ) -> None:
        """Join skills that were trained for the same robot.

        Raises:
            InputError: No skill recovers, or more than one does.
        """
        self.names = tuple(skills)
        self._skills = dict(skills)
        self._specs: list[SkillSpec] = [SKILLS[name] for name in self.names]
        able = [spec.name for spec in self._specs if spec.recovers]
        if len(able) != 1:
            raise InputError(
                f"one of the skills {list(self.names)} must recover, found {able}; train or choose another set"
            )
        self.recovering = able[0]
        self.robot: Robot = self._skills[self.recovering].robot
        self.blenders = dict(blenders or {})
        self._filter = MotionFilter(self.robot)
        self._stander = self.names.index(self.recovering)
        self._planted = np.array([spec.planted for spec in self._specs])
        self._legs = self.robot.joints(*LIMBS["legs"])
        self._limbs = [self.robot.joints(*(p for limb in spec.limbs for p in LIMBS[limb])) for spec in self._specs]
        self._begin(1)

    def _begin(self, n: int) -> None:
        k, legs = len(self.names), len(self._legs)
        self.motion = self._filter.new(n)
        self.memories: dict[str, Any] = {name: s.controller.new_memory(n) for name, s in self._skills.items()}
        self._held = np.zeros((n, k, legs))
        self._held[:, self._stander] = 1.0
        self._calm = np.zeros(n)
        self._alone = np.full(n, -1, dtype=np.int64)
        self._goals = [np.tile(s.controller.goal_at_rest, (n, 1)) for s in self._skills.values()]
        self._runs = {
            task: _Run(action=np.zeros((n, c.action_size)), ticks=np.full(n, -1, dtype=np.int64))
            for task, (c, _) in self.blenders.items()
        }

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return len(self._calm)

    def skill(self, name: str) -> PolicySkill[Any]:
        """The frozen skill called `name`.

        Raises:
            UnknownNameError: The robot has no such skill.
        """
        if name not in self._skills:
            raise UnknownNameError("skill", name, self.names)
        return self._skills[name]

    def memory_of(self, name: str) -> Any:
        """What the skill called `name` remembers of the N robots.

        Raises:
            UnknownNameError: The robot has no such skill.
        """
        self.skill(name)
        return self.memories[name]

    def reset(self, obs: Observation) -> None:
        """Begin with the N robots of `obs`, which stand as they are."""
        self._begin(obs.num)
        self.reset_rows(np.arange(obs.num), obs)

    def reset_rows(self, ids: IntArray, obs: Observation) -> None:
        """Forget robots `ids`, which now stand as `obs`, of all N, says."""
        self.motion.reset(ids)
        for memory in self.memories.values():
            memory.reset(ids, obs.joint_position[ids])
        self._held[ids] = 0.0
        self._held[ids, self._stander] = 1.0
        self._calm[ids] = 0.0
        self._alone[ids] = -1
        for goals, skill in zip(self._goals, self._skills.values(), strict=True):
            goals[ids] = skill.controller.goal_at_rest
        for run in self._runs.values():
            run.action[ids] = 0.0
            run.ticks[ids] = -1

    @property
    def stepping(self) -> BoolArray:
        """Whose feet are being moved. Shape (N,)."""
        each = [skill.controller.stepping(self.memories[name]) for name, skill in self._skills.items()]
        return np.any(each, axis=0)

    def wrists(self) -> Array:
        """Filtered wrist positions, stance frame. Shape (N, 2, 3), m; NaN before the first step."""
        return self.motion.wrists

    def rest(self, n: int | None = None) -> Blend:
        """Stand: the skill that recovers, asked for nothing, for `n` robots (all by default)."""
        return self.one_hot(self.recovering, self._rest(self._stander, self.num if n is None else n))

    def one_hot(self, name: str, goal: Array, *, limbs: Sequence[str] = tuple(LIMBS)) -> Blend:
        """Let the skill called `name` alone move `limbs`, the standing skill the others; goals (N, G).

        Raises:
            UnknownNameError: The robot has no such skill or limb group.
            ShapeError: The goal is not (N, G).
        """
        space = self.skill(name).goal_space
        if goal.ndim != 2 or goal.shape[1] != len(space.names):
            raise ShapeError(f"goal {goal.shape} of {name} must be (N, {len(space.names)}): {space.names}")
        n, k = len(goal), self.names.index(name)
        weights = np.zeros((n, len(self.names), self.robot.num_joints))
        weights[:, self._stander] = 1.0
        for limb in limbs:
            if limb not in LIMBS:
                raise UnknownNameError("limb group", limb, LIMBS)
            joints = self.robot.joints(*LIMBS[limb])
            weights[:, self._stander, joints] = 0.0
            weights[:, k, joints] = 1.0
        goals = tuple(goal if i == k else self._rest(i, n) for i in range(len(self.names)))
        return Blend(goals=goals, weights=weights)

    def task(self, task: str, goal: Array, rows: BoolArray | None = None) -> Blend:
        """Let the blender trained for `task` decide, for `rows` (N,) or all robots; goals (N, G) of the task.

        Raises:
            UnknownNameError: There is no such blender.
            ShapeError: The goal is not (N, G).
        """
        if task not in self.blenders:
            raise UnknownNameError("blender", task, self.blenders)
        space = self.blenders[task][0].goal_space
        if goal.ndim != 2 or goal.shape[1] != len(space.names):
            raise ShapeError(f"goal {goal.shape} of {task} must be (N, {len(space.names)}): {space.names}")
        some = np.ones(len(goal), dtype=np.bool_) if rows is None else rows
        plain = self.rest(len(goal))
        return Blend(goals=plain.goals, weights=plain.weights, tasks=(TaskGoal(task=task, rows=some, goal=goal),))

    def act(self, obs: Observation, blend: Blend) -> Array:
        """Joint targets (N, J), rad, for this control step.

        Where no blender decides, a skill with planted feet that is to take over from a walking robot gets arms and
        torso at once while the legs first come to a stop; once they have been calm for `CALM_TIME` they are handed
        over within `HAND_OVER` seconds. A planted robot that tilts too much gets its legs back to step.

        Raises:
            ShapeError: The blend is not for these robots and skills.
        """
        self._check(obs, blend)
        goals, weights = list(blend.goals), blend.weights.copy()
        direct = self._take_over(blend, goals, weights)
        stance = self._filter.update(obs, self.motion)
        for k, (name, skill) in enumerate(self._skills.items()):
            memory = self.memories[name]
            skill.controller.update(obs, goals[k], memory, stance)
            skill.controller.wait(weights[:, k, self._limbs[k]].mean(axis=1) < SAY, memory)
        self._decide(obs, blend, goals, weights)
        self._alone = np.where(direct, -1, np.argmax(blend.weights.sum(axis=2), axis=1))
        self._goals = goals
        self._hand_over(obs, weights, direct)
        targets = [self._targets(obs, goals[k], name) for k, name in enumerate(self.names)]
        mixed = mix(np.stack(targets, axis=1), weights)
        for memory in self.memories.values():
            memory.last_targets = mixed.copy()
        return mixed

    def _rest(self, k: int, n: int) -> Array:
        return np.tile(self._skills[self.names[k]].controller.goal_at_rest, (n, 1))

    def _targets(self, obs: Observation, goal: Array, name: str) -> Array:
        skill, memory = self._skills[name], self.memories[name]
        action = skill.bundle.actor(skill.controller.features(obs, goal, memory))
        return skill.controller.targets(action, goal, memory)

    def _check(self, obs: Observation, blend: Blend) -> None:
        n, k, j = self.num, len(self.names), self.robot.num_joints
        if obs.num != n:
            raise ShapeError(f"an observation of {obs.num} robots, skills in step with {n}; reset first")
        sizes = tuple(len(s.goal_space.names) for s in self._skills.values())
        found = tuple(goal.shape for goal in blend.goals)
        if blend.weights.shape != (n, k, j) or found != tuple((n, size) for size in sizes):
            raise ShapeError(
                f"a blend with weights {blend.weights.shape} and goals {found} must be for {n} robots and the skills "
                f"{self.names}: weights {(n, k, j)}, goals {[(n, size) for size in sizes]}"
            )
        for each in blend.tasks:
            if each.task not in self.blenders:
                raise UnknownNameError("blender", each.task, self.blenders)

    def _take_over(self, blend: Blend, goals: list[Array], weights: Array) -> BoolArray:
        """Fill in what blenders have decided before; robots (N,) that a blender moves.

        A blender that begins sees the skill that acted before it as its own last decision.
        """
        direct = np.zeros(self.num, dtype=np.bool_)
        acting = {each.task: each for each in blend.tasks}
        for task, run in self._runs.items():
            each = acting.get(task)
            rows = np.zeros(self.num, dtype=np.bool_) if each is None else each.rows
            run.ticks[~rows] = -1
            if each is None or not rows.any():
                continue
            controller = self.blenders[task][0]
            fresh = rows & (run.ticks < 0)
            run.action[fresh] = self._as_decision(controller, fresh)
            run.ticks[fresh] = 0
            goal = controller.goal_space.clip(each.goal)
            wanted = {
                "walking": self._goals[self.names.index("walking")],
                "reaching": controller.reach_goal(goal, self._blend_memory(run)),
            }
            self._fill(rows, wanted, controller.weights(run.action), goals, weights)
            direct |= rows
        return direct

    def _as_decision(self, controller: BlendController, rows: BoolArray) -> Array:
        action = np.zeros((int(rows.sum()), controller.action_size))
        alone = self._alone[rows]
        action[:, 9:] = np.where(alone == self.names.index("reaching"), 3.0, -3.0)[:, None] * (alone >= 0)[:, None]
        return action

    def _blend_memory(self, run: _Run) -> BlendMemory:
        walking = self.names.index("walking")
        return BlendMemory(
            walking=self.memories["walking"],
            reaching=self.memories["reaching"],
            action=run.action,
            command=self._goals[walking].copy(),
            last_targets=self.memories["walking"].last_targets,
        )

    def _fill(
        self, rows: BoolArray, wanted: dict[str, Array], shares: Array, goals: list[Array], weights: Array
    ) -> None:
        weights[rows] = 0.0
        for i, (name, goal) in enumerate(wanted.items()):
            k = self.names.index(name)
            goals[k] = np.where(rows[:, None], goal, goals[k])
            weights[rows, k] = shares[rows, i]

    def _decide(self, obs: Observation, blend: Blend, goals: list[Array], weights: Array) -> None:
        """Let the blenders whose time has come decide."""
        for each in blend.tasks:
            controller, bundle = self.blenders[each.task]
            run = self._runs[each.task]
            due = each.rows & (run.ticks % controller.config.decision_ticks == 0)
            if due.any():
                goal = controller.goal_space.clip(each.goal)
                action = bundle.actor(controller.features(obs, goal, self._blend_memory(run)))
                memory = self._blend_memory(run)
                controller.decide(np.where(due[:, None], action, run.action), memory)
                run.action[due] = memory.action[due]
                walking = self.names.index("walking")
                goals[walking] = np.where(due[:, None], memory.command, goals[walking])
                wanted = {"walking": goals[walking], "reaching": goals[self.names.index("reaching")]}
                self._fill(each.rows, wanted, controller.weights(run.action), goals, weights)
            run.ticks[each.rows] += 1

    def _hand_over(self, obs: Observation, weights: Array, direct: BoolArray) -> None:
        """Let the legs' weights follow what is wanted at a limited rate, in place; see `act`."""
        tilt = length(gravity_base(obs.base_quaternion)[:, :2])
        calm = ~self.stepping & (length(self.motion.average[:, :2]) < CALM_SPEED) & (tilt < CALM_TILT)
        self._calm = np.where(calm & ~direct, self._calm + self.robot.control_dt, 0.0)
        wanted, held = weights[:, :, self._legs], self._held
        planted = held[:, self._planted].sum(axis=(1, 2)) > 0.0
        ready = ((self._calm > CALM_TIME) | planted) & (tilt < RECOVER_TILT)
        refused = wanted * (self._planted[:, None] & ~ready[:, None, None])
        wanted = wanted - refused
        wanted[:, self._stander] += refused.sum(axis=1)
        step = self.robot.control_dt / HAND_OVER
        toward = held + np.clip(wanted - held, -step, step)
        back = (wanted[:, self._stander] > held[:, self._stander])[:, None]
        toward[:, self._stander] = 0.0
        toward[:, self._stander] = 1.0 - toward.sum(axis=1)
        moved = np.asarray(np.where(back, wanted, toward), dtype=np.float64)
        self._held = np.where(direct[:, None, None], 0.0, moved)
        self._held[direct, self._stander] = 1.0
        weights[:, :, self._legs] = np.where(direct[:, None, None], weights[:, :, self._legs], moved)


def load_skillset(robot: Robot, models: Path) -> SkillSet:
    """Read all bundles of `robot` under `models`: of every skill that has one, and of their blenders.

    Raises:
        BundleError: A bundle does not fit, or no skill is there that recovers.
    """
    folder = models / robot.name
    found = [name for name in SKILLS if (folder / name).is_dir()]
    if not any(SKILLS[name].recovers for name in found):
        needed = [name for name in SKILLS if SKILLS[name].recovers]
        raise BundleError(
            f"no bundle at {' or '.join(str(folder / name) for name in needed)}, found there: {found}; "
            f"train one with `skillblend train` or name another folder"
        )
    skills = {name: load_skill(name, robot, folder / name) for name in found}
    blenders: dict[str, tuple[BlendController, Bundle]] = {}
    for task, config in BLEND_TASKS.items():
        if (folder / task).is_dir():
            controller = make_blend_controller(skills["walking"], skills["reaching"], config)
            blenders[task] = (controller, read_blender(folder / task, task, controller))
    return SkillSet(skills, blenders)


def make_blend_controller(
    walking: PolicySkill[Any], reaching: PolicySkill[Any], config: BlendConfig
) -> BlendController:
    """A blender's observation and action mapping over two frozen skills."""
    return BlendController(
        walking.robot,
        (walking.controller, walking.bundle.actor),  # type: ignore[arg-type]
        (reaching.controller, reaching.bundle.actor),  # type: ignore[arg-type]
        config,
    )


BLEND_TASKS: dict[str, BlendConfig] = {
    "far_reach": BlendConfig(hands="both"),
    "button_press": BlendConfig(hands="left"),
}
"""Tasks that ship with a blender, and how it is configured."""


def read_blender(folder: Path, name: str, controller: BlendController) -> Bundle:
    """Read the bundle of a blender, which was trained as `controller` is configured.

    Raises:
        BundleError: It does not exist or does not fit.
    """
    bundle = read_policy(folder, name, controller)
    with naming(folder):
        trained = asdict(BlendConfig(**tuples(bundle.config["controller"])))
    for key, value in asdict(controller.config).items():
        if trained[key] != value:
            raise BundleError(
                f"{folder / CONFIG}: controller.{key} is {trained[key]!r}, this code needs {value!r}; train it again"
            )
    return bundle
