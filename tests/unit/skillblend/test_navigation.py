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


def following(route: Sequence[Leg], heading: float | None) -> Navigator:
    """One robot on `route`."""
    navigator = Navigator(1, CONFIG)
    navigator.follow(0, route, heading)
    return navigator


def ask(navigator: Navigator, pose: Pose2D, limits: GoalSpace = LIMITS) -> tuple[Array, bool]:
    """Its command (3,), and whether it is there."""
    command, reached = navigator.command(
        np.zeros(1, dtype=np.int64), np.array([[pose.x, pose.y, pose.heading]]), limits
    )
    return command[0], bool(reached[0])


def drive(navigator: Navigator, pose: Pose2D, seconds: float = 60.0) -> tuple[list[Pose2D], list[Array]]:
    """Poses and commands until the goal is reached."""
    poses, commands = [pose], []
    for _ in range(int(seconds / DT)):
        command, reached = ask(navigator, pose)
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
    assert float(wrap(np.array(angle))) == pytest.approx(expected)


@given(st.floats(-50, 50))
def test_wrap_keeps_the_direction(angle: float) -> None:
    assert -np.pi <= float(wrap(np.array(angle))) < np.pi
    assert np.cos(float(wrap(np.array(angle)))) == pytest.approx(np.cos(angle), abs=1e-9)
    assert np.sin(float(wrap(np.array(angle)))) == pytest.approx(np.sin(angle), abs=1e-9)


@settings(max_examples=40)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-np.pi, np.pi), st.one_of(st.none(), st.floats(-np.pi, np.pi)))
def test_any_pose_is_reached_within_the_limits(x: float, y: float, start: float, end: float | None) -> None:
    poses, commands = drive(following(legs((x, y)), end), Pose2D(x=0.0, y=0.0, heading=start))
    last = poses[-1]
    assert np.hypot(last.x - x, last.y - y) < CONFIG.position_tolerance
    assert end is None or abs(float(wrap(np.array(end - last.heading)))) < CONFIG.heading_tolerance
    np.testing.assert_array_equal(commands[-1], np.zeros(3))
    for command in commands:
        LIMITS.check(command[None])


def test_at_the_goal_there_is_nothing_to_do() -> None:
    command, reached = ask(following(legs((0.05, 0.0)), 0.1), START, LIMITS)
    assert reached
    np.testing.assert_array_equal(command, np.zeros(3))


def test_in_place_but_turned_away_is_not_there_yet() -> None:
    command, reached = ask(following(legs((0.0, 0.0)), 1.0), START, LIMITS)
    assert not reached
    np.testing.assert_allclose(command, [0.0, 0.0, 0.5])  # 1.5/s times 1 rad, limited


def test_straight_ahead_is_driven_at_cruising_speed() -> None:
    command, _ = ask(following(legs((3.0, 0.0)), None), START, LIMITS)
    np.testing.assert_allclose(command, [CONFIG.cruise, 0.0, 0.0])


def test_what_lies_behind_is_turned_to_first() -> None:
    command, _ = ask(following(legs((-3.0, 0.5)), None), START, LIMITS)
    np.testing.assert_allclose(command, [0.0, 0.0, 0.6])


def test_close_by_the_robot_side_steps() -> None:
    command, _ = ask(following(legs((0.0, 0.2)), 0.0), START, LIMITS)
    np.testing.assert_allclose(command, [0.0, 1.2 * 0.2, 0.0], atol=1e-12)


def test_commands_are_in_the_heading_frame() -> None:
    there = Pose2D(x=0.0, y=0.0, heading=np.pi / 2)
    command, _ = ask(following(legs((0.0, 0.2)), np.pi / 2), there, LIMITS)
    np.testing.assert_allclose(command, [1.2 * 0.2, 0.0, 0.0], atol=1e-12)


def test_commands_respect_narrower_limits() -> None:
    narrow = GoalSpace(names=LIMITS.names, units=LIMITS.units, lower=LIMITS.lower / 10, upper=LIMITS.upper / 10)
    command, _ = ask(following(legs((3.0, 0.0)), None), START, narrow)
    np.testing.assert_allclose(command, [0.1, 0.0, 0.0])


def test_a_route_is_followed_corner_by_corner() -> None:
    corners = [(1.5, 0.0), (1.5, 1.5), (0.0, 1.5)]
    poses, _ = drive(following(legs(*corners), np.pi), START)
    path = np.array([p.position for p in poses])
    nearest = [np.linalg.norm(path - corner, axis=1) for corner in corners]
    assert all(d.min() < 0.35 for d in nearest)
    first = [int(np.argmax(d < 0.35)) for d in nearest]
    assert first == sorted(first)


@pytest.mark.parametrize("heading", [0.0, 2.0])
@pytest.mark.parametrize("corner", [(-0.8, 0.0), (0.0, 0.7), (0.5, -0.5)])
def test_legs_that_keep_the_heading_never_turn(corner: tuple[float, float], heading: float) -> None:
    start = Pose2D(x=0.0, y=0.0, heading=heading)
    poses, commands = drive(following(legs(corner, keep_heading=True), None), start)
    np.testing.assert_array_equal(np.array(commands)[:, 2], 0.0)
    assert {p.heading for p in poses} == {heading}
    assert np.linalg.norm(poses[-1].position - corner) < CONFIG.position_tolerance


def test_backing_out_before_turning_round() -> None:
    route = [*legs((-0.7, 0.0), keep_heading=True), *legs((-0.7, 2.0))]
    poses, commands = drive(following(route, np.pi / 2), START)
    first_turn = int(np.argmax(np.array(commands)[:, 2] != 0.0))
    assert np.linalg.norm(poses[first_turn].position - (-0.7, 0.0)) < 0.12
    assert all(c[0] < 0 for c in commands[:first_turn])


def test_a_last_leg_that_keeps_the_heading_ends_with_the_wanted_one() -> None:
    poses, _ = drive(following(legs((0.6, 0.3), keep_heading=True), 0.8), START)
    assert abs(float(wrap(np.array(0.8 - poses[-1].heading)))) < CONFIG.heading_tolerance


def test_robots_follow_their_own_routes_as_if_alone() -> None:
    routes = [
        (legs((1.0, 0.5)), 0.3),
        (legs((-0.5, 0.0), keep_heading=True) + legs((-0.5, 2.0)), None),
        (legs((0.2, 0.1)), 1.0),
    ]
    together = Navigator(3, CONFIG)
    alone = []
    for i, (route, heading) in enumerate(routes):
        together.follow(i, route, heading)
        alone.append(following(route, heading))
    rng = np.random.default_rng(5)
    for _ in range(50):
        poses = rng.uniform(-1.5, 1.5, (3, 3))
        commands, reached = together.command(np.arange(3), poses, LIMITS)
        for i in range(3):
            command, there = ask(alone[i], Pose2D(x=poses[i, 0], y=poses[i, 1], heading=poses[i, 2]))
            np.testing.assert_array_equal(commands[i], command)
            assert reached[i] == there
        some = np.array([2, 0])
        np.testing.assert_array_equal(together.command(some, poses[some], LIMITS)[0], commands[some])


def test_a_new_route_replaces_the_old_one() -> None:
    navigator = following([*legs((1.0, 0.0)), *legs((1.0, 1.0))], 0.0)
    navigator.follow(0, legs((0.0, 0.01)), None)
    assert ask(navigator, START)[1]
    np.testing.assert_array_equal(navigator.end(np.zeros(1, dtype=np.int64)), [[0.0, 0.01]])
