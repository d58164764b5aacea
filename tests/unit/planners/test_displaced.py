"""A walk that no longer holds is not shown to scorers; one that does is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planners.displaced import what_holds
from sim import scenes
from skillblend.cases import Case
from skillblend.cli.instructions import plan_alone
from skillblend.contracts import SceneState, Step
from skillblend.options import ground_options
from skillblend.simulated import load_planner

SCENE = scenes.load("workshop")
OPTIONS = {step.text: step for step in ground_options(SCENE.state)}
WALK, PRESS, TOUCH, OFF = "walk to the button", "press the button", "touch the shelf", "walk to the red marker"


def standing(name: str, aside: float = 0.0) -> SceneState:
    stand = SCENE.thing(name).stand
    x, y, _ = stand.ahead(-aside, 0.0, 0.0)
    return replace(SCENE.state, base=np.array([[x, y, stand.heading]]))


def steps(*texts: str) -> list[tuple[Step, bool]]:
    return [(OPTIONS[text.removesuffix(" -")], not text.endswith(" -")) for text in texts]


@pytest.mark.parametrize(
    ("done", "scene", "shown"),
    [
        ([WALK], standing("button"), [WALK]),
        ([WALK], standing("button", 1.0), []),  # moved away
        ([WALK], replace(standing("button", 1.0), base=None), [WALK]),  # nobody knows
        # a plan that is thought through: nobody moves, the effects of steps are facts
        ([WALK], replace(standing("button", 1.0), facts=frozenset({"at(button)"})), [WALK]),
        ([WALK, PRESS], standing("button", 1.0), [WALK, PRESS]),  # it is done
        ([WALK, f"{PRESS} -"], standing("button"), []),  # failed: come up to it once more
        ([WALK, f"{PRESS} -", WALK, f"{PRESS} -"], standing("button"), [WALK, f"{PRESS} -", WALK, f"{PRESS} -"]),
        ([WALK, WALK], standing("button", 1.0), [WALK, WALK]),  # no walk helps
        ([WALK, OFF], standing("red marker", 2.0), [WALK]),
        ([WALK, "turn left"], standing("button", 1.0), ["turn left"]),
        ([WALK, "step to the left"], standing("button", 1.0), [WALK, "step to the left"]),  # meant to be away
        ([f"{WALK} -"], standing("button", 1.0), [f"{WALK} -"]),
        ([], standing("button"), []),
    ],
)
def test_what_is_shown(done: list[str], scene: SceneState, shown: list[str]) -> None:
    assert list(what_holds(steps(*done), scene)) == steps(*shown)


@pytest.mark.parametrize("name", ["storeroom", "workshop"])
def test_plans_alone_walk_once(name: str) -> None:
    """Nobody moves there: where the robot stands in the scene says nothing."""
    scene = scenes.load(name).state
    text = "walk to the red marker, then walk to the shelf"
    case = Case(id="a", category="", instruction=text)
    outcome, _ = plan_alone(load_planner(), scene, case)
    assert [step["text"] for step in outcome.steps] == ["walk to the red marker", "walk to the shelf"]
