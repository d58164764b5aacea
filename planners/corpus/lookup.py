"""What the robot can do at all, looked up: a verb without a behaviour is infeasible until the behaviour exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.options import ground_options


def known_behaviours() -> frozenset[str]:
    """Names of the behaviours that exist."""
    return frozenset(BEHAVIOURS)


def step_of(behaviour: str, arguments: Sequence[str], things: Sequence[Thing]) -> Step | None:
    """The step of `behaviour` on `arguments` among `things`, or with the first of them in hand; None without one."""
    free = SceneState(things=tuple(things))
    held = SceneState(things=tuple(replace(t, held=np.array([t.name in arguments[:1]])) for t in things))
    for scene in (free, held):
        for step in ground_options(scene):
            if step.behaviour == behaviour and step.arguments == tuple(arguments):
                return step
    return None
