"""A named foot on a marker is read by the option that does it; on anything else it is refused."""

from __future__ import annotations

import pytest

from planners.grounding.footing import no_footing, read_footing
from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner, ReadInstruction
from planners.oracle import ScriptScorer
from planners.planner import ScoredPlanner
from sim import scenes

WORKSHOP = scenes.load("workshop").state


def read(text: str) -> ReadInstruction:
    planner = GroundedPlanner(ScoredPlanner("toy", ScriptScorer(["refuse"])), Grounder.load())
    return planner.read(text, WORKSHOP)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Step onto the red marker with your left foot.", ["step onto the red marker with the left foot"]),
        (
            "could you put just your right foot on the azure circle?",
            ["step onto the blue marker with the right foot"],
        ),
        ("With the left foot, stand on the red spot", ["step onto the red marker with the left foot"]),
        ("Left foot on the red marker!", ["step onto the red marker with the left foot"]),
        ("put one foot on the blue marker", ["step onto the blue marker with the left foot"]),
        (
            "after touching the box, place your left foot on the red marker",
            ["touch the box", "step onto the red marker with the left foot"],
        ),
        (
            "press the button before stepping onto the red marker with your right foot",
            ["press the button", "step onto the red marker with the right foot"],
        ),
        ("step onto the red marker", ["walk to the red marker"]),
    ],
)
def test_how_people_say_it(said: str, meant: list[str]) -> None:
    found = read(said)
    assert not found.why
    assert [step.text for step in found.sequence] == meant


@pytest.mark.parametrize("said", ["put your left foot on the box", "touch the shelf with your foot"])
def test_a_foot_on_anything_else_is_refused(said: str) -> None:
    assert "set it on the red marker or the blue marker" in read(said).why


def test_the_foot_that_kicks_is_not_chosen() -> None:
    assert no_footing("kick the ball with your right foot", WORKSHOP).endswith("I kick with the left foot alone")


@pytest.mark.parametrize(
    "said", ["walk to the box on foot", "do not put your foot on the box", "kick the box with your left foot", "walk"]
)
def test_other_talk_of_feet_is_left_alone(said: str) -> None:
    assert no_footing(said, WORKSHOP) == ""
    assert read_footing(said, WORKSHOP) == (said, ())
