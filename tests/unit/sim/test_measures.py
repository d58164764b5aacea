"""How a robot moves: each measurement against a value worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.tasks.measures import MOTION, Measures
from skillblend.contracts import WorldState


def state(**changes: Any) -> WorldState:
    values: dict[str, Any] = {
        "time": np.zeros(1), "joint_position": np.zeros((1, 2)), "joint_velocity": np.zeros((1, 2)),
        "base_quaternion": np.array([[1.0, 0.0, 0.0, 0.0]]), "base_angular_velocity": np.zeros((1, 3)),
        "base_position": np.array([[3.0, 4.0, 0.9]]), "base_linear_velocity": np.zeros((1, 3)),
        "joint_torque": np.zeros((1, 2)), "foot_contact": np.ones((1, 2), dtype=np.bool_),
    }  # fmt: skip
    return WorldState(**(values | changes))


def measured(*states: WorldState) -> dict[str, float]:
    found = Measures.of(1, 2)
    found.begin(np.array([0]))
    for each in states:
        found.add(each, 0.1)
    means = found.means()
    assert tuple(means) == MOTION
    return {name: float(values[0]) for name, values in means.items()}


@pytest.mark.parametrize(("axis", "turn"), [(1, 0.3), (2, 0.3), (2, -0.5)], ids=["roll", "pitch", "back"])
def test_tilt_is_half_of_roll_and_pitch(axis: int, turn: float) -> None:
    quaternion = np.zeros((1, 4))
    quaternion[0, 0], quaternion[0, axis] = np.cos(turn / 2), np.sin(turn / 2)
    assert measured(state(base_quaternion=quaternion))["tilt"] == pytest.approx(abs(turn) / 2)


def test_heading_is_no_tilt() -> None:
    quaternion = np.array([[np.cos(0.7), 0.0, 0.0, np.sin(0.7)]])
    assert measured(state(base_quaternion=quaternion))["tilt"] == pytest.approx(0.0)


def test_means_are_over_the_steps() -> None:
    first = state(joint_torque=np.array([[2.0, -4.0]]), base_linear_velocity=np.array([[3.0, 4.0, 9.0]]))
    second = state(joint_velocity=np.array([[1.0, -3.0]]))
    found = measured(first, second)
    assert (found["torque"], found["speed"], found["height"]) == pytest.approx((1.5, 2.5, 0.9))
    assert found["power"] == pytest.approx(1.5 * 1.0)


def test_jerk_is_the_second_difference_of_joint_velocities() -> None:
    still, moving = state(), state(joint_velocity=np.array([[0.1, 0.3]]))
    assert measured(still, moving)["jerk"] == 0.0
    assert measured(still, still, moving)["jerk"] == pytest.approx(0.2 / 0.01)


def test_a_new_episode_forgets() -> None:
    found = Measures.of(2, 2)
    found.add(state(**{k: np.repeat(v, 2, axis=0) for k, v in vars(state()).items() if k != "things"}), 0.1)
    found.begin(np.array([1]))
    assert found.steps.tolist() == [1.0, 0.0]
    assert found.means()["height"].tolist() == [0.9, 0.0]
