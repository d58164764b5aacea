"""Brief ways of asking, what is heard wrongly, and what is asked of nobody in particular."""

from __future__ import annotations

import pytest

from planners.grounding.briefly import addressed, by_what_lies_there, what_lies_on, without_brevity
from planners.grounding.sequence import read_sequence
from planners.grounding.spelling import respell
from planners.grounding.unable import cannot
from sim import scenes
from sim.scene_file import parse_scene

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state
OFFICE = parse_scene(
    {
        "about": "an office to plan in",
        "things": [
            {"name": "desk", "kind": "table"},
            {"name": "stapler", "kind": "item", "on": "desk"},
            {"name": "clerk", "kind": "person"},
            {"name": "courier", "kind": "person"},
        ],
    },
    name="inline",
).state


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("red marker. kick the ball. shelf", "walk to the red marker. kick the ball. walk to the shelf"),
        ("shelf contact", "touch the shelf"),
        ("up on the metal table with the wooden crate", "put the wooden crate on the metal table"),
        ("the blue parcel is empty. it really belongs in the bin", "the blue parcel is empty. put the blue parcel in"
         " the bin"),
        ("could the blue parcel be pushed to the left", "push the blue parcel to the left"),
        ("push the blue parcel to the left and then once more", "push the blue parcel to the left, then push the blue"
         " parcel to the left"),
        ("the blue parcel must not be pushed", "the blue parcel must not be pushed"),
        ("kick the ball", "kick the ball"),
    ],
)  # fmt: skip
def test_brief_ways_of_asking(said: str, meant: str) -> None:
    text, notes = without_brevity(said, STOREROOM)
    assert text == meant and bool(notes) == (said != meant)


def test_who_is_to_get_what() -> None:
    said = "the courier waits for the stapler. could you see that he gets it"
    assert addressed(said, OFFICE).endswith("hand the stapler to the courier")
    assert addressed("see that he gets it", OFFICE) == "see that he gets it"
    assert addressed("see that he gets it", WORKSHOP) == "see that he gets it"
    assert "clerk or the courier" in cannot("hand him the stapler", OFFICE)
    assert not cannot("do not hand him the stapler", OFFICE)


def test_tables_by_what_lies_there() -> None:
    assert by_what_lies_there("go to the table with nothing on it", WORKSHOP) == "go to the metal table"
    assert by_what_lies_there("go to the empty table", STOREROOM) == "go to the empty table"
    assert what_lies_on("touch the thing that's sitting on the wooden table", WORKSHOP) == "touch the box"
    assert what_lies_on("what is on the wooden table", WORKSHOP) == "what is on the wooden table"
    assert what_lies_on("touch the thing on the metal table", WORKSHOP) == "touch the thing on the metal table"


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("put the blew parcel in the been", "put the blue parcel in the bin"),
        ("go to the read marker and stop their", "go to the red marker and stop there"),
        ("um turn write", "turn right"),
        ("pleeease go", "please go"),
        ("read the book", "read the book"),
    ],
)
def test_what_is_heard_wrongly(heard: str, said: str) -> None:
    assert respell(heard, STOREROOM.names) == said


def test_what_is_held_is_not_picked_up_again() -> None:
    held = STOREROOM.__class__(things=STOREROOM.things, facts=frozenset({"held(blue parcel)"}))
    steps = read_sequence("pick up the blue parcel and put the blue parcel in the bin", held)
    assert [step.text for step in steps] == ["put the blue parcel in the bin"]
