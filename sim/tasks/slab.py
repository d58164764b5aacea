"""A slab that stands on the floor and is lifted between two palms: what PackageLift and PackageCarry share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.tasks.gripping import Grip
from sim.tasks.handling import palm, thing_goal, thing_truth
from sim.tasks.objects import FreeThing
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.scales import Scales

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask
    from sim.things.model import Model

_PLACE = 30
SIZE = (0.5, 0.1, 1.0)
"""Depth, width and height of the slab, m; the thing's own."""
MASS = (0.5, 2.0)
"""Lightest and heaviest, kg; the thing's own."""
NEAR, UPRIGHT = 0.10, np.radians(20.0)
"""How far it may be from its aim, m (the paper's), and how tilted, rad."""
_GRIP = 0.1
"""A palm that has touched it this recently holds it, s: contact breaks for a step or two when it swings."""
_PALMS = ("left_palm_collision", "right_palm_collision")
_FLOOR = "floor"


@dataclass(kw_only=True)
class Own:
    """What the tasks remember, for N environments.

    Attributes:
        aim: Where the slab should be, world. Shape (N, 3), m.
        slab: The slab.
        loose: How long each palm has not touched it. Shape (N, 2), s.
    """

    aim: Array
    slab: FreeThing
    loose: Array


def new(task: BlendTask) -> Own:
    """Nothing to lift yet."""
    n = task.sim.n
    return Own(aim=np.zeros((n, 3)), slab=FreeThing(task, "slab"), loose=np.full((n, 2), np.inf))


@lru_cache
def model() -> Model:
    """The slab as it is built."""
    from sim.things.box import box
    from sim.things.kinds import Place

    return box("slab", Place(x=0.6, y=0.0), size=SIZE, mass=1.0)


def furnish(spec: mujoco.MjSpec) -> None:
    """Add the slab, and sensors of what touches it."""
    from sim.touch import add_touch

    slab = model()
    slab.furnish(spec, visual=False)
    for other in (_FLOOR, *_PALMS):
        add_touch(spec, slab.body, other)


def shares(scales: Scales) -> Array:
    """What the reference body's distances on the floor and upwards are multiplied by. Shape (3,)."""
    return np.array([scales.length, scales.length, scales.reach])


def stand_it(task: BlendTask, ids: IntArray, qpos: Array, low: Array, high: Array) -> None:
    """Stand it before the robot, and draw how far its aim is from there: between `low` and `high` (3,), m."""
    length = task.scales.length
    near = SIZE[0] / 2 + _BEFORE * length
    u = task.streams.uniform(ids, _PLACE, 0.0, 1.0, 7)
    place = near + 0.2 * length * u[:, 0], (0.1 * u[:, 1] - 0.05) * length, np.full(len(ids), SIZE[2] / 2)
    start = np.stack(place, axis=1)
    own: Own = task.own
    own.slab.put(qpos, start, 0.1 * u[:, 2] - 0.05)
    own.slab.weigh(ids, MASS[0] + (MASS[1] - MASS[0]) * u[:, 3])
    own.aim[ids] = start + low + (high - low) * u[:, 4:7]


def begin(task: BlendTask, ids: IntArray, state: WorldState) -> None:
    """Nobody has touched it yet."""
    del state
    task.own.loose[ids] = np.inf


def watch(task: BlendTask, state: WorldState) -> None:
    """Take note of palms on the slab."""
    del state
    touch, body = task.sim.touch, model().body
    on = np.stack([touch.touching(body, each) for each in _PALMS], axis=1)
    task.own.loose = np.where(on, 0.0, task.own.loose + task.world.robot.control_dt)


def goal(task: BlendTask, state: WorldState) -> Array:
    """The slab and its aim."""
    return thing_goal(task, state, task.own.slab, task.own.aim)


def away(task: BlendTask) -> Array:
    """From the slab to its aim, world. Shape (N, 3), m."""
    return task.own.aim - task.own.slab.position


def critic(task: BlendTask, state: WorldState) -> Array:
    """How it moves, and what it weighs."""
    return thing_truth(task, state, task.own.slab)


def marks(task: BlendTask) -> Array:
    """The aim."""
    return task.own.aim[:1]


def distance(task: BlendTask, state: WorldState) -> Array:
    """From the slab to its aim."""
    del state
    return np.linalg.norm(away(task), axis=1)


def success(task: BlendTask, state: WorldState) -> BoolArray:
    """Off the floor, in both hands, upright and where it should be."""
    floating = ~task.sim.touch.touching(model().body, _FLOOR)
    held = (task.own.loose < _GRIP).all(axis=1)
    return floating & held & (distance(task, state) < NEAR) & (task.own.slab.tilt < UPRIGHT)


def lost(task: BlendTask, state: WorldState) -> BoolArray:
    """It lies on its side."""
    del state
    return task.own.slab.up[:, 2] < 0.5


_LIFT_HOLD, _CARRY_HOLD = (0.33, 0.20, 0.94), (0.33, 0.20, 0.93)
"""Left wrist that takes it to lift it, and to carry it, stance frame of the reference body, m: 6 and 7 cm below the
top; it creeps, and by more on the way."""
_BEFORE = 0.25
"""From the robot to the slab in the beginning at least, m; reference body."""
_LIFT_CLEAR, _CARRY_CLEAR = 0.13, 0.16
"""From its feet to the slab when it takes it, m; reference body. To carry it the robot stands further off: its
knees against the slab make it fall backwards."""


def grip(robot: Robot, carried: float | None = None) -> Grip:
    """How `robot` takes it to carry it `carried` m ahead of its feet; to lift it where it stands by default."""
    scales = Scales.of(robot)
    ahead, _, height = scales.place(_LIFT_HOLD if carried is None else _CARRY_HOLD)
    clear = _LIFT_CLEAR if carried is None else _CARRY_CLEAR
    return Grip(
        half=SIZE[1] / 2,
        ahead=ahead,
        behind=round(clear * scales.length + SIZE[0] / 2 - ahead, 6),
        above=round(height - SIZE[2] / 2, 6),
        low=height,
        carried=ahead if carried is None else carried,
        palm=palm(robot),
        scales=scales,
    )
