"""A slab that stands on the floor and is lifted between two palms: what PackageLift and PackageCarry share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.tasks.approach import walk_to
from sim.tasks.carrying import Eyes, HandSight, thing_goal
from sim.tasks.objects import FreeThing
from sim.tasks.recall import Recall
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, WorldState

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask
    from sim.things.model import Model

_PLACE = 30
SIZE = (0.5, 0.1, 1.0)
"""Depth, width and height of the slab, m."""
MASS = (0.5, 2.0)
"""Lightest and heaviest, kg."""
NEAR, UPRIGHT = 0.10, np.radians(20.0)
"""How far it may be from its aim, m, and how tilted, rad."""
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


def stand_it(task: BlendTask, ids: IntArray, qpos: Array, low: Array, high: Array) -> None:
    """Stand it before the robot, and draw how far its aim is from there: between `low` and `high` (3,), m."""
    u = task.streams.uniform(ids, _PLACE, 0.0, 1.0, 7)
    start = np.stack([0.5 + 0.2 * u[:, 0], 0.1 * u[:, 1] - 0.05, np.full(len(ids), SIZE[2] / 2)], axis=1)
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
    from sim.touch import TouchSensors

    del state
    touch, body = TouchSensors(task.sim), model().body
    on = np.stack([touch.touching(body, palm) for palm in _PALMS], axis=1)
    task.own.loose = np.where(on, 0.0, task.own.loose + task.world.robot.control_dt)


def goal(task: BlendTask, state: WorldState) -> Array:
    """The slab and its aim."""
    return thing_goal(task, state, task.own.slab, task.own.aim)


def away(task: BlendTask) -> Array:
    """From the slab to its aim, world. Shape (N, 3), m."""
    return task.own.aim - task.own.slab.position


def distance(task: BlendTask, state: WorldState) -> Array:
    """From the slab to its aim."""
    del state
    return np.linalg.norm(away(task), axis=1)


def success(task: BlendTask, state: WorldState) -> BoolArray:
    """Off the floor, in both hands, upright and where it should be."""
    from sim.touch import TouchSensors

    floating = ~TouchSensors(task.sim).touching(model().body, _FLOOR)
    held = (task.own.loose < _GRIP).all(axis=1)
    return floating & held & (distance(task, state) < NEAR) & (task.own.slab.tilt < UPRIGHT)


def lost(task: BlendTask, state: WorldState) -> BoolArray:
    """It lies on its side."""
    del state
    return task.own.slab.up[:, 2] < 0.5


_SIDE = np.array([1.0, -1.0])
_PALM = 0.028
"""Half the width of a palm, m."""
_AHEAD, _BEHIND = 0.33, 0.05
"""Where the hands grip: ahead of the feet, and before the middle of the slab, m."""
_GRIP_Z = 0.94
"""Height of the wrists as they grip, m: 6 cm below the top, of which some are lost by creeping."""
_DEEP = 0.04
"""So deep in its faces the hands are sent, m: what presses the palms on it."""
_OPEN = 0.08
"""From its faces to the palms that come to it, m."""
_CLOSES, _RAISES = 0.015, 0.018
"""How far each hand closes, and both rise, in a decision, m."""
_STAND = (-0.04, 0.07)
"""So far from where it should stand, too near to the slab and too far, m, the robot may plant its feet."""
_HANGS = 0.15
"""The wrists of a robot that walks are this far ahead of its feet, on average, m."""
_STEP = 0.2
"""Command that brings it a little nearer, or further away, m/s."""


class SlabScript:
    """Stands before the slab, takes it between the palms, and lifts it to its aim.

    What it did last is all that it remembers: it has gripped if its hands were sent closer together than the slab is
    wide, and raises them from where it has sent them.
    """

    def __init__(self, controller: BlendController) -> None:
        """Over the skills of `controller`."""
        self._controller = controller
        self._eyes, self._recall = Eyes(controller), Recall(controller)
        names = controller.ensemble.names
        self._walk, self._reach = names.index("walking"), names.index("reaching")

    def __call__(self, observation: Array) -> Array:
        """Observation (N, O) -> action (N, A)."""
        sight = self._eyes(observation)
        told = self._recall.goal(observation, "reaching").reshape(-1, 2, 3)
        told = np.where(
            self._recall.begun(observation)[:, None, None], told, np.array([0.0, 1.0, 0.0]) * _SIDE[:, None]
        )
        gap = _gaps(sight)
        width = (told[:, 0, 1] - told[:, 1, 1]) / 2
        gripping = (width < SIZE[1] / 2 + _PALM + 0.035) & (gap < 0.10).all(axis=1)
        gripping &= np.abs(sight.from_thing[:, :, 0]).max(axis=1) < 0.3
        command, arrived = self._stand(observation, sight)
        planted = gripping | arrived
        command[planted] = 0.0
        goal = np.where(gripping[:, None, None], _lift(sight, told, width, gap), _come(sight, gap))
        legs = np.where(planted, self._reach, self._walk)
        limbs = {"legs": legs, "torso": legs, "arms": legs}
        return self._controller.encode({"walking": command, "reaching": goal.reshape(-1, 6)}, limbs)

    def _stand(self, observation: Array, sight: HandSight) -> tuple[Array, BoolArray]:
        """Walking command (N, 3), and who stands before the slab (N,)."""
        stand = sight.thing[:, :2] - np.array([_AHEAD + _BEHIND, 0.0])
        sway = sight.wrists[:, :, :2].mean(axis=1) - np.array([_HANGS, 0.0])
        stand = np.where(sight.stepping[:, None], stand - sway, stand)
        command, far = walk_to(stand, sight.face)
        command[:, 0] = np.clip(0.8 * command[:, 0], -0.3, 0.4)
        close, wide = stand[:, 0] < _STAND[0], stand[:, 0] > _STAND[1]
        nudge = np.where(close, -_STEP, np.where(wide, _STEP, command[:, 0]))
        command[:, 0] = np.where(far < 0.13, nudge, command[:, 0])
        arrives = (far < 0.13) & ~close & ~wide & (np.abs(sight.face) < 0.3) & ~sight.stepping
        return command, arrives | ((far < 0.2) & self._recall.had(observation, "legs", "reaching"))


def _gaps(sight: HandSight) -> Array:
    """From the slab's faces to the palms. Shape (N, 2), m.

    Measured from its axis at the height of the hand, so that a slab that leans is still found between the hands.
    """
    offset = sight.from_thing[:, :, :2] - sight.from_thing[:, :, 2:] * sight.up[:, None]
    across = offset[:, :, 1] * np.cos(sight.face)[:, None] - offset[:, :, 0] * np.sin(sight.face)[:, None]
    return across * _SIDE - SIZE[1] / 2 - _PALM


def _come(sight: HandSight, gap: Array) -> Array:
    """Places of the wrists (N, 2, 3) beside the upper part of the slab, then closer."""
    ahead = np.clip(sight.thing[:, 0] - _BEHIND, 0.22, 0.37)
    level = sight.wrists[:, :, 2].mean(axis=1)
    there = (np.abs(sight.wrists[:, :, 0] - ahead[:, None]).max(axis=1) < 0.05) & (np.abs(level - _GRIP_Z) < 0.05)
    there &= gap.max(axis=1) < _OPEN + 0.05
    out = SIZE[1] / 2 + _PALM + np.where(there, 0.01, _OPEN)
    goal = np.empty((sight.num, 2, 3))
    goal[:, :, 0] = ahead[:, None]
    goal[:, :, 1] = sight.thing[:, 1:2] + _SIDE * out[:, None]
    goal[:, :, 2] = _GRIP_Z
    return goal


def _lift(sight: HandSight, told: Array, width: Array, gap: Array) -> Array:
    """Places of the wrists (N, 2, 3): together until the slab is held, then up, and to where its aim is.

    Sideways it is the hands that are brought before the aim, not the slab, which swings like a pendulum.
    """
    final = SIZE[1] / 2 + _PALM - _DEEP
    tight = (gap < 0.03).all(axis=1) & (width < final + 0.002)
    middle, hands = told.mean(axis=1), sight.wrists.mean(axis=1)
    aim = sight.thing + sight.way
    high = np.abs(sight.way[:, 2]) < 0.5
    along = np.clip(0.05 * sight.way[:, 0], -0.015, 0.015) * high
    across = np.clip(0.05 * (aim[:, 1] - hands[:, 1]), -0.015, 0.015) * high
    rise = np.clip(sight.way[:, 2] - (middle[:, 2] - hands[:, 2]), -_RAISES, _RAISES) * tight
    goal = np.empty((sight.num, 2, 3))
    goal[:, :, 0] = np.clip(middle[:, 0] + along, 0.22, 0.46)[:, None]
    goal[:, :, 1] = np.clip(middle[:, 1] + across, -0.12, 0.12)[:, None]
    goal[:, :, 1] += _SIDE * np.maximum(final, width - _CLOSES)[:, None]
    goal[:, :, 2] = np.clip(middle[:, 2] + rise, _GRIP_Z, 1.6)[:, None]
    return goal
