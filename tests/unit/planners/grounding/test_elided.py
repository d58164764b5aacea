"""What is left out is written out: a verb for several, who "her" is, where "back" and "in" are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planners.grounding.elided import in_full, named_in_full
from sim import scenes
from sim.scene_file import parse_scene
from skillblend.contracts import SceneState

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state
KITCHEN = parse_scene(
    {
        "about": "a kitchen to plan in",
        "things": [
            {"name": "kitchen counter", "kind": "counter"},
            {"name": "dustbin", "kind": "bin"},
            {"name": "mug", "kind": "item", "on": "kitchen counter"},
            {"name": "anna", "kind": "person"},
        ],
    },
    name="inline",
).state


def at(scene: SceneState, *facts: str) -> SceneState:
    return replace(scene, facts=scene.facts | set(facts))


@pytest.mark.parametrize(
    ("said", "meant", "scene"),
    [
        ("put both the mug and the tin on it", "put the mug and the tin on it", STOREROOM),
        ("go the red marker", "go to the red marker", WORKSHOP),
        ("anna is here, take her the mug", "anna is here, take anna the mug", KITCHEN),
        ("push this", "push the button", at(WORKSHOP, "at(button)")),
        ("put your hand on what's in front of you", "put your hand on the button", at(WORKSHOP, "at(button)")),
        ("push this box", "push this box", at(WORKSHOP, "at(button)")),
        ("push this", "push this", WORKSHOP),
        ("put both on the same table", "put both on a table", STOREROOM),
        ("put it on the same table as the box", "put it on the same table as the box", STOREROOM),
        ("take her the mug", "take her the mug", WORKSHOP),
    ],
)
def test_before_words_are_linked(said: str, meant: str, scene: SceneState) -> None:
    assert in_full(said, scene) == meant


AGAIN = "put the brown parcel on the shelf and the blue parcel on the wooden table"


@pytest.mark.parametrize(
    ("said", "meant", "scene"),
    [
        (AGAIN, AGAIN.replace("and the", "and put the"), STOREROOM),
        ("don't " + AGAIN, "don't " + AGAIN, STOREROOM),
        ("put the brown parcel and the blue parcel in the bin, the blue parcel first",
         "put the blue parcel and the brown parcel in the bin", STOREROOM),
        ("visit the bin and the shelf, the bin last", "visit the shelf and the bin", STOREROOM),
        ("put the blue parcel back", "put the blue parcel on the metal table", STOREROOM),
        ("drop the blue parcel in", "put the blue parcel in the bin", STOREROOM),
        ("put the blue parcel down here", "put the blue parcel on the shelf",
         at(STOREROOM, "at(shelf)", "held(blue parcel)")),
        ("go to the shelf and put the blue parcel there", "go to the shelf and put the blue parcel there",
         at(STOREROOM, "at(wooden table)")),
        ("walk around the box to the shelf", "walk to the shelf", WORKSHOP),
        ("touch the shelf where all the books are", "touch the shelf", WORKSHOP),
        ("bin everything that's sitting on the wooden table and the metal table",
         "bin the brown parcel and the blue parcel", STOREROOM),
        ("go red marker", "go to the red marker", WORKSHOP),
    ],
)  # fmt: skip
def test_after_words_are_linked(said: str, meant: str, scene: SceneState) -> None:
    text, notes, why = named_in_full(said, scene)
    assert text == meant and not why and bool(notes) == (said != meant)


def test_what_cannot_be_known_or_done_is_refused_by_its_name() -> None:
    assert "where the wooden crate was" in named_in_full("put the wooden crate back", STOREROOM)[2]
    beside = named_in_full("set the blue parcel next to the brown parcel", STOREROOM)[2]
    assert "not as in 'set the blue parcel next to the brown parcel'" in beside
    assert not named_in_full("don't set the blue parcel next to the brown parcel", STOREROOM)[2]
