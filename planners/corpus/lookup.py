"""What the robot can do at all, looked up: a verb without a behaviour is infeasible until the behaviour exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.options import ENDS, ground_options
from skillblend.safety.vocabulary import Verb


def known_behaviours() -> frozenset[str]:
    """Names of the behaviours that exist."""
    return frozenset(BEHAVIOURS)


def possible_steps(things: Sequence[Thing]) -> tuple[Step, ...]:
    """Every step on `things` that there is with free hands, or with one of them in hand.

    It is remembered by what things are and whether anybody knows where: that a door is open or a button pushed in
    changes what can be done now, not what can ever be done.
    """
    return _possible(tuple((thing, thing.pose is None) for thing in things), known_behaviours(), _Unkeyed(things))


class _Unkeyed:
    """Things that a cache does not look at."""

    def __init__(self, things: Sequence[Thing]) -> None:
        self.things = things

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Unkeyed)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _possible(
    key: tuple[tuple[Thing, bool], ...], behaviours: frozenset[str], found_with: _Unkeyed
) -> tuple[Step, ...]:
    from planners.corpus.phrases import verb_of

    del key, behaviours
    things = found_with.things
    found: dict[str, Step] = {}
    names = [thing.name for thing in things if thing.motion == "free"]
    for held in ("", *names):
        scene = SceneState(things=tuple(replace(t, held=np.array([t.name == held])) for t in things))
        found.update({step.text: step for step in ground_options(scene) if step.behaviour not in ENDS})
        if not held and not any(step.behaviour == verb_of("take") for step in found.values()):
            break  # nothing can be held
    return tuple(found.values())


def goes(step: Step) -> bool:
    """Whether the robot is elsewhere after `step`."""
    return step.behaviour not in ENDS and BEHAVIOURS[step.behaviour].verb is Verb.GO


def approaches(step: Step) -> bool:
    """Whether `step` is to walk to the thing that it names."""
    return step.behaviour not in ENDS and BEHAVIOURS[step.behaviour].approaches


def step_of(behaviour: str, arguments: Sequence[str], things: Sequence[Thing]) -> Step | None:
    """The step of `behaviour` on `arguments` among `things`, or with the first of them in hand; None without one."""
    free = SceneState(things=tuple(things))
    held = SceneState(things=tuple(replace(t, held=np.array([t.name in arguments[:1]])) for t in things))
    for scene in (free, held):
        for step in ground_options(scene):
            if step.behaviour == behaviour and step.arguments == tuple(arguments):
                return step
    return None
