"""How doors shall be, said instead of closing them."""

from __future__ import annotations

import pytest

from planners.grounding.states import without_doors, without_states
from sim import scenes

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("swing the cabinet shut", "close the cabinet"),
        ("swing the cabinet to, then crouch", "close the cabinet, then crouch"),
        ("make sure the cabinet is closed", "close the cabinet"),
        ("the cabinet needs closing", "close the cabinet"),
        ("someone left the cabinet open again, can you get it", "close the cabinet"),
        ("the cabinet is still open, please deal with that", "close the cabinet"),
        ("don't push the cabinet shut", "don't push the cabinet shut"),
        ("walk to the cabinet, then to the shelf", "walk to the cabinet, then to the shelf"),
        ("make sure the cabinet is open", "make sure the cabinet is open"),
    ],
)
def test_states(said: str, meant: str) -> None:
    text, notes = without_states(said, STOREROOM)
    assert text == meant and bool(notes) == (said != meant)


def test_doors_are_those_of_a_thing_with_doors() -> None:
    assert without_doors("swing the cupboard doors shut") == "swing the cupboard shut"
    assert without_doors("open the car door") == "open the car door"


def test_nothing_can_be_closed_where_nothing_has_doors() -> None:
    assert without_states("swing the shelf shut", WORKSHOP) == ("swing the shelf shut", ())
