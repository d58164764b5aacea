"""What the robot can do at all, looked up: a verb without a behaviour is infeasible until the behaviour exists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from skillblend.contracts import Step, Thing
from skillblend.options import ground_options

_NAMES = {"raise": "raise_hands"}


@cache
def known_behaviours() -> frozenset[str]:
    """Names of the behaviours that exist."""
    things = [Thing(name=kind, kind=kind) for kind in ("marker", "button", "table", "shelf", "box")]
    return frozenset(_NAMES.get(step.skill, step.skill) for step in ground_options(things)) - {"done", "refuse"}


def step_of(behaviour: str, arguments: Sequence[str], things: Sequence[Thing]) -> Step | None:
    """The step of `behaviour` on `arguments` among `things`, or with the first of them in hand; None without one."""
    held = [Thing(name=t.name, kind=t.kind, held=np.array([t.name in arguments[:1]])) for t in things]
    for step in (*ground_options(things), *ground_options(held)):
        named = (step.argument,) if step.argument else ()
        if _NAMES.get(step.skill, step.skill) == behaviour and named == tuple(arguments):
            return step
    return None
