"""Errands in a roundabout way come out in the plain form; what is not to be done, or cannot be, stays as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planners.grounding.errands import read_errands
from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.oracle import ScriptScorer
from planners.planner import ScoredPlanner
from sim import scenes
from sim.scene_file import parse_scene
from skillblend.contracts import SceneState

STOREROOM = scenes.load("storeroom").state
HALL = parse_scene(
    {
        "things": [
            {"name": "metal table", "kind": "table", "position": [1.4, 0]},
            {"name": "parcel", "kind": "box", "on": "metal table", "position": [1.3, 0], "size": [0.2, 0.25, 0.2]},
            {"name": "anna", "kind": "person", "position": [-2, 0]},
        ]
    },
    name="hall",
).state


def read(text: str, scene: SceneState = STOREROOM) -> str:
    planner = GroundedPlanner(ScoredPlanner("toy", ScriptScorer(["refuse"])), Grounder.load())
    return planner.read(text, scene).text


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "carry the blue parcel past the red marker to the green marker",
            "pick up the blue parcel and walk to the red marker, then walk to the green marker",
        ),
        (
            "carry the blue parcel to the red marker, then to the metal table",
            "pick up the blue parcel and walk to the red marker, then put the blue parcel on the metal table",
        ),
        (
            "take the brown parcel to the bin and drop it in",
            "pick up the brown parcel and put the brown parcel in the bin",
        ),
        (
            "take the brown parcel to the bin, then let it fall in",
            "pick up the brown parcel and put the brown parcel in the bin",
        ),
        ("throw the blue parcel away", "pick up the blue parcel and put the blue parcel in the bin"),
        ("get rid of the blue parcel", "pick up the blue parcel and put the blue parcel in the bin"),
        (
            "get the brown parcel and stow it in the bin",
            "pick up the brown parcel and put the brown parcel in the bin",
        ),
        ("walk to the shelf with the brown parcel in your hands", "pick up the brown parcel and walk to the shelf"),
        ("carrying the blue parcel, go to the goal", "pick up the blue parcel and walk to the goal"),
        ("lift the blue parcel off the metal table and hold on to it", "pick up the blue parcel"),
        ("go and stand by the cabinet", "walk to the cabinet"),
    ],
)
def test_errands_are_read_in_their_plain_form(said: str, meant: str) -> None:
    assert read(said) == meant


@pytest.mark.parametrize(
    "text",
    [
        "do not throw the blue parcel away",
        "carry the bin past the red marker to the green marker",
        "let the tin fall in love",
        "walk to the table with the brown parcel",
        "stand on the red marker",
    ],
)
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert read_errands(text, STOREROOM) == (text, ())


def test_what_is_held_already_is_not_picked_up_again() -> None:
    things = tuple(replace(t, held=np.array([t.name == "blue parcel"])) for t in STOREROOM.things)
    text, notes = read_errands("go to the goal with the blue parcel in your hands", replace(STOREROOM, things=things))
    assert text == "walk to the goal"
    assert notes == ("read 'go to the goal with the blue parcel in your hands' as 'walk to the goal'",)


def test_a_person_is_brought_things() -> None:
    assert read("bring anna the parcel", HALL) == "pick up the parcel and walk to the anna"


def test_where_there_is_no_bin_nothing_can_be_thrown_away() -> None:
    assert read_errands("throw the parcel away", HALL) == ("throw the parcel away", ())
