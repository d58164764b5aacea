"""A box on a table that suits a robot's arms, and where it should be: what BoxPush and BoxTransfer share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.tasks.handling import thing_goal, thing_truth
from sim.tasks.objects import FreeThing
from skillblend.contracts import Array, BoolArray, IntArray, WorldState
from skillblend.scales import Scales

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask
    from sim.things.model import Model

PALMS = ("left_palm_collision", "right_palm_collision")
_PLACE = 30
_TURNED = 0.2
"""How far the box is turned at most, rad."""

BOX = 0.10
"""Extent of the box, m; the thing's own."""
DEPTH, WIDTH = 0.9, 1.5
"""Of the table, m; the thing's own."""
_EDGE = 0.5
"""From a robot that begins to the edge of the table, m; reference body."""
_TOP = 1.0
"""Height of the table, m; stance frame of the reference body."""
_SPREAD = (0.1, 0.6)
"""How much the place of the box varies, ahead and sideways, m; reference body."""


@dataclass(frozen=True, kw_only=True)
class Tabletop:
    """Where table and box are.

    Attributes:
        table: Distance of the middle of the table from the robot, m.
        top: Height of the table, m.
        box: Least distance of the middle of the box from the robot, all of its underside on the table, m.
        spread: How much the place of the box varies, ahead and sideways, m.
    """

    table: float
    top: float
    box: float
    spread: tuple[float, float]

    @staticmethod
    @lru_cache
    def of(scales: Scales) -> Tabletop:
        """For the robot that `scales` are of: what it walks goes with its legs, the height with its arms."""
        edge = round(_EDGE * scales.length, 6)
        return Tabletop(
            table=round(edge + DEPTH / 2, 6),
            top=scales.place((0.0, 0.0, _TOP))[2],
            box=round(edge + BOX / 2, 6),
            spread=(_SPREAD[0] * scales.length, _SPREAD[1] * scales.length),
        )


@dataclass(kw_only=True)
class _Own:
    """What the tasks remember, for N environments.

    Attributes:
        place: Where table and box are.
        aim: Where the box should be, world. Shape (N, 3), m.
        box: The box.
    """

    place: Tabletop
    aim: Array
    box: FreeThing


def new(task: BlendTask) -> _Own:
    """Nothing to move yet."""
    return _Own(place=Tabletop.of(task.scales), aim=np.zeros((task.sim.n, 3)), box=FreeThing(task, "box"))


def furnish(spec: mujoco.MjSpec, box: Model, tables: Sequence[Model]) -> None:
    """Add box and tables, and sensors of what touches the box."""
    from sim.touch import add_touch

    for model in (*tables, box):
        model.furnish(spec, visual=False)
    for other in (*(table.body for table in tables), *PALMS):
        add_touch(spec, box.body, other)


def put(task: BlendTask, ids: IntArray, qpos: Array) -> tuple[Array, Array]:
    """Put the box on the table ahead, turned a little: its places (len(ids), 3), m, and two more of [0, 1)."""
    own: _Own = task.own
    u = task.streams.uniform(ids, _PLACE, 0.0, 1.0, 5)
    (ahead, aside), height = own.place.spread, np.full(len(ids), own.place.top + BOX / 2)
    start = np.stack([own.place.box + ahead * u[:, 0], aside * u[:, 1] - aside / 2, height], axis=1)
    own.box.put(qpos, start, 2 * _TURNED * u[:, 2] - _TURNED)
    return start, u[:, 3:]


def begin(task: BlendTask, ids: IntArray, state: WorldState) -> None:
    """All is drawn before the robot stands."""
    del task, ids, state


def goal(task: BlendTask, state: WorldState) -> Array:
    """The box and its aim."""
    return thing_goal(task, state, task.own.box, task.own.aim)


def away(task: BlendTask) -> Array:
    """From the box to its aim, world. Shape (N, 3), m."""
    return task.own.aim - task.own.box.position


def critic(task: BlendTask, state: WorldState) -> Array:
    """How it moves, and what it weighs."""
    return thing_truth(task, state, task.own.box)


def marks(task: BlendTask) -> Array:
    """The aim."""
    return task.own.aim[:1]


def paper_error(task: BlendTask, state: WorldState) -> Array:
    """Mean absolute error per axis."""
    del state
    return np.abs(away(task)).mean(axis=1)


def lost(task: BlendTask, state: WorldState) -> BoolArray:
    """Fallen off the table."""
    del state
    return task.own.box.position[:, 2] < task.own.place.top - BOX
