"""The shared nouns: limits that hold, look-ups that help, reflections that undo themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from skillblend.contracts import GoalSpace, Observation, Option, Step
from skillblend.errors import InputError, ShapeError, UnknownNameError

SPACE = GoalSpace(
    names=("forward", "turn"), units=("m/s", "rad/s"), lower=np.array([-0.5, -1.0]), upper=np.array([1.0, 1.0])
)


def test_a_goal_inside_comes_back_as_it_is() -> None:
    goal = np.array([[0.3, -0.2], [-0.5, 1.0]])
    assert SPACE.check(goal) is goal
    np.testing.assert_array_equal(goal, [[0.3, -0.2], [-0.5, 1.0]])


def test_rounding_at_the_limit_is_no_offence() -> None:
    SPACE.check(np.array([[1.0 + 1e-12, -1.0 - 1e-12]]))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([1.1, 0.0], r"goal forward = 1\.1 m/s is outside \[-0\.5, 1\]; choose a value inside"),
        ([-0.6, 0.0], r"goal forward = -0\.6 m/s is outside"),
        ([0.0, 2.0], r"goal turn = 2 rad/s is outside \[-1, 1\]"),
        ([np.nan, 0.0], r"goal forward = nan m/s"),
        ([0.0, np.inf], r"goal turn = inf rad/s"),
        ([0.0, -np.inf], r"goal turn = -inf rad/s"),
    ],
)
def test_a_goal_outside_is_named_with_unit_and_limits(row: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SPACE.check(np.array([[0.0, 0.0], row]))


@pytest.mark.parametrize("shape", [(2,), (1, 3), (2, 1), (1, 1, 2)])
def test_goals_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"must be \(N, 2\): \('forward', 'turn'\)") as caught:
        SPACE.check(np.zeros(shape))
    assert str(shape) in str(caught.value)


def test_clip_by_hand() -> None:
    found = SPACE.clip(np.array([[2.0, -3.0], [0.1, 0.2], [-2.0, 1.0]]))
    np.testing.assert_array_equal(found, [[1.0, -1.0], [0.1, 0.2], [-0.5, 1.0]])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2))
def test_what_was_clipped_passes_the_check(row: list[float]) -> None:
    clipped = SPACE.clip(np.array([row]))
    SPACE.check(clipped)
    np.testing.assert_array_equal(SPACE.clip(clipped), clipped)


@pytest.mark.parametrize("name", robots.names())
def test_joints_are_found_with_and_without_the_suffix(name: str) -> None:
    robot = robots.load(name)
    for index, joint in enumerate(robot.joint_names):
        assert robot.joint(joint) == index
        assert robot.joint(joint.removesuffix("_joint")) == index


def test_an_unknown_joint_is_told_its_neighbour() -> None:
    robot = robots.load("h1")
    with pytest.raises(UnknownNameError, match="unknown joint 'left_kne'.*did you mean 'left_knee_joint'"):
        robot.joint("left_kne")


def test_bodies_are_found_by_name() -> None:
    robot = robots.load("h1")
    for index, body in enumerate(robot.bodies):
        assert robot.body(body.name) == index
    with pytest.raises(UnknownNameError, match="unknown body 'tail'; known: "):
        robot.body("tail")


def test_joints_by_part_of_the_name_keep_joint_order() -> None:
    robot = robots.load("h1")
    found = robot.joints("knee", "torso")
    assert [robot.joint_names[i] for i in found] == [n for n in robot.joint_names if "knee" in n or "torso" in n]
    assert (np.diff(found) > 0).all()
    none = robot.joints("tail")
    assert none.shape == (0,)
    assert none.dtype == np.int64


@pytest.mark.parametrize("name", robots.names())
def test_reflecting_twice_changes_nothing(name: str, rng: np.random.Generator) -> None:
    robot = robots.load(name)
    pose = rng.normal(size=(2, 3, robot.num_joints))
    np.testing.assert_array_equal(robot.mirror(robot.mirror(pose)), pose)
    left, right = robot.joint("left_knee"), robot.joint("right_knee")
    np.testing.assert_array_equal(robot.mirror(pose)[..., left], pose[..., right])


def test_taking_robots_copies_them() -> None:
    obs = Observation(
        time=np.arange(4.0),
        joint_position=np.arange(8.0).reshape(4, 2),
        joint_velocity=np.zeros((4, 2)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (4, 1)),
        base_angular_velocity=np.zeros((4, 3)),
    )
    some = obs.take(np.array([3, 1]))
    assert (obs.num, some.num) == (4, 2)
    np.testing.assert_array_equal(some.time, [3.0, 1.0])
    np.testing.assert_array_equal(some.joint_position, [[6.0, 7.0], [2.0, 3.0]])
    some.joint_position[:] = -1.0
    np.testing.assert_array_equal(obs.joint_position, np.arange(8.0).reshape(4, 2))


@pytest.mark.parametrize(("allowed", "score"), [(True, 0.125), (False, 0.0)])
def test_the_score_of_an_option_is_the_product_unless_forbidden(allowed: bool, score: float) -> None:
    step = Step(text="turn left", behaviour="turn", arguments=("90",))
    assert Option(step=step, lm_score=0.25, affordance=0.5, allowed=allowed).score == score
