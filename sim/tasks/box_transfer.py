"""BoxTransfer: take a box from the table ahead, turn round, and put it on the table behind.

After SkillBench (Kuang et al., arXiv 2506.09366, appendix): two tables of 0.9 x 1.5 m whose tops are 1 m high, a box
of 0.1 m on the one ahead at x from U[0.55, 0.65] and y from U[-0.3, 0.3], its goal as far away on the one behind.
With these corrections: tables begin 0.5 m from the robot, not 0.55, so that all of the box's underside is on them;
the box weighs 0.5 kg (the paper means 0.01), is turned by up to 0.2 rad, and palms have a friction of about 1; an
episode takes 16 s instead of 8. The floor of doing nothing is about 0.47 m by the paper's metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.tasks import terms
from sim.tasks.carrying import HANDLING, TRUTH, blend_hands, hand_contacts, thing_goal, thing_truth
from sim.tasks.gripping import Grip, TransferScript
from sim.tasks.objects import FreeThing
from sim.tasks.spec import Act, Reward, TaskSpec
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, WorldState

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask
    from sim.things.model import Model

_PLACE = 30
_TABLE = (0.95, 0.9, 1.5, 1.0)
"""Distance of the middles (x), depth, width and height of the tables, m."""
_BOX, _MASS = 0.10, 0.5
"""Extent, m, and mass, kg, of the box."""
_NEAR, _RESTS = 0.05, 0.03
"""So near to its goal, m, and so slow, m/s, it has been put there."""
_GRIP = Grip(half=_BOX / 2, ahead=0.38, behind=0.0, above=0.03, low=0.85, waits=(0.22, 0.30, 0.25))


@dataclass(kw_only=True)
class _Own:
    """What the task remembers, for N environments.

    Attributes:
        aim: Where the box should be, world. Shape (N, 3), m.
        box: The box.
    """

    aim: Array
    box: FreeThing


@lru_cache
def _things() -> tuple[Model, Model, Model]:
    """The table ahead, the one behind, and the box."""
    from sim.things.box import box
    from sim.things.kinds import Place
    from sim.things.table import table

    x, depth, width, height = _TABLE
    ahead = table("table", Place(x=x, y=0.0), size=(depth, width, height))
    behind = table("far table", Place(x=-x, y=0.0, heading=np.pi), size=(depth, width, height), material="metal")
    return ahead, behind, box("box", Place(x=0.6, y=0.0, z=height), size=(_BOX, _BOX, _BOX), mass=_MASS)


def _furnish(spec: mujoco.MjSpec) -> None:
    from sim.touch import add_touch

    ahead, behind, box = _things()
    for model in (ahead, behind, box):
        model.furnish(spec, visual=False)
    for other in (ahead.body, behind.body, "left_palm_collision", "right_palm_collision"):
        add_touch(spec, box.body, other)


def _new(task: BlendTask) -> _Own:
    return _Own(aim=np.zeros((task.sim.n, 3)), box=FreeThing(task, "box"))


def _arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    del qvel
    u = task.streams.uniform(ids, _PLACE, 0.0, 1.0, 5)
    height = np.full(len(ids), _TABLE[3] + _BOX / 2)
    start = np.stack([0.55 + 0.1 * u[:, 0], 0.6 * u[:, 1] - 0.3, height], axis=1)
    task.own.box.put(qpos, start, 0.4 * u[:, 2] - 0.2)
    task.own.aim[ids] = np.stack([-0.55 - 0.1 * u[:, 3], 0.6 * u[:, 4] - 0.3, height], axis=1)


def _begin(task: BlendTask, ids: IntArray, state: WorldState) -> None:
    """All is drawn before the robot stands."""
    del task, ids, state


def _goal(task: BlendTask, state: WorldState) -> Array:
    return thing_goal(task, state, task.own.box, task.own.aim)


def _away(task: BlendTask) -> Array:
    """From the box to its goal, world. Shape (N, 3), m."""
    return task.own.aim - task.own.box.position


def _critic(task: BlendTask, state: WorldState) -> Array:
    return thing_truth(task, state, task.own.box)


def _marks(task: BlendTask) -> Array:
    return task.own.aim[:1]


def _error(task: BlendTask, state: WorldState) -> Array:
    """Distance of the box."""
    del state
    return np.linalg.norm(_away(task), axis=1)


def _paper_error(task: BlendTask, state: WorldState) -> Array:
    """Mean absolute error per axis."""
    del state
    return np.abs(_away(task)).mean(axis=1)


def _success(task: BlendTask, state: WorldState) -> BoolArray:
    """Near its goal, at rest on the table behind, out of the hands."""
    from sim.touch import TouchSensors

    touch, (_, behind, box) = TouchSensors(task.sim), _things()
    held = touch.touching(box.body, "left_palm_collision") | touch.touching(box.body, "right_palm_collision")
    rests = np.linalg.norm(task.own.box.velocity, axis=1) < _RESTS
    return touch.touching(box.body, behind.body) & rests & ~held & (_error(task, state) < _NEAR)


def _lost(task: BlendTask, state: WorldState) -> BoolArray:
    """Fallen to the floor."""
    del state
    return task.own.box.position[:, 2] < _TABLE[3] - _BOX


def _oracle(controller: BlendController) -> Act:
    """Take it, turn round, and put it down."""
    return TransferScript(controller, _GRIP)


TASK = TaskSpec(
    name="box_transfer",
    about="Takes a box from the table ahead, turns round, and puts it on the table behind.",
    skills=("walking", "reaching"),
    blend=blend_hands,
    new=_new,
    arrange=_arrange,
    begin=_begin,
    goal=_goal,
    error=_error,
    rewards={
        "progress": Reward(weight=10.0, values=terms.progress),
        "there": Reward(weight=2.0, values=terms.nearness(0.04)),
        "effort": Reward(weight=-0.02, values=terms.effort),
        "tilt": Reward(weight=-0.5, values=terms.tilt),
        "slip": Reward(weight=-0.1, values=terms.slip),
    },
    success=_success,
    lost=_lost,
    paper_error=_paper_error,
    paper_threshold=0.05,
    furnish=(_furnish,),
    contacts=hand_contacts,
    critic=_critic,
    critic_size=TRUTH,
    marks=_marks,
    iterations=HANDLING,
    oracle=_oracle,
    episode_seconds=16.0,
)
