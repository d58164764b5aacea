"""PackageLift: lift a slab that stands on the floor, between two palms.

After SkillBench (Kuang et al., arXiv 2506.09366, appendix): a slab of 0.5 x 0.1 x 1.0 m at x from U[0.5, 0.7] and y
from U[-0.05, 0.05], to be raised by U[0.3, 0.6]. With these corrections: it weighs 0.5 to 2 kg (the paper's lightest,
0.1 kg, would be foam), palms have a friction of about 1 instead of 5, it is turned by up to 0.05 rad, and the strict
judge also wants it upright, in both hands and over the place where it stood. The paper blends reaching and squatting;
a standing H1 reaches 0.35 m ahead at that height, so ours walks up to the slab, and needs no squat to hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.tasks import slab, terms
from sim.tasks.gripping import GripScript
from sim.tasks.handling import HANDLING, TRUTH, blend_hands, hand_contacts
from sim.tasks.spec import Act, Reward, TaskSpec
from skillblend.blending import BlendController
from skillblend.contracts import Array, IntArray, WorldState

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask

_LOW, _HIGH = np.array([0.0, 0.0, 0.3]), np.array([0.0, 0.0, 0.6])
"""Least and most that it is to be raised, m; reference body."""


def _arrange(task: BlendTask, ids: IntArray, qpos: Array, qvel: Array) -> None:
    del qvel
    share = slab.shares(task.scales)
    slab.stand_it(task, ids, qpos, _LOW * share, _HIGH * share)


def _paper_error(task: BlendTask, state: WorldState) -> Array:
    """Error in height alone, as the paper scores this task."""
    del state
    return np.abs(slab.away(task)[:, 2])


def _oracle(controller: BlendController) -> Act:
    """Take it, and lift it."""
    return GripScript(controller, slab.grip(controller.robot))


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
    oracle=_oracle,
    critic=slab.critic,
    critic_size=TRUTH,
    marks=slab.marks,
    iterations=HANDLING,
)
