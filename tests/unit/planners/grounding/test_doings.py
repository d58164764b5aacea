"""Verbs that take hold of things or move them are read by the options that do it, and only where there are such."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planners.grounding.doings import hands_full, in_form, read_doings
from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner, ReadInstruction
from planners.oracle import ScriptScorer
from planners.planner import ScoredPlanner
from sim import scenes
from skillblend.contracts import SceneState, Step

STOREROOM = scenes.load("storeroom").state


pytestmark = pytest.mark.usefixtures("coming")


def holding(name: str) -> SceneState:
    things = (replace(t, held=np.array([t.name == name])) for t in STOREROOM.things)
    return replace(STOREROOM, things=tuple(things))


def read(text: str, scene: SceneState = STOREROOM) -> ReadInstruction:
    planner = GroundedPlanner(ScoredPlanner("toy", ScriptScorer(["refuse"])), Grounder.load())
    return planner.read(text, scene)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("hoist the brown parcel", "pick up the brown parcel"),
        ("grab the tin with both hands", "pick up the tin"),
        ("lift the tin up, then turn left", "pick up the tin, then turn left"),
        ("take the tin off the shelf", "pick up the tin"),
        ("after grabbing the tin turn left", "after picking up the tin turn left"),
        ("place the tin on the metal table", "pick up the tin and put the tin on the metal table"),
        ("toss the tin into the bin", "pick up the tin and put the tin in the bin"),
        ("pick up the tin and stick it in the bin", "pick up the tin and put the tin in the bin"),
        ("pick up the tin, go to the bin, put it in there", "pick up the tin, go to the bin, put the tin in the bin"),
        ("bring the tin to the metal table", "pick up the tin and put the tin on the metal table"),
        ("bring the tin to the red marker", "pick up the tin and walk to the red marker"),
        ("shove the wooden crate over to the red marker", "push the wooden crate to the red marker"),
        ("shove the brown parcel over to the left", "push the brown parcel to the left"),
        ("slide the blue parcel slightly to your right", "push the blue parcel to the right"),
        ("shut the cabinet", "close the cabinet"),
        ("close the doors of the cabinet", "close the cabinet"),
        ("shut the cabinet's doors", "close the cabinet"),
        ("boot the ball into the goal", "kick the ball"),
        ("go to the cabinet, close it, go to the bin", "go to the cabinet, close the cabinet, go to the bin"),
        ("duck, then squat down", "crouch, then crouch"),
        ("grab me the tin", "pick up the tin"),
        ("the tin should be on the metal table", "pick up the tin and put the tin on the metal table"),
        ("the tin belongs in the bin", "pick up the tin and put the tin in the bin"),
        ("i need the tin on the metal table", "pick up the tin and put the tin on the metal table"),
    ],
)
def test_other_words_are_read_as_options(said: str, meant: str) -> None:
    assert read(said).text == meant


def test_what_lies_on_what_tells_things_apart() -> None:
    found = read("take the parcel from the wooden table and put it on the metal table")
    assert found.text == "pick up the brown parcel and put the brown parcel on the metal table"
    assert [step.text for step in found.asked] == [
        "pick up the brown parcel", "put the brown parcel on the metal table",
    ]  # fmt: skip
    assert read("pick up the parcel on the metal table").text == "pick up the blue parcel"


def test_what_is_in_hand_is_it() -> None:
    scene = holding("tin")
    assert read("put it on the metal table", scene).text == "put the tin on the metal table"
    assert read("place what you are holding in the bin", scene).text == "put the tin in the bin"
    assert read("take this over to the red marker", scene).text == "walk to the red marker"
    assert read("turn left with the tin in your hands", scene).named == ()


def test_two_things_are_too_many() -> None:
    assert "one thing at a time" in read("pick up both parcels").why
    assert "brown parcel" in read("pick up the tin", holding("brown parcel")).why
    assert read("put the brown parcel in the bin, then pick up the tin", holding("brown parcel")).why == ""
    tin = Step(text="pick up the tin", behaviour="pick_up", arguments=("tin",))
    assert hands_full([tin], "") == "" and hands_full([tin], "tin") == ""


@pytest.mark.parametrize(
    "text",
    [
        "pick up the metal table", "put the shelf on the bin", "kick the cabinet", "open the cabinet",
        "push the goal to the red marker", "close the shelf", "put the tin on the moon", "kick the ball to the shelf",
    ],
)  # fmt: skip
def test_what_no_option_does_stays_as_it_is(text: str) -> None:
    assert read(text).text == text and not read(text).asked


def test_what_must_not_be_done_takes_nothing_else() -> None:
    found, _, asked = read_doings("turn left, but do not place the tin on the shelf", STOREROOM)
    assert found == "turn left, but do not put the tin on the shelf" and not asked


def test_forms_of_verbs() -> None:
    assert [in_form("put the tin in the bin", k) for k in (1, 2)] == [
        "putting the tin in the bin",
        "put the tin in the bin",
    ]
    assert [in_form("close the box", k) for k in (0, 1, 2)] == ["close the box", "closing the box", "closed the box"]
