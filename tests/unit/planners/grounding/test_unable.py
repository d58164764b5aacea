"""What no option does is refused by its name."""

from __future__ import annotations

import pytest

from planners.grounding.unable import cannot
from sim import scenes

STOREROOM = scenes.load("storeroom").state


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("touch the cabinet after kicking the ball", "I cannot touch the cabinet"),
        ("hand the blue parcel to peter", "no 'peter' here"),
        ("give peter the blue parcel", "no 'peter' here"),
        ("bring me the blue parcel", "where you are"),
        ("fetch the blue parcel for me", "where you are"),
    ],
)
def test_refused_by_name(said: str, names: str) -> None:
    assert names in cannot(said, STOREROOM)


@pytest.mark.parametrize(
    "said",
    [
        "touch the shelf", "don't touch the cabinet", "take the blue parcel to the shelf",
        "take the blue parcel to your left", "never bring me the blue parcel", "bring the blue parcel to it",
    ],
)  # fmt: skip
def test_what_can_be_done_or_is_forbidden_is_not(said: str) -> None:
    assert cannot(said, STOREROOM) == ""
