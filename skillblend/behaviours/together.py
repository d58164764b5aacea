"""Two behaviours at once that share no part of the body, as one `Blend`: raise the hands while walking somewhere."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.base import Behaviour, Facts, Question, Runner, Stage
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, Robot, SceneState, Step
from skillblend.contracts.pairs import TOGETHER, halves
from skillblend.errors import PlanError
from skillblend.safety.plan import PARTS, Situation
from skillblend.safety.rules import PlanRules
from skillblend.skills.spec import LIMBS


class Together(Behaviour):
    """Each half has the joints of its own parts of the body; what neither has goes with the legs."""

    name = TOGETHER
    about = "two steps at once that share no part of the body"
    parts = frozenset(LIMBS)
    keeps_pose = True

    def ground(self, scene: SceneState) -> list[Step]:
        """None by itself: a planner pairs steps where two are asked for at once."""
        del scene
        return []

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """They share no part of the body, and each may be done."""
        one, other = halves(step)
        if clash := shared(one, other):
            return f"{PARTS}: {one.text!r} and {other.text!r} both take the {' and the '.join(clash)}; do one first"
        return next((why for half in (one, other) if (why := _of(half).objection(half, situation, rules))), "")

    def effect(self, step: Step, facts: Facts) -> Facts:
        """What both change; what the legs do comes first."""
        for half in _legs_first(step):
            facts = _of(half).effect(half, facts)
        return facts

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """Where the legs lead."""
        for half in halves(step):
            situation = _of(half).after(half, situation, rules)
        return situation

    def affordance(self, step: Step, i: int, stage: Stage) -> Question | None:
        """That of the half that moves the legs: a planner has both and multiplies them."""
        half = _legs_first(step)[0]
        return _of(half).affordance(half, i, stage)

    def runner(self, stage: Stage, n: int) -> BothAtOnce:
        """The runners of both halves."""
        return BothAtOnce(stage, n)


class BothAtOnce:
    """Drives both halves of N robots; over when both are, and the one that is over first keeps its pose."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that do nothing yet."""
        self.stage, self._n = stage, n
        self._runners: dict[tuple[int, str], Runner] = {}
        self._halves: dict[int, tuple[Step, Step]] = {}
        self._over: BoolArray = np.zeros((2, n), dtype=np.bool_)

    def begin(self, i: int, step: Step) -> float:
        """Start both halves of robot `i`; the time after which they are given up, s.

        Raises:
            PlanError: They share a part of the body, or there is no way to do one from here.
        """
        first, second = _legs_first(step)
        if clash := shared(first, second):
            raise PlanError(f"{step.text!r} takes the {' and the '.join(clash)} twice; do one after the other")
        self._halves[i] = first, second
        self._over[:, i] = False
        return max(self._runner(k, half.behaviour).begin(i, half) for k, half in enumerate((first, second)))

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """The legs' half, with the other's joints and goals put in."""
        legs, arms = (self._half(k, ids, obs) for k in (0, 1))
        taken = np.zeros((len(ids), self.stage.robot.num_joints), dtype=np.bool_)
        for row, i in enumerate(ids.tolist()):
            taken[row, _joints(self._halves[i][1], self.stage.robot)] = True
        return _joined(legs, arms, taken), self._over[0, ids] & self._over[1, ids]

    def _half(self, k: int, ids: IntArray, obs: Observation) -> Blend:
        """What half number `k` of robots `ids` asks for."""
        blend = self.stage.skills.rest(len(ids))
        names = [self._halves[i][k].behaviour for i in ids.tolist()]
        for name in dict.fromkeys(names):
            rows = np.array([other == name for other in names])
            part, ended = self._runner(k, name).drive(ids[rows], obs)
            blend = blend.put(rows, part.spread(np.flatnonzero(rows), len(ids)))
            self._over[k, ids[rows]] |= ended
        return blend

    def _runner(self, k: int, name: str) -> Runner:
        if (k, name) not in self._runners:
            self._runners[k, name] = _behaviour(name).runner(self.stage, self._n)
        return self._runners[k, name]


def shared(one: Step, other: Step) -> list[str]:
    """Parts of the body that both take."""
    return sorted(_of(one).parts & _of(other).parts)


def _joined(legs: Blend, arms: Blend, taken: BoolArray) -> Blend:
    """`legs`, with the joints `taken` (N, J) from `arms`, and the goals of the skills that move those."""
    weights = np.where(taken[:, None, :], arms.weights, legs.weights)
    goals: list[Array] = []
    for k, (mine, theirs) in enumerate(zip(legs.goals, arms.goals, strict=True)):
        moved = (arms.weights[:, k] * taken).sum(axis=1) > 0.0
        kept = (legs.weights[:, k] * ~taken).sum(axis=1) > 0.0
        goals.append(np.where((moved & ~kept)[:, None], theirs, mine))
    return Blend(goals=tuple(goals), weights=weights, tasks=(*legs.tasks, *arms.tasks))


def _legs_first(step: Step) -> tuple[Step, Step]:
    """The halves of `step`, the one that moves the legs first."""
    one, other = halves(step)
    return (other, one) if "legs" in _of(other).parts else (one, other)


def _joints(step: Step, robot: Robot) -> IntArray:
    return robot.joints(*(word for part in sorted(_of(step).parts) for word in LIMBS[part]))


def _of(step: Step) -> Behaviour:
    return _behaviour(step.behaviour)


def _behaviour(name: str) -> Behaviour:
    from skillblend.behaviours import BEHAVIOURS  # the registry that this is an entry of

    return BEHAVIOURS[name]


BEHAVIOUR = Together()
