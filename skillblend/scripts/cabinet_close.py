"""CabinetClose by a script: shut both doors of a cabinet with both hands, over walking and reaching."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skillblend.blend_config import BlendConfig, GoalColumn, SkillColumns
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, Robot
from skillblend.scales import Scales
from skillblend.scripts.approach import step_to, walking_command
from skillblend.scripts.base import Script
from skillblend.scripts.recall import Recall
from skillblend.skills.skill import PolicySkill

_SIDES = ("left", "right")
_SIGN = np.array([1.0, -1.0])
"""Of what is on the left and on the right, no unit."""
_NUMBERS = (("left_angle", "rad"), ("right_angle", "rad"), ("ahead_x", ""), ("ahead_y", ""), ("width", "m"))
"""Columns of the goal after a point of each door's free edge: how far they are open, the direction that the cabinet
faces away from, and how wide a door is."""
_FAR = 5.0
"""No door is farther, m: where the columns of the goal end, whoever shuts it."""
_ANCHOR = (0.34, 0.20, 1.22)
"""Left wrist where the action is zero, stance frame of the reference body, m."""
_SHIFT = 0.10
"""How far a unit action moves a wrist's place along each axis, m; reference body."""
_STAND = 0.40
"""From the feet to the shut doors while they are being shut, m; reference body."""
_AHEAD = 0.50
"""No hand is sent farther ahead of the feet, m; reference body: the robot would lean until it falls."""
_ABOVE = 0.22
"""Height of the hands over the points of the doors' edges that the goal names, m; reference body."""
_CLEAR, _BACKS, _MOST = 0.28, 3.0, 0.45
"""Doors that stick out further than this, m, of the reference body, are shut from further back: so much for each
metre more, at most so far, m, of the reference body."""
_OUTSIDE, _INSIDE = 0.10, 0.02
"""A hand comes so far outside its door, and pushes it once it is so much nearer to the hinge than the free edge, m;
reference body."""
_SLACK = 0.02
"""A planted robot whose hands would have to go so much too far ahead, m, of the reference body, walks closer."""
_BACK = 0.09
"""A robot that leans back further than this, sine of the angle, walks: pushing on a door pushes it back."""
_SPEED = 0.6
"""Towards the cabinet, m/s; reference body."""
_ARRIVED, _ALIGNED, _LEFT = 0.06, 0.12, 0.4
"""So near to its stand, m, and so little turned, rad, the robot plants its feet; so far away it walks again, m;
reference body."""
_ASIDE = 0.135
"""Where the left door is pushed, left of the middle when it is shut: before the shoulder, m; reference body."""
_REST = (0.22, 0.26, 1.10)
"""Left wrist of a hand whose door is shut, stance frame of the reference body, m."""
_DONE = 0.006
"""A door less open than this is left alone, rad."""
_HOP = 0.08
"""A hand's target is at most so far from it, m; reference body: who pushes harder pushes himself over."""
_HAND = 0.03
"""Radius of a hand, m: of every robot's."""
_LEAD, _PRESS = 0.35, 0.04
"""How far a hand's target is ahead of the door, rad, and inside its face, m; reference body."""


def _blend(robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> BlendConfig:
    """Ten decisions a second: a walking command, a place for each wrist, and gates of limbs."""
    del skills
    scales = Scales.of(robot)
    x, y, z = scales.place(_ANCHOR)
    shift = round(_SHIFT * scales.reach, 4)
    points = [
        GoalColumn(name=f"{side}_{axis}", unit="m", lower=-_FAR, upper=_FAR) for side in _SIDES for axis in "xyz"
    ]
    numbers = [GoalColumn(name=name, unit=unit, lower=-np.pi, upper=np.pi) for name, unit in _NUMBERS]
    return BlendConfig(
        skills=(
            walking_command(robot, "walking"),
            SkillColumns(skill="reaching", base=(x, y, z, x, -y, z), scale=(shift,) * 6),
        ),
        goal=(*points, *numbers),
        terms=("goal", "near_error", "wrists"),
    )


class Closer:
    """Walks up to the open doors, then sweeps both from outside with the hands, ahead of where they are."""

    def __init__(self, controller: BlendController) -> None:
        self._controller = controller
        view, names = controller.view, controller.ensemble.names
        self._goal, self._stepping = view.column("goal"), view.column("walking.stepping")
        self._recall = Recall(controller)
        self._walk, self._reach = names.index("walking"), names.index("reaching")
        self._gravity = view.column("gravity")
        self._wrists = view.column("wrists")
        self._scales = scales = Scales.of(controller.robot)
        x, y, z = scales.place(_REST)
        self._rest = np.array([[x, y, z], [x, -y, z]])
        self._stand = scales.place((_STAND, 0.0, 0.0))[0]
        self._ahead = scales.place((_AHEAD, 0.0, 0.0))[0]
        self._above, self._aside = _ABOVE * scales.reach, scales.place((0.0, _ASIDE, 0.0))[1]
        self._outside, self._inside = _OUTSIDE * scales.reach, _INSIDE * scales.reach
        self._clear, self._slack, self._most = (each * scales.length for each in (_CLEAR, _SLACK, _MOST))
        self._hop, self._press = _HOP * scales.reach, _PRESS * scales.reach
        self._arrived, self._left = _ARRIVED * scales.length, _LEFT * scales.length

    def __call__(self, observation: Array) -> Array:
        """Observation (N, O) -> action (N, A)."""
        goal = observation[:, self._goal]
        points, angles, ahead, width = goal[:, :6].reshape(-1, 2, 3), goal[:, 6:8], goal[:, 8:10], goal[:, 10:]
        hinges = points[:, :, :2] - self._from_hinge(angles, ahead, width, 0.0)
        swept = np.maximum(angles - _LEAD, -0.02)
        hands = hinges + self._from_hinge(swept, ahead, width - self._aside, _HAND - self._press)
        out = (width * np.sin(np.clip(angles, 0.0, np.pi / 2))).max(axis=1)
        stand = hinges.mean(axis=1) - self._off(out)[:, None] * ahead
        near: BoolArray = np.asarray((hands[:, :, 0] < self._ahead + self._slack).all(axis=1))
        command, planted = self._approach(observation, stand, ahead, near)
        hands[:, :, 0] = np.minimum(hands[:, :, 0], self._ahead)
        wrists = observation[:, self._wrists].reshape(-1, 2, 3)
        away = hinges + self._from_hinge(angles, ahead, width - self._aside, self._outside)
        hands = np.where(self._behind(wrists, hinges, angles, ahead, width)[:, :, None], hands, away)
        targets = np.concatenate([hands, points[:, :, 2:] + self._above], axis=2)
        targets = np.where((angles < _DONE)[:, :, None], self._rest, targets)
        way = targets - wrists
        far = np.linalg.norm(way, axis=2, keepdims=True)
        targets = targets - way * np.maximum(0.0, 1.0 - self._hop / np.maximum(far, 1e-6))
        owner = np.where(planted, self._reach, self._walk)
        works = self._recall.had(observation, "arms", "reaching") & (np.linalg.norm(stand, axis=1) < self._left)
        limbs = {"legs": owner, "torso": owner, "arms": np.where(works, self._reach, owner)}
        return self._controller.encode({"walking": command, "reaching": targets.reshape(-1, 6)}, limbs)

    def _behind(self, wrists: Array, hinges: Array, angles: Array, ahead: Array, width: Array) -> BoolArray:
        """Whether a hand is outside its door, further in than its free edge. Shape (N, 2)."""
        s, c = np.sin(angles), np.cos(angles)
        x, y = np.moveaxis(wrists[:, :, :2] - hinges, 2, 0)
        a, b = ahead[:, :1], ahead[:, 1:]
        x, y = a * x + b * y, _SIGN * (a * y - b * x)
        along, off = -s * x - c * y, -c * x + s * y
        found: BoolArray = np.asarray((along < width - self._inside) & (off > 0.0))
        return found

    def _off(self, out: Array) -> Array:
        """How far from the shut doors one stands, m, while they stick out by `out` (N,)."""
        return self._stand + np.clip(_BACKS * (out - self._clear), 0.0, self._most)

    def _from_hinge(self, angles: Array, ahead: Array, along: Array, off: float) -> Array:
        """From a door's hinge to a point `along` (N, 1) it and `off` its outside, m. Angles (N, 2) -> (N, 2, 2)."""
        s, c = np.sin(angles), np.cos(angles)
        x, y = -along * s - off * c, _SIGN * (-along * c + off * s)
        a, b = ahead[:, :1], ahead[:, 1:]
        return np.stack([a * x - b * y, b * x + a * y], axis=2)

    def _approach(self, observation: Array, stand: Array, ahead: Array, near: BoolArray) -> tuple[Array, BoolArray]:
        """Walking command (N, 3) to `stand` (N, 2), and whose feet are planted (N,): only who is `near` (N,)."""
        turn = np.arctan2(ahead[:, 1], ahead[:, 0])
        command, distance = step_to(stand, turn, _SPEED, self._scales)
        calm = observation[:, self._stepping][:, 0] < 0.5
        arrives = (np.abs(stand) < self._arrived).all(axis=1) & (np.abs(turn) < _ALIGNED)
        command[arrives] = 0.0
        stays = self._recall.had(observation, "legs", "reaching") & (distance < self._left) & near
        planted = (arrives & calm) | stays
        planted &= observation[:, self._gravity][:, 0] > -3.0 * _BACK
        command[planted] = 0.0
        return command, planted


SCRIPT = Script(name="cabinet_close", skills=("walking", "reaching"), blend=_blend, policy=Closer)
