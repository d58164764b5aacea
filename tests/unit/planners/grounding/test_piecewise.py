"""Clauses as frames: what they ask for in the options' words, what is left out, and what is not understood."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planners.grounding.piecewise import plainly
from sim import scenes

STOREROOM, WORKSHOP = scenes.load("storeroom").state, scenes.load("workshop").state
HOLDING = replace(STOREROOM, facts=frozenset({"held(blue parcel)"}))
PUT = "pick up the brown parcel and put the brown parcel"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the brown parcel can go in the bin", f"{PUT} in the bin"),
        ("that brown parcel would look much better on the metal table", f"{PUT} on the metal table"),
        ("the brown parcel is torn. it has to go in the bin right now", f"{PUT} in the bin"),
        (
            "pick up the brown parcel. place on metal table",
            "pick up the brown parcel. put the brown parcel on the metal table",
        ),
        ("brown parcel. in your hands", "pick up the brown parcel"),
        ("rest your palm against the shelf", "touch the shelf"),
        ("tidy up, would you: the brown parcel goes in the bin", f"{PUT} in the bin"),
        ("the green marker, then the yellow marker", "walk to the green marker, then walk to the yellow marker"),
        ("kick the ball, but only after you've been to the shelf", "kick the ball, after visited the shelf"),
        ("kick the ball like a proper striker", "kick the ball"),
        ("somebody kicked the ball, walk to the shelf", "walk to the shelf"),
    ],
)  # fmt: skip
def test_clauses_in_the_options_words(said: str, meant: str) -> None:
    assert plainly(said, STOREROOM) == (meant, meant)


@pytest.mark.parametrize(
    "said",
    [
        "jump over the shelf and kick the ball",
        "kick the ball and sing us a song",
        "put the ball on the shelf",
        "kick the ball to the shelf",
        "touch the shelf with your foot",
        "pick up the brown parcel and don't turn left",
        "kick the ball, but not until you're at the shelf",
        "touch the shelf but never the shelf",
        "touch the shelf. paint the bin blue",
        "he wants to go to the shelf",
        "anything but the green marker",
        "the green marker. no way. the yellow marker",
        "the brown parcel is clean, keep the brown parcel out of the bin",
        "somebody kicked the ball",
        "do the brown parcel and the blue parcel go in the bin",
        "why is the ball at the shelf",
        "kick the ball and walk to the shelf without touching the wooden table",
        "pick up the brown parcel and walk to the bin no i mean the shelf",
    ],
)
def test_what_is_not_understood_leaves_the_whole_as_it_was(said: str) -> None:
    assert plainly(said, STOREROOM) == ("", "")


def test_what_is_forbidden_stays_in_the_text_and_is_not_done() -> None:
    plain, whole = plainly("touch the wooden table, but don't touch the box", WORKSHOP)
    assert plain == "touch the wooden table"
    assert "don't touch the box" in whole


def test_hands_are_freed_before_something_else_is_taken() -> None:
    plain, _ = plainly("free your hands on the metal table, then pick up the wooden crate", HOLDING)
    assert plain == "put the blue parcel on the metal table, then pick up the wooden crate"
