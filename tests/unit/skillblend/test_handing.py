"""Something is handed to a person: held out, never let go of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sim import scenes
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import SceneState, Step, Thing
from skillblend.navigation import Pose2D
from skillblend.options import effect, ground_options, objection
from skillblend.safety import Mode
from skillblend.simulated import open_session

HALL = {
    "about": "a hall",
    "things": [
        {"name": "table", "kind": "table", "position": [2.3, 1.1]},
        {"name": "parcel", "kind": "box", "position": [2.12, 1.1], "on": "table", "size": [0.22, 0.28, 0.18],
         "mass": 0.8},
        {"name": "anna", "kind": "person", "position": [1.5, -2.2], "heading_deg": -90},
    ],
}  # fmt: skip
HAND = Step(text="hand the parcel to anna", behaviour="hand_to", arguments=("parcel", "anna"))


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hall") / "hall.json"
    path.write_text(json.dumps(HALL))
    return path


def test_it_is_offered_where_there_is_a_person() -> None:
    things = (Thing(name="mug", kind="item", motion="free"), Thing(name="anna", kind="person"))
    assert "hand the mug to anna" in [step.text for step in ground_options(SceneState(things=things))]
    assert not any(step.behaviour == "hand_to" for step in ground_options(scenes.load("storeroom").state))


def test_what_is_held_against_it(hall: Path) -> None:
    scene = scenes.load(str(hall))
    near = scene.situation(Pose2D(x=1.5, y=-1.2, heading=-np.pi / 2), Mode.RUNNING)
    assert objection(HAND, near).startswith("hands: the parcel is not in them")
    assert objection(HAND, near.holding(("parcel",))) == ""
    far = scene.situation(Pose2D(x=0.0, y=1.0, heading=0.0), Mode.RUNNING)
    assert objection(HAND, far.holding(("parcel",))).startswith("reach: the anna is")


def test_it_stays_in_the_hands() -> None:
    assert effect(HAND, frozenset({"held(parcel)", "at(anna)"})) == {"held(parcel)", "at(anna)"}
    assert BEHAVIOURS["hand_to"].parts == {"legs", "arms", "torso"}


def test_a_parcel_is_handed_to_a_person(hall: Path) -> None:
    session = open_session(scene=str(hall), seed=7300, planner="value_only")
    options = {step.text: step for step in ground_options(session.scene)}
    plan = ["walk to the parcel", "pick up the parcel", "walk to the anna", HAND.text]
    outcome = session.follow([[options[text] for text in plan]])[0]
    assert outcome.success and not outcome.falls, outcome.steps
    assert "was held out to anna for" in outcome.steps[-1]["reason"]
    held = session.scene.thing("parcel").held
    assert held is not None and held[0]
