"""All skills of a robot kept in step: whichever acts, every other knows what was sent and can take over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skillblend.blending import BlendController, Ensemble, mix
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, Robot, TaskGoal
from skillblend.deciding import BlenderRun, Decider
from skillblend.errors import InputError, ShapeError, UnknownNameError
from skillblend.holding import Hands
from skillblend.kinematics import gravity_base, length
from skillblend.rows import copy_rows
from skillblend.scales import Scales
from skillblend.skills.skill import PolicySkill
from skillblend.skills.spec import LIMBS, SKILLS, SkillMemory

RECOVER_TILT = 0.25
"""A planted robot that tilts by more (sine of the angle) gives its legs to the skill that recovers, to step."""

CALM_SPEED, CALM_TILT, CALM_TIME = 0.1, 0.12, 0.3
"""Legs are handed to a skill with planted feet once no foot is being moved, leg odometry is below this speed (m/s, of
the reference body, over half a second) and the tilt below this (sine of the angle) for so long (s): a robot that has
just stopped may still be falling."""

HAND_OVER = 0.3
"""How long it takes to hand the legs from one skill to another, s."""


class SkillSet:
    """K skills and their blenders for N robots; `act` is the one way from a `Blend` to the joints.

    Attributes:
        robot: Whose.
        names: Of the skills, in the order of a `Blend`'s goals and weights.
        blenders: High-level policies by task name, trained or scripted.
        recovering: The skill that stands, and catches the robot where no other may.
        hands: What is in them, and which skill walks with it.
        motion: What the robots feel of their own motion.
    """

    def __init__(
        self,
        skills: Mapping[str, PolicySkill[Any]],
        blenders: Mapping[str, tuple[BlendController, Decider]] | None = None,
    ) -> None:
        """Join skills that were trained for the same robot.

        Raises:
            InputError: No skill recovers, or more than one does.
        """
        able = [name for name in skills if SKILLS[name].recovers]
        if len(able) != 1:
            raise InputError(
                f"one of the skills {list(skills)} must recover, found {able}; train or choose another set"
            )
        self.recovering = able[0]
        self.robot: Robot = skills[self.recovering].robot
        self.blenders: dict[str, tuple[BlendController, Decider]] = dict(blenders or {})
        self._all = Ensemble(self.robot, skills)
        self.names = self._all.names
        self._stander = self.names.index(self.recovering)
        specs = [SKILLS[name] for name in self.names]
        self._planted = np.array([spec.planted for spec in specs])
        self._leaning = {k: spec.lean for k, spec in enumerate(specs) if spec.lean is not None}
        self._holding = {k: spec.holds for k, spec in enumerate(specs) if spec.holds is not None}
        self._patient = np.array([spec.planted or (spec.follow is not None and not spec.recovers) for spec in specs])
        self._limbs = {limb: self.robot.joints(*parts) for limb, parts in LIMBS.items()}
        self._legs = self._limbs["legs"]
        self._calm_speed = CALM_SPEED * Scales.of(self.robot).speed
        self._begin(1)

    def _begin(self, n: int) -> None:
        k, legs = len(self.names), len(self._legs)
        self.motion = self._all.filter.new(n)
        self.memories = self._all.new_memories(n)
        self._held = np.zeros((n, k, legs))
        self._held[:, self._stander] = 1.0
        self._calm = np.zeros(n)
        self._alone = np.full(n, -1, dtype=np.int64)
        self._goals = [self._all.rest(i, n) for i in range(k)]
        self.hands = Hands({name: skill.goal_space for name, skill in self._all.skills.items()}, n)
        self._runs = {
            task: BlenderRun.of(controller, self.memories, self.motion, n)
            for task, (controller, _) in self.blenders.items()
        }

    def take(self, ids: IntArray) -> SkillSet:
        """The same frozen skills in the state that they are in for robots `ids`, which may come several times."""
        twin = copy_rows(self, ("motion", "memories", "_held", "_calm", "_alone", "_goals"), ids)
        twin.hands = self.hands.take(ids)
        twin._runs = {
            task: BlenderRun.of(self.blenders[task][0], twin.memories, twin.motion, len(ids)) for task in self._runs
        }
        for new, run in zip(twin._runs.values(), self._runs.values(), strict=True):
            new.ticks, new.memory.action = run.ticks[ids], run.memory.action[ids]
            new.memory.goals = [goal[ids] for goal in run.memory.goals]
            new.memory.last_targets = run.memory.last_targets[ids]
        return twin

    @property
    def num(self) -> int:
        """N, the number of robots."""
        return len(self._calm)

    def skill(self, name: str) -> PolicySkill[Any]:
        """The frozen skill called `name`.

        Raises:
            UnknownNameError: The robot has no such skill.
        """
        if name not in self._all.skills:
            raise UnknownNameError("skill", name, self.names)
        return self._all.skills[name]

    def memory_of(self, name: str) -> SkillMemory:
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
        self.hands.let_go(ids)
        for k, goals in enumerate(self._goals):
            goals[ids] = self._all.rest(k, len(ids))
        for run in self._runs.values():
            run.ticks[ids] = -1

    @property
    def planted(self) -> Array:
        """Share of the legs that skills with planted feet have. Shape (N,)."""
        return self._held[:, self._planted].sum(axis=1).mean(axis=1)

    @property
    def stepping(self) -> BoolArray:
        """Whose feet are being moved. Shape (N,)."""
        each = [skill.controller.stepping(self.memories[name]) for name, skill in self._all.skills.items()]
        return np.any(each, axis=0)

    def walk(self, command: Array, ids: IntArray) -> Blend:
        """Robots `ids` follow walking commands (len(ids), 3), with what they hold in their hands.

        Raises:
            ShapeError: Commands of another size.
        """
        space, full = self.skill(self.recovering).goal_space, self.hands.full[ids]
        blend = self.one_hot(self.recovering, space.clip(command))
        if not full.any():
            return blend
        carrier = self.hands.carrier
        goal = self._all.rest(self.names.index(carrier), len(ids))
        goal[full] = self.hands.goals(command[full], ids[full])
        return blend.put(full, self.one_hot(carrier, self.skill(carrier).goal_space.clip(goal)))

    def wrists(self) -> Array:
        """Filtered wrist positions, stance frame. Shape (N, 2, 3), m; NaN before the first step."""
        return self.motion.wrists

    def rest(self, n: int | None = None) -> Blend:
        """Stand: the skill that recovers, asked for nothing, for `n` robots (all by default)."""
        return self.one_hot(self.recovering, self._all.rest(self._stander, self.num if n is None else n))

    def stand(self, ids: IntArray | None = None) -> Blend:
        """Stand, with what is in the hands: robots `ids`, all by default."""
        who = np.arange(self.num) if ids is None else ids
        return self.walk(self._all.rest(self._stander, len(who)), who)

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
            weights[:, self._stander, self._limbs[limb]] = 0.0
            weights[:, k, self._limbs[limb]] = 1.0
        goals = tuple(goal if i == k else self._all.rest(i, n) for i in range(len(self.names)))
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
        over within `HAND_OVER` seconds. So are those of a robot that walks by one skill and is to walk by another. A
        skill that holds the legs (a squat, a gait) first brings the robot to where others can have them. A planted
        robot that tilts too much gets its legs back to step.

        Raises:
            ShapeError: The blend is not for these robots and skills.
        """
        self._check(obs, blend)
        blend = self._postponed(blend)
        goals, weights = list(blend.goals), blend.weights.copy()
        direct = self._take_over(blend, goals, weights)
        self._keep_legs(goals, weights, direct)
        said: Array = weights[:, :, self._legs].mean(axis=2)
        legs = np.where(direct[:, None], said, self._held.mean(axis=2))
        self._all.update(obs, goals, self._say(weights, direct), self.memories, self.motion, legs)
        self.hands.see(self.motion.wrists)
        self._decide(obs, blend, goals, weights)
        self._alone = np.where(direct, -1, np.argmax(blend.weights.sum(axis=2), axis=1))
        self._goals = goals
        self._hand_over(obs, weights, direct)
        mixed = mix(self._all.targets(obs, goals, self.memories, weights), weights)
        self._all.sent(mixed, self.memories)
        return mixed

    def _check(self, obs: Observation, blend: Blend) -> None:
        n, k, j = self.num, len(self.names), self.robot.num_joints
        if obs.num != n:
            raise ShapeError(f"an observation of {obs.num} robots, skills in step with {n}; reset first")
        sizes = tuple(len(s.goal_space.names) for s in self._all.skills.values())
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
            self._begin_run(controller, run, rows & (run.ticks < 0))
            asked = controller.goals(controller.goal_space.clip(each.goal), run.memory)
            self._fill(rows, controller, asked, run.memory.action, goals, weights)
            direct |= rows
        return direct

    def _begin_run(self, controller: BlendController, run: BlenderRun, fresh: BoolArray) -> None:
        """Let a blender take over robots `fresh` (N,)."""
        order = {name: i for i, name in enumerate(controller.ensemble.names)}
        number = np.array([-1, *(order.get(name, 0) for name in self.names)])
        run.memory.action = np.where(
            fresh[:, None], controller.as_decision(number[self._alone + 1]), run.memory.action
        )
        for name, i in order.items():
            asked = self._goals[self.names.index(name)]
            run.memory.goals[i] = np.where(fresh[:, None], asked, run.memory.goals[i])
        run.ticks[fresh] = 0

    def _fill(
        self,
        rows: BoolArray,
        controller: BlendController,
        asked: list[Array],
        action: Array,
        goals: list[Array],
        weights: Array,
    ) -> None:
        """Put goals and weights of a blender's decision into those of all skills, for `rows` (N,)."""
        weights[rows] = 0.0
        shares = controller.weights(action)
        for i, name in enumerate(controller.ensemble.names):
            k = self.names.index(name)
            goals[k] = np.where(rows[:, None], asked[i], goals[k])
            weights[rows, k] = shares[rows, i]

    def _kept(self, k: int) -> BoolArray:
        """Robots (N,) whose legs skill number `k` has and holds."""
        holds, name = self._holding[k], self.names[k]
        has = self._held[:, k].mean(axis=1) > 0.5
        return has & holds(self._all.skills[name].controller, self.memories[name])

    def _postponed(self, blend: Blend) -> Blend:
        """`blend`, in which no blender begins where a skill that it does not know holds the legs."""
        if not (self._holding and blend.tasks):
            return blend
        tasks: list[TaskGoal] = []
        for each in blend.tasks:
            known = self.blenders[each.task][0].ensemble.names
            kept = [self._kept(k) for k in self._holding if self.names[k] not in known]
            tasks.append(replace(each, rows=each.rows & ~np.any([np.zeros_like(each.rows), *kept], axis=0)))
        return replace(blend, tasks=tuple(tasks))

    def _keep_legs(self, goals: list[Array], weights: Array, direct: BoolArray) -> None:
        """Skills that have the legs, are to lose them and hold them keep them, with their goals at rest; in place."""
        for k in self._holding:
            losing = weights[:, k, self._legs].mean(axis=1) < 0.5
            if len(rows := np.flatnonzero(self._kept(k) & losing & ~direct)):
                goals[k] = goals[k].copy()
                goals[k][rows] = self._all.rest(k, len(rows))
                weights[np.ix_(rows, np.arange(len(self.names)), self._legs)] = 0.0
                weights[np.ix_(rows, np.array([k]), self._legs)] = 1.0

    def _say(self, weights: Array, direct: BoolArray) -> Array:
        """Weights (N, K, J) by which skills wait or follow their goals: of legs, no more than they have by now."""
        say = weights.copy()
        held = np.minimum(weights[:, :, self._legs], self._held)
        say[:, :, self._legs] = np.where(direct[:, None, None], weights[:, :, self._legs], held)
        return say

    def _tilt(self, obs: Observation) -> Array:
        """Sine of the tilt (N,) about what the skills that have the legs mean it to be."""
        gravity = gravity_base(obs.base_quaternion)[:, :2]
        for k, lean in self._leaning.items():
            name = self.names[k]
            planned = lean(self._all.skills[name].controller, self.memories[name])
            gravity[:, 0] -= self._held[:, k].mean(axis=1) * planned
        return length(gravity)

    def _decide(self, obs: Observation, blend: Blend, goals: list[Array], weights: Array) -> None:
        """Let the blenders whose time has come decide; what they ask for is pursued from the next control step on."""
        for each in blend.tasks:
            controller, decider = self.blenders[each.task]
            run = self._runs[each.task]
            due = each.rows & (run.ticks % controller.config.decision_ticks == 0)
            if due.any():
                goal = controller.goal_space.clip(each.goal)
                action = decider.actor(controller.features(obs, goal, run.memory))
                controller.decide(np.where(due[:, None], action, run.memory.action), run.memory)
                self._fill(
                    each.rows, controller, controller.goals(goal, run.memory), run.memory.action, goals, weights
                )
            run.ticks[each.rows] += 1

    def _hand_over(self, obs: Observation, weights: Array, direct: BoolArray) -> None:
        """Let the legs' weights follow what is wanted at a limited rate, in place; see `act`."""
        tilt = self._tilt(obs)
        calm = ~self.stepping & (length(self.motion.average[:, :2]) < self._calm_speed) & (tilt < CALM_TILT)
        self._calm = np.where(calm & ~direct, self._calm + self.robot.control_dt, 0.0)
        wanted, held = weights[:, :, self._legs], self._held
        has = held.sum(axis=2) > 0.0
        ready = ((self._calm > CALM_TIME) | has[:, self._planted].any(axis=1)) & (tilt < RECOVER_TILT)
        walks = has & ~self._planted
        refused = wanted * (self._patient & ~walks & ~ready[:, None])[:, :, None]
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
        for k in self._holding:
            mine = weights[direct, k][:, self._legs]
            self._held[direct, k] = mine
            self._held[direct, self._stander] -= mine
        weights[:, :, self._legs] = np.where(direct[:, None, None], weights[:, :, self._legs], moved)
