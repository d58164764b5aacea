"""The baseline without skills."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import robots
from sim.tasks.spec import TASKS
from skillblend.contracts import Observation
from skillblend.flat import ACTION_SCALE, FlatController
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill

ROBOT = robots.load("h1")


class Untouchable:
    """A network that must not be asked."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        raise AssertionError("a flat policy asked a skill")


def make() -> FlatController:
    spec = TASKS["far_reach"]
    skills = {name: load_skill(name, ROBOT, MODELS / "h1" / name) for name in spec.skills}
    config = spec.blend(ROBOT, skills)
    for skill in skills.values():
        skill.bundle = replace(skill.bundle, actor=Untouchable())  # pyright: ignore[reportArgumentType]
    return FlatController(ROBOT, skills, config)


def standing(n: int) -> Observation:
    return Observation(
        time=np.zeros(n),
        joint_position=np.tile(ROBOT.default_pose, (n, 1)),
        joint_velocity=np.zeros((n, ROBOT.num_joints)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )


def test_actions_are_joint_targets_around_the_standing_pose() -> None:
    controller = make()
    memory = controller.new_memory(2)
    action = np.zeros((2, ROBOT.num_joints))
    action[1, 3] = 0.5
    controller.decide(action, memory)
    sent = controller.targets(standing(2), np.zeros((2, 6)), memory)
    expected = np.tile(ROBOT.default_pose, (2, 1))
    expected[1, 3] += 0.5 * ACTION_SCALE
    assert sent == pytest.approx(expected)
    assert memory.last_targets == pytest.approx(expected)


def test_targets_stay_inside_the_joint_limits() -> None:
    controller = make()
    memory = controller.new_memory(1)
    controller.decide(np.full((1, ROBOT.num_joints), 1e6), memory)
    sent = controller.targets(standing(1), np.zeros((1, 6)), memory)
    assert (sent >= ROBOT.position_lower).all() and (sent <= ROBOT.position_upper).all()


def test_the_observation_is_as_wide_as_its_layout_says() -> None:
    controller = make()
    memory, obs, goal = controller.new_memory(3), standing(3), np.tile([0.3, 0.2, 1.1, 0.3, -0.2, 1.1], (3, 1))
    controller.update(obs, goal, memory)
    assert controller.features(obs, goal, memory).shape == (3, sum(size for _, size in controller.layout))
