"""BoxPush: push a box on a table to a place up to half a metre away.

After SkillBench (Kuang et al., arXiv 2506.09366, appendix): a table of 0.9 x 1.5 m whose top is 1 m high, a box of
0.1 m on it at x from U[0.55, 0.65] and y from U[-0.3, 0.3], its goal U[0, 0.1] further in x and U[-0.5, 0.5] in y.
With these corrections: the table begins at x = 0.5 instead of 0.55, so that all of the box's underside is on it; the
goal stays on the table; the box weighs 1 kg, slides with a friction of 0.5 and is turned by up to 0.2 rad. The floor
of doing nothing is about 0.1 m by the paper's metric.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.tasks import tabletop, terms
from sim.tasks.handling import (
    HANDLING,
    TRUTH,
    HandEyes,
    HandSight,
    blend_hands,
    hand_contacts,
    palm,
)
from sim.tasks.spec import Reward, TaskSpec
from sim.tasks.tabletop import BOX, DEPTH, WIDTH, Tabletop
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.scales import Scales
from skillblend.scripts.approach import walk_to
from skillblend.scripts.recall import Recall

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask
    from sim.things.model import Model

_NEAR, _RESTS = 0.05, 0.03
"""So near to its goal, m (the paper's), and so slow, m/s (at rest, for every robot), it has been pushed there."""
_WIDE = 0.65
"""The goal is no further to either side, m: the table ends."""
_ON, _ASIDE = 0.1, 1.0
"""Spread of the way to the goal, ahead and sideways, m; reference body."""

_WAITS = (0.22, 0.30, 0.25)
"""Where a hand waits: ahead and outward in the stance frame, and above the box, m; reference body."""
_OVER, _BESIDE, _LEAVES = 0.205, 0.035, 0.065
"""Height of the wrist over the middle of the box on its way, as it pushes and as it leaves, m; reference body."""
_BEHIND = 0.08
"""Between wrist and box where the hand comes down, m; reference body."""
_ARM = 0.44
"""The furthest that the wrist is ahead of the feet, m; reference body."""
_DONE, _AGAIN = 0.02, 0.035
"""So near to its goal the box is let be; from so far on it is pushed again, m: the paper tolerates 5 cm."""


_INTO, _LINED_UP, _PAST, _SHORT, _OFF = 0.004, 0.03, 0.04, 0.012, 0.007
"""How far into the box the hand is sent, how far beside the middle of the box it still pushes it, from where along
its way a lowered hand has to rise, how short of the box it counts as at it, and how far off it the robot means to
end, m: shares of the box, whoever pushes it."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What a robot's arm and hand make of the heights and distances above.

    Attributes:
        scales: Of the robot.
        furthest: How far ahead of the feet the wrist may be, m.
        waits: Where the left one waits: ahead, outward, and above the box, m.
        over, beside, leaves: Height of the wrist over the box's middle on its way, as it pushes, as it leaves, m.
        behind, touches: Between wrist and middle of the box where it comes down, and where it touches, m.
    """

    scales: Scales
    furthest: float
    waits: tuple[float, float, float]
    over: float
    beside: float
    leaves: float
    behind: float
    touches: float

    @staticmethod
    def of(robot: Robot) -> Arm:
        """Of `robot`."""
        scales = Scales.of(robot)
        (ahead, outward, _), reach = scales.place((*_WAITS[:2], 0.0)), scales.reach
        return Arm(
            scales=scales, furthest=scales.place((_ARM, 0.0, 0.0))[0], waits=(ahead, outward, _WAITS[2] * reach),
            over=_OVER * reach, beside=_BESIDE * reach, leaves=_LEAVES * reach,
            behind=round(BOX / 2 + _BEHIND * reach, 6), touches=round(BOX / 2 + palm(robot), 6),
        )  # fmt: skip


@lru_cache
def _things(place: Tabletop) -> tuple[Model, Model]:
    """Table and box."""
    from sim.contacts import THING
    from sim.things.box import box
    from sim.things.kinds import Place
    from sim.things.table import table

    top = table("table", Place(x=place.table, y=0.0), size=(DEPTH, WIDTH, place.top))
    card = box("box", Place(x=place.box + BOX / 2, y=0.0, z=place.top), size=(BOX, BOX, BOX), mass=1.0)
    return top, replace(card, contact=replace(THING, friction=(0.5, 0.005, 0.0001)))


def _furnish(spec: mujoco.MjSpec, robot: Robot) -> None:
    table, box = _things(Tabletop.of(Scales.of(robot)))
    tabletop.furnish(spec, box, [table])


def _arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    del qvel
    (start, u), length = tabletop.put(task, ids, qpos), task.scales.length
    aim = start + np.stack([_ON * length * u[:, 0], _ASIDE * length * (u[:, 1] - 0.5), 0.0 * u[:, 0]], axis=1)
    aim[:, 1] = np.clip(aim[:, 1], -_WIDE, _WIDE)
    task.own.aim[ids] = aim


def _error(task: BlendTask, state: WorldState) -> Array:
    """Distance of the box on the table."""
    del state
    return np.linalg.norm(tabletop.away(task)[:, :2], axis=1)


def _success(task: BlendTask, state: WorldState) -> BoolArray:
    """Near its goal, at rest on the table."""
    table, box = _things(task.own.place)
    lies = task.sim.touch.touching(box.body, table.body)
    rests = np.linalg.norm(task.own.box.velocity, axis=1) < _RESTS
    return lies & rests & (_error(task, state) < _NEAR)


class _Script:
    """Stands where the way lies within reach of a hand, goes behind the box and pushes it straight to its goal.

    What it did last is all that it remembers: a robot that has planted its feet keeps them so, and a box that has
    been let be is pushed again only if it is really off.
    """

    def __init__(self, controller: BlendController) -> None:
        self._controller = controller
        self._eyes, self._recall = HandEyes(controller), Recall(controller)
        self._arm = Arm.of(controller.robot)
        names = controller.ensemble.names
        self._walk, self._reach = names.index("walking"), names.index("reaching")

    def __call__(self, observation: Array) -> Array:
        """Observation (N, O) -> action (N, A)."""
        sight, arm, reach = self._eyes(observation), self._arm, self._arm.scales.reach
        rows, told = np.arange(sight.num), self._recall.goal(observation, "reaching").reshape(-1, 2, 3)
        distance = np.linalg.norm(sight.way[:, :2], axis=1)
        way = sight.way[:, :2] / np.maximum(distance, 0.02)[:, None]
        waits = np.tile(np.array([1.0, -1.0])[:, None], (sight.num, 1, 3)) * arm.waits
        waits[:, :, 0] = arm.waits[0]
        waits[:, :, 2] = sight.thing[:, 2:3] + arm.waits[2]
        hand = _hand(sight, way, told, waits, 0.06 * reach)
        command, planted = self._stand(observation, sight, way, hand)
        height = told[:, :, 2] - sight.thing[:, 2:3]
        idle = ((height > arm.waits[2] - 0.02 * reach) | (np.abs(height - arm.leaves) < 0.01 * reach)).all(axis=1)
        pushes = planted & (distance >= np.where(idle, _AGAIN, _DONE))
        wrist = sight.wrists[rows, hand]
        lowered = wrist[:, 2] < sight.thing[:, 2] + arm.beside + 0.06 * reach
        behind = -(sight.from_thing[rows, hand, :2] * way).sum(axis=1)
        leaves = planted & ~pushes & lowered & (behind < arm.behind - 0.01 * reach)
        away = np.concatenate([wrist[:, :2] - 0.06 * reach * way, sight.thing[:, 2:3] + arm.leaves], axis=1)
        goal = waits.copy()
        goal[rows, hand] = np.where(leaves[:, None], away, goal[rows, hand])
        pushing = _push(arm, sight, way, distance, hand, waits[rows, hand])
        goal[rows, hand] = np.where(pushes[:, None], pushing, goal[rows, hand])
        legs = np.where(planted, self._reach, self._walk)
        limbs = {"legs": legs, "torso": legs, "arms": np.full(sight.num, self._reach)}
        return self._controller.encode({"walking": command, "reaching": goal.reshape(-1, 6)}, limbs)

    def _stand(self, observation: Array, sight: HandSight, way: Array, hand: IntArray) -> tuple[Array, BoolArray]:
        """Walking command (N, 3), and whose feet are planted (N,)."""
        arm, scales = self._arm, self._arm.scales
        length, speed = scales.length, scales.speed
        outward = np.where(hand == 0, 1.0, -1.0)
        first = sight.thing[:, :2] - arm.behind * way
        last = sight.thing[:, :2] + sight.way[:, :2] - round(arm.touches + _OFF, 6) * way
        ends = np.stack([last[:, 1] - 0.03 * scales.reach * outward, first[:, 1] - 0.40 * scales.reach * outward])
        ahead = np.max([first[:, 0], last[:, 0], sight.thing[:, 0]], axis=0) - arm.furthest
        stand = np.stack([ahead, np.clip(0.0, ends.min(axis=0), ends.max(axis=0))], axis=1)
        command, far = walk_to(stand, sight.turn, scales)
        command[:, 0] = np.clip(0.8 * command[:, 0], -0.3 * speed, 0.4 * speed)
        close = stand[:, 0] < -0.05 * length
        command[:, 0] = np.where((far < 0.2 * length) & close, -0.2 * speed, command[:, 0])
        arrives = (far < 0.17 * length) & ~close & (np.abs(sight.turn) < 0.3) & ~sight.stepping
        stays = (far < 0.4 * length) & (np.abs(sight.turn) < 0.8) & self._recall.had(observation, "legs", "reaching")
        planted = arrives | stays
        command[planted] = 0.0
        return command, planted


def _hand(sight: HandSight, way: Array, told: Array, waits: Array, off: float) -> IntArray:
    """The hand (N,) that pushes away from its own side; where both could, the one at work, or else the nearer.

    One works that has been sent further than `off` from where it waits, m.
    """
    works = np.linalg.norm(told - waits, axis=2) > off
    nearer = np.where(sight.thing[:, 1] > 0, 0, 1)
    either = np.where(works[:, 0] != works[:, 1], np.where(works[:, 0], 0, 1), nearer)
    return np.where(way[:, 1] > 0.35, 1, np.where(way[:, 1] < -0.35, 0, either))


def _push(arm: Arm, sight: HandSight, way: Array, distance: Array, hand: IntArray, waits: Array) -> Array:
    """Where the wrist goes that pushes (N, 3): up, over, down behind the box, and on along the way (N, 2), gently."""
    rows, reach = np.arange(sight.num), arm.scales.reach
    offset, wrist = sight.from_thing[rows, hand, :2], sight.wrists[rows, hand]
    along = -(offset * way).sum(axis=1)
    across = np.abs(offset[:, 0] * way[:, 1] - offset[:, 1] * way[:, 0])
    low = sight.thing[:, 2] + arm.beside
    lowered = wrist[:, 2] < low + 0.06 * reach
    behind = (along > BOX / 2) & (across < _LINED_UP) & lowered  # the box's own size
    lead = np.clip(0.7 * distance, 0.0, 0.05 * reach) + _INTO
    spot = sight.thing[:, :2] - way * np.where(behind, arm.touches - lead, arm.behind)[:, None]
    hop = spot - wrist[:, :2]
    high = ~behind & np.where(lowered, along < _PAST, np.linalg.norm(hop, axis=1) > 0.05 * reach)
    most = np.where(along > arm.touches + _SHORT, 0.03, np.clip(0.5 * distance + 0.015, 0.02, 0.06)) * reach
    share = np.minimum(1.0, most / np.maximum(np.linalg.norm(hop, axis=1), 1e-6))
    spot = np.where(behind[:, None], wrist[:, :2] + hop * share[:, None], spot)
    place = np.concatenate([spot, np.where(high, sight.thing[:, 2] + arm.over, low)[:, None]], axis=1)
    return np.where((wrist[:, 2] < low - 0.05 * reach)[:, None], waits, place)


TASK = TaskSpec(
    name="box_push",
    about="Walks to a table and pushes a box on it to a place up to half a metre away, by blending walking and "
    "reaching: ten decisions a second, each a walking command, a place for each wrist, and a gate for legs, torso "
    "and arms.",
    skills=("walking", "reaching"),
    blend=blend_hands,
    new=tabletop.new,
    arrange=_arrange,
    begin=tabletop.begin,
    goal=tabletop.goal,
    error=_error,
    rewards={
        "progress": Reward(weight=10.0, values=terms.progress),
        "there": Reward(weight=2.0, values=terms.nearness(0.04)),
        "effort": Reward(weight=-0.02, values=terms.effort),
        "tilt": Reward(weight=-0.5, values=terms.tilt),
        "slip": Reward(weight=-0.1, values=terms.slip),
    },
    success=_success,
    lost=tabletop.lost,
    paper_error=tabletop.paper_error,
    paper_threshold=0.05,
    fitted=(_furnish,),
    contacts=hand_contacts,
    critic=tabletop.critic,
    critic_size=TRUTH,
    marks=tabletop.marks,
    iterations=HANDLING,
    oracle=_Script,
)
