"""Kick a ball: get behind it, kick it in stride with the left foot, towards the goal if there is one."""

from __future__ import annotations

import math

import numpy as np

from skillblend.behaviours.arguments import place, words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.tasks import seen_from
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.errors import PlanError
from skillblend.predicates import leave_places
from skillblend.safety.plan import DISTANCE, Situation, check_way
from skillblend.safety.rules import PlanRules

TASK = "football_shoot"
"""The task whose blender or script kicks."""

TARGET = "goal"
"""Kind of things that balls are kicked into."""

AHEAD = 4.0
"""Where there is no goal, the ball is kicked so far on in the direction that the robot has come from, m: as far for
every robot."""

NEAR = 2.0
"""Nobody kicks a ball that is farther away than so many times the reach of a robot: one walks there first."""

GONE, HELD, LIMIT = 1.0, 1.0, 30.0
"""A ball that has rolled so far has been kicked, m, whoever kicked it; the robot then comes to rest for so long, s;
given up after, s."""

SPEED = 0.5
"""What walking is asked whether it can, m/s, of the reference body."""


class Kick(Behaviour):
    """One step a ball."""

    name = "kick"
    about = "kick a ball, into the goal if there is one"
    parts = frozenset({"legs"})

    def ground(self, scene: SceneState) -> list[Step]:
        """Balls that roll."""
        return [
            Step(text=f"kick the {thing.name}", behaviour=self.name, arguments=(thing.name,))
            for thing in scene.things
            if thing.kind == "ball" and thing.motion == "free"
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """Near, and with room before and behind the ball."""
        (name,) = words(step, 1)
        x, y = place(name, situation)
        away = math.dist(situation.position, (x, y))
        if away > NEAR * rules.reach:
            return (
                f"{DISTANCE}: the {name} is {away:.1f} m away, {NEAR * rules.reach:.1f} m are near; walk there first"
            )
        zones = [zone for zone in situation.zones if zone.name != name]
        return check_way([situation.position, (x, y)], Situation(position=(x, y), heading=0.0, zones=zones), rules)

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """At it."""
        del scene
        (name,) = words(step, 1)
        return Needs(any_of=(frozenset({f"at({name})"}),))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """Kicked, and not here any more."""
        (name,) = words(step, 1)
        return leave_places(facts) | {f"kicked({name})"}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether walking can step up to it."""
        del step, i
        return Question(skill="walking", goal=np.array([SPEED * stage.scales.speed, 0.0, 0.0]))

    def runner(self, stage: Stage, n: int) -> Kicking:
        """The blender, or the script."""
        return Kicking(stage, n)


class Kicking:
    """Kicks balls with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that kick nothing yet."""
        self.stage = stage
        self._names: list[str] = [""] * n
        self._aim: Array = np.zeros((n, 3))
        self._from: Array = np.zeros((n, 2))
        self._gone: IntArray = np.zeros(n, dtype=np.int64)

    def begin(self, i: int, step: Step) -> float:
        """Where the ball lies, and where it shall go."""
        (name,) = words(step, 1)
        if TASK not in self.stage.skills.blenders:
            raise PlanError("this robot lacks the skills to kick: walking and squatting")
        scene = self.stage.perception.scene_state()
        ball = scene.thing(name).pose
        if ball is None:
            raise PlanError(f"nobody knows where the {name} is")
        goals = [thing.pose for thing in scene.things if thing.kind == TARGET and thing.pose is not None]
        here, start = ball[i, :2], self.stage.perception.poses()[i, :2]
        if goals:
            aim = min((pose[i, :2] for pose in goals), key=lambda point: float(np.linalg.norm(point - here)))
        else:
            way = here - start
            aim = here + AHEAD * way / max(float(np.linalg.norm(way)), 1e-9)
        self._names[i], self._from[i], self._gone[i] = name, here, 0
        self._aim[i] = [*aim, 0.0]
        return LIMIT

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Ask for the ball where it is now."""
        del obs
        scene, balls = self.stage.perception.scene_state(), np.zeros((len(ids), 3))
        goal = np.zeros((len(ids), 9))
        for row, i in enumerate(ids.tolist()):
            pose = scene.thing(self._names[int(i)]).pose
            assert pose is not None  # known in the beginning
            balls[row] = pose[i, :3]
            points = np.stack([balls[row], self._aim[i], self._aim[i]])
            goal[row] = seen_from(self.stage, i, points).ravel()
        rolled = np.linalg.norm(balls[:, :2] - self._from[ids], axis=1) >= GONE
        self._gone[ids] = np.where(rolled, self._gone[ids] + 1, 0)
        blend = self.stage.skills.task(TASK, goal, ~rolled)
        return blend, self._gone[ids] * self.stage.dt >= HELD


BEHAVIOUR = Kick()
