"""FootballShoot by a script: kick a ball towards a point, in stride, over walking and squatting."""

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

_FAR = 8.0
"""Nothing is farther, m: where the columns of the goal end, whoever plays."""
_POINTS = ("ball", "aim", "middle")
_AHEAD, _BESIDE = 0.48, 0.29
"""Where the ball is from the feet when a kick begins, forward and left, m; reference body."""
_EXACT = (0.06, 0.03, 0.09)
"""How exactly: forward and left, m, and turned, rad; reference body."""
_BEND = -0.22
"""So much to the right of the aim the robot faces, rad: the ball goes to the left."""
_SPEED = 0.6
"""Towards the ball, m/s; reference body."""
_CREEP = 0.2
"""Forward while it waits for the left foot's turn, m/s; reference body."""
_KICK, _ASIDE = 1.0, 0.25
"""Forward in a kick, and at most to a side, m/s; reference body."""
_FAST = 0.75
"""Who was told to walk faster than this, m/s, is in a kick; reference body."""
_TURN = 0.2
"""So much of a stride before or after its beginning, it is the left foot's turn."""
_STRIDES = 0.9
"""A kick goes on until the robot is so far from where it began it, m; reference body."""
_AWAY = 1.8
"""A ball farther away is left alone, m; a nearer one is kicked again; reference body."""


def _blend(robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> BlendConfig:
    """Ten decisions a second: a walking command, a height to stand at, and gates of limbs."""
    stand = skills["squatting"].controller.goal_at_rest
    points = [
        GoalColumn(name=f"{point}_{axis}", unit="m", lower=-_FAR, upper=_FAR) for point in _POINTS for axis in "xyz"
    ]
    return BlendConfig(
        skills=(
            walking_command(robot, "walking"),
            SkillColumns(skill="squatting", base=tuple(stand.tolist())),
        ),
        goal=tuple(points),
        terms=("goal",),
    )


class Kicker:
    """Goes where the ball lies before the left foot in line with the aim, and kicks in stride; then stands.

    A foot that begins to swing as the robot speeds up hits the ball well a stride later: it starts with the left one.
    """

    def __init__(self, controller: BlendController) -> None:
        self._controller = controller
        view, names = controller.view, controller.ensemble.names
        self._goal, self._recall = view.column("goal"), Recall(controller)
        self._stepping, self._clock = view.column("walking.stepping"), view.column("walking.clock")
        self._walk, self._stand = names.index("walking"), names.index("squatting")
        self._scales = scales = Scales.of(controller.robot)
        self._ahead, self._beside = _AHEAD * scales.length, _BESIDE * scales.stance
        self._exact = np.array(_EXACT) * [scales.length, scales.length, 1.0]
        self._strides, self._away = _STRIDES * scales.length, _AWAY * scales.length

    def __call__(self, observation: Array) -> Array:
        """Observation (N, O) -> action (N, A)."""
        points = observation[:, self._goal].reshape(-1, 3, 3)[:, :, :2]
        ball, middle = points[:, 0], points[:, 2]
        way = middle - ball
        turn = np.arctan2(way[:, 1], way[:, 0]) + _BEND
        face = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        left = np.stack([-face[:, 1], face[:, 0]], axis=1)
        stand = ball - self._ahead * face - self._beside * left
        command, far = step_to(stand, turn, _SPEED, self._scales)
        off = np.stack([(stand * face).sum(axis=1), (stand * left).sum(axis=1), turn], axis=1)
        ready = (np.abs(off) < self._exact).all(axis=1)
        speed = self._scales.speed
        command[ready] = [_CREEP * speed, 0.0, 0.0]
        told = self._recall.goal(observation, "walking")[:, 0]
        kicking = self._recall.begun(observation) & (told > _FAST * speed)
        kicks = (ready & self._begins(observation)) | (kicking & (far < self._strides))
        command = np.where(kicks[:, None], self._kick(off[:, 1], turn), command)
        done = np.linalg.norm(ball, axis=1) > self._away
        command[done] = 0.0
        owner = np.where(done & (observation[:, self._stepping][:, 0] < 0.5), self._stand, self._walk)
        return self._controller.encode({"walking": command}, {"legs": owner, "torso": owner, "arms": owner})

    def _kick(self, aside: Array, turn: Array) -> Array:
        """Walking command (N, 3) of who has the ball `aside` too far to the left, m, and aims at `turn`, rad."""
        speed, rate = self._scales.speed, self._scales.speed / self._scales.length
        left = np.clip(aside * rate, -_ASIDE * speed, _ASIDE * speed)
        return np.stack([np.full(len(turn), _KICK * speed), left, np.clip(turn, -0.3, 0.3)], axis=1)

    def _begins(self, observation: Array) -> BoolArray:
        """Whether the left foot is about to swing, or has just begun to. Shape (N,)."""
        clock, moves = observation[:, self._clock], observation[:, self._stepping][:, 0] > 0.5
        phase = np.arctan2(clock[:, 0], clock[:, 1]) / (2 * np.pi)
        return moves & (np.abs(phase) < _TURN)


SCRIPT = Script(name="football_shoot", skills=("walking", "squatting"), blend=_blend, policy=Kicker)
