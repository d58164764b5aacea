"""A residual blender: the script where the network says nothing, and a bounded correction of it elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import robots
from sim.blenders import make_blender
from sim.env import BatchEnv
from sim.residual import GATES, GOALS, ResidualController, ResidualMemory
from sim.settings import EVALUATION
from sim.tasks.blend import BlendTask, blend_task
from sim.tasks.spec import TASKS
from skillblend.blending import BlendController
from skillblend.contracts import Array
from skillblend.shipped import MODELS

H1 = robots.load("h1")
N, DECISIONS = 4, 30


def played(variant: str, act: Callable[[BlendController], Callable[[Array], Array]]) -> tuple[BlendTask, list[Array]]:
    """What BoxPush comes to under a policy: the task, and the decisions that reached the skills."""
    controller = make_blender(TASKS["box_push"], H1, MODELS, variant)
    assert isinstance(controller, BlendController)
    task = blend_task(TASKS["box_push"], controller)
    env = BatchEnv(task, N, seed=5, randomisation=EVALUATION)
    policy, decisions = act(controller), []
    observation = env.reset()
    for _ in range(DECISIONS):
        observation = env.step(policy(observation[:, : task.actor_size])).observation
        decisions.append(task.memory.action.copy())
    return task, decisions


def nothing(controller: BlendController) -> Callable[[Array], Array]:
    return lambda observation: np.zeros((len(observation), controller.action_size))


def test_a_network_that_says_nothing_leaves_the_script_as_it_is() -> None:
    scripted, theirs = played("blender", TASKS["box_push"].oracle)
    residual, ours = played("residual", nothing)
    np.testing.assert_array_equal(np.array(ours), np.array(theirs))
    np.testing.assert_array_equal(residual.own.box.position, scripted.own.box.position)
    np.testing.assert_array_equal(residual.error, scripted.error)


def test_a_correction_is_a_small_share_of_an_action_and_the_script_remembers_its_own_words() -> None:
    def shouts(controller: BlendController) -> Callable[[Array], Array]:
        return lambda observation: np.full((len(observation), controller.action_size), 100.0)

    task, decisions = played("residual", shouts)
    controller, memory = task.controller, task.memory
    assert isinstance(controller, ResidualController)
    assert isinstance(memory, ResidualMemory)
    change = decisions[-1] - memory.said
    limit = controller.action_limit
    allowed = np.where(np.arange(controller.action_size) < controller.gates.start, GOALS, GATES) * limit
    free = np.abs(memory.said + allowed) < limit
    assert free.any()
    np.testing.assert_allclose(change[free], np.tile(allowed, (N, 1))[free])
    assert (np.abs(decisions[-1]) <= limit).all()


def test_the_network_sees_what_the_script_decides() -> None:
    controller = make_blender(TASKS["box_push"], H1, MODELS, "residual")
    assert isinstance(controller, ResidualController)
    assert controller.layout[-1] == ("script", controller.action_size)
    assert controller.observation_size == sum(size for _, size in controller.layout)


def test_episodes_begin_with_nothing_said() -> None:
    task, _ = played("residual", nothing)
    assert isinstance(task.memory, ResidualMemory)
    assert (np.abs(task.memory.said).sum(axis=1) > 0).all()
    task.memory.reset(np.array([1]), np.zeros((1, H1.num_joints)))
    assert np.abs(task.memory.said[1]).sum() == np.abs(task.memory.says[1]).sum() == pytest.approx(0.0)
    assert np.abs(task.memory.said[0]).sum() > 0


def test_who_is_to_stand_still_stands_still() -> None:
    controller = make_blender(TASKS["box_transfer"], H1, MODELS, "residual")
    assert isinstance(controller, ResidualController)
    speeds = controller.columns["carrying"].start + np.arange(3)
    memory = controller.new_memory(2)
    memory.says[1, speeds[0]] = 0.5
    controller.decide(np.ones((2, controller.action_size)), memory)
    np.testing.assert_array_equal(memory.action[0, speeds], 0.0)
    np.testing.assert_allclose(memory.action[1, speeds], [0.5 + GOALS, GOALS, GOALS])
    others = np.setdiff1d(np.arange(controller.gates.start), speeds)
    np.testing.assert_allclose(memory.action[0, others], GOALS)
