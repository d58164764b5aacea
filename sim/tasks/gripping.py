"""A script that takes a thing between two palms and brings it somewhere: what tasks with a load share.

Its distances and speeds are those of the reference body: what hands do goes with the arm, what feet do with the leg.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.tasks.handling import HandEyes, HandSight
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray
from skillblend.scales import Scales
from skillblend.scripts.approach import step_to, walk_to
from skillblend.scripts.recall import Recall

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


_LOADED = 0.35
"""How fast the robot walks with what it carries, m/s; reference body."""
_TAKES = 0.05
"""Lifted so far by reaching, a slab is the carrying skill's, who lets it creep less, m; reference body."""
_THERE = (0.05, 0.09)
"""It walks until it is so near to where it should stand, m, and walks again once it is so far from there; reference
body. Where the slab is then, which swings by 9 cm, is no guide to that: hands bring it over its aim."""
_BRINGS = 0.01
"""By so much in a decision at most, m; reference body."""
_SET, _LOWERED, _LATE = (0.05, 0.07), 0.08, 0.11
"""The same for where it stands to put a box down; with one that is no higher than the second over its aim it walks
only if that is farther away than the last: else it is lowered, m; reference body."""
_REACHED = 0.36
"""So far ahead of the feet is, on average, a box that is carried, which swings by 8 cm to either side, m; reference
body."""
_CORRECTS, _OFF, _SLOWLY = 0.015, 0.03, 0.008
"""Hands that set it down bring it over its aim by the first in a decision; while it is farther off than the second,
which the box allows, they lower it by the third only, m; reference body."""
_LIFTED = 0.10
"""From so far below the height that a small box is carried at it is the carrying skill's, who raises it further, m;
reference body."""
_LEAST = 0.12
"""Slowest command on the way to where a box is put down, m/s, reference body."""
_TURNS = 0.7
"""How fast it turns round with a small box, rad/s."""
_SLOW, _FAST = np.array([-0.25, -0.12, -0.4]), np.array([0.35, 0.12, 0.4])
"""Slowest and fastest commands of a robot that carries something; reference body."""


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
        carried: Goals of the skill that carries, (N, 8); None where nobody carries.
    """

    lift: Array
    command: Array
    walks: BoolArray
    lets_go: BoolArray
    carried: Array | None = None


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
        asked = {"walking": command, "reaching": goal.reshape(-1, 6)}
        if errand.carried is not None:
            asked["carrying"] = errand.carried
            number, carries = self._controller.ensemble.names.index("carrying"), errand.walks & ~errand.lets_go
            limbs = {limb: np.where(carries, number, skill) for limb, skill in limbs.items()}
        return self._controller.encode(asked, limbs)

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


class HoldingScript(GripScript):
    """As `GripScript`; what it has lifted it carries by the skill that does."""

    force = 55.0
    """What palms press with on what is carried, N; reference body."""

    def carried(self, observation: Array, sight: HandSight, raised: BoolArray) -> tuple[Array, BoolArray]:
        """How it is held (N, 5): as in the last decision, or as hands hold it now; and by whom already, (N,)."""
        grip, scales = self._grip, self._grip.scales
        holds = self.recall.had(observation, "arms", "carrying")
        now = np.concatenate([sight.wrists.mean(axis=1), np.zeros((sight.num, 2))], axis=1)
        now[:, 3], now[:, 4] = 2 * (grip.half + grip.palm), self.force * scales.weight
        held = np.where(holds[:, None], self.recall.goal(observation, "carrying")[:, 3:], now)
        held[:, 4] = self.force * scales.weight
        return held, holds | raised

    def moved(self, held: Array, by: Array) -> Array:
        """Grips (N, 5) with their middle shifted by (N, 3), m, at a limited speed."""
        most = _RAISES * self._grip.scales.reach
        out = held.copy()
        out[:, :3] += np.clip(by, -most, most)
        return out


class CarryScript(HoldingScript):
    """As `GripScript`; then it walks until the thing is over its aim, facing as it did."""

    def errand(self, observation: Array, sight: HandSight, gripping: BoolArray) -> Errand:
        """Lift it to the height of its aim, walk, and bring it to its aim."""
        scales = self._grip.scales
        reach, length = scales.reach, scales.length
        high = sight.wrists[:, :, 2].mean(axis=1) - self._grip.low
        raised = gripping & ((np.abs(sight.way[:, 2]) < 0.06 * reach) | (high > _TAKES * reach))
        held, carries = self.carried(observation, sight, raised)
        before = np.abs(self.recall.goal(observation, "carrying")[:, :3]).sum(axis=1) > 0.0
        ahead = np.stack([np.cos(sight.turn), np.sin(sight.turn)], axis=1)
        stand = (sight.thing + sight.way)[:, :2] - (self._grip.carried + self._grip.behind) * ahead
        away = carries & (np.linalg.norm(stand, axis=1) > np.where(before, *_THERE) * length)
        command, _ = step_to(stand, sight.turn, _LOADED, scales)
        command = np.where(away[:, None], np.clip(command, _SLOW * scales.speed, _FAST * scales.speed), 0.0)
        by = 0.3 * np.stack([self._grip.carried - held[:, 0], -held[:, 1], sight.way[:, 2]], axis=1)
        across = np.clip(0.2 * sight.way[:, :2], -_BRINGS * reach, _BRINGS * reach)
        by[:, :2] = np.where((carries & ~away & ~sight.stepping)[:, None], across, by[:, :2])
        ready = (np.abs(self._grip.carried - held[:, 0]) < 0.05 * reach) | before
        command = np.where(ready[:, None], command, 0.0)
        goal = np.concatenate([command, self.moved(held, by)], axis=1)
        nobody = np.zeros(sight.num, dtype=np.bool_)
        lift = np.stack([0.0 * high, -sight.thing[:, 1], sight.way[:, 2]], axis=1)
        return Errand(lift=lift, command=command, walks=carries, lets_go=nobody, carried=goal)


class TransferScript(HoldingScript):
    """As `GripScript`; then it turns round, walks to where its aim is, lowers the thing and lets go."""

    force = 30.0
    """Palms throw a small box that they press on with more, N; reference body."""
    over = 0.15
    """How high above its aim it is carried, m; reference body."""

    def errand(self, observation: Array, sight: HandSight, gripping: BoolArray) -> Errand:
        """Lift it, turn and walk, lower it, open the hands.

        How near to its aim, 4 cm, and to the table, 1 cm, it is when it is let go of is what the thing allows.
        """
        scales = self._grip.scales
        reach, length = scales.reach, scales.length
        above = sight.way[:, 2] + self.over * reach
        raised = gripping & (np.abs(above) < _LIFTED * reach)
        held, carries = self.carried(observation, sight, raised)
        far = np.linalg.norm(sight.way[:, :2], axis=1)
        back = np.arctan2(-np.sin(sight.turn), -np.cos(sight.turn))  # against the world's x axis
        before = np.abs(self.recall.goal(observation, "carrying")[:, :3]).sum(axis=1) > 0.0
        ahead = np.stack([np.cos(back), np.sin(back)], axis=1)
        stand = (sight.thing + sight.way)[:, :2] - scales.place((_REACHED, 0.0, 0.0))[0] * ahead
        most = np.where(sight.way[:, 2] > -_LOWERED * reach, _LATE, np.where(before, *_SET))
        off = carries & ((np.linalg.norm(stand, axis=1) > most * length) | (np.abs(back) > 0.3))
        turning = np.abs(back) > 0.5
        command, _ = step_to(stand, back, _LOADED, scales)
        slow, fast = _SLOW * scales.speed, _FAST * scales.speed
        slow[2], fast[2] = -_TURNS, _TURNS
        command[:, :2] *= np.where(turning, 1.0, 0.5)[:, None]
        command = np.where(off[:, None], _brisk(np.clip(command, slow, fast), _LEAST * scales.speed), 0.0)
        retreat = carries & turning & (np.abs(sight.turn) < 0.4) & (sight.thing[:, 0] > 0.0) & (far > length)
        command[retreat, 0], command[retreat, 2] = -0.35 * scales.speed, 0.0
        by = self._set_down(sight, held, far, above, carries & ~off & ~sight.stepping)
        goal = np.concatenate([command, self.moved(held, by)], axis=1)
        lets_go = (far < 0.08) & (np.abs(sight.way[:, 2]) < 0.012) & ~sight.stepping
        lift = np.stack([0.0 * above, 0.0 * above, above], axis=1)
        return Errand(lift=lift, command=command, walks=carries, lets_go=lets_go, carried=goal)

    def _set_down(self, sight: HandSight, held: Array, far: Array, above: Array, still: BoolArray) -> Array:
        """How the grip moves (N, 3), m: with robots that stand `still` (N,) the hands bring the thing to its aim.

        It comes down slowly until it is over its aim; with robots that step, hands stay in the middle.
        """
        reach = self._grip.scales.reach
        by = 0.3 * np.stack([self._grip.carried - held[:, 0], -held[:, 1], above], axis=1)
        across = np.clip(0.4 * sight.way[:, :2], -_CORRECTS * reach, _CORRECTS * reach)
        down = np.where(far > _OFF, np.maximum(sight.way[:, 2], -_SLOWLY * reach), sight.way[:, 2])
        down = np.minimum(down, -0.004 * reach)
        return np.where(still[:, None], np.concatenate([across, down[:, None]], axis=1), by)


def _brisk(command: Array, least: float) -> Array:
    """Commands (N, 3) that ask for a step at least: those slower than `least` (m/s) on the ground plane, at it."""
    speed = np.linalg.norm(command[:, :2], axis=1)
    out = command.copy()
    out[:, :2] *= np.where((speed > 0.0) & (speed < least), least / np.maximum(speed, 1e-9), 1.0)[:, None]
    return out


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
