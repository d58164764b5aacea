"""A script that takes a thing between two palms and brings it somewhere: what tasks with a load share.

Its distances and speeds are those of the reference body: what hands do goes with the arm, what feet do with the leg.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.tasks.approach import walk_to
from sim.tasks.carrying import HandEyes, HandSight
from sim.tasks.recall import Recall
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray
from skillblend.scales import Scales

_SIDE = np.array([1.0, -1.0])
"""Of what is on the left and on the right, no unit."""
_DEEP = 0.04
"""So deep in its faces the hands are sent, m: what presses the palms on it."""
_OPEN = 0.08
"""From its faces to the palms that come to it, m."""
_WIDE = 1.0
"""Half the width between hands that have not been sent anywhere, m."""
_CLOSES, _RAISES, _GLIDES = 0.015, 0.022, 0.015
"""How far each hand closes, both rise, and both move to the front or a side, in a decision, m."""
_NEAREST, _FURTHEST, _HIGHEST = 0.22, 0.46, 1.6
"""How far ahead of the feet wrists that hold are, least and most, and their greatest height, m."""
_STAND = (-0.04, 0.07)
"""So far from where it should stand, too near to the thing and too far, m, the robot may plant its feet."""
_HANGS = 0.15
"""The wrists of a robot that walks are this far ahead of its feet, on average, m."""
_FOLLOWS = 0.06
"""How far hands that hold go along with the trunk in a decision, m."""
_STEP = 0.2
"""Command that brings it a little nearer, or further away, m/s."""


@dataclass(frozen=True, kw_only=True)
class Grip:
    """How a thing is taken.

    Attributes:
        half: Half its width between the palms, m.
        ahead: Where the hands grip, ahead of the feet, m.
        behind: How far before its middle, m.
        above: Height of the wrists over its middle, m.
        low: Lowest place of a wrist that holds it, m.
        carried: How far ahead of the feet the hands are when the robot walks with it, m.
        waits: Where the left wrist is on the way to it: ahead, outward, and above its middle, m; empty: arms hang.
        palm: Half the width of a palm, m.
        scales: Of the robot.
    """

    half: float
    ahead: float
    behind: float
    above: float
    low: float
    carried: float
    palm: float
    scales: Scales
    waits: tuple[float, float, float] | tuple[()] = ()


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What is to be done with the thing in the hands, of N robots.

    Attributes:
        lift: From the thing to where the hands are to bring it, (N, 3), m.
        command: Of walking, (N, 3).
        walks: Whose legs walk, (N,).
        lets_go: Who opens the hands, (N,).
    """

    lift: Array
    command: Array
    walks: BoolArray
    lets_go: BoolArray


class GripScript:
    """Stands before a thing, takes it between the palms, and lifts it to its aim.

    What it did last is all that it remembers: it has gripped if its hands were sent closer together than the thing is
    wide, and raises them from where it has sent them.
    """

    def __init__(self, controller: BlendController, grip: Grip) -> None:
        """Over the skills of `controller`."""
        self._controller, self._grip = controller, grip
        self._eyes, self.recall = HandEyes(controller), Recall(controller)
        names = controller.ensemble.names
        self._walk, self._reach = names.index("walking"), names.index("reaching")

    def __call__(self, observation: Array) -> Array:
        """Observation (N, O) -> action (N, A)."""
        sight, grip = self._eyes(observation), self._grip
        told = self.recall.goal(observation, "reaching").reshape(-1, 2, 3)
        gap, reach = _gaps(sight, grip), grip.scales.reach
        width = np.where(self.recall.begun(observation), (told[:, 0, 1] - told[:, 1, 1]) / 2, _WIDE)
        gripping = (width < grip.half + grip.palm + 0.035 * reach) & (gap < 0.10 * reach).all(axis=1)
        gripping &= np.abs(sight.from_thing[:, :, 0]).max(axis=1) < 0.3 * reach
        errand = self.errand(observation, sight, gripping)
        gripping &= ~errand.lets_go
        command, arrived = self._stand(observation, sight)
        planted = (gripping | arrived | errand.lets_go) & ~errand.walks
        command = np.where(errand.walks[:, None], errand.command, np.where(planted[:, None], 0.0, command))
        come = np.where(arrived[:, None, None] | (not grip.waits), _come(sight, gap, grip), _wait(sight, grip))
        come = np.where(errand.lets_go[:, None, None], _beside(sight, grip, _OPEN * reach), come)
        held = _lift(sight, errand.lift, told, width, gap, grip)
        held[:, :, :2] = np.where(errand.walks[:, None, None], _along(sight, told, held, grip), held[:, :, :2])
        goal = np.where(gripping[:, None, None], held, come)
        legs = np.where(planted, self._reach, self._walk)
        arms = np.where(gripping | bool(grip.waits), self._reach, legs)
        limbs = {"legs": legs, "torso": np.where(gripping, self._reach, legs), "arms": arms}
        return self._controller.encode({"walking": command, "reaching": goal.reshape(-1, 6)}, limbs)

    def errand(self, observation: Array, sight: HandSight, gripping: BoolArray) -> Errand:
        """Lift it to its aim, where the robot stands."""
        del observation, gripping
        nobody = np.zeros(sight.num, dtype=np.bool_)
        return Errand(lift=sight.way, command=np.zeros((sight.num, 3)), walks=nobody, lets_go=nobody)

    def _stand(self, observation: Array, sight: HandSight) -> tuple[Array, BoolArray]:
        """Walking command (N, 3), and who stands before the thing (N,)."""
        scales = self._grip.scales
        length, speed = scales.length, scales.speed
        stand = sight.thing[:, :2] - np.array([self._grip.ahead + self._grip.behind, 0.0])
        hang = sight.wrists[:, :, :2].mean(axis=1) - np.array([scales.place((_HANGS, 0.0, 0.0))[0], 0.0])
        sway = sight.sway if self._grip.waits else hang  # arms that hang swing as the trunk does
        stand = np.where(sight.stepping[:, None], stand - sway, stand)
        command, far = walk_to(stand, sight.face, scales)
        command[:, 0] = np.clip(0.8 * command[:, 0], -0.3 * speed, 0.4 * speed)
        close, wide = stand[:, 0] < _STAND[0] * length, stand[:, 0] > _STAND[1] * length
        nudge = np.where(close, -_STEP * speed, np.where(wide, _STEP * speed, command[:, 0]))
        near = far < 0.13 * length
        command[:, 0] = np.where(near, nudge, command[:, 0])
        arrives = near & ~close & ~wide & (np.abs(sight.face) < 0.3) & ~sight.stepping
        return command, arrives | ((far < 0.2 * length) & self.recall.had(observation, "legs", "reaching"))


class CarryScript(GripScript):
    """As `GripScript`; then it walks until the thing is over its aim, facing as it did."""

    def errand(self, observation: Array, sight: HandSight, gripping: BoolArray) -> Errand:
        """Lift it to the height of its aim, walk, and lift it to its aim."""
        scales = self._grip.scales
        reach, length = scales.reach, scales.length
        far = np.linalg.norm(sight.way[:, :2], axis=1)
        walked = self.recall.had(observation, "legs", "walking")
        high = np.abs(sight.way[:, 2]) < np.where(walked, 0.2, 0.06) * reach
        hands = sight.wrists[:, :, 0].mean(axis=1)
        clear = walked | (hands > self._grip.carried - 0.03 * reach)
        away = far > 0.15 * length
        walks = gripping & high & clear & (away | (walked & (far > 0.07 * length)) | sight.stepping)
        command, _ = walk_to(sight.way[:, :2], sight.turn, scales)
        slow, fast = np.array([-0.25, -0.2]) * scales.speed, np.array([0.35, 0.2]) * scales.speed
        command[:, :2] = np.clip(0.8 * command[:, :2], slow, fast)
        lift = sight.way.copy()
        out = np.where(np.abs(sight.way[:, 2]) < 0.15 * reach, np.sign(self._grip.carried - hands) * 0.3 * reach, 0.0)
        lift[:, 0] = np.where(away, out, lift[:, 0])
        lift[:, 1] = np.where(away, -sight.thing[:, 1], lift[:, 1])
        return Errand(lift=lift, command=command, walks=walks, lets_go=np.zeros(sight.num, dtype=np.bool_))


class TransferScript(GripScript):
    """As `GripScript`; then it turns round, walks to where its aim is, lowers the thing and lets go."""

    over = 0.15
    """How high above its aim it is carried, m; reference body."""

    def errand(self, observation: Array, sight: HandSight, gripping: BoolArray) -> Errand:
        """Lift it, turn and walk, lower it, open the hands.

        How near to its aim, 6 cm, and to the table, 2 cm, it is when it is let go of is what the thing allows.
        """
        scales = self._grip.scales
        reach, length = scales.reach, scales.length
        far = np.linalg.norm(sight.way[:, :2], axis=1)
        walked = self.recall.had(observation, "legs", "walking")
        back = np.arctan2(-np.sin(sight.turn), -np.cos(sight.turn))  # against the world's x axis
        facing = np.stack([np.cos(back), np.sin(back)], axis=1)
        above = sight.way[:, 2] + self.over * reach
        raised = np.abs(above) < np.where(walked, 0.12, 0.05) * reach
        stand = sight.thing[:, :2] + sight.way[:, :2] - self._grip.ahead * facing
        off = np.linalg.norm(stand, axis=1)
        walks = gripping & raised & ((off > 0.15 * length) | (np.abs(back) > 0.4) | sight.stepping)
        command, _ = walk_to(stand, back, scales)
        share = np.array([scales.speed, scales.speed, 1.0])
        command = np.clip(0.8 * command, [-0.2, -0.2, -0.5] * share, [0.3, 0.2, 0.5] * share)
        lift = sight.way.copy()
        lift[:, :2] *= (far < 0.2 * length)[:, None]
        lift[:, 2] = np.where(far < 0.06, sight.way[:, 2], above)
        lets_go = (far < 0.06) & (np.abs(sight.way[:, 2]) < 0.02)
        return Errand(lift=lift, command=command, walks=walks, lets_go=lets_go)


def _gaps(sight: HandSight, grip: Grip) -> Array:
    """From the thing's faces to the palms. Shape (N, 2), m.

    Measured from its axis at the height of the hand, so that one that leans is still found between the hands.
    """
    offset = sight.from_thing[:, :, :2] - sight.from_thing[:, :, 2:] * sight.up[:, None]
    across = offset[:, :, 1] * np.cos(sight.face)[:, None] - offset[:, :, 0] * np.sin(sight.face)[:, None]
    return across * _SIDE - grip.half - grip.palm


def _wait(sight: HandSight, grip: Grip) -> Array:
    """Places of wrists (N, 2, 3) that wait."""
    ahead, outward, above = grip.waits or (0.0, 0.0, 0.0)
    goal = np.empty((sight.num, 2, 3))
    goal[:, :, 0], goal[:, :, 1] = ahead, outward * _SIDE
    goal[:, :, 2] = sight.thing[:, 2:3] + above
    return goal


def _beside(sight: HandSight, grip: Grip, out: float | Array) -> Array:
    """Places of wrists (N, 2, 3) with the palms `out` (m) of the thing's faces, where they grip."""
    goal = np.empty((sight.num, 2, 3))
    most = grip.ahead + 0.04 * grip.scales.reach
    goal[:, :, 0] = np.clip(sight.thing[:, 0] - grip.behind, _nearest(grip), most)[:, None]
    goal[:, :, 1] = sight.thing[:, 1:2] + _SIDE * np.broadcast_to(grip.half + grip.palm + out, (sight.num,))[:, None]
    goal[:, :, 2] = sight.thing[:, 2:3] + grip.above
    return goal


def _nearest(grip: Grip) -> float:
    """The least that a wrist which holds is ahead of the feet, m."""
    return grip.scales.place((_NEAREST, 0.0, 0.0))[0]


def _come(sight: HandSight, gap: Array, grip: Grip) -> Array:
    """Places of wrists (N, 2, 3) that come to the thing: beside it, then closer."""
    reach = grip.scales.reach
    place = _beside(sight, grip, _OPEN * reach)
    level = sight.wrists[:, :, 2].mean(axis=1)
    there = np.abs(sight.wrists[:, :, 0] - place[:, :, 0]).max(axis=1) < 0.05 * reach
    there &= (np.abs(level - place[:, 0, 2]) < 0.05 * reach) & (gap.max(axis=1) < (_OPEN + 0.05) * reach)
    return _beside(sight, grip, np.where(there, 0.01, _OPEN) * reach)


def _along(sight: HandSight, told: Array, held: Array, grip: Grip) -> Array:
    """Where on the ground plane the wrists of `held` (N, 2, 3) are when they go along with the trunk (N, 2, 2), m."""
    middle = told[:, :, :2].mean(axis=1)
    most = _FOLLOWS * grip.scales.reach
    step = np.clip(sight.sway + np.array([grip.carried, 0.0]) - middle, -most, most)
    return held[:, :, :2] - held[:, :, :2].mean(axis=1, keepdims=True) + (middle + step)[:, None]


def _lift(sight: HandSight, lift: Array, told: Array, width: Array, gap: Array, grip: Grip) -> Array:
    """Places of wrists (N, 2, 3) that hold: together until the thing is held, then up, and along `lift` (N, 3).

    Sideways it is the hands that are brought before the aim, not the thing, which may swing like a pendulum.
    """
    reach = grip.scales.reach
    final = grip.half + grip.palm - _DEEP * reach
    tight = (gap < 0.03 * reach).all(axis=1) & (width < final + 0.002 * reach)
    middle, hands = told.mean(axis=1), sight.wrists.mean(axis=1)
    high = (np.abs(lift[:, 2]) < 0.5 * reach) & (np.abs(lift[:, :2]).sum(axis=1) > 0.0)
    glide, raise_ = _GLIDES * reach, _RAISES * reach
    along = np.clip(0.05 * lift[:, 0], -glide, glide) * high
    across = np.clip(0.05 * (sight.thing[:, 1] + lift[:, 1] - hands[:, 1]), -glide, glide) * high
    rise = np.clip(lift[:, 2] - (middle[:, 2] - hands[:, 2]), -raise_, raise_) * tight
    goal = np.empty((sight.num, 2, 3))
    most = max(grip.scales.place((_FURTHEST, 0.0, 0.0))[0], grip.carried + 0.07 * reach)
    goal[:, :, 0] = np.clip(middle[:, 0] + along, _nearest(grip), most)[:, None]
    goal[:, :, 1] = np.clip(middle[:, 1] + across, -0.12 * reach, 0.12 * reach)[:, None]
    goal[:, :, 1] += _SIDE * np.maximum(final, width - _CLOSES * reach)[:, None]
    goal[:, :, 2] = np.clip(middle[:, 2] + rise, grip.low, grip.scales.place((0.0, 0.0, _HIGHEST))[2])[:, None]
    return goal
