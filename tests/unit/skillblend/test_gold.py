"""What an instruction asks for, against stories told by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skillblend.cases import Start, parse_cases
from skillblend.contracts import SceneState, Thing
from skillblend.errors import InputError
from skillblend.gold import Gold, Story, parse_gold
from skillblend.options import effect, ground_options

SCENE = SceneState(
    things=tuple(
        Thing(name=name, kind=kind)
        for name, kind in (("button", "button"), ("shelf", "shelf"), ("box", "box"), ("red marker", "marker"))
    )
)
STEPS = {step.text: step for step in ground_options(SCENE)}
THINGS = SCENE.names


def told(*texts: str, begin: frozenset[str] = frozenset()) -> Story:
    """Steps that succeeded, or failed where the text starts with "-"."""
    story = Story(begin)
    for text in texts:
        step = STEPS[text.lstrip("-")]
        if text.startswith("-"):
            story.add(story.now, frozenset())
        else:
            story.add(effect(step, story.now), effect(step, frozenset()))
    return story


def gold(**entry: Any) -> Gold:
    return parse_gold(entry, THINGS, "f.json")


PRESS_THEN_MARKER = {"goals": [{"sequence": ["pressed(button)", "at(red marker)"]}]}


@pytest.mark.parametrize(
    ("entry", "steps", "right"),
    [
        (PRESS_THEN_MARKER, ["walk to the button", "press the button", "walk to the red marker"], True),
        (PRESS_THEN_MARKER, ["walk to the red marker", "walk to the button", "press the button"], False),
        (PRESS_THEN_MARKER, ["walk to the button", "-press the button", "walk to the red marker"], False),
        (
            {"goals": [{"final": ["at(shelf)"]}]},
            ["walk to the button", "walk to the shelf", "raise both hands"],
            True,
        ),
        ({"goals": [{"final": ["at(shelf)"]}]}, ["walk to the shelf", "walk to the button"], False),
        ({"goals": [{"final": ["at(box)"]}, {"final": ["at(shelf)"]}]}, ["walk to the shelf"], True),
        ({"goals": [{"sequence": ["facing(left)", "facing(left)"]}]}, ["turn left"], False),
        ({"goals": [{"sequence": ["facing(left)", "facing(left)"]}]}, ["turn left", "turn left"], True),
        ({"goals": [{"sequence": ["moved(forward, 1)"]}]}, ["walk forward one metre"], True),
        ({"goals": [{"sequence": ["moved(forward, 1)"]}]}, ["walk forward half a metre"] * 2, True),
        ({"goals": [{"sequence": ["moved(forward, 1)"]}]}, ["walk forward two metres"], False),
        ({"goals": [{"sequence": ["moved(forward, 1)"]}]}, ["walk backward one metre"], False),
        ({"goals": [{"sequence": ["moved(left, 0.5)"]}]}, ["step to the left"], True),
        ({"goals": [{"sequence": ["stood(6)"]}]}, ["stand still"], False),
        ({"goals": [{"sequence": ["stood(6)"]}]}, ["stand still", "stand still"], True),
        ({"goals": [{"sequence": ["stood(3)"]}]}, ["stand still", "stand still"], True),
        ({"goals": [{"final": ["raised(hands)"]}], "never": ["at(shelf)"]}, ["raise both hands"], True),
        (
            {"goals": [{"final": ["at(box)"]}], "never": ["at(shelf)"]},
            ["walk to the shelf", "walk to the box"],
            False,
        ),
        ({"goals": [{"final": ["at(box)"]}]}, [], False),
        ({"refuse": True}, ["turn left"], False),
    ],
)
def test_stories_are_judged(entry: dict[str, Any], steps: list[str], right: bool) -> None:
    found = gold(**entry).verdict(told(*steps))
    assert found.right == right, found.reason
    assert found.reason


@pytest.mark.parametrize("entry", [{"refuse": True}, {"ask": True}])
def test_what_must_be_refused_is_refused_before_anything_moves(entry: dict[str, Any]) -> None:
    assert gold(**entry).verdict(told(), refused=True).right
    assert not gold(**entry).verdict(told("turn left"), refused=True).right
    assert not gold(**entry).verdict(told(), refused=False).right
    assert not gold(**PRESS_THEN_MARKER).verdict(told(), refused=True).right


def test_a_fall_is_never_right() -> None:
    assert not gold(**PRESS_THEN_MARKER).verdict(told("press the button", "walk to the red marker"), fell=True).right


def test_what_holds_already_needs_no_step() -> None:
    begin = frozenset({"at(shelf)"})
    assert (
        gold(goals=[{"sequence": ["at(shelf)", "pressed(button)"]}])
        .verdict(told("walk to the button", "press the button", begin=begin))
        .right
    )
    assert gold(goals=[{"final": ["at(shelf)"]}]).verdict(told(begin=begin)).right
    assert (
        gold(goals=[{"final": ["at(box)"]}], never=["at(shelf)"]).verdict(told("walk to the box", begin=begin)).right
    )


def test_poses_say_more_than_steps() -> None:
    """A box that slid off the table is not on it, whatever the step was said to change."""

    def scene(z: float) -> SceneState:
        pose = np.array([[0.0, 0.0, z, 1.0, 0.0, 0.0, 0.0]])
        table = Thing(name="table", kind="table", size=(1, 1, 0.9), pose=pose * [1, 1, 0.45 / z, 1, 1, 1, 1])
        return SceneState(things=(table, Thing(name="box", kind="box", size=(0.2, 0.2, 0.2), pose=pose)))

    wanted = parse_gold({"goals": [{"final": ["on(box, table)"]}]}, ("box", "table"), "")
    for z, right in ((1.0, True), (0.1, False)):
        story = Story(scene=scene(1.0))
        story.add(frozenset({"on(box, table)"}), frozenset({"on(box, table)"}), scene(z))
        assert wanted.verdict(story).right == right


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({}, "give 'plans', 'goals', 'refuse' or 'ask'"),
        ({"goals": [{"final": ["at(shelf)"]}], "refuse": True}, "just one of them"),
        ({"goals": "at(shelf)"}, "needed is a list"),
        ({"goals": ["at(shelf)"]}, "needed is an object"),
        ({"goals": [{}]}, "asks for nothing"),
        ({"goals": [{"order": ["at(shelf)"]}]}, "allowed are 'final' and 'sequence'"),
        ({"goals": [{"final": ["at(shelv)"]}]}, "did you mean 'shelf'"),
        ({"goals": [{"final": ["near(shelf)"]}]}, "unknown predicate 'near'"),
        ({"goals": [{"final": [3]}]}, "needed is text"),
        ({"goals": [{"final": ["at(shelf)"]}], "never": "at(box)"}, "needed is a list"),
        ({"refuse": "yes"}, "needed is true or false"),
    ],
)
def test_what_asks_for_nothing_is_refused(entry: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        gold(**entry)


def case(**entry: Any) -> Any:
    entry = {"instruction": "go", "goals": [{"final": ["at(shelf)"]}]} | entry
    return parse_cases([entry], list(STEPS), THINGS, Path("f.json"))[0]


def test_an_entry_with_goals_is_a_case() -> None:
    found = case(start={"at": "button", "holding": "box", "state": ["pressed(button)"]}, id="a", category="b")
    assert found.gold is not None and not found.plans
    assert found.start == Start(at="button", holding="box", state=frozenset({"pressed(button)"}))
    assert found.start.facts == {"at(button)", "facing(button)", "held(box)", "pressed(button)"}


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("shelf", "needed is an object"),
        ({"in": "shelf"}, "allowed are 'at', 'holding' and 'state'"),
        ({"at": "shelv"}, "needed is one of"),
        ({"holding": 3}, "needed is one of"),
        ({"state": "at(shelf)"}, "needed is a list"),
        ({"state": ["at(shelv)"]}, "did you mean 'shelf'"),
    ],
)
def test_a_beginning_that_means_nothing_is_refused(start: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        case(start=start)
