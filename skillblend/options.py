"""The grounded options of a scene: the only things a plan may consist of; and what the rules hold against them."""

from __future__ import annotations

from collections.abc import Sequence

from skillblend.behaviours import BEHAVIOURS, Facts
from skillblend.contracts import SceneState, Step
from skillblend.errors import SafetyError
from skillblend.safety.machine import Mode
from skillblend.safety.plan import MODE, Situation
from skillblend.safety.rules import PlanRules

DONE = Step(text="done", behaviour="done")
REFUSE = Step(text="refuse", behaviour="refuse")
ENDS_PLAN = "ends the plan"
"""Reason of an end that has no other."""

UNABLE = "no skill can do that here"
"""What is said of a request that no option meets."""

ENDS = (DONE.behaviour, REFUSE.behaviour)
"""Behaviours of the steps that end a plan: nothing moves."""


def ground_options(scene: SceneState) -> list[Step]:
    """Every step that some behaviour can try in `scene` now, plus `DONE` and `REFUSE`.

    Steps without a thing come first, the others in the order of the things that they are about; among those of a
    thing, the ones that move fewest parts of the body, and say least.
    """
    order = {name: number for number, name in enumerate(scene.names, start=1)}
    behaviours = {name: BEHAVIOURS[name] for name in BEHAVIOURS}
    steps = [step for behaviour in behaviours.values() for step in behaviour.ground(scene)]

    def rank(step: Step) -> tuple[int, int, int]:
        about = min((order[word] for word in step.arguments if word in order), default=0)
        return about, len(behaviours[step.behaviour].parts) if about else 0, len(step.arguments) if about else 0

    steps.sort(key=rank)
    return [*steps, DONE, REFUSE]


def objection(step: Step, situation: Situation, rules: PlanRules | None = None) -> str:
    """Why `step` is not allowed in `situation`, the rule's name first; empty where it is.

    Raises:
        UnknownNameError: No such behaviour or thing.
        InputError: The step's arguments do not fit its behaviour.
    """
    if step.behaviour in ENDS:
        return ""
    behaviour = BEHAVIOURS[step.behaviour]
    if situation.mode not in (Mode.STAND, Mode.RUNNING):
        return f"{MODE}: the robot is in {situation.mode.name.lower()}: re-arm it and let it stand first"
    return behaviour.objection(step, situation, rules or PlanRules())


def check_plan(steps: Sequence[Step], situation: Situation, rules: PlanRules | None = None) -> None:
    """Refuse a plan whose steps, one after the other, break a rule.

    Raises:
        SafetyError: A step is not allowed where the steps before it lead.
        UnknownNameError: No such behaviour or thing.
        InputError: A step's arguments do not fit its behaviour.
    """
    rules = rules or PlanRules()
    for number, step in enumerate(steps, start=1):
        why = objection(step, situation, rules)
        if why:
            raise SafetyError(f"step {number}, {step.text!r}, is not allowed: {why}")
        situation = after(step, situation, rules)


def after(step: Step, situation: Situation, rules: PlanRules) -> Situation:
    """`situation` once `step` has succeeded."""
    return situation if step.behaviour in ENDS else BEHAVIOURS[step.behaviour].after(step, situation, rules)


def effect(step: Step, facts: Facts) -> Facts:
    """What holds once `step` has succeeded where `facts` held."""
    return facts if step.behaviour in ENDS else BEHAVIOURS[step.behaviour].effect(step, facts)


def all_achieved(history: Sequence[tuple[Step, bool]]) -> bool:
    """Whether something was done and each step, tried again where it failed, was achieved in the end."""
    last = {step.text: success for step, success in history}
    return bool(last) and all(last.values())
