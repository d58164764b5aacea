"""Behaviours that the language model has not learnt are asked of it in others' places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from planners.language import ADAPTER, LanguageScorer
from planners.planner import Query
from planners.standins import stand_in, stands_at
from sim import scenes
from skillblend.contracts import Array, SceneState, Step
from skillblend.options import ground_options

LEARNT = json.loads((ADAPTER / "config.json").read_text())["behaviours"]
STOREROOM = scenes.load("storeroom").state
PICK = Step(text="pick up the tin", behaviour="pick_up", arguments=("tin",))
PUT = Step(text="put the tin on the metal table", behaviour="put_on", arguments=("tin", "metal table"))
TOUCH = Step(text="touch the metal table", behaviour="touch", arguments=("metal table",))


def holding(name: str) -> SceneState:
    things = (replace(t, held=np.array([t.name == name])) for t in STOREROOM.things)
    return replace(STOREROOM, things=tuple(things))


def test_nothing_changes_where_all_is_learnt() -> None:
    steps = ground_options(STOREROOM)
    steps = [step for step in steps if step.behaviour in (*LEARNT, "done", "refuse")]
    view = stand_in("Go to the BIN!", SceneState(things=()), [(TOUCH, True)], steps, LEARNT)
    assert view.text == "Go to the BIN!" and view.history == [(TOUCH, True)]
    assert view.shown == {step.text: k for k, step in enumerate(steps)}


@pytest.mark.usefixtures("coming")
def test_picking_up_and_putting_are_touching() -> None:
    text = "pick up the tin, then put the tin on the metal table, then touch the metal table"
    free, full = ground_options(STOREROOM), ground_options(holding("tin"))
    view = stand_in(text, STOREROOM, [], free, LEARNT)
    assert view.text == "touch the tin, then touch the metal table, then touch the metal table"
    assert free[view.shown["touch the tin"]] == PICK and "touch the metal table" not in view.shown
    assert PICK.text not in view.shown and "pick up the brown parcel" not in view.shown
    view = stand_in(text, holding("tin"), [(PICK, True)], full, LEARNT)
    assert [step.text for step, _ in view.history] == ["touch the tin"]
    assert full[view.shown["touch the metal table"]] == PUT
    view = stand_in(text, STOREROOM, [(PICK, True), (PUT, True)], free, LEARNT)
    assert free[view.shown["touch the metal table"]] == TOUCH


@pytest.mark.usefixtures("coming")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("crouch", "raise both hands"),
        ("crouch and raise your hands", "turn around"),
        ("turn around, crouch, hands up", "step to the left"),
    ],
)
def test_a_step_without_a_thing_takes_a_place_that_is_free(text: str, shown: str) -> None:
    steps = ground_options(STOREROOM)
    assert steps[stand_in(text, STOREROOM, [], steps, LEARNT).shown[shown]].text == "crouch"


@pytest.mark.usefixtures("coming")
def test_where_one_stands_is_in_the_file_of_the_verb() -> None:
    push = Step(text="push the box to the marker", behaviour="push_to", arguments=("box", "marker"))
    assert [stands_at(step) for step in (PICK, PUT, push)] == [0, 1, 0]
    assert stands_at(Step(text="wave at the box", behaviour="wave", arguments=("box",))) == 0


@pytest.mark.usefixtures("coming")
def test_scores_are_of_the_options_that_are_meant() -> None:
    class Liking:
        def probabilities(self, prompt: str, options: Sequence[str]) -> Array:
            assert "Task: touch the tin\n" in prompt
            return np.array([float(text == "touch the tin") for text in options])

    steps = ground_options(STOREROOM)
    query = Query(instruction="pick up the tin", scene=STOREROOM, history=[], steps=steps)
    scores = LanguageScorer(Liking(), LEARNT).probabilities(query)
    assert scores.shape == (len(steps),) and steps[int(scores.argmax())] == PICK and scores.sum() == 1.0
