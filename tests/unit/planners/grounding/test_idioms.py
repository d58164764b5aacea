"""Set ways of saying are read as the plain request, and nothing of the kind where it is forbidden."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planners.grounding.idioms import look_first, with_speaker, without_idioms
from planners.grounding.looks import look_of
from sim import scenes
from sim.scene_file import parse_scene

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state
KITCHEN = parse_scene(
    {
        "about": "a kitchen to plan in",
        "things": [{"name": "mug", "kind": "item"}, {"name": "anna", "kind": "person"}],
    },
    name="inline",
).state


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("walk to the blue parcel thingy", "walk to the blue parcel"),
        ("pick up the wooden crate off the floor", "pick up the wooden crate"),
        ("put the wooden crate on the floor", "put the wooden crate on the floor"),
        ("could the blue parcel go in the bin", "the blue parcel should go in the bin"),
        ("blue parcel, bring to shelf", "bring the blue parcel to shelf"),
        ("wooden table. touch. go", "touch the wooden table"),
        ("put the blue parcel with the brown parcel", "put the blue parcel on the wooden table"),
        ("put the blue parcel with the wooden crate", "put the blue parcel with the wooden crate"),
        ("step off the green marker and go to the bin", "go to the bin"),
        ("step off the green marker and raise your hands", "step off the green marker and raise your hands"),
        ("go and see the goal", "walk to the goal"),
        ("wait at the red marker", "walk to the red marker and wait"),
        ("never wait at the red marker", "never wait at the red marker"),
        ("touch either the shelf or the bin", "touch the shelf"),
    ],
)
def test_set_ways_of_saying(said: str, meant: str) -> None:
    text, notes = without_idioms(said, STOREROOM)
    assert text == meant and bool(notes) == (said != meant)


def test_persons_speak_and_want() -> None:
    assert without_idioms("anna wants the mug", KITCHEN)[0] == "hand the mug to anna"
    assert with_speaker("anna here. could i have the mug", KITCHEN) == "hand anna the mug"
    assert with_speaker("this is anna, bring me the mug", KITCHEN) == "bring anna the mug"
    assert with_speaker("could i have the mug", KITCHEN) == "could i have the mug"
    assert with_speaker("anna here. could i have the mug", WORKSHOP) == "anna here. could i have the mug"
    holding = replace(KITCHEN, facts=frozenset({"held(mug)"}))
    assert with_speaker("anna would like that", holding) == "anna would like the mug"


def test_looks_stand_before_nouns() -> None:
    assert look_first("parcel blue, bring to shelf", STOREROOM) == "blue parcel, bring to shelf"
    assert look_first("go to whichever marker is yellow", STOREROOM) == "go to the yellow marker"
    assert look_first("lift the smaller one of the parcels", STOREROOM) == "lift the smaller parcel"
    assert look_first("touch the top of the shelves", STOREROOM) == "touch the top of the shelves"
    assert look_first("go to whichever marker is free", STOREROOM) == "go to whichever marker is free"


def test_colours_by_what_has_them() -> None:
    assert look_of("grass-coloured") == ("colour", "green") and look_of("grass") is None
