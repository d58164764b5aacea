"""PackageLift: lift a slab that stands on the floor, between two palms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.tasks import slab, terms
from sim.tasks.carrying import HANDLING, blend_hands, hand_contacts
from sim.tasks.spec import Reward, TaskSpec
from skillblend.contracts import Array, IntArray, WorldState

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask

_LOW, _HIGH = np.array([0.0, 0.0, 0.3]), np.array([0.0, 0.0, 0.6])
"""Least and most that it is to be raised, m."""


def _arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    del qvel
    slab.stand_it(task, ids, qpos, _LOW, _HIGH)


def _paper_error(task: BlendTask, state: WorldState) -> Array:
    """Error in height alone, as the paper scores this task."""
    del state
    return np.abs(slab.away(task)[:, 2])


TASK = TaskSpec(
    name="package_lift",
    about="Walks up to a slab, takes it between both palms and lifts it.",
    skills=("walking", "reaching"),
    blend=blend_hands,
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
    oracle=slab.SlabScript,
    iterations=HANDLING,
)
