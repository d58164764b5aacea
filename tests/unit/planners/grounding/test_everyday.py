"""Everyday talk by kinds: what is taken back, told beside a request, hinted at, wished, or said offhand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planners.grounding.asides import asks_for_something, begins_request, narrated, without_asides
from planners.grounding.byways import without_byways
from planners.grounding.corrections import corrected
from planners.grounding.gestures import without_gestures
from planners.grounding.hints import without_hints
from planners.grounding.offhand import with_care
from planners.grounding.uses import by_use
from planners.grounding.wishes import without_wishes
from sim import scenes
from sim.scene_file import parse_scene
from skillblend.contracts import SceneState

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state
SHED = parse_scene(
    {
        "about": "a shed to plan in",
        "things": [
            {"name": "workbench", "kind": "table"},
            {"name": "potting table", "kind": "table"},
            {"name": "tool cabinet", "kind": "cabinet", "openness": 0.8},
            {"name": "compost bin", "kind": "bin"},
            {"name": "flower pot", "kind": "item", "on": "potting table"},
            {"name": "watering can", "kind": "item", "on": "workbench"},
            {"name": "light button", "kind": "button"},
            {"name": "brown marker", "kind": "marker"},
            {"name": "grandpa", "kind": "person"},
            {"name": "football", "kind": "ball"},
        ],
    },
    name="inline",
).state
HOLDING = replace(SHED, facts=frozenset({"held(flower pot)"}))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("go to the red marker, no wait, the green marker", "go to the green marker"),
        ("go to the red marker, or actually the green marker", "go to the green marker"),
        ("put the tin. sorry i mean the blue parcel in the bin", "put the blue parcel in the bin"),
        ("put the blue parcel in the bin, no, put it on the shelf", "put it on the shelf"),
        ("pick up the tin, no wait, not the tin, the blue parcel", "pick up the blue parcel"),
        ("turn left, no, sorry, right", "turn right"),
        ("touch the shelf. scratch that, kick the ball", "kick the ball"),
        ("go to the bin and wait", "go to the bin and wait"),
        ("do not touch the bin, no, never", "do not touch the bin, no, never"),
    ],
)
def test_what_is_taken_back(said: str, meant: str) -> None:
    assert corrected(said, STOREROOM.names) == meant


def test_nothing_is_taken_back_without_things() -> None:
    assert corrected("turn left, no wait, turn right", ()) == "turn left, no wait, turn right"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("truck's at the dock in ten. kick the ball", "kick the ball"),
        ("kick the ball because my brother is asleep", "kick the ball"),
        ("my back is killing me, so pick up the tin", "pick up the tin"),
        ("the tin weighs a ton but you're strong so pick up the tin", "pick up the tin"),
        ("i can't reach the tin. kick the ball", "kick the ball"),
        ("young man, close the cabinet", "close the cabinet"),
        ("safety drill: kick the ball", "kick the ball"),
        ("i left the tin on the shelf, so go and see", "walk to the tin"),
        ("nobody may touch the bin. kick the ball", "nobody may touch the bin. kick the ball"),
        ("don't touch the bin, kick the ball", "don't touch the bin, kick the ball"),
        ("the tin should be on the shelf. kick the ball", "the tin should be on the shelf. kick the ball"),
        ("the bin will do. put the tin somewhere", "the bin will do. put the tin somewhere"),
        ("the bin is full", "the bin is full"),
        ("sing a song, kick the ball", "sing a song, kick the ball"),
    ],
)
def test_what_is_told_beside_a_request(said: str, meant: str) -> None:
    assert without_asides(said, STOREROOM.names) == meant


def test_what_was_done_is_not_asked_for() -> None:
    assert narrated("i already put the tin in the bin") and not narrated("put the tin in the bin")


def test_requests_begin_with_verbs() -> None:
    assert begins_request("and then kick the ball") and begins_request("hands up") and not begins_request("my ball")
    assert asks_for_something("the bin is full, so kick the ball") and not asks_for_something("the bin is full")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("brr, somebody left the tool cabinet open again", "close the tool cabinet"),
        ("the tool cabinet has been standing open all night", "close the tool cabinet"),
        ("grandpa has been asking for the watering can", "hand the watering can to the grandpa"),
        ("the tool cabinet is open, walk to the workbench", "the tool cabinet is open, walk to the workbench"),
        ("grandpa does not want the watering can", "grandpa does not want the watering can"),
        ("leave the tool cabinet open", "leave the tool cabinet open"),
        ("is the tool cabinet open", "is the tool cabinet open"),
    ],
)
def test_hints(said: str, meant: str) -> None:
    text, notes = without_hints(said, SHED)
    assert text == meant and bool(notes) == (said != meant)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("give the football a good boot", "kick the football"),
        ("take a swing at the football with your foot", "kick the football"),
        ("stick 'em up", "raise both hands"),
        ("get down on your haunches", "crouch"),
        ("do an about-turn", "turn around"),
        ("a quarter turn to your left", "turn left"),
        ("budge up a bit to the left", "step to the left"),
        ("turn the lights on", "press the light button"),
        ("give the workbench a little tap", "touch the workbench"),
        ("have a shot", "kick the football"),
        ("kick the football to grandpa", "kick the football"),
        ("don't give the football a kick", "don't give the football a kick"),
        ("do not go to the workbench", "do not go to the workbench"),
        ("do never go at the workbench", "do never go at the workbench"),
        ("turn around the workbench", "turn around the workbench"),
        ("keep low prices", "keep low prices"),
    ],
)
def test_idioms_of_doing(said: str, meant: str) -> None:
    text, notes = without_gestures(said, SHED)
    assert text == meant and bool(notes) == (said != meant)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("flower pot on the workbench, tool cabinet shut", "put the flower pot on the workbench, close the tool"
         " cabinet"),
        ("flower pot on the potting table", "flower pot on the potting table"),
        ("shift the flower pot. workbench'll do for it", "put the flower pot on the workbench"),
        ("swap the flower pot and the watering can", "put the flower pot on the workbench and put the watering can on"
         " the potting table"),
        ("grandpa is to get the flower pot", "hand the flower pot to the grandpa"),
        ("give grandpa first the flower pot and then the watering can", "hand the flower pot to the grandpa, then"
         " hand the watering can to the grandpa"),
        ("the light button needs pressing", "press the light button"),
        ("then over to the brown marker", "walk to the brown marker"),
        ("pick up not the flower pot but the watering can", "pick up the watering can"),
        ("into the compost bin with the flower pot", "put the flower pot in the compost bin"),
        ("go to the workbench, which you touch", "go to the workbench, then touch the workbench"),
        ("touch the workbench and the flower pot on the potting table", "touch the workbench and the flower pot on"
         " the potting table"),
        ("grandpa must not get the flower pot", "grandpa must not get the flower pot"),
    ],
)  # fmt: skip
def test_wishes(said: str, meant: str) -> None:
    text, notes = without_wishes(said, SHED)
    assert text == meant and bool(notes) == (said != meant)


def test_what_is_held_stays_held_or_goes_to_a_person() -> None:
    assert (
        without_wishes("hang on to the flower pot and walk to the workbench", HOLDING)[0] == "walk to the workbench"
    )
    assert without_wishes("that's for grandpa", HOLDING)[0] == "hand the flower pot to the grandpa"
    assert without_wishes("that's for grandpa", SHED)[0] == "that's for grandpa"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("your next stop is the shelf", "walk to the shelf"),
        ("off you pop to the red marker", "walk to the red marker"),
        ("give the red marker a visit", "walk to the red marker"),
        ("i want you over by the shelf", "walk to the shelf"),
        ("work your way across to the bin", "walk to the bin"),
        ("never take yourself to the bin", "never take yourself to the bin"),
        ("the tin should be on the shelf", "the tin should be on the shelf"),
    ],
)
def test_byways(said: str, meant: str) -> None:
    text, notes = without_byways(said, STOREROOM)
    assert text == meant and bool(notes) == (said != meant)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("put one of the two parcels in the bin, i don't mind which", "put any parcel in the bin"),
        ("go to whichever marker you fancy", "go to any marker"),
        ("of the two tables, touch the one that isn't wooden", "touch the table that isn't wooden"),
        ("the tin's open", "the tin is open"),
        ("touch it. once you've done that head over to the bin", "touch it. then head over to the bin"),
        ("go to the marker that isn't red or green", "go to the yellow marker"),
        ("press it three times in a row", "press it three times"),
        ("visit them in any order", "visit them"),
        ("nudge the tin along its table", "nudge the tin"),
    ],
)
def test_offhand_ways_of_speaking(said: str, meant: str) -> None:
    assert with_care(said, STOREROOM.names).strip() == meant


def _used(text: str, scene: SceneState) -> str:
    return by_use(text, scene.names, [thing.kind for thing in scene.things])


def test_things_by_what_they_are_for() -> None:
    assert _used("touch the thing where the novels are kept", WORKSHOP) == "touch the shelf"
    assert _used("close the cupboard with the hammers in", SHED) == "close the tool cabinet"
    assert _used("touch the thing that flies", WORKSHOP) == "touch the thing that flies"
    assert _used("push the thing on the wall", WORKSHOP) == "push the button"
    assert _used("put him down", WORKSHOP) == "put it down" and _used("put him down", SHED) == "put him down"
