"""ButtonPress: press a spring-loaded button on a wall 1.5 m ahead with the left hand.

After SkillBench (Kuang et al., arXiv 2506.09366, appendix) with this correction: the button is a real spring-loaded
one that a hand has to push. The wall's near face is at x = 1.475 (0.05 m thick, centre 1.5); the button sticks out of
it, at y from U[-0.5, 0.5] and z from U[0.8, 1.4] (the paper's U[0.5, 1.5], cut to what reaching's goal space covers).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.tasks import terms
from sim.tasks.aims import far_columns, in_stance_frame, walk_and_reach
from sim.tasks.spec import Act, Reward, TaskSpec
from skillblend.blend_config import BlendConfig
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.kinematics import to_heading, yaw
from skillblend.scales import Scales
from skillblend.scripts.approach import walk_to
from skillblend.skills.skill import PolicySkill

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask

_PLACE = 5
_WALL, _THIN = 1.5, 0.025
"""Where the middle of the wall is, and half its thickness, m: the paper's, whoever presses."""
_X = 1.425
"""Where the wrist is when its 3 cm sphere, the same on all robots, has pushed the button in by 2.5 cm, m."""
_STAND = (0.36, 0.17)
"""Where the button should be from the feet, forward and left, to be pressed by the left hand, m; reference body."""
_HEIGHTS = (0.8, 1.4)
"""Lowest and highest button, m; stance frame of the reference body."""
_SPEED = 0.6
"""Towards the wall, m/s, of the reference body."""
_PLANTED = 0.25
"""Once standing so near to the stand, the robot stays there, m; of the reference body."""
_RAISED = 0.2
"""A hand this near to the button stays there, whatever the feet do, m; of the reference body."""
_STAND_OFF = 0.1
"""How far in front of the button the hand waits until it is aligned, m; of the reference body."""
_CLOSE = 0.04
"""A hand this near to the button's axis along both others is aligned; its target is shifted by no more, m; of the
reference body."""
_ASIDE = 0.5
"""How far to either side the button may be, m; of the reference body (the paper's for an H1)."""


@dataclass(kw_only=True)
class _Own:
    """What the task remembers, for N environments.

    Attributes:
        target: The left wrist's, twice, world. Shape (N, 2, 3), m.
        pressed: Whether the button is. Shape (N,).
    """

    target: Array
    pressed: BoolArray


def _new(task: BlendTask) -> _Own:
    n = task.sim.n
    task.sim.batch.expand("body_pos")
    return _Own(target=np.zeros((n, 2, 3)), pressed=np.zeros(n, dtype=np.bool_))


def _mount(task: BlendTask) -> int:
    return int(task.world.model.body("button_mount").id)


def _place(task: BlendTask, ids: IntArray) -> None:
    lowest, highest = (task.scales.place((0.0, 0.0, height))[2] for height in _HEIGHTS)
    aside = _ASIDE * task.scales.length
    low, high = np.array([-aside, lowest]), np.array([aside, highest])
    task.sim.batch.expand("body_pos")[ids, _mount(task), 1:] = task.streams.uniform(ids, _PLACE, low, high, 2)


def _begin(task: BlendTask, ids: IntArray, state: WorldState) -> None:
    """The left wrist's target is the button; the right hand has none."""
    del state
    place = task.sim.batch.expand("body_pos")[ids, _mount(task), 1:]
    left = np.concatenate([np.full((len(ids), 1), _X), place], axis=1)
    task.own.target[ids] = np.stack([left, left], axis=1)
    task.own.pressed[ids] = False


def _watch(task: BlendTask, state: WorldState) -> None:
    """The button's travel."""
    from sim.things.button import THRESHOLD

    del state
    travel = int(task.world.model.joint("button").qposadr[0])
    task.own.pressed = task.sim.qpos[:, travel] > THRESHOLD


def _blend(robot: Robot, skills: Mapping[str, PolicySkill[Any]]) -> BlendConfig:
    """Ten decisions a second: a walking command, shifts of the reaching targets, and gates of limbs."""
    reaching = skills["reaching"]
    rest = dict(zip(reaching.goal_space.names, reaching.controller.goal_at_rest.tolist(), strict=True))
    fixed = {name: value for name, value in rest.items() if name.startswith("right_")}
    columns = far_columns(reaching.goal_space, beyond=(4.0, 4.0, 0.0), fixed=fixed)
    return walk_and_reach(robot, "walking", "reaching", columns)


def _goal(task: BlendTask, state: WorldState) -> Array:
    return in_stance_frame(task, task.own.target, state)


def _away(task: BlendTask) -> Array:
    """From the wrists to the button, world. Shape (N, 2, 3), m."""
    return task.own.target - task.sim.hand_position()


def _error(task: BlendTask, state: WorldState) -> Array:
    """Distance of the left wrist."""
    del state
    return np.linalg.norm(_away(task), axis=2)[:, 0]


def _success(task: BlendTask, state: WorldState) -> BoolArray:
    """Pressed now, by the hand that should."""
    return task.own.pressed & (_error(task, state) < task.config.success_distance)


def _pressed(task: BlendTask, state: WorldState) -> Array:
    """While the button is pressed."""
    del state
    return task.own.pressed.astype(np.float64)


def _paper_error(task: BlendTask, state: WorldState) -> Array:
    """Mean absolute error of the left wrist over y and z, as the paper scores this task."""
    del state
    return np.abs(_away(task)[:, 0])[:, 1:].mean(axis=1)


def _critic(task: BlendTask, state: WorldState) -> Array:
    local = to_heading(_away(task), yaw(state.base_quaternion))
    return np.clip(local * 5.0, -3.0, 3.0).reshape(state.num, 6)


def _oracle(controller: BlendController) -> Act:
    """Stop before the wall, bring the left hand in front of the button, then push."""
    view, names = controller.view, controller.ensemble.names
    goal, near, stepping = view.column("goal"), view.column("near_error"), view.column("walking.stepping")
    walk, reach = names.index("walking"), names.index("reaching")
    scales = Scales.of(controller.robot)
    stand = np.array(scales.place((*_STAND, 0.0))[:2])
    close, raised, gap = _PLANTED * scales.length, _RAISED * scales.reach, _STAND_OFF * scales.reach
    most = _CLOSE * scales.reach

    def act(observation: Array) -> Array:
        aim, error = observation[:, goal][:, :3], observation[:, near][:, :3] / 3.0
        command, distance = walk_to(aim[:, :2] - stand, np.zeros(len(aim)), scales)
        command[:, 0] = np.minimum(command[:, 0], _SPEED * scales.speed)
        planted = (distance < close) & (observation[:, stepping][:, 0] < 0.5)
        command[planted] = 0.0
        arms = np.where(planted | (np.linalg.norm(error, axis=1) < raised), reach, walk)
        aligned = planted & (np.abs(error[:, 1:]).max(axis=1) < most)
        shift = np.zeros((len(aim), 6))
        shift[:, 0] = np.where(aligned, 0.0, -gap)
        shift[:, 1:3] = np.where(planted[:, None], np.clip(error[:, 1:], -most, most), 0.0)
        limbs = {"legs": np.where(planted, reach, walk), "torso": arms, "arms": arms}
        return controller.encode({"walking": command, "reaching": shift}, limbs)

    return act


def _contacts(robot: Robot) -> tuple[str, ...]:
    from sim.scene import hand_contacts

    return (*hand_contacts(robot), "torso")


def _furnish(spec: mujoco.MjSpec) -> None:
    """Wall at x = 1.5 and, before it, the button of every scene on a mount that tasks move per simulation."""
    import mujoco

    from sim.things.button import DEPTH, RECESS, cap

    spec.worldbody.add_geom(
        name="wall", type=mujoco.mjtGeom.mjGEOM_BOX, size=[_THIN, 1.0, 1.5], pos=[_WALL, 0, 1.5],
        contype=1, conaffinity=0, rgba=[0.75, 0.78, 0.8, 1],
    )  # fmt: skip
    mount = spec.worldbody.add_body(name="button_mount", pos=[_WALL - _THIN - DEPTH / 2 - RECESS, 0, 1.1])
    cap().add(mount, "button", visual=False)


TASK = TaskSpec(
    name="button_press",
    about="Walks to a wall and presses a spring-loaded button on it with the left hand, by blending walking and "
    "reaching: ten decisions a second, each a walking command, shifts of the reaching targets, and a gate for legs, "
    "torso and arms.",
    skills=("walking", "reaching"),
    blend=_blend,
    new=_new,
    place=_place,
    begin=_begin,
    watch=_watch,
    goal=_goal,
    error=_error,
    rewards=terms.TO_POINTS | {"pressed": Reward(weight=3.0, values=_pressed)},
    success=_success,
    counts="ever",
    paper_error=_paper_error,
    paper_threshold=0.05,
    critic=_critic,
    critic_size=6,
    furnish=(_furnish,),
    contacts=_contacts,
    oracle=_oracle,
)
