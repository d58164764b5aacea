"""Pick a thing up: step up to it, take it between both palms, lift it, and hold it before the body."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.handling import (
    Parcel,
    ahead,
    both,
    both_hands,
    check_depth,
    check_height,
    check_size,
    is_carried,
    palm,
    seen,
    with_hands,
)
from skillblend.behaviours.hands import check_reach
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.errors import PlanError
from skillblend.safety.plan import HANDS, Situation
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales

STANDS, NEAR, ASIDE, FACING = 0.41, 0.03, 0.05, 0.12
"""Its middle is so far ahead when hands take it; the robot plants its feet so near to that, along and across, m, and
so near to facing its side, rad. Of the reference body."""

ASKEW, HIGHEST = 0.35, 1.25
"""One that faces elsewhere by so much only turns, rad; hands carry at most so high, m, of the reference body."""

FARTHEST, NEAREST = 0.42, 0.20
"""Hands take it so far ahead of the feet at most, and at least, m, of the reference body."""

WAITS, BESIDE, DEEP = (0.22, 0.12), 0.08, 0.045
"""Hands wait so far ahead and so far from its sides, m; come so near to its sides; and close until they would be so
deep in them, m: what presses the palms on it. Of the reference body."""

LIFTS, CARRIED, CLEAR, FORCE = 0.12, 0.33, 0.98, 58.0
"""How far it is lifted at first, m; how far ahead of the feet hands carry it, m; how high its underside is then, m;
what palms press with, N. All of the reference body."""

SECONDS = {"wait": 1.0, "beside": 1.2, "close": 0.9, "firm": 0.6, "lift": 1.0, "back": 1.0, "hold": 1.5}
"""How long each stretch takes, s."""

LIMIT, PATIENCE, QUIET = 30.0, 12.0, 0.2
"""Given up after, s; the place where it is taken has to be found within, s; feet are quiet for so long, s."""

GAIN, FASTEST = (1.2, 1.2, 1.5), (0.3, 0.2, 0.4)
"""Speed for each metre or radian left, 1/s, and at most, m/s, m/s, rad/s, of the reference body."""


class Take(IntEnum):
    """What a robot is doing."""

    COME = 0
    WAIT = 1
    BESIDE = 2
    CLOSE = 3
    FIRM = 4
    LIFT = 5
    BACK = 6
    HOLD = 7
    EMPTY = 8


class PickUp(Behaviour):
    """Boxes and parcels that are free."""

    name = "pick_up"
    about = "pick up a parcel with both hands and hold it"
    parts = frozenset({"legs", "arms", "torso"})
    keeps_pose = True

    def ground(self, scene: SceneState) -> list[Step]:
        """One step a thing that two hands can take."""
        return [
            Step(text=f"pick up the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
            if is_carried(thing)
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Neither too wide nor too heavy, too high nor too low; empty hands, within reach."""
        (name,) = words(step, 1)
        thing = situation.things.get(name)
        known = thing is not None and thing.pose is not None and all(thing.size)
        if thing is not None and known and name not in situation.held:
            parcel = seen(thing, situation.heading)
            height = float(parcel.middle[2]) + parcel.above
            never = check_size(thing, situation, rules) or check_height(f"the {name} takes", height, rules)
            if never:
                return never
        if situation.held:
            return f"{HANDS}: the {situation.held[0]} is in them; put it down first"
        why = check_reach(step, situation, rules)
        if why or thing is None or thing.pose is None:
            return why
        return check_depth(thing, situation, rules)

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """In the hands."""
        del rules
        return situation.holding(words(step, 1))

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """Empty hands, and the robot at it or at what it is on."""
        (name,) = words(step, 1)
        return both_hands(name, scene)

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Held, and on nothing any more."""
        (name,) = words(step, 1)
        left = frozenset(fact for fact in facts if not fact.startswith((f"on({name},", f"in({name},")))
        return left | {f"held({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether reaching gets the hands to its sides."""
        (name,) = words(step, 1)
        parcel = seen(stage.perception.scene_state().thing(name), float(stage.perception.poses()[i, 2]), i)
        x, y, z = ahead(stage, i, parcel.middle)
        x = min(x, FARTHEST * Scales.of(stage.robot).reach)
        goal = both(x, y, z + parcel.above, parcel.width + 2 * palm(stage)).reshape(1, 6)
        return Question(skill="reaching", goal=stage.skills.skill("reaching").goal_space.clip(goal)[0])

    def runner(self, stage: Stage, n: int) -> Taking:
        """Step by step."""
        return Taking(stage, n)


class Taking:
    """Takes things with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots with empty hands."""
        self.stage = stage
        scales = Scales.of(stage.robot)
        self._scales, self._palm = scales, palm(stage)
        self._names = [""] * n
        self._stretch: IntArray = np.zeros(n, dtype=np.int64)
        self._ticks: IntArray = np.zeros(n, dtype=np.int64)
        self._quiet: IntArray = np.zeros(n, dtype=np.int64)
        self._goal: Array = np.zeros((n, 2, 3))
        self._grip: Array = np.zeros((n, 5))
        self._over: BoolArray = np.zeros(n, dtype=np.bool_)

    def begin(self, i: int, step: Step) -> float:
        """Look at the thing."""
        (name,) = words(step, 1)
        if self.stage.skills.hands.full[i]:
            raise PlanError("the hands are full; put down what is in them first")
        self._names[i] = name
        self._parcel(i)
        self._stretch[i] = self._ticks[i] = self._quiet[i] = 0
        self._over[i] = False
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """The next part of each robot's motion."""
        del obs
        self._ticks[ids] += 1
        command = np.zeros((len(ids), 3))
        for row, i in enumerate(ids.tolist()):
            if self._stretch[i] == Take.COME:
                command[row] = self._come(i)
            elif self._stretch[i] < Take.HOLD:
                self._reach(i, Take(int(self._stretch[i])))
            elif self._stretch[i] == Take.HOLD:
                self._over[i] |= self._ticks[i] * self.stage.dt >= SECONDS["hold"]
        reaching = (self._stretch[ids] > Take.COME) & (self._stretch[ids] < Take.HOLD)
        blend = self.stage.skills.stand(ids)
        coming = self._stretch[ids] == Take.COME
        blend = blend.put(coming, with_hands(self.stage, command, self._grip[ids], ids))
        goal = self.stage.skills.skill("reaching").goal_space.clip(self._goal[ids].reshape(-1, 6))
        return blend.put(reaching, self.stage.skills.one_hot("reaching", goal)), self._over[ids]

    def _parcel(self, i: int) -> Parcel:
        heading = float(self.stage.perception.poses()[i, 2])
        return seen(self.stage.perception.scene_state().thing(self._names[i]), heading, i)

    def _come(self, i: int) -> Array:
        """Walking command (3,) that brings robot `i` before the thing; goes on once it stands there."""
        stage, scales, parcel = self.stage, self._scales, self._parcel(i)
        x, y, _ = ahead(stage, i, parcel.middle)
        level = float(parcel.middle[2]) + parcel.above
        self._grip[i] = [WAITS[0] * scales.reach, 0.0, level, parcel.width + 2 * self._palm + 2 * WAITS[1], 0.0]
        off = np.array([x - STANDS * scales.reach, y - self._aside(i), parcel.turn])
        there = bool((np.abs(off) < [NEAR, ASIDE, FACING]).all())
        if abs(off[2]) > ASKEW:
            off[:2] = 0.0
        command = np.clip(np.array(GAIN) * off, -np.array(FASTEST), np.array(FASTEST))
        command[np.abs(off) < 0.5 * np.array([NEAR, ASIDE, FACING])] = 0.0
        self._quiet[i] = self._quiet[i] + 1 if there and not stage.skills.stepping[i] else 0
        if self._quiet[i] * stage.dt >= QUIET:
            self._next(i)
        elif self._ticks[i] * stage.dt > PATIENCE:
            self._give_up(i)
        return np.zeros(3) if there else command

    def _aside(self, i: int) -> float:
        """How far to the left of robot `i` the thing is when its feet are planted, m."""
        del i
        return 0.0

    def _next(self, i: int) -> None:
        self._stretch[i] += 1
        self._ticks[i] = 0

    def _give_up(self, i: int) -> None:
        self._over[i] = True
        self._stretch[i] = Take.EMPTY

    def _reach(self, i: int, stretch: Take) -> None:
        """Wrist targets of robot `i`; goes on when the stretch is over."""
        scales, share = self._scales, self._ticks[i] * self.stage.dt / SECONDS[stretch.name.lower()]
        parcel = self._parcel(i)
        x, y, z = ahead(self.stage, i, parcel.middle)
        apart = parcel.width + 2 * self._palm
        hold_x = float(np.clip(x, NEAREST * scales.reach, FARTHEST * scales.reach))
        level = z + parcel.above
        if stretch == Take.WAIT:
            self._goal[i] = both(WAITS[0] * scales.reach, y, level, apart + 2 * WAITS[1])
        elif stretch == Take.BESIDE:
            self._goal[i] = both(hold_x, y, level, apart + 2 * BESIDE)
        elif stretch == Take.CLOSE:
            out = BESIDE - (BESIDE + DEEP) * min(share, 1.0)
            self._goal[i] = both(hold_x, y, level, apart + 2 * out)
        elif stretch == Take.LIFT:
            self._goal[i, :, 2] += LIFTS * self.stage.dt / SECONDS["lift"]
        elif stretch == Take.BACK:
            middle = self._goal[i, :, 0].mean()
            left = max(1.0 - share, self.stage.dt)
            self._goal[i, :, 0] += (CARRIED * scales.reach - middle) * min(1.0, self.stage.dt / left)
        if share >= 1.0:
            self._next(i)
            if stretch == Take.BACK:
                self._hold(i, parcel, apart)

    def _hold(self, i: int, parcel: Parcel, apart: float) -> None:
        """From now on what is between the hands is held; nothing is where they have closed."""
        wrists = self.stage.skills.wrists()[i]
        under = float(wrists[:, 2].mean()) - parcel.bottom
        if np.linalg.norm(wrists[0] - wrists[1]) < apart - DEEP:
            self._give_up(i)
            return
        high = max(CLEAR * self._scales.reach + under, float(wrists[:, 2].mean()))
        high = min(high, self._scales.place((0.0, 0.0, HIGHEST))[2])
        force = FORCE * self._scales.weight
        self._grip[i] = [CARRIED * self._scales.reach, 0.0, high, apart, force]
        self.stage.skills.hands.hold(np.array([i]), self._grip[i : i + 1])


BEHAVIOUR = PickUp()
