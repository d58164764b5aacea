"""Amounts and counts are done to the letter, or refused by their name."""

from __future__ import annotations

import math

import pytest

from planners.grounding.amounts import Amounts, number_of, read_amounts
from planners.prompt import normalise
from skillblend.contracts import SceneState, Thing
from skillblend.options import ground_options

SCENE = SceneState(things=(Thing(name="button", kind="button"), Thing(name="shelf", kind="shelf")))
FORWARD = "walk forward two metres"


def read(text: str) -> Amounts:
    return read_amounts(normalise(text), SCENE)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.5", 2.5), (".5", 0.5), ("1,5", 1.5), ("three", 3), ("half a", 0.5), ("a", 1), ("twenty", 20),
        ("twenty-five", 25), ("a hundred and eighty", 180), ("two hundred", 200),
    ],
)  # fmt: skip
def test_numbers(text: str, value: float) -> None:
    assert number_of(text) == pytest.approx(value)
    assert math.isnan(number_of("many"))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("walk forward 2.5 metres", f"{FORWARD} and walk forward half a metre"),
        ("Go three steps back.", "walk backward one metre and walk backward half a metre"),
        ("step one metre to the left", "step to the left and step to the left"),
        ("250 cm ahead, please", f"{FORWARD} and walk forward half a metre, please"),
        ("a metre and a half forward", "walk forward one metre and walk forward half a metre"),
        ("press the button twice", "press the button, then press the button"),
        ("press the button 2 times, then wait", "press the button, then press the button, then wait"),
        ("turn left three times", "turn left, then turn left, then turn left"),
        ("rotate by 270 degrees clockwise", "turn right, then turn right, then turn right"),
        ("rotate left by 180 degrees, then wait", "turn around, then wait"),
        ("make a 90 degree turn to the right", "turn right"),
        ("twice press the button", "press the button, then press the button"),
        ("wait for five seconds, then turn left", "stand still, then stand still, then turn left"),
        ("wait 4 s, then turn left", "stand still, then stand still, then turn left"),
        ("wait at the shelf for 5 s", "wait at the shelf, then stand still, then stand still"),
        ("stay where you are for 7 s", "stand still, then stand still, then stand still"),
    ],
)  # fmt: skip
def test_what_adds_up_is_written_out(text: str, meant: str) -> None:
    found = read(text)
    assert found.text == meant and not found.why and found.notes


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("turn left 45 degrees", "by 90 or 180 degrees and what they add up to, not by 45 degrees"),
        ("turn by 3600 degrees", "not by 3600 degrees"),
        ("walk 30 cm forward", "forward by 0.5, 1, 2 m and what they add up to, at most 8 m, not by 30 cm"),
        ("go back ten kilometres", "at most 8 m, not by ten kilometres"),
        ("press the button a hundred times", "8 times at most, not a hundred times"),
        ("press the button 2.5 times", "not 2.5 times"),
        ("stand still for two minutes", "for 24 s at most, not for two minutes"),
    ],
)
def test_what_does_not_is_refused_by_its_name(text: str, about: str) -> None:
    assert about in read(text).why


@pytest.mark.parametrize(
    "text",
    [
        "turn left",
        "turn by 90 degrees",
        "a couple of metres away",
        "the shelf is two metres away",
        "stand still for two seconds",
        "wait a minute",
        "hold on a second, then turn left",
        "touch the shelf within ten seconds",
        "be at the shelf in ten seconds",
        "stop at the shelf within 10 seconds",
        "",
    ],
)
def test_what_is_plain_stays(text: str) -> None:
    assert read(text) == Amounts(text=normalise(text))


def test_every_walk_that_is_written_out_is_an_option() -> None:
    texts = {step.text for step in ground_options(SCENE)}
    for way, words in (
        ("forward", "ahead"),
        ("backward", "backwards"),
        ("left", "to the left"),
        ("right", "to the right"),
    ):
        for halves in range(1, 17):
            found = read(f"go {halves / 2:g} metres {words}")
            assert not found.why and set(found.text.split(" and ")) <= texts, way
            assert dict(found.metres) == {way: halves / 2}
