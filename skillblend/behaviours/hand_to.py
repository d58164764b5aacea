"""Hand what is held to a person: hold it out to them, wait, take it back to the body; nothing is let go of."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import words
from skillblend.behaviours.base import Behaviour, Facts, Needs, Question, Stage
from skillblend.behaviours.handling import is_carried
from skillblend.behaviours.hands import check_reach
from skillblend.behaviours.put_on import BEHAVIOUR as PUTTING
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation, SceneState, Step
from skillblend.errors import PlanError
from skillblend.safety.plan import HANDS, Situation
from skillblend.safety.rules import PlanRules
from skillblend.scales import Scales

PERSONS = ("person",)
"""Kinds that something can be handed to."""

OUT = 0.46
"""How far ahead of the feet hands hold it out, m, of the reference body."""

SECONDS = (2.0, 2.0, 1.5)
"""Holding it out takes, then it is waited for, then it comes back, s."""


class HandTo(Behaviour):
    """Held out to a person who may take it."""

    name = "hand_to"
    about = "hold what is in the hands out to a person"
    parts = frozenset({"legs", "arms", "torso"})

    def ground(self, scene: SceneState) -> list[Step]:
        """One step for each thing that can be carried and each person."""
        return [
            Step(text=f"hand the {item.name} to {thing.name}", behaviour=self.name, arguments=(item.name, thing.name))
            for thing in scene.things
            if thing.kind in PERSONS
            for item in scene.things
            if is_carried(item)
        ]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        """In the hands, before the person."""
        name, person = words(step, 2)
        if name not in situation.held:
            return f"{HANDS}: the {name} is not in them; pick it up first"
        return check_reach(Step(text=step.text, behaviour=self.name, arguments=(person,)), situation, rules)

    def needs(self, step: Step, scene: SceneState) -> Needs:
        """In the hands, and the robot at the person."""
        del scene
        name, person = words(step, 2)
        return Needs(any_of=(frozenset({f"held({name})", f"at({person})"}),))

    def effect(self, step: Step, facts: Facts) -> Facts:
        """It is still held: whether somebody takes it is theirs."""
        del step
        return facts

    def affordance(self, step: Step, i: int, stage: Stage) -> Question:
        """Whether the robot can stand with it."""
        return PUTTING.affordance(step, i, stage)

    def runner(self, stage: Stage, n: int) -> Handing:
        """Standing with arms that go out and come back."""
        return Handing(stage, n)


class Handing:
    """Holds things out with N robots."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that hold nothing out."""
        self.stage, self._out = stage, OUT * Scales.of(stage.robot).reach
        self._ticks: IntArray = np.zeros(n, dtype=np.int64)
        self._start: Array = np.zeros((n, 5))

    def begin(self, i: int, step: Step) -> float:
        """Start the clock of robot `i`."""
        name, _ = words(step, 2)
        hands = self.stage.skills.hands
        if not hands.full[i]:
            raise PlanError(f"there is nothing in the hands; pick up the {name} first")
        self._start[i], self._ticks[i] = hands.grip[i], 0
        return sum(SECONDS) + 1.0

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Hands out, wait, and back."""
        del obs
        self._ticks[ids] += 1
        seconds, (out, wait, back) = self._ticks[ids] * self.stage.dt, SECONDS
        share = np.clip(np.minimum(seconds / out, (out + wait + back - seconds) / back), 0.0, 1.0)
        grip = self._start[ids].copy()
        grip[:, 0] += share * (self._out - grip[:, 0])
        self.stage.skills.hands.hold(ids, grip)
        blend = self.stage.skills.walk(np.zeros((len(ids), 3)), ids)
        return blend, seconds >= sum(SECONDS)


BEHAVIOUR = HandTo()
