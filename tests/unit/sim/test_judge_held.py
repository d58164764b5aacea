"""What the judge says of things in the hands: picked up, put down, dropped; on looks made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

import robots
from sim import scenes
from sim.judge import Judge
from sim.verdicts import Look, StepVerdict
from skillblend.contracts import Step
from skillblend.errors import InputError
from skillblend.options import ground_options

ROBOT = robots.load("h1")
SCENE = scenes.load("storeroom")
OPTIONS = {option.text: option for option in ground_options(SCENE.state)}
TOP = 0.90
WHERE = {"wooden": (2.35, 1.1), "metal": (1.0, -2.25), "air": (1.0, 0.0)}


def seen(
    place: str, *, held: bool, force: tuple[float, float] = (0.0, 0.0), up: float = 0.0, tilt: float = 0.0
) -> Look:
    """The brown parcel over or on a table, or in the air."""
    x, y = WHERE[place]
    pose = np.array([[x, y, TOP + 0.11 + up, np.cos(tilt / 2), np.sin(tilt / 2), 0.0, 0.0]])
    things = tuple(
        replace(thing, pose=pose, held=np.array([held])) if thing.name == "brown parcel" else thing
        for thing in SCENE.state.things
    )
    return Look(
        time=np.zeros(1), base=np.array([[0.0, 0.0, 1.0]]), heading=np.zeros(1), wrists=np.zeros((1, 2, 3)),
        travel={}, fallen=np.zeros(1, dtype=np.bool_), hand_force={"brown parcel": np.array([force])},
        things=replace(SCENE.state, things=things),
    )  # fmt: skip


def judged(text: str, looks: Sequence[Look]) -> StepVerdict:
    judge = Judge(SCENE, ROBOT)
    judge.begin(0, OPTIONS[text], looks[0])
    for now in looks[1:]:
        judge.update(now)
    return judge.verdict(0)


RESTING = seen("wooden", held=False)
HELD = seen("air", held=True, force=(30.0, 31.0), up=0.1)


@pytest.mark.parametrize(
    ("end", "success"),
    [
        (HELD, True),
        (seen("wooden", held=False, force=(30.0, 30.0)), False),  # pressed, but the table bears it
        (seen("air", held=True, force=(30.0, 1.0), up=0.1), False),  # one palm only
    ],
)
def test_picking_up(end: Look, success: bool) -> None:
    assert judged("pick up the brown parcel", [RESTING, *[end] * 60]).success == success


def test_a_touch_on_the_way_is_no_grip() -> None:
    verdict = judged("pick up the brown parcel", [RESTING, *[HELD] * 60, *[RESTING] * 5])
    assert not verdict.success and "not held" in verdict.reason


def in_bin(*, held: bool, place: tuple[float, float, float] = (2.6, -1.3, 0.13)) -> Look:
    """The brown parcel in the bin, or over it, on its side."""
    look = seen("air", held=held, force=(30.0, 30.0) if held else (0.0, 0.0))
    assert look.things is not None
    pose = np.array([[*place, 0.7071, 0.7071, 0.0, 0.0]])
    things = tuple(replace(t, pose=pose) if t.name == "brown parcel" else t for t in look.things.things)
    return replace(look, things=replace(look.things, things=things))


@pytest.mark.parametrize(
    ("ends", "success"),
    [
        ([in_bin(held=False)] * 100, True),
        ([in_bin(held=False)], False),  # a moment ago it was elsewhere
        ([in_bin(held=True)] * 100, False),
        ([in_bin(held=False, place=(2.6, -1.3, 0.66))] * 100, False),  # on the rim
        ([in_bin(held=False, place=(2.2, -1.3, 0.11))] * 100, False),  # before it
    ],
)
def test_putting_into_a_bin(ends: list[Look], success: bool) -> None:
    assert judged("put the brown parcel in the bin", [HELD, *ends]).success == success


def test_only_what_is_open_takes_things_in() -> None:
    step = Step(text="put the brown parcel in the shelf", behaviour="put_in", arguments=("brown parcel", "shelf"))
    with pytest.raises(InputError, match="nothing can be put in the shelf; choose a bin"):
        Judge(SCENE, ROBOT).begin(0, step, HELD)


PUT = "put the brown parcel on the metal table"


@pytest.mark.parametrize(
    ("end", "success"),
    [
        (seen("metal", held=False), True),
        (seen("wooden", held=False), False),  # elsewhere
        (seen("metal", held=True, up=0.1, force=(30.0, 30.0)), False),  # above it
        (seen("metal", held=False, force=(5.0, 0.0)), False),  # a hand still presses
        (seen("metal", held=False, up=0.02, tilt=0.4), False),  # on its edge
    ],
)
def test_putting_down(end: Look, success: bool) -> None:
    assert judged(PUT, [HELD, *[end] * 150]).success == success


def test_what_still_slides_is_not_put_down() -> None:
    assert not judged(PUT, [HELD, seen("metal", held=False)]).success


@pytest.mark.parametrize("text", ["walk to the metal table", "turn left", "stand still", "walk forward one metre"])
def test_what_is_lost_on_the_way_is_noticed(text: str) -> None:
    verdict = judged(text, [HELD, *[seen("air", held=False, up=-0.9)] * 5])
    assert verdict == StepVerdict(success=False, reason="dropped the brown parcel")


def test_what_was_never_held_is_not_dropped() -> None:
    assert "dropped" not in judged("turn left", [RESTING, RESTING]).reason


@pytest.mark.parametrize(
    "step",
    [
        Step(text="x", behaviour="pick_up", arguments=("shelf",)),
        Step(text="x", behaviour="put_on", arguments=("shelf", "metal table")),
        Step(text="x", behaviour="put_on", arguments=("brown parcel", "red marker")),
    ],
)
def test_what_cannot_be_judged_is_refused(step: Step) -> None:
    with pytest.raises(InputError, match="cannot be|nothing can be"):
        Judge(SCENE, ROBOT).begin(0, step, RESTING)


def test_hands_that_feel_nothing_are_no_witnesses() -> None:
    judge = Judge(SCENE, ROBOT)
    with pytest.raises(InputError, match=r"scene\.feel"):
        judge.begin(0, OPTIONS["pick up the brown parcel"], replace(RESTING, hand_force={}))
