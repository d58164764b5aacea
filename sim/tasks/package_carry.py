"""PackageCarry: lift a slab that stands on the floor, and carry it up to a metre.

As `sim.tasks.package_lift`, of which it has the slab and the corrections; its aim is also U[0.3, 1] m further ahead
and U[-0.3, 0.3] m to the side, and an episode takes 12 s instead of 8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.tasks import slab, terms
from sim.tasks.gripping import CarryScript
from sim.tasks.handling import HANDLING, TRUTH, blend_and_carry, hand_contacts
from sim.tasks.spec import Act, Reward, TaskSpec
from skillblend.blending import BlendController
from skillblend.contracts import Array, IntArray, WorldState
from skillblend.scales import Scales

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask

_LOW, _HIGH = np.array([0.3, -0.3, 0.3]), np.array([1.0, 0.3, 0.6])
"""Least and most that it is to be carried, m; reference body."""
CARRIED = 0.40
"""How far ahead of the feet the hands are as it walks, m; reference body."""


def _arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    del qvel
    share = slab.shares(task.scales)
    slab.stand_it(task, ids, qpos, _LOW * share, _HIGH * share)


def _paper_error(task: BlendTask, state: WorldState) -> Array:
    """Mean absolute error per axis."""
    del state
    return np.abs(slab.away(task)).mean(axis=1)


def _oracle(controller: BlendController) -> Act:
    """Take it, lift it, hold it out so that knees stay clear of it, and walk."""
    ahead, _, _ = Scales.of(controller.robot).place((CARRIED, 0.0, 0.0))
    return CarryScript(controller, slab.grip(controller.robot, ahead))


TASK = TaskSpec(
    name="package_carry",
    about="Walks up to a slab, takes it between both palms, lifts it and carries it up to a metre.",
    skills=("walking", "reaching", "carrying"),
    blend=blend_and_carry,
    new=slab.new,
    arrange=_arrange,
    begin=slab.begin,
    watch=slab.watch,
    goal=slab.goal,
    error=slab.distance,
    rewards={
        "progress": Reward(weight=10.0, values=terms.progress),
        "there": Reward(weight=2.0, values=terms.nearness(0.06)),
        "effort": Reward(weight=-0.02, values=terms.effort),
        "tilt": Reward(weight=-0.5, values=terms.tilt),
        "slip": Reward(weight=-0.1, values=terms.slip),
    },
    success=slab.success,
    lost=slab.lost,
    paper_error=_paper_error,
    paper_threshold=0.1,
    furnish=(slab.furnish,),
    contacts=hand_contacts,
    critic=slab.critic,
    critic_size=TRUTH,
    marks=slab.marks,
    iterations=HANDLING,
    firm=True,
    oracle=_oracle,
    episode_seconds=12.0,
)
