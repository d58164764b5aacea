"""Variants of the blender, and the scripts that it is compared with and cloned from."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim.blenders import VARIANTS, bundle_name, make_blender
from sim.tasks.baselines import baseline, baseline_names
from sim.tasks.spec import TASKS
from skillblend.blending import BlendController
from skillblend.errors import InputError, UnknownNameError
from skillblend.flat import FlatController
from skillblend.shipped import MODELS

ROBOT = robots.load("h1")


def make(task: str, variant: str) -> BlendController:
    controller = make_blender(TASKS[task], ROBOT, MODELS, variant)
    assert isinstance(controller, BlendController)
    return controller


def seen(controller: BlendController, left: tuple[float, float, float], *, stepping: bool) -> np.ndarray:
    """One observation of a robot whose left target is at `left`; its wrist is on the target."""
    observation = np.zeros((1, controller.observation_size))
    observation[0, :3] = left
    observation[0, controller.view.column("walking.stepping")] = float(stepping)
    return observation


def test_bundles_are_named_after_task_and_variant() -> None:
    assert bundle_name("far_reach", "blender") == "far_reach"
    assert bundle_name("far_reach", "flat") == "far_reach.flat"
    with pytest.raises(UnknownNameError, match="variant"):
        bundle_name("far_reach", "flta")
    with pytest.raises(UnknownNameError, match="task"):
        bundle_name("far_rich", "flat")


def test_variants_differ_in_what_they_decide() -> None:
    made = {v: make_blender(TASKS["far_reach"], ROBOT, MODELS, v) for v in VARIANTS}
    sizes = {v: controller.action_size for v, controller in made.items()}
    joints = ROBOT.num_joints
    same = {"blender": 12, "every_tick": 12, "joint_noise": 12, "residual": 12}
    assert sizes == same | {"joint_gates": 9 + joints, "scalar_gate": 10, "flat": joints}
    assert [v for v, controller in made.items() if isinstance(controller, FlatController)] == ["flat"]
    ticks = {v: controller.config.decision_ticks for v, controller in made.items()}
    assert {v for v, each in ticks.items() if each == 1} == {"every_tick", "joint_noise", "flat"}
    assert set(ticks.values()) == {1, 5}


@pytest.mark.parametrize("variant", ["blender", "joint_gates"])
def test_the_wall_script_gives_the_legs_to_reaching_once_they_rest(variant: str) -> None:
    controller = make("button_press", variant)
    act = baseline("oracle", TASKS["button_press"], controller)
    legs = ROBOT.joints("hip", "knee", "ankle")
    weights = {s: controller.weights(act(seen(controller, (0.36, 0.17, 1.1), stepping=s))) for s in (True, False)}
    assert (weights[True][0, 0, legs] > 0.99).all()
    assert (weights[False][0, 1, legs] > 0.99).all()


def test_the_wall_script_pushes_only_when_aligned() -> None:
    controller = make("button_press", "blender")
    act = baseline("oracle", TASKS["button_press"], controller)
    observation = seen(controller, (0.36, 0.17, 1.1), stepping=False)
    assert act(observation)[0, 3] == 0.0
    observation[0, 7] = 3.0 * 0.2
    assert act(observation)[0, 3] == pytest.approx(-2.0)


def test_an_unknown_script_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="oracle"):
        baseline("oracel", TASKS["far_reach"], make("far_reach", "blender"))
    with pytest.raises(InputError, match="a flat policy has none"):
        baseline("oracle", TASKS["far_reach"], make_blender(TASKS["far_reach"], ROBOT, MODELS, "flat"))


@pytest.mark.parametrize("task", ["far_reach", "button_press"])
def test_scripts_differ_in_who_has_which_joints(task: str) -> None:
    controller, spec = make(task, "blender"), TASKS[task]
    near = seen(controller, (0.36, 0.17, 1.1), stepping=False)
    near[0, 3:6] = [0.36, -0.17, 1.1]
    far = seen(controller, (2.0, 0.0, 1.1), stepping=True)
    far[0, 3:6] = [2.0, -0.3, 1.1]
    far[0, 6:12] = 3.0
    each = {name: baseline(name, spec, controller) for name in baseline_names(spec)}
    assert set(each) == {"noop", "uniform", "only_walking", "only_reaching", "handover", "oracle"}
    shares = {
        name: [float(controller.weights(act(o))[0, 1].round(2).mean()) for o in (far, near)]
        for name, act in each.items()
    }
    assert shares["noop"] == shares["only_walking"] == [0.0, 0.0]
    assert shares["uniform"] == [0.5, 0.5]
    assert shares["only_reaching"] == [1.0, 1.0]
    assert shares["handover"] == [0.0, 1.0]
    memory = controller.new_memory(1)
    controller.decide(each["noop"](far), memory)
    np.testing.assert_allclose(memory.goals[0], 0.0, atol=1e-12)
    controller.decide(each["uniform"](far), memory)
    assert memory.goals[0][0, 0] > 0.3
