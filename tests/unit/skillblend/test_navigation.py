"""Navigation in closed loop with a point robot that does exactly what it is told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillblend.contracts import Array, GoalSpace
from skillblend.navigation import Leg, Navigator, NavigatorConfig, Pose2D, wrap

LIMITS = GoalSpace(
    names=("forward", "left", "yaw_rate"),
    units=("m/s", "m/s", "rad/s"),
    lower=np.array([-0.5, -0.3, -0.6]),
    upper=np.array([1.0, 0.3, 0.6]),
)
DT = 0.05
CONFIG = NavigatorConfig()


def drive(navigator: Navigator, pose: Pose2D, seconds: float = 60.0) -> tuple[list[Pose2D], list[Array]]:
    """Poses and commands until the goal is reached."""
    poses, commands = [pose], []
    for _ in range(int(seconds / DT)):
        command, reached = navigator.command(pose, LIMITS)
        commands.append(command)
        if reached:
            return poses, commands
        c, s = np.cos(pose.heading), np.sin(pose.heading)
        pose = Pose2D(
            x=pose.x + DT * (c * command[0] - s * command[1]),
            y=pose.y + DT * (s * command[0] + c * command[1]),
            heading=pose.heading + DT * command[2],
        )
        poses.append(pose)
    raise AssertionError(f"not there after {seconds} s: at {pose}")


def legs(*points: Sequence[float], keep_heading: bool = False) -> list[Leg]:
    return [Leg(position=np.array(p), keep_heading=keep_heading) for p in points]


START = Pose2D(x=0.0, y=0.0, heading=0.0)


@pytest.mark.parametrize(
    ("angle", "expected"),
    [(0.0, 0.0), (np.pi, -np.pi), (-np.pi, -np.pi), (1.5 * np.pi, -0.5 * np.pi), (-7.0, 2 * np.pi - 7.0)],
)
def test_wrap_by_hand(angle: float, expected: float) -> None:
    assert wrap(angle) == pytest.approx(expected)


@given(st.floats(-50, 50))
def test_wrap_keeps_the_direction(angle: float) -> None:
    assert -np.pi <= wrap(angle) < np.pi
    assert np.cos(wrap(angle)) == pytest.approx(np.cos(angle), abs=1e-9)
    assert np.sin(wrap(angle)) == pytest.approx(np.sin(angle), abs=1e-9)


@settings(max_examples=40)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-np.pi, np.pi), st.one_of(st.none(), st.floats(-np.pi, np.pi)))
def test_any_pose_is_reached_within_the_limits(x: float, y: float, start: float, end: float | None) -> None:
    poses, commands = drive(Navigator(legs((x, y)), end), Pose2D(x=0.0, y=0.0, heading=start))
    last = poses[-1]
    assert np.hypot(last.x - x, last.y - y) < CONFIG.position_tolerance
    assert end is None or abs(wrap(end - last.heading)) < CONFIG.heading_tolerance
    np.testing.assert_array_equal(commands[-1], np.zeros(3))
    for command in commands:
        LIMITS.check(command[None])


def test_at_the_goal_there_is_nothing_to_do() -> None:
    command, reached = Navigator(legs((0.05, 0.0)), 0.1).command(START, LIMITS)
    assert reached
    np.testing.assert_array_equal(command, np.zeros(3))


def test_in_place_but_turned_away_is_not_there_yet() -> None:
    command, reached = Navigator(legs((0.0, 0.0)), 1.0).command(START, LIMITS)
    assert not reached
    np.testing.assert_allclose(command, [0.0, 0.0, 0.5])  # 1.5/s times 1 rad, limited


def test_straight_ahead_is_driven_at_cruising_speed() -> None:
    command, _ = Navigator(legs((3.0, 0.0)), None).command(START, LIMITS)
    np.testing.assert_allclose(command, [CONFIG.cruise, 0.0, 0.0])


def test_what_lies_behind_is_turned_to_first() -> None:
    command, _ = Navigator(legs((-3.0, 0.5)), None).command(START, LIMITS)
    np.testing.assert_allclose(command, [0.0, 0.0, 0.6])


def test_close_by_the_robot_side_steps() -> None:
    command, _ = Navigator(legs((0.0, 0.2)), 0.0).command(START, LIMITS)
    np.testing.assert_allclose(command, [0.0, 1.2 * 0.2, 0.0], atol=1e-12)


def test_commands_are_in_the_heading_frame() -> None:
    there = Pose2D(x=0.0, y=0.0, heading=np.pi / 2)
    command, _ = Navigator(legs((0.0, 0.2)), np.pi / 2).command(there, LIMITS)
    np.testing.assert_allclose(command, [1.2 * 0.2, 0.0, 0.0], atol=1e-12)


def test_commands_respect_narrower_limits() -> None:
    narrow = GoalSpace(names=LIMITS.names, units=LIMITS.units, lower=LIMITS.lower / 10, upper=LIMITS.upper / 10)
    command, _ = Navigator(legs((3.0, 0.0)), None).command(START, narrow)
    np.testing.assert_allclose(command, [0.1, 0.0, 0.0])


def test_a_route_is_followed_corner_by_corner() -> None:
    corners = [(1.5, 0.0), (1.5, 1.5), (0.0, 1.5)]
    poses, _ = drive(Navigator(legs(*corners), np.pi), START)
    path = np.array([p.position for p in poses])
    nearest = [np.linalg.norm(path - corner, axis=1) for corner in corners]
    assert all(d.min() < 0.35 for d in nearest)
    first = [int(np.argmax(d < 0.35)) for d in nearest]
    assert first == sorted(first)


@pytest.mark.parametrize("heading", [0.0, 2.0])
@pytest.mark.parametrize("corner", [(-0.8, 0.0), (0.0, 0.7), (0.5, -0.5)])
def test_legs_that_keep_the_heading_never_turn(corner: tuple[float, float], heading: float) -> None:
    start = Pose2D(x=0.0, y=0.0, heading=heading)
    poses, commands = drive(Navigator(legs(corner, keep_heading=True), None), start)
    np.testing.assert_array_equal(np.array(commands)[:, 2], 0.0)
    assert {p.heading for p in poses} == {heading}
    assert np.linalg.norm(poses[-1].position - corner) < CONFIG.position_tolerance


def test_backing_out_before_turning_round() -> None:
    route = [*legs((-0.7, 0.0), keep_heading=True), *legs((-0.7, 2.0))]
    poses, commands = drive(Navigator(route, np.pi / 2), START)
    first_turn = int(np.argmax(np.array(commands)[:, 2] != 0.0))
    assert np.linalg.norm(poses[first_turn].position - (-0.7, 0.0)) < 0.12
    assert all(c[0] < 0 for c in commands[:first_turn])


def test_a_last_leg_that_keeps_the_heading_ends_with_the_wanted_one() -> None:
    poses, _ = drive(Navigator(legs((0.6, 0.3), keep_heading=True), 0.8), START)
    assert abs(wrap(0.8 - poses[-1].heading)) < CONFIG.heading_tolerance
