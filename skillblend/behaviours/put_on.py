"""Put what is in the hands on a surface: step up to where there is room, lower it, let go, take the hands back."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.handling import (
    SURFACES,
    Parcel,
    check_height,
    free_space,
    is_carried,
    seen,
    with_hands,
)
from skillblend.behaviours.hands import check_reach
from skillblend.behaviours.locomotion import walk
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step, Thing
from skillblend.errors import PlanError
from skillblend.kinematics import to_heading
from skillblend.navigation import wrap
from skillblend.safety.plan import HANDS, ROOM, Situation
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales

BEFORE, NEAR, ASIDE, FACING = 0.25, 0.04, 0.06, 0.10
"""The base stands so far before the edge of a surface, m; so near to that, along and across, m, and so near to facing
the edge, rad, it plants its feet. Of the reference body."""

ASKEW, AWAY, STILL_SHUT = 0.35, 0.15, 0.3
"""One that faces elsewhere by so much only turns, rad; hands come back by so much at the end, m, of the reference
body; they open after this share of the time in which their force goes."""

OUT, DOWN, OPENS, UP = 0.41, 0.10, 0.15, 0.12
"""How far ahead of the feet hands put it down, m; how fast they go down, m/s, and open, m/s of each; how high they
are raised after that, m. Of the reference body."""

RESTS, HIGH, BLOCKED, BESIDE = 0.006, 0.04, 0.06, 0.12
"""So near to the surface it rests, m; so far above it hands never let go, m; it rests, too, where wrists stay so far
above their place, m; room for a hand at each side, m. Of the reference body."""

LOOSE, PRESSED = 18.0, 0.04
"""Then palms press with so much, N, while hands go down by so much more, m: what is tilted turns and lies flat. Of
the reference body."""

SECONDS = {"reach": 1.5, "lower": 5.0, "loosen": 0.8, "open": 0.9, "back": 1.2}
"""How long each stretch takes, or takes at most, s."""

LIMIT, PATIENCE, QUIET = 40.0, 20.0, 0.3
"""Given up after, s; the place to stand has to be found within, s; feet are quiet for so long, s."""

GAIN, FASTEST = (1.0, 1.0, 1.2), (0.25, 0.2, 0.35)
"""Speed for each metre or radian left, 1/s, and at most, m/s, m/s, rad/s, of the reference body."""


class Put(IntEnum):
    """What a robot is doing."""

    COME = 0
    REACH = 1
    LOWER = 2
    LOOSEN = 3
    OPEN = 4
    BACK = 5
    FREE = 6


class PutOn(Behaviour):
    """What was picked up, on a table, a shelf or a box."""

    name = "put_on"
    about = "put what is in the hands on a table"
    parts = frozenset({"legs", "arms", "torso"})

    def ground(self, scene: SceneState) -> list[Step]:
        """One step for each thing that can be carried and each surface."""
        return [
            Step(
                text=f"put the {item.name} on the {thing.name}",
                behaviour=self.name,
                arguments=(item.name, thing.name),
            )
            for thing in scene.things
            if thing.kind in SURFACES
            for item in scene.things
            if is_carried(item) and item.name != thing.name
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Neither too high nor too low, in the hands, before the surface, which has room."""
        name, support = words(step, 2)
        item, surface = situation.things.get(name), situation.things.get(support)
        if all(thing is not None and thing.pose is not None and all(thing.size) for thing in (item, surface)):
            assert item is not None and surface is not None  # or it would not be all
            height = top(surface) + item.size[2] / 2 + seen(item, situation.heading).above
            never = check_height(f"to let go of it on the {support} takes", height, rules)
            if never:
                return never
        if name not in situation.held:
            return f"{HANDS}: the {name} is not in them; pick it up first"
        why = check_reach(Step(text=step.text, behaviour=self.name, arguments=(support,)), situation, rules)
        if why or item is None or surface is None or item.pose is None or surface.pose is None:
            return why
        return _no_room(name, surface, situation)

    def after(self, step: Step, situation: Situation, rules: PlanRules) -> Situation:
        """Out of the hands."""
        del step, rules
        return situation.holding(())

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """In the hands, and the robot at the surface."""
        del scene
        name, support = words(step, 2)
        return Needs(any_of=(frozenset({f"held({name})", f"at({support})"}),))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """On it."""
        name, support = words(step, 2)
        return (facts - {f"held({name})"}) | {f"on({name}, {support})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether the robot can stand with it."""
        del step, i
        space = stage.skills.skill("carrying").goal_space
        return Question(skill="carrying", goal=space.clip(stage.skills.skill("carrying").controller.goal_at_rest))

    def runner(self, stage: Stage, n: int) -> Putting:
        """Step by step."""
        return Putting(stage, n)


def top(surface: Thing) -> float:
    """Height of the upper side of what stands upright, m."""
    assert surface.pose is not None  # known to whoever asks
    return float(surface.pose[0, 2]) + surface.size[2] / 2


def _no_room(name: str, surface: Thing, situation: Situation) -> str:
    scene = SceneState(things=tuple(situation.things.values()))
    item = seen(situation.things[name], situation.heading)
    if free_space(scene, name, surface, item.width + 2 * BESIDE, 0.0) is not None:
        return ""
    return f"{ROOM}: the {name} and two hands take {item.width + 2 * BESIDE:.2f} m, the {surface.name} has less free"


class Putting:
    """Puts things down with N robots.

    Attributes:
        near: The base is at its place within so much, along and across, m, and rad, of the reference body.
    """

    near = (NEAR, ASIDE, FACING)

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that put nothing down yet."""
        self.stage = stage
        self._scales = Scales.of(stage.robot)
        self._names = [""] * n
        self._surface = np.zeros(n)
        self._spot: Array = np.zeros((n, 3))
        self._grip: Array = np.zeros((n, 5))
        self._start: Array = np.zeros((n, 5))
        self._stretch: IntArray = np.zeros(n, dtype=np.int64)
        self._ticks: IntArray = np.zeros(n, dtype=np.int64)
        self._quiet: IntArray = np.zeros(n, dtype=np.int64)
        self._over: BoolArray = np.zeros(n, dtype=np.bool_)
        length = self._scales.length
        self._near = np.array([self.near[0] * length, self.near[1] * length, self.near[2]])

    def begin(self, i: int, step: Step) -> float:
        """Look for a place on the surface, and where to stand for it."""
        name, support = words(step, 2)
        stage, skills = self.stage, self.stage.skills
        if not skills.hands.full[i]:
            raise PlanError(f"there is nothing in the hands; pick up the {name} first")
        scene = stage.perception.scene_state().row(i)
        surface = scene.thing(support)
        if surface.pose is None:
            raise PlanError(f"nobody knows where the {support} is; use another one")
        _, heading = stage.perception.route(i, support)
        pose = surface.pose[0]
        course = 2.0 * math.atan2(float(pose[6]), float(pose[3])) if heading is None else heading
        parcel = seen(scene.thing(name), course)
        self._names[i] = name
        self._spot[i] = [*self._stand(i, parcel.width, name, surface, course), course]
        self._surface[i] = top(surface)
        self._grip[i] = skills.hands.grip[i]
        self._stretch[i] = self._ticks[i] = self._quiet[i] = 0
        self._over[i] = False
        return LIMIT

    def _stand(self, i: int, width: float, name: str, surface: Thing, course: float) -> Array:
        """Where base `i` stands to put a thing of `width` m on `surface`, facing `course`, world, m. Shape (2,).

        Raises:
            PlanError: There is no room.
        """
        assert surface.pose is not None  # begin has looked
        middle, ahead = surface.pose[0, :2], np.array([math.cos(course), math.sin(course)])
        across = np.array([-math.sin(course), math.cos(course)])
        scene, base = self.stage.perception.scene_state().row(i), self.stage.perception.poses()[i, :2]
        place = free_space(scene, name, surface, width + 2 * BESIDE, float((base - middle) @ across))
        if place is None:
            raise PlanError(f"there is no room for the {name} on the {surface.name}; put something else away first")
        edge = middle + place * across - surface.size[0] / 2 * ahead
        return edge - BEFORE * self._scales.length * ahead

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """The next part of each robot's motion."""
        del obs
        self._ticks[ids] += 1
        command = np.zeros((len(ids), 3))
        for row, i in enumerate(ids.tolist()):
            if self._stretch[i] == Put.COME:
                command[row] = self._come(i)
            elif self._stretch[i] < Put.FREE:
                self._hands(i, Put(int(self._stretch[i])))
        blend = walk(self.stage, command, ids)
        opening = (self._stretch[ids] >= Put.OPEN) & (self._stretch[ids] < Put.FREE)
        return blend.put(opening, with_hands(self.stage, command, self._grip[ids], ids)), self._over[ids]

    def _come(self, i: int) -> Array:
        """Walking command (3,) that brings robot `i` to its place; goes on once it stands there."""
        stage = self.stage
        x, y, heading = stage.perception.poses()[i]
        left = to_heading(np.array([[[self._spot[i, 0] - x, self._spot[i, 1] - y, 0.0]]]), np.array([heading]))[0, 0]
        turn = float(wrap(self._spot[i, 2] - np.array(heading)))
        off = np.array([left[0], left[1], turn])
        there = bool((np.abs(off) < self._near).all())
        if abs(turn) > ASKEW:
            off[:2] = 0.0
        command = np.clip(np.array(GAIN) * off, -np.array(FASTEST), np.array(FASTEST))
        command[np.abs(off) < 0.5 * self._near] = 0.0
        self._quiet[i] = self._quiet[i] + 1 if there and not stage.skills.stepping[i] else 0
        if self._quiet[i] * stage.dt >= QUIET:
            self._next(i)
        self._over[i] |= self._ticks[i] * stage.dt > PATIENCE
        return np.zeros(3) if there else command

    def _next(self, i: int) -> None:
        self._stretch[i] += 1
        self._ticks[i] = 0
        self._start[i] = self._grip[i]

    def _parcel(self, i: int) -> Parcel:
        return seen(self.stage.perception.scene_state().thing(self._names[i]), float(self._spot[i, 2]), i)

    def _hands(self, i: int, stretch: Put) -> None:
        """The grip of robot `i`; goes on when the stretch is over."""
        dt, seconds, reach = self.stage.dt, self._ticks[i] * self.stage.dt, self._scales.reach
        over = seconds >= SECONDS[stretch.name.lower()]
        share = min(seconds / SECONDS[stretch.name.lower()], 1.0)
        if stretch == Put.REACH:
            self._grip[i, :2] = self._start[i, :2] + share * (self._over_it(i) - self._start[i, :2])
        elif stretch == Put.LOWER:
            self._grip[i, 2] -= DOWN * dt
            hangs = float(self.stage.skills.wrists()[i, :, 2].mean()) - self._grip[i, 2]
            over |= self._is_down(i) or hangs > BLOCKED * reach
        elif stretch == Put.LOOSEN:
            self._grip[i, 4] = self._start[i, 4] + share * (LOOSE * self._scales.weight - self._start[i, 4])
            self._grip[i, 2] -= PRESSED * dt / SECONDS["loosen"]
        elif stretch == Put.OPEN:
            self._grip[i, 4] = max(self._start[i, 4] * (1.0 - 3.0 * share), 0.0)
            self._grip[i, 3] += 2 * OPENS * dt * (share > STILL_SHUT)
        elif stretch == Put.BACK:
            self._grip[i, 2] = self._start[i, 2] + share * UP * reach
            self._grip[i, 0] = self._start[i, 0] - share * AWAY * reach
        who = np.array([i])
        if stretch < Put.OPEN:
            self.stage.skills.hands.hold(who, self._grip[who])
        if over and stretch == Put.LOWER and not self._may_open(i):
            self._over[i] = True
        elif over:
            self._next(i)
            self.stage.skills.hands.let_go(who[self._stretch[who] >= Put.OPEN])
            self._over[i] = self._stretch[i] == Put.FREE

    def _over_it(self, i: int) -> Array:
        """Where hands let go, ahead of the feet and to the left, m. Shape (2,)."""
        return np.array([OUT * self._scales.reach, self._start[i, 1]])

    def _is_down(self, i: int) -> bool:
        """Whether the thing has come down as far as it shall."""
        return self._parcel(i).bottom < self._surface[i] + RESTS

    def _may_open(self, i: int) -> bool:
        """Whether hands may let go: never in the air."""
        return self._parcel(i).bottom <= self._surface[i] + HIGH * self._scales.reach


BEHAVIOUR = PutOn()
