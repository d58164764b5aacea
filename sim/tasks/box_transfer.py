"""BoxTransfer: take a box from the table ahead, turn round, and put it on the table behind.

After SkillBench (Kuang et al., arXiv 2506.09366, appendix): two tables of 0.9 x 1.5 m whose tops are 1 m high, a box
of 0.1 m on the one ahead at x from U[0.55, 0.65] and y from U[-0.3, 0.3], its goal as far away on the one behind.
With these corrections: tables begin 0.5 m from the robot, not 0.55, so that all of the box's underside is on them;
the box weighs 0.5 kg (the paper means 0.01), is turned by up to 0.2 rad, and palms have a friction of about 1; an
episode takes 16 s instead of 8. The floor of doing nothing is about 0.47 m by the paper's metric.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sim.tasks import tabletop, terms
from sim.tasks.gripping import Grip, TransferScript
from sim.tasks.handling import HANDLING, TRUTH, blend_and_carry, hand_contacts, palm
from sim.tasks.spec import Act, Reward, TaskSpec
from sim.tasks.tabletop import BOX, DEPTH, WIDTH, Tabletop
from skillblend.blending import BlendController
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.scales import Scales

if TYPE_CHECKING:
    import mujoco

    from sim.tasks.blend import BlendTask
    from sim.things.model import Model

_MASS = 0.5
"""Of the box, kg; the thing's own."""
_NEAR, _RESTS = 0.05, 0.03
"""So near to its goal, m (the paper's), and so slow, m/s (at rest, for every robot), it has been put there."""
_HOLD, _WAITS = (0.38, 0.0, 0.85), (0.22, 0.30, 0.0)
"""Lowest left wrist that holds the box, and one that waits, stance frame of the reference body, m."""
_CARRIED = 0.33
"""How far ahead of the feet the hands are as it walks, m; reference body."""
_ABOVE, _OVER = 0.01, 0.25
"""Height over the middle of the box of a wrist that holds it, and of one that waits, m; reference body."""


@lru_cache
def _things(place: Tabletop) -> tuple[Model, Model, Model]:
    """The table ahead, the one behind, and the box."""
    from sim.things.box import box
    from sim.things.kinds import Place
    from sim.things.table import table

    x, size = place.table, (DEPTH, WIDTH, place.top)
    ahead = table("table", Place(x=x, y=0.0), size=size)
    behind = table("far table", Place(x=-x, y=0.0, heading=np.pi), size=size, material="metal")
    return (
        ahead,
        behind,
        box("box", Place(x=place.box + BOX / 2, y=0.0, z=place.top), size=(BOX, BOX, BOX), mass=_MASS),
    )


def _furnish(spec: mujoco.MjSpec, robot: Robot) -> None:
    ahead, behind, box = _things(Tabletop.of(Scales.of(robot)))
    tabletop.furnish(spec, box, [ahead, behind])


def _arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    del qvel
    (start, u), place = tabletop.put(task, ids, qpos), task.own.place
    ahead, aside = place.spread
    task.own.aim[ids] = np.stack([-place.box - ahead * u[:, 0], aside * u[:, 1] - aside / 2, start[:, 2]], axis=1)


def _error(task: BlendTask, state: WorldState) -> Array:
    """Distance of the box."""
    del state
    return np.linalg.norm(tabletop.away(task), axis=1)


def _success(task: BlendTask, state: WorldState) -> BoolArray:
    """Near its goal, at rest on the table behind, out of the hands."""
    touch, (_, behind, box) = task.sim.touch, _things(task.own.place)
    left, right = (touch.touching(box.body, each) for each in tabletop.PALMS)
    rests = np.linalg.norm(task.own.box.velocity, axis=1) < _RESTS
    return touch.touching(box.body, behind.body) & rests & ~(left | right) & (_error(task, state) < _NEAR)


def grip(robot: Robot) -> Grip:
    """How `robot` takes the box."""
    scales = Scales.of(robot)
    (ahead, _, low), (wait, outward, _) = scales.place(_HOLD), scales.place(_WAITS)
    return Grip(
        half=BOX / 2,
        ahead=ahead,
        behind=0.0,
        above=_ABOVE * scales.reach,
        low=low,
        carried=scales.place((_CARRIED, 0.0, 0.0))[0],
        waits=(wait, outward, _OVER * scales.reach),
        palm=palm(robot),
        scales=scales,
    )


def _oracle(controller: BlendController) -> Act:
    """Take it, turn round, and put it down."""
    return TransferScript(controller, grip(controller.robot))


TASK = TaskSpec(
    name="box_transfer",
    about="Takes a box from the table ahead, turns round, and puts it on the table behind.",
    skills=("walking", "reaching", "carrying"),
    blend=blend_and_carry,
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
    firm=True,
    oracle=_oracle,
    episode_seconds=16.0,
)
