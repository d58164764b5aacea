"""What drives the robot: goals, walking commands, standing; in simulation, without ROS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from sim import scenes
from sim.bridge import MujocoBridge, ScenePerception
from sim.randomisation import NOMINAL
from sim.scene_file import parse_scene
from skillblend.errors import InputError, UnknownNameError
from skillblend.loading import load_skillset
from skillblend.prospects import load_affordances
from skillblend.safety import Mode
from skillblend_ros.mapping import MapPerception
from skillblend_ros.pilot import CLOSE, LONGEST, Pilot, Request, closeness
from skillblend_ros.sightings import Sighting

MODELS = Path(__file__).resolve().parents[3] / "models"
H1 = robots.load("h1")
DT = H1.control_dt


class World:
    """A pilot on a simulated robot that is localised perfectly."""

    def __init__(self) -> None:
        self.bridge = MujocoBridge(H1, scenes.load("workshop"), seed=1, randomisation=NOMINAL)
        self.perception = MapPerception(H1, scenes.load("workshop"))
        self.time = 0.0
        self.mode = Mode.RUNNING
        self.localised = True
        self.pilot = Pilot(
            load_skillset(H1, MODELS), self.perception, load_affordances(MODELS, "h1"), self.bridge.read()
        )
        self.run(0.1)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / DT)):
            self.time += DT
            state = self.bridge.state
            if self.localised:
                self.perception.locate(state.base_position[0], state.base_quaternion[0], self.time)
            self.bridge.send(self.pilot.tick(self.bridge.read(), self.mode, self.time))

    def until_over(self, limit: float = 40.0) -> None:
        while self.pilot.active is not None and limit > 0.0:
            self.run(DT)
            limit -= DT


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture
def fresh() -> World:
    return World()


def test_the_map_agrees_with_the_simulator() -> None:
    bridge = MujocoBridge(H1, scenes.load("workshop"), seed=2, randomisation=NOMINAL)
    truth, found = ScenePerception(bridge), MapPerception(H1, scenes.load("workshop"))
    state = bridge.state
    assert found.locate(state.base_position[0], state.base_quaternion[0], 0.0)
    found.feel(bridge.read())
    # The simulator takes the middle of the contact spheres, the map the frames of the soles.
    assert found.stances()[0] == pytest.approx(truth.stances()[0], abs=5e-3)
    assert found.stances()[1] == pytest.approx(truth.stances()[1], abs=1e-6)
    for name in ("button", "red marker", "shelf"):
        for ours, theirs in zip(found.route(0, name)[0], truth.route(0, name)[0], strict=True):
            assert ours.position == pytest.approx(theirs.position)
        assert found.route(0, name)[1] == truth.route(0, name)[1]
        for ours, theirs in zip(found.touch_points(0, name, 0.05), truth.touch_points(0, name, 0.05), strict=True):
            assert ours is None if theirs is None else ours == pytest.approx(theirs)


@pytest.mark.parametrize(
    ("position", "quaternion"),
    [([np.nan, 0, 1], [1, 0, 0, 0]), ([0, 0, 1], [0, 0, 0, 0]), ([0, 0, 1], [np.nan, 0, 0, 0])],
)
def test_poses_that_are_none_are_not_believed(position: list[float], quaternion: list[float]) -> None:
    found = MapPerception(H1, scenes.load("empty"))
    assert not found.locate(np.array(position), np.array(quaternion), 1.0)
    assert found.heard == -np.inf


def test_a_goal_ends_at_rest(fresh: World) -> None:
    start = fresh.bridge.state.base_position[0, 0]
    activity = fresh.pilot.begin(
        Request(
            skill="walk",
            arguments=(
                "forward",
                "0.5",
            ),
        ),
        Mode.RUNNING,
    )
    fresh.until_over()
    assert (activity.over, activity.success, activity.at_rest) == (True, True, True)
    assert fresh.bridge.state.base_position[0, 0] - start == pytest.approx(0.5, abs=0.25)


def test_a_new_goal_preempts_without_a_jump(fresh: World) -> None:
    first = fresh.pilot.begin(Request(skill="walking", goal=(0.4, 0.0, 0.0), max_seconds=20.0), Mode.RUNNING)
    fresh.run(1.0)
    before = fresh.pilot.tick(fresh.bridge.read(), Mode.RUNNING, fresh.time + DT)
    second = fresh.pilot.begin(Request(skill="turn", arguments=("90",)), Mode.RUNNING)
    after = fresh.pilot.tick(fresh.bridge.read(), Mode.RUNNING, fresh.time + 2 * DT)
    assert (first.over, first.success, first.reason) == (True, False, "preempted by a new goal")
    assert np.abs(after - before).max() < 0.5
    assert fresh.pilot.active is second


def test_walking_commands_count_for_a_while(fresh: World) -> None:
    for _ in range(20):
        fresh.pilot.steer(np.array([0.4, 0.0, 0.0]))
        fresh.run(0.1)
    assert fresh.bridge.state.base_linear_velocity[0, 0] > 0.15
    fresh.run(3.0)
    assert abs(fresh.bridge.state.base_linear_velocity[0, 0]) < 0.15
    fresh.pilot.steer(np.array([np.nan, 0.0, 0.0]))
    assert (fresh.pilot._command == 0.0).all()


def test_a_numeric_reach_succeeds_and_is_kept(fresh: World) -> None:
    goal = (0.30, 0.25, 1.1, 0.30, -0.25, 1.1)
    activity = fresh.pilot.begin(Request(skill="reaching", goal=goal), Mode.RUNNING)
    fresh.until_over()
    assert activity.success, activity.reason
    fresh.run(1.0)
    assert fresh.pilot.skills.wrists()[0].ravel() == pytest.approx(np.array(goal), abs=0.06)


def test_lost_localisation_ends_what_needs_it(fresh: World) -> None:
    walk = fresh.pilot.begin(
        Request(
            skill="walk",
            arguments=(
                "forward",
                "1",
            ),
        ),
        Mode.RUNNING,
    )
    fresh.localised = False
    fresh.run(1.0)
    assert (walk.over, walk.reason) == (True, "localisation was lost")
    with pytest.raises(InputError, match="does not know where it is"):
        fresh.pilot.begin(
            Request(
                skill="walk",
                arguments=(
                    "forward",
                    "1",
                ),
            ),
            Mode.RUNNING,
        )
    blind = fresh.pilot.begin(Request(skill="walking", goal=(0.2, 0.0, 0.0), max_seconds=1.0), Mode.RUNNING)
    fresh.until_over()
    assert blind.success


def test_a_guard_that_takes_over_ends_the_goal(fresh: World) -> None:
    activity = fresh.pilot.begin(Request(skill="stand", arguments=("3",)), Mode.RUNNING)
    fresh.mode = Mode.FAULT
    fresh.run(DT)
    assert activity.over
    assert "the guard is in fault" in activity.reason


def test_what_takes_too_long_ends(fresh: World) -> None:
    activity = fresh.pilot.begin(
        Request(
            skill="walk",
            arguments=(
                "forward",
                "2",
            ),
            max_seconds=0.5,
        ),
        Mode.RUNNING,
    )
    fresh.until_over()
    assert (activity.success, activity.reason) == (False, "its time is over")


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (Request(skill="fly"), "unknown skill"),
        (Request(skill="walk_to", arguments=("moon",)), "unknown object"),
        (
            Request(
                skill="walk",
                arguments=(
                    "upward",
                    "1",
                ),
            ),
            "unknown direction",
        ),
        (
            Request(
                skill="walk",
                arguments=(
                    "forward",
                    "x",
                ),
            ),
            "expected a number",
        ),
        (
            Request(
                skill="walk",
                arguments=(
                    "forward",
                    "-1",
                ),
            ),
            "positive distance",
        ),
        (
            Request(
                skill="walk",
                arguments=(
                    "forward",
                    "1",
                ),
                goal=(1.0,),
            ),
            "no numbers",
        ),
        (Request(skill="press", arguments=("button",)), "walk there first"),
        (Request(skill="stand", arguments=("1000",)), "standing takes"),
        (Request(skill="walking", goal=(9.0, 0.0, 0.0), max_seconds=1.0), "outside"),
        (Request(skill="walking", goal=(0.1, 0.0, 0.0)), "max_seconds"),
        (Request(skill="walking", arguments=("x",), goal=(0.1, 0.0, 0.0), max_seconds=1.0), "no arguments"),
        (Request(skill="turn", arguments=("90",), max_seconds=LONGEST + 1), "max_seconds"),
        (Request(skill="turn", arguments=("90",), max_seconds=float("nan")), "max_seconds"),
    ],
)
def test_requests_outside_the_limits_are_refused(world: World, request_: Request, why: str) -> None:
    with pytest.raises(InputError, match=why):
        world.pilot.check(request_, Mode.RUNNING)


def test_nothing_begins_unless_the_policy_drives(world: World) -> None:
    with pytest.raises(InputError, match="arm it"):
        world.pilot.check(Request(skill="turn", arguments=("90",)), Mode.STAND)


def test_wrong_numbers_of_numbers_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="must be"):
        world.pilot.check(Request(skill="reaching", goal=(0.1,)), Mode.RUNNING)


def test_affordances_are_probabilities_and_zero_where_a_rule_forbids(world: World) -> None:
    value, why = world.pilot.affordance("press the button")
    assert value == 0.0 and why.startswith("reach: ")
    value, why = world.pilot.affordance("walk forward one metre")
    assert 0.0 < value <= 1.0 and why == ""
    with pytest.raises(UnknownNameError, match="option"):
        world.pilot.affordance("fly")


def at_the_table(world: World, *, gap: float = 0.30) -> None:
    """Localised `gap` m from the wooden table's edge, facing it."""
    stand = scenes.load("workshop").thing("wooden table").stand
    half = stand.heading / 2
    place = np.array([stand.x, stand.y + 0.30 - gap, 1.0])
    assert world.perception.locate(place, np.array([np.cos(half), 0.0, 0.0, np.sin(half)]), world.time)


def test_goals_in_furniture_are_refused_and_those_beside_it_are_not(fresh: World) -> None:
    at_the_table(fresh)
    with pytest.raises(InputError, match="keep-out zone: it passes 0.00 m from the wooden table"):
        fresh.pilot.check(
            Request(
                skill="walk",
                arguments=(
                    "forward",
                    "1",
                ),
            ),
            Mode.RUNNING,
        )
    value, why = fresh.pilot.affordance("walk forward one metre")
    assert value == 0.0 and why.startswith("keep-out zone: ") and "\n" not in why
    for arguments in (("left", "0.5"), ("right", "0.5"), ("backward", "1")):
        fresh.pilot.check(Request(skill="walk", arguments=arguments), Mode.RUNNING)


@pytest.mark.parametrize("numeric", [True, False])
def test_nothing_walks_into_furniture(fresh: World, numeric: bool) -> None:
    """Velocities, as a goal or on cmd_vel, end before a zone as far as the robot knows where it is."""
    commands: list[np.ndarray] = []
    skills: Any = fresh.pilot.skills
    act, walking = skills.act, skills.names.index("walking")
    skills.act = lambda obs, blend: (commands.append(blend.goals[walking].copy()), act(obs, blend))[1]
    fresh.localised = False
    if numeric:
        fresh.pilot.begin(Request(skill="walking", goal=(0.5, 0.0, 0.0), max_seconds=5.0), Mode.RUNNING)
    for gap, least, most in ((0.60, 0.5, 0.5), (0.25, 0.05, 0.45), (0.14, 0.0, 0.0)):
        at_the_table(fresh, gap=gap)
        if not numeric:
            fresh.pilot.steer(np.array([0.5, 0.0, 0.0]))
        fresh.run(DT)
        assert least <= commands[-1][0, 0] <= most


def test_a_goal_about_a_thing_that_was_lost_sight_of_is_refused(fresh: World) -> None:
    place = parse_scene({"things": [{"name": "ball", "kind": "ball", "position": [2, 1]}]}, name="test")
    found = MapPerception(H1, place)
    pilot = Pilot(fresh.pilot.skills, found, load_affordances(MODELS, "h1"), fresh.bridge.read())
    goal = Request(skill="walk_to", arguments=("ball",))
    pilot.check(goal, Mode.RUNNING)  # nobody has ever seen it: it is where the map has it
    (pose,) = found.things.state.thing("ball").pose  # type: ignore[misc]
    assert found.things.take([Sighting(name="ball", pose=pose)], now=0.0) == []
    pilot.tick(fresh.bridge.read(), Mode.RUNNING, 4.0)
    pilot.check(goal, Mode.RUNNING)
    pilot.tick(fresh.bridge.read(), Mode.RUNNING, 6.0)
    with pytest.raises(InputError, match=r"the ball has not been seen for 6.0 s"):
        pilot.check(goal, Mode.RUNNING)
    value, why = pilot.affordance("walk to the ball")
    assert value == 0.0 and "check perception" in why


def test_how_near_is_near_enough_is_a_share_of_the_arm() -> None:
    assert closeness(robots.load("h1")) == CLOSE
    assert closeness(robots.load("g1")) == pytest.approx(CLOSE * 0.78957)  # Scales.reach of the G1
    assert closeness(robots.load("h1_2")) > CLOSE
