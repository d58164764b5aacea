"""What tasks that move a thing with the hands share: goal columns, how skills are asked, views of scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from sim.tasks.aims import in_stance_frame
from skillblend.blend_config import BlendConfig, GoalColumn, SkillColumns
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, Observation, Robot, WorldState
from skillblend.kinematics import to_heading, yaw
from skillblend.scales import Scales
from skillblend.scripts.approach import walking_command
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask
    from sim.tasks.objects import FreeThing

_ANCHOR = (0.33, 0.20, 1.10)
"""Left wrist where the action is zero, stance frame of the reference body, m."""
_SHIFT = (0.10, 0.15, 0.16)
"""Change of a wrist's target per unit action, m; reference body."""
_PALM = 0.028
"""Half the width of a palm of the reference body, m."""
_FAR = 5.0
"""No thing and no goal is farther, m."""

_POINTS = tuple(f"{point}_{axis}" for point in ("thing", "aim") for axis in "xyz")
_DIRECTIONS = tuple(f"{name}_{axis}" for name in ("ahead", "face", "up") for axis in "xy")
GOAL = (
    *(GoalColumn(name=name, unit="m", lower=-_FAR, upper=_FAR) for name in _POINTS),
    *(GoalColumn(name=name, unit="", lower=-1.0, upper=1.0) for name in _DIRECTIONS),
)
"""In the stance frame: middle of the thing, and where it should be; directions of the world's x axis, which the robot
looks along when an episode begins, of the thing's x axis, and of its upward axis."""
HANDLING = (8, 12)
"""Iterations of the solver: with 4 and 6, a palm that touches a box on a table throws it at twice its own speed."""
TERMS = ("goal", "from_hands", "wrists")
"""Of the observation."""


def hand_contacts(robot: Robot) -> tuple[str, ...]:
    """Palms, and whatever else could run into a thing or a table."""
    return ("left_palm", "right_palm", *(frame.body for frame in robot.hands), "knee", "hip", "torso")


def blend_hands(robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> BlendConfig:
    """Ten decisions a second: a walking command, a place for each wrist, and gates of limbs."""
    del skills
    scales = Scales.of(robot)
    x, y, z = scales.place(_ANCHOR)
    shift = tuple(round(most * scales.reach, 4) for most in _SHIFT)
    return BlendConfig(
        skills=(
            walking_command(robot, "walking"),
            SkillColumns(skill="reaching", base=(x, y, z, x, -y, z), scale=shift * 2),
        ),
        goal=GOAL,
        terms=TERMS,
    )


_GRIP, _GRIPS = (0.35, 0.0, 1.20, 0.30, 30.0), (0.08, 0.05, 0.15, 0.10, 10.0)
"""How a thing is carried where the action is zero, and change per unit action: ahead, aside, high, between the
wrists, m, and force, N; reference body."""


def blend_and_carry(robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> BlendConfig:
    """As `blend_hands`; a third skill walks with what the hands hold."""
    plain, scales = blend_hands(robot, skills), Scales.of(robot)
    (x, _, z), share = scales.place((_GRIP[0], 0.0, _GRIP[2])), scales.reach
    base = (x, 0.0, z, _GRIP[3] * share, _GRIP[4] * scales.weight)
    change = (*(each * share for each in _GRIPS[:4]), _GRIPS[4] * scales.weight)
    held = SkillColumns(
        skill="carrying",
        base=(0.0, 0.0, 0.0, *(round(value, 4) for value in base)),
        scale=(0.15, 0.1, 0.2, *(round(value, 4) for value in change)),
    )
    return replace(plain, skills=(*plain.skills, held))


def palm(robot: Robot) -> float:
    """Half the width of a palm of `robot`, as it is built, m; of one without palms, a hand's share of its arm."""
    found = ElementTree.fromstring(robot.mjcf).find(".//geom[@name='left_palm_collision']")
    size = "" if found is None else found.get("size", "")
    return float(size.split()[1]) if size else _PALM * Scales.of(robot).reach


def thing_goal(task: BlendTask, state: WorldState, thing: FreeThing, aim: Array) -> Array:
    """The columns of `GOAL` for a thing that is to come to `aim` (N, 3), world, m."""
    heading = yaw(state.base_quaternion)
    points = np.stack([thing.position, aim], axis=1)
    ahead = np.stack([np.cos(heading), -np.sin(heading)], axis=1)
    face, up = to_heading(thing.forward, heading), to_heading(thing.up, heading)
    return np.concatenate([in_stance_frame(task, points, state), ahead, face[:, :2], up[:, :2]], axis=1)


def thing_truth(task: BlendTask, state: WorldState, thing: FreeThing) -> Array:
    """What a critic is told of a thing, (N, `TRUTH`): its velocity in the heading frame, m/s, and its mass, kg."""
    del task
    velocity = to_heading(thing.velocity, yaw(state.base_quaternion))
    return np.concatenate([np.clip(velocity, -3.0, 3.0), thing.mass[:, None] - 1.0], axis=1)


TRUTH = 4
"""Columns of `thing_truth`."""


@dataclass(frozen=True, kw_only=True)
class HandSight:
    """What a script sees, in the stance frame.

    Attributes:
        thing, way: Middle of the thing, and from there to where it should be. Shape (N, 3), m.
        turn: Direction of the world's x axis. Shape (N,), rad.
        face: Direction of the thing's x axis. Shape (N,), rad.
        up: Horizontal part of the thing's upward axis. Shape (N, 2).
        wrists: Left and right. Shape (N, 2, 3), m.
        stepping: Whether the feet are being moved. Shape (N,).
        sway: How far the base is from where it is over the feet of a robot that stands. Shape (N, 2), m.
    """

    thing: Array
    way: Array
    turn: Array
    face: Array
    up: Array
    wrists: Array
    stepping: BoolArray
    sway: Array

    @property
    def num(self) -> int:
        """N."""
        return len(self.thing)

    @property
    def from_thing(self) -> Array:
        """From the middle of the thing to the wrists. Shape (N, 2, 3), m."""
        return self.wrists - self.thing[:, None]


class HandEyes:
    """Reads a `HandSight` from observations of a blender with the columns `GOAL`."""

    def __init__(self, controller: BlendController) -> None:
        """For observations of `controller`."""
        view = controller.view
        self._goal, self._wrists = view.column("goal"), view.column("wrists")
        self._stepping, self._gravity = view.column("walking.stepping"), view.column("gravity")
        self._joints, self._home = view.column("joint_position"), controller.robot.default_pose
        self._motion = controller.ensemble.filter
        self._rest = self._motion.odometry(_standing(controller.robot)).midfoot[0, :2]

    def __call__(self, observation: Array) -> HandSight:
        """What is seen."""
        goal = observation[:, self._goal]
        return HandSight(
            thing=goal[:, :3], way=goal[:, 3:6] - goal[:, :3], turn=np.arctan2(goal[:, 7], goal[:, 6]),
            face=np.arctan2(goal[:, 9], goal[:, 8]), up=goal[:, 10:12],
            wrists=observation[:, self._wrists].reshape(-1, 2, 3),
            stepping=observation[:, self._stepping][:, 0] > 0.5, sway=self._base(observation) + self._rest,
        )  # fmt: skip

    def _base(self, observation: Array) -> Array:
        """Where the base is over the feet, (N, 2), m: from where the wrists are over the feet, and under the base."""
        joints = observation[:, self._joints] + self._home
        arms = self._motion.arms(joints, np.zeros_like(joints)).position
        level = arms[:, :, :2] + arms[:, :, 2:] * observation[:, None, self._gravity][:, :, :2] / 3.0
        wrists = observation[:, self._wrists].reshape(-1, 2, 3)[:, :, :2]
        return (wrists - level).mean(axis=1)


def _standing(robot: Robot) -> Observation:
    """One robot in its default pose."""
    pose = robot.default_pose[None]
    return Observation(
        time=np.zeros(1), joint_position=pose, joint_velocity=np.zeros_like(pose),
        base_quaternion=np.array([[1.0, 0.0, 0.0, 0.0]]), base_angular_velocity=np.zeros((1, 3)),
    )  # fmt: skip
