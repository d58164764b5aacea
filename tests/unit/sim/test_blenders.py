"""Variants of the blender, and the scripts that it is compared with and cloned from."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim.tasks.baselines import baseline
from sim.variants import VARIANTS, bundle_name, variant_controller
from skillblend.blending import BlendController
from skillblend.errors import UnknownNameError
from skillblend.policy import Mlp
from skillblend.skills.reaching import ReachingController
from skillblend.skills.walking import WalkingController

ROBOT = robots.load("h1")
NET = Mlp([(np.zeros((1, 1), np.float32), np.zeros(1, np.float32))])


class Skill:
    """As much of a skill as a blender's controller needs."""

    def __init__(self, controller: WalkingController | ReachingController) -> None:
        self.controller = controller


def make(task: str, variant: str) -> BlendController:
    walking, reaching = Skill(WalkingController(ROBOT)), Skill(ReachingController(ROBOT))
    return variant_controller(task, variant, ROBOT, (walking, NET), (reaching, NET))  # type: ignore[arg-type]


def seen(controller: BlendController, left: tuple[float, float, float], *, stepping: bool) -> np.ndarray:
    """One observation of a robot whose left target is at `left`; its wrist is on the target."""
    observation = np.zeros((1, controller.observation_size))
    observation[0, :3] = left
    names = [n for n, _ in controller.layout]
    column = sum(size for _, size in controller.layout[: names.index("stepping")])
    observation[0, column] = float(stepping)
    return observation


def test_bundles_are_named_after_task_and_variant() -> None:
    assert bundle_name("far_reach", "blender") == "far_reach"
    assert bundle_name("far_reach", "flat") == "far_reach.flat"
    with pytest.raises(UnknownNameError, match="variant"):
        bundle_name("far_reach", "flta")
    with pytest.raises(UnknownNameError, match="task"):
        bundle_name("far_rich", "flat")


def test_variants_differ_in_what_they_decide() -> None:
    sizes = {v: make("far_reach", v).action_size for v in VARIANTS}
    joints = ROBOT.num_joints
    assert sizes == {"blender": 12, "joint_gates": 9 + joints, "scalar_gate": 10, "every_tick": 12, "flat": joints}
    ticks = {v: make("far_reach", v).config.decision_ticks for v in VARIANTS}
    assert ticks == {"blender": 5, "joint_gates": 5, "scalar_gate": 5, "every_tick": 1, "flat": 1}


@pytest.mark.parametrize("variant", ["blender", "joint_gates"])
def test_the_wall_script_gives_the_legs_to_reaching_once_they_rest(variant: str) -> None:
    controller = make("button_press", variant)
    act = baseline("oracle", controller)
    legs = ROBOT.joints("hip", "knee", "ankle")
    weights = {s: controller.weights(act(seen(controller, (0.36, 0.17, 1.1), stepping=s))) for s in (True, False)}
    assert (weights[True][0, 0, legs] > 0.99).all()
    assert (weights[False][0, 1, legs] > 0.99).all()


def test_the_wall_script_pushes_only_when_aligned() -> None:
    controller = make("button_press", "blender")
    act = baseline("oracle", controller)
    observation = seen(controller, (0.36, 0.17, 1.1), stepping=False)
    assert act(observation)[0, 3] == 0.0
    observation[0, 7] = 3.0 * 0.2
    assert act(observation)[0, 3] == pytest.approx(-2.0)


def test_an_unknown_script_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="oracle"):
        baseline("oracel", make("far_reach", "blender"))
