"""Places as people say them: by what lies there, by where the robot was, by what to keep away from."""

from __future__ import annotations

import pytest

from planners.grounding.grounder import Grounder
from planners.grounding.places import name_where, no_way, ranked, rests
from planners.grounding.planner import GroundedPlanner, ReadInstruction
from planners.oracle import ScriptScorer
from planners.planner import ScoredPlanner
from sim import scenes
from skillblend.contracts import SceneState

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state


@pytest.fixture(scope="module")
def planner() -> GroundedPlanner:
    return GroundedPlanner(ScoredPlanner("toy", ScriptScorer(["refuse"])), Grounder.load())


def read(planner: GroundedPlanner, text: str, scene: SceneState) -> ReadInstruction:
    return planner.read(text, scene)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("go to where the ball is", "go to the ball"),
        ("put it where the blue parcel is", "put it on the metal table"),
        ("put it where the ball is", "put it where the ball is"),
        ("tell me where the ball is", "tell me where the ball is"),
        ("go to the ball", "go to the ball"),
    ],
)
def test_where_a_thing_is(said: str, meant: str) -> None:
    assert name_where(said, STOREROOM) == meant


@pytest.mark.parametrize(
    ("said", "meant", "where"),
    [
        ("walk to the nearest table", "metal table", WORKSHOP),
        ("walk to the table nearest to you", "metal table", WORKSHOP),
        ("walk to the table that is farthest from you", "wooden table", WORKSHOP),
        ("go to the marker closest to the shelf", "blue marker", WORKSHOP),
        ("pick up the heavier parcel", "brown parcel", STOREROOM),
        ("pick up the smaller one of the parcels", "blue parcel", STOREROOM),
    ],
)
def test_the_first_by_a_word_of_rank(planner: GroundedPlanner, said: str, meant: str, where: SceneState) -> None:
    found = read(planner, said, where)
    assert not found.why
    assert meant in found.named


def test_two_that_are_alike_have_no_first() -> None:
    pair = [k for k, thing in enumerate(WORKSHOP.things) if thing.kind == "table"]
    assert ranked("bigger", [pair[0], pair[0]], WORKSHOP) is None


def test_nothing_rests_on_itself() -> None:
    assert rests(STOREROOM, "brown parcel", "wooden table")
    assert not rests(STOREROOM, "brown parcel", "brown parcel")


@pytest.mark.parametrize(
    "text", ["go away from the shelf", "run as far away from the shelf", "walk around the shelf", "come back here"]
)
def test_ways_that_are_none_are_said(text: str) -> None:
    assert "I walk to things and by metres" in no_way(text, WORKSHOP.names)


@pytest.mark.parametrize(
    "text",
    [
        "walk around the shelf to the button",
        "step away from the shelf by one metre",
        "do not walk past the shelf",
        "turn around and walk to the shelf",
        "come back to the shelf",
    ],
)
def test_other_ways_are_left_alone(text: str) -> None:
    assert no_way(text, WORKSHOP.names) == ""


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("put the blue parcel on the same table as the brown one", ("blue", "on the wooden table")),
        ("put the brown parcel where the blue parcel is", ("brown", "on the metal table")),
        ("get the brown parcel off the wooden table and into the bin", ("brown", "in the bin")),
        ("lift the blue parcel onto the wooden table", ("blue", "on the wooden table")),
    ],
)
def test_errands_to_such_places(planner: GroundedPlanner, said: str, what: tuple[str, str]) -> None:
    found, (colour, place) = read(planner, said, STOREROOM), what
    assert not found.why
    assert [step.text for step in found.asked] == [f"pick up the {colour} parcel", f"put the {colour} parcel {place}"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("go to a marker, just not the blue one", "go to the red marker, just not the blue marker"),
        ("walk to whichever table is made of wood", "walk to the wooden table"),
        ("go to the metal bench and slap it", "go to the metal table and touch the metal table"),
        ("knock on the shelf", "touch the shelf"),
        ("knock on the button", "press the button"),
        ("knock over the shelf", "knock over the shelf"),
        ("knock the shelf down", "knock the shelf down"),
    ],
)
def test_descriptions_and_strokes(planner: GroundedPlanner, said: str, meant: str) -> None:
    found = read(planner, said, WORKSHOP)
    assert not found.why
    assert found.text == meant
