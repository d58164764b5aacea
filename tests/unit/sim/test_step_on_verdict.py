"""Stepping onto a marker is judged by where the soles rest."""

from __future__ import annotations

import numpy as np
import pytest

import robots
from sim import scenes
from sim.judge import Judge
from sim.verdicts import Look, StepVerdict
from skillblend.contracts import Step
from skillblend.errors import InputError, UnknownNameError

SCENE = scenes.load("workshop")
MIDDLE = np.array(SCENE.thing("red marker").stand.xy)


def seen(left: float, right: float, down: tuple[bool, bool] = (True, True), known: bool = True) -> Look:
    """Soles so far beside the middle of the red marker, m, to its left."""
    soles = np.array([[[*(MIDDLE + [0.0, left]), 0.0], [*(MIDDLE + [0.0, right]), 0.0]]])
    return Look(
        time=np.zeros(1), base=np.array([[*MIDDLE, 1.0]]), heading=np.zeros(1), wrists=np.zeros((1, 2, 3)),
        travel={}, fallen=np.array([False]), soles=soles if known else None,
        soles_down=np.array([down]) if known else None,
    )  # fmt: skip


def judged(foot: str, look: Look, name: str = "red marker") -> StepVerdict:
    judge = Judge(SCENE, robots.load("h1"))
    judge.begin(
        0, Step(text=f"step onto the {name} with the {foot} foot", behaviour="step_on", arguments=(name, foot)), look
    )
    judge.update(look)
    return judge.verdict(0)


@pytest.mark.parametrize(
    ("foot", "look", "success"),
    [
        ("left", seen(0.05, -0.35), True),
        ("right", seen(0.05, -0.35), False),  # the other foot
        ("right", seen(0.45, 0.05), True),
        ("left", seen(0.2, -0.2), False),  # both are on it
        ("left", seen(0.30, -0.10), False),
        ("left", seen(0.05, -0.35, (False, True)), False),  # in the air
        ("left", seen(0.05, -0.35, known=False), False),
    ],
)
def test_the_named_sole_is_on_it_and_the_other_is_not(foot: str, look: Look, success: bool) -> None:
    assert judged(foot, look).success == success


def test_the_reason_has_both_distances() -> None:
    reason = judged("left", seen(0.05, -0.35)).reason
    assert reason == (
        "the left sole is 0.05 m from the middle of the red marker, the right one 0.35 m; its radius is 0.24 m"
    )


def test_only_markers_and_feet_are_judged() -> None:
    with pytest.raises(InputError, match="is no marker"):
        judged("left", seen(0.0, 0.0), "box")
    with pytest.raises(InputError, match="one steps with one of"):
        judged("third", seen(0.0, 0.0))
    with pytest.raises(UnknownNameError):
        judged("left", seen(0.0, 0.0), "green marker")
