"""Slips of the finger are mended where one word is meant; words are left alone."""

from __future__ import annotations

import pytest

from planners.grounding.spelling import one_slip, respell, sounds_like

NAMES = ("waiting spot", "wooden crate", "shelf", "trolley")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wlak to the sheelf", "walk to the shelf"), ("toch the wooden crat", "touch the wooden crate"),
        ("go to the waitng spot", "go to the waiting spot"), ("go to the trolly", "go to the trolley"),
        ("walk to the shelves", "walk to the shelves"), ("paint the cat", "paint the cat"), ("go to it", "go to it"),
        ("go 2 the shelf n turn left pls", "go to the shelf and turn left please"), ("turn 2 times", "turn 2 times"),
        ("go 2 metres ahead", "go 2 metres ahead"), ("can u raise ur hands", "can you raise your hands"),
    ],
)  # fmt: skip
def test_slips(typed: str, meant: str) -> None:
    assert respell(typed, NAMES) == meant


def test_one_slip_is_one() -> None:
    assert all(
        one_slip(*pair) for pair in (("wlak", "walk"), ("shlf", "shelf"), ("sheelf", "shelf"), ("tabke", "table"))
    )
    assert not any(
        one_slip(*pair) for pair in (("walk", "walk"), ("talk", "walk"), ("shf", "shelf"), ("kalw", "walk"))
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kik teh bal into the gole", "kick the ball into the goal"),
        ("parsel blu, bring to shelv", "parcel blue, bring to shelf"),
        ("go to the marker than stop", "go to the marker then stop"),
        ("hand it to ben", "hand it to ben"),
        ("more than twice", "more than twice"),
        ("take the car", "take the car"),
    ],
)
def test_words_written_as_they_sound(typed: str, meant: str) -> None:
    assert respell(typed, ("ball", "goal", "blue parcel", "shelf", "bin", "cart")) == meant


def test_what_sounds_alike() -> None:
    assert sounds_like("gole", "goal") and sounds_like("fone", "phone") and sounds_like("kik", "kick")
    assert not sounds_like("cat", "cart") and not sounds_like("goal", "goal") and not sounds_like("bin", "bunting")
