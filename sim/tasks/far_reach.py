"""FarReach: both wrists to targets up to 2.8 m away.

After SkillBench (Kuang et al., arXiv 2506.09366, appendix) with these corrections: targets lie on both sides of the
robot, within reach of the arms once it has walked there; errors are reported with and without fallen episodes. The
floor of doing nothing is about 0.85 m by the paper's metric.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.tasks import terms
from sim.tasks.aims import far_columns, in_stance_frame, walk_and_reach
from sim.tasks.spec import Act, TaskSpec
from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.kinematics import to_heading, yaw
from skillblend.scales import Scales
from skillblend.scripts.approach import walk_to
from skillblend.scripts.recall import Recall
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    from sim.streams import Streams
    from sim.tasks.blend import BlendTask

_CENTRE, _LEFT, _RIGHT = 2, 3, 4
_HIGHEST = 1.6
"""No target is higher, m; stance frame of the reference body."""
_AHEAD = 0.33
"""Where the targets' centre should be in front of the feet before reaching takes over, m; of the reference body."""
_FAR_ARMS = 0.5
"""So near to where the robot will stand, m, its arms begin to reach; of the reference body."""
_PLANTED = 0.25
"""Once standing so near to the stand, the robot stays there, m; of the reference body."""
_STAYS, _LEANS = 0.4, 0.18
"""Once planted, it stays where it is up to so far from the stand, m, of the reference body: while arms reach, the
memory of walking calls the sway of the body a step. One that leans by more, sine of the angle, walks again: it would
fall in a second."""
_LOW = 0.95
"""Below it arms do not reach as far ahead, m, stance frame of the reference body: for each metre, it stands a metre
nearer to the targets."""
_RAISED = 0.2
"""A hand this near to its target stays there, whatever the feet do, m; of the reference body."""

_CENTRE_LOW, _CENTRE_HIGH, _LIFT = (0.0, -2.0, 0.0), (2.0, 2.0, 2.0), 0.5
"""Where the centre that both hands share lies from the wrists' start, and no higher than the last, m; of the
reference body (the paper's for an H1)."""
_SPHERE, _INWARD = 0.25, 0.10
"""Radius of the sphere around it, and how far a target may lie behind and inward, m; of the reference body."""

_AROUND = ((-0.2, -0.5, 0.95), (1.0, 0.5, 1.35))
"""Where the targets of a robot that stands anywhere may lie, stance frame of the reference body, m."""
_APART = 0.2
"""Half the distance between them, m; of the reference body."""


@dataclass(kw_only=True)
class _Own:
    """Targets of the wrists, world. Shape (N, 2, 3), m."""

    target: Array


def _new(task: BlendTask) -> _Own:
    return _Own(target=np.zeros((task.sim.n, 2, 3)))


def _blend(robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> BlendConfig:
    """Ten decisions a second: a walking command, shifts of the reaching targets, and gates of limbs."""
    columns = far_columns(skills["reaching"].goal_space, beyond=(4.0, 4.0, 0.0), fixed={})
    return walk_and_reach(robot, "walking", "reaching", columns)


def _begin(task: BlendTask, ids: IntArray, state: WorldState) -> None:
    """Each target is the wrist's start plus an offset on a sphere, plus a centre that both hands share.

    Of an H1, the sphere has a radius of 0.25 m, cut to x in [-0.10, 0.25], outward y to 0.25, inward y to 0.10; the
    centre's x is from U[0, 2], y from U[-2, 2], z from U[0, 2] capped at 0.5; all heights are capped at 1.6 m. Of
    another robot, distances on the floor go with the leg, heights and the sphere with the arm.
    """
    del state
    share = np.array([task.scales.length, task.scales.length, task.scales.reach])
    centre = task.streams.uniform(ids, _CENTRE, np.array(_CENTRE_LOW) * share, np.array(_CENTRE_HIGH) * share, 3)
    centre[:, 2] = np.minimum(centre[:, 2], _LIFT * task.scales.reach)
    offsets = np.stack([_offset(task, ids, _LEFT, 1.0), _offset(task, ids, _RIGHT, -1.0)], axis=1)
    target = _wrist_start(task, len(ids)) + offsets + centre[:, None]
    target[:, :, 2] = np.minimum(target[:, :, 2], task.scales.place((0.0, 0.0, _HIGHEST))[2])
    task.own.target[ids] = target


def _offset(task: BlendTask, ids: IntArray, tag: int, side: float) -> Array:
    """Uniform on the sphere, cut to the box by the first of eight draws that lies inside."""
    u = task.streams.uniform(ids, 20 + tag, 0.0, 1.0, 16).reshape(len(ids), 8, 2)
    z, angle = 2 * u[..., 0] - 1, 2 * np.pi * u[..., 1]
    r = np.sqrt(1 - z * z)
    reach = task.scales.reach
    points = _SPHERE * reach * np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)
    outward = side * points[..., 1]
    inside = (points[..., 0] > -_INWARD * reach) & (outward > -_INWARD * reach)
    first = np.argmax(inside, axis=1)
    chosen = points[np.arange(len(ids)), first]
    fallback = np.array([_SPHERE * reach, 0.0, 0.0])
    some: BoolArray = np.asarray(inside.any(axis=1))
    return np.where(some[:, None], chosen, fallback)


def _wrist_start(task: BlendTask, k: int) -> Array:
    home = task.world.robot.default_pose[None]
    arms = task.controller.ensemble.filter.arms(home, np.zeros_like(home)).position[0]
    return np.tile(arms + np.array([0.0, 0.0, task.world.robot.base_height]), (k, 1, 1))


def _asked(robot: Robot, streams: Streams, ids: IntArray, tag: int) -> Array:
    """Both hands side by side, around the robot."""
    scales = Scales.of(robot)
    low, high = (
        np.array([x * scales.reach, y * scales.reach, scales.place((0.0, 0.0, z))[2]]) for x, y, z in _AROUND
    )
    centre = streams.uniform(ids, tag, low, high, 3)
    aside = np.array([0.0, _APART * scales.reach, 0.0])
    return np.concatenate([centre + aside, centre - aside], axis=1)


def _goal(task: BlendTask, state: WorldState) -> Array:
    return in_stance_frame(task, task.own.target, state)


def _away(task: BlendTask) -> Array:
    """From the wrists to their targets, world. Shape (N, 2, 3), m."""
    return task.own.target - task.sim.hand_position()


def _error(task: BlendTask, state: WorldState) -> Array:
    """Mean distance of the wrists."""
    del state
    return np.linalg.norm(_away(task), axis=2).mean(axis=1)


def _success(task: BlendTask, state: WorldState) -> BoolArray:
    """Both wrists are near enough."""
    del state
    return np.linalg.norm(_away(task), axis=2).max(axis=1) < task.config.success_distance


def _paper_error(task: BlendTask, state: WorldState) -> Array:
    """Mean absolute error per axis over both wrists."""
    del state
    return np.abs(_away(task)).mean(axis=(1, 2))


def _critic(task: BlendTask, state: WorldState) -> Array:
    local = to_heading(_away(task), yaw(state.base_quaternion))
    return np.clip(local * 5.0, -3.0, 3.0).reshape(state.num, 6)


def _marks(task: BlendTask) -> Array:
    return task.own.target[0]


def _oracle(controller: BlendController) -> Act:
    """Walk to where the targets lie in front of the chest, facing them; arms and torso reach on the way."""
    view, names = controller.view, controller.ensemble.names
    goal, error, stepping = view.column("goal"), view.column("near_error"), view.column("walking.stepping")
    walk, reach = names.index("walking"), names.index("reaching")
    scales = Scales.of(controller.robot)
    ahead = scales.place((_AHEAD, 0.0, 0.0))[0]
    far, close, near = _FAR_ARMS * scales.reach, _PLANTED * scales.length, _RAISED * scales.reach
    gravity = view.column("gravity")
    low = scales.place((0.0, 0.0, _LOW))[2]
    stays, recall = _STAYS * scales.length, Recall(controller)

    def act(observation: Array) -> Array:
        aims = observation[:, goal].reshape(-1, 2, 3)
        centre = aims.mean(axis=1)[:, :2]
        across = aims[:, 0, :2] - aims[:, 1, :2]
        facing = np.stack([across[:, 1], -across[:, 0]], axis=1)
        facing /= np.maximum(np.linalg.norm(facing, axis=1, keepdims=True), 0.05)
        turn = np.arctan2(facing[:, 1], facing[:, 0])
        below = np.clip(low - aims[:, :, 2].min(axis=1), 0.0, None)
        stand = centre - np.maximum(ahead - below, 0.0)[:, None] * facing
        command, distance = walk_to(stand, turn, scales)
        arrives = (distance < close) & (np.abs(turn) < 0.35) & (observation[:, stepping][:, 0] < 0.5)
        planted = arrives | (recall.had(observation, "legs", "reaching") & (distance < stays))
        planted &= np.linalg.norm(observation[:, gravity][:, :2], axis=1) < 3.0 * _LEANS
        command[planted] = 0.0
        raised = np.linalg.norm(observation[:, error].reshape(-1, 2, 3), axis=2).max(axis=1) / 3.0 < near
        arms = np.where(planted | raised | (distance < far), reach, walk)
        legs = np.where(planted, reach, walk)
        return controller.encode({"walking": command}, {"legs": legs, "torso": arms, "arms": arms})

    return act


TASK = TaskSpec(
    name="far_reach",
    about="Brings both wrists to targets up to 2.8 m away by blending walking and reaching: ten decisions a second, "
    "each a walking command, shifts of the reaching targets, and a gate for legs, torso and arms.",
    skills=("walking", "reaching"),
    blend=_blend,
    new=_new,
    begin=_begin,
    goal=_goal,
    error=_error,
    rewards=terms.TO_POINTS,
    success=_success,
    paper_error=_paper_error,
    paper_threshold=0.05,
    critic=_critic,
    critic_size=6,
    marks=_marks,
    asked=_asked,
    oracle=_oracle,
)
