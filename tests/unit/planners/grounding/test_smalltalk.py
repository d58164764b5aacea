"""What asks for nothing is left out; what asks, forbids or is a question of knowing stays."""

from __future__ import annotations

import pytest

from planners.grounding.smalltalk import without_smalltalk

NAMES = ("shelf", "box", "button", "red marker", "wooden table")


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("hey robot, my hands are full, could you hit that switch for me? thanks", "hit that switch"),
        ("oi mate, that brown box wants to be on the shelf, sort it out will you",
         "that brown box wants to be on the shelf"),
        ("okay so i was thinking, like, maybe you could sort of go to the shelf", "go to the shelf"),
        ("my back is killing me. that box needs to be up on the wooden table",
         "that box needs to be up on the wooden table"),
        ("i'd like you to walk to the shelf, then could you please press the button, thanks a lot",
         "walk to the shelf, then press the button"),
        ("please go to the red marker then stop", "please go to the red marker"),
        ("kindly to press the button if you don't mind", "press the button"),
        ("would you mind terribly moving the box", "move the box"),
    ],
)  # fmt: skip
def test_what_asks_for_nothing_is_left_out(said: str, asked: str) -> None:
    assert without_smalltalk(said, NAMES) == asked


@pytest.mark.parametrize(
    "said",
    [
        "could you not touch the shelf", "can you see the shelf", "i'm at the shelf. come here", "stay", "will you",
        "turn to the right", "it's not the shelf, it's the box", "walk one metre in front of you",
        "i can't reach the button", "hello there",
    ],
)  # fmt: skip
def test_what_asks_or_forbids_stays(said: str) -> None:
    assert without_smalltalk(said, NAMES) == said
