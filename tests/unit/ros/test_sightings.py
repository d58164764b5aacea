"""Poses of things are checked where they come in; what can be believed is where behaviours, rules and routes look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import robots
from sim.scene import Scene
from sim.scene_file import parse_scene
from skillblend.contracts import Step
from skillblend.options import objection
from skillblend.safety import Mode
from skillblend_ros.mapping import MapPerception
from skillblend_ros.sightings import Sighting, ThingMap

H1 = robots.load("h1")
HOME = [0.0, 0.0, 0.0, 1.0]


def scene() -> Scene:
    return parse_scene(
        {
            "things": [
                {"name": "table", "kind": "table", "position": [2, 0]},
                {"name": "button", "kind": "button", "position": [0, 2, 1.0]},
                {"name": "cupboard", "kind": "cabinet", "position": [0, -3], "heading_deg": -90, "hinges": ["left"]},
                {"name": "box", "kind": "box", "on": "table", "position": [1.9, 0]},
            ]
        },
        name="test",
    )


@pytest.fixture
def things() -> ThingMap:
    return ThingMap(scene())


def at(name: str, *place: float, **more: Any) -> Sighting:
    return Sighting(name=name, pose=np.array([*place, 1.0, 0.0, 0.0, 0.0]), **more)


def place(things: ThingMap, name: str) -> np.ndarray:
    pose = things.state.thing(name).pose
    assert pose is not None
    return pose[0, :3]


def test_what_is_seen_is_where_routes_lead_and_zones_are(things: ThingMap) -> None:
    before = things.scene.route((0.0, 0.0), "box")[-1]
    zones = things.scene.zones
    assert things.take([at("box", -2.0, 1.0, 0.15)], now=3.0) == []
    assert place(things, "box").tolist() == [-2.0, 1.0, 0.15]
    end = things.scene.route((0.0, 0.0), "box")[-1]
    assert np.hypot(end.x + 2.0, end.y - 1.0) < 1.0 < np.hypot(before.x - end.x, before.y - end.y)
    assert {zone.name for zone in things.scene.zones} - {zone.name for zone in zones} == {"box"}, "it is on the floor"
    assert things.seen == {"box": 3.0}


def test_parts_that_move_are_taken_in(things: ThingMap) -> None:
    table, button, cupboard = (place(things, name).tolist() for name in ("table", "button", "cupboard"))
    sightings = [
        at("cupboard", *cupboard, openness=0.5), at("button", *button, travel=0.01), at("table", *table),
        at("box", 1.9, 0.0, 1.0, held=True),
    ]  # fmt: skip
    assert things.take(sightings, now=0.0) == []
    state = things.state
    assert state.thing("cupboard").openness == pytest.approx([0.5])
    assert state.thing("button").travel == pytest.approx([0.01])
    assert state.thing("box").held is not None and bool(state.thing("box").held[0])  # type: ignore[index]
    assert things.take([at("cupboard", *cupboard)], now=1.0) == []
    assert things.state.thing("cupboard").openness == pytest.approx([0.5]), "nothing was said of its door"


@pytest.mark.parametrize(
    ("sightings", "why"),
    [
        ([at("moon", 0, 0, 0)], "unknown thing 'moon'"),
        ([at("bos", 0, 0, 0)], "did you mean 'box'"),
        ([at("box", np.nan, 0, 0)], "finite"),
        ([at("box", np.inf, 0, 0)], "finite"),
        ([at("box", 80.0, 0, 0)], "50 m from the origin"),
        ([Sighting(name="box", pose=np.zeros(7))], "no orientation"),
        ([Sighting(name="box", pose=np.array([0, 0, 0, 1, 0, 0, np.nan]))], "finite"),
        ([Sighting(name="box", pose=np.zeros(3))], "seven"),
        ([at("box", 0, 0, 0, openness=0.5)], "no part with openness"),
        ([at("box", 0, 0, 0, openness=np.nan)], "no part with openness"),
        ([at("box", 0, 0, 0, travel=0.5)], "no part with travel"),
        ([at("table", 5.0, 0.0, 0.5)], "cannot move, and is seen"),
        ([at("box", 0, 0, 1), at("box", 1, 0, 1)], "seen twice"),
    ],
)
def test_what_cannot_be_is_refused_and_everything_stays_where_it_was(
    things: ThingMap, sightings: list[Sighting], why: str
) -> None:
    before = place(things, "box").copy()
    (told,) = things.take(sightings, now=1.0)
    assert why in told
    assert place(things, "box").tolist() == before.tolist() and things.seen == {}


def test_shares_outside_their_range_are_refused(things: ThingMap) -> None:
    cupboard, button = place(things, "cupboard").tolist(), place(things, "button").tolist()
    for wrong in (1.5, np.nan, np.inf):
        assert "openness" in things.take([at("cupboard", *cupboard, openness=wrong)], now=0.0)[0]
        assert "travel" in things.take([at("button", *button, travel=wrong)], now=0.0)[0]
    assert things.take([at("cupboard", *cupboard, openness=1.02)], now=0.0) == []
    assert things.state.thing("cupboard").openness == pytest.approx([1.0])


def test_one_bad_sighting_does_not_spoil_the_others(things: ThingMap) -> None:
    told = things.take([at("moon", 0, 0, 0), at("box", 1.0, -1.0, 0.2)], now=1.0)
    assert len(told) == 1 and place(things, "box")[:2].tolist() == [1.0, -1.0]


@pytest.mark.parametrize(("age", "believed"), [(0.0, True), (0.9, True), (1.1, False), (-0.05, True), (-3.0, False)])
def test_old_sightings_and_those_from_the_future_are_not_believed(
    things: ThingMap, age: float, believed: bool
) -> None:
    told = things.take([at("box", 1.0, -1.0, 0.2)], now=1.0, age=age, limit=1.0)
    assert (told == []) is believed
    assert bool(place(things, "box")[1] == -1.0) is believed


def test_a_thing_that_was_lost_sight_of_is_stale_and_one_that_nobody_ever_saw_is_on_the_map(things: ThingMap) -> None:
    assert things.stale(["box"], now=1e6, limit=5.0) == ""
    things.take([at("box", 1.0, -1.0, 0.2)], now=10.0)
    assert things.stale(["box", "forward"], now=14.0, limit=5.0) == ""
    assert "has not been seen for 7.0 s" in things.stale(["box"], now=17.0, limit=5.0)
    assert things.stale(["table"], now=1e6, limit=5.0) == "", "it cannot move"


def test_rules_and_behaviours_follow(things: ThingMap) -> None:
    del things
    found = MapPerception(H1, scene())
    touch = Step(text="touch the box", behaviour="touch", arguments=("box",))
    found.locate(np.array([-2.0, 0.0, 1.0]), np.array(HOME[::-1]), 0.0)
    assert objection(touch, found.situation(0, Mode.RUNNING)).startswith("reach")
    assert found.things.take([at("box", -1.5, 0.0, 0.9)], now=0.0) == []
    assert objection(touch, found.situation(0, Mode.RUNNING)) == ""
    left, right = found.touch_points(0, "box", 0.04)
    point = left if left is not None else right
    assert point is not None and abs(point[0] + 1.5) < 0.4
    assert found.scene_state().thing("box").pose is not None
