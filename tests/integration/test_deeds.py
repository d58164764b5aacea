"""Closing, kicking and crouching: in the scenes that ship, by the judge who sees doors, ball and forces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sim import scenes
from sim.scene import Scene
from sim.things.model import Model
from skillblend.contracts.scene import WIDE
from skillblend.options import ground_options
from skillblend.session import Outcome
from skillblend.simulated import open_session

STARTS = ("green marker", "", "red marker", "yellow marker")


def storeroom(openness: float) -> Scene:
    """The storeroom with both doors of its cabinet so far open."""
    scene = scenes.load("storeroom")

    def opened(model: Model) -> Model:
        parts = tuple(replace(part, position=openness * WIDE) for part in model.parts)
        return replace(model, parts=parts) if model.kind == "cabinet" else model

    return replace(scene, things=tuple(opened(model) for model in scene.things), build=None)


def follow(scene: Scene, begin_at: Sequence[str], *plan: str, seed: int = 5) -> list[Outcome]:
    robots = open_session(
        scene=scene, seed=seed, planner="value_only", episodes=range(len(begin_at)), begin_at=begin_at
    )
    known = {step.text: step for step in ground_options(robots.scene)}
    return robots.follow([[known[text] for text in plan]] * len(begin_at))


def test_a_robot_before_open_doors_shuts_them() -> None:
    (outcome,) = follow(storeroom(0.53), ["cabinet"], "close the cabinet")
    assert outcome.success, outcome
    assert "0% open" in outcome.steps[-1]["reason"] and "a hand pressed on it" in outcome.steps[-1]["reason"]


def test_doors_that_are_shut_stay_so_and_doors_that_are_too_wide_open_are_not_begun() -> None:
    (outcome,) = follow(scenes.load("storeroom"), ["cabinet"], "close the cabinet")
    assert outcome.success and "was shut before" in outcome.steps[-1]["reason"]
    (outcome,) = follow(storeroom(0.9), ["cabinet"], "close the cabinet")
    assert not outcome.success and "the cabinet is 90% open" in outcome.reason


def test_a_robot_behind_a_ball_kicks_it_towards_the_goal() -> None:
    (outcome,) = follow(scenes.load("storeroom"), ["ball"], "kick the ball")
    assert outcome.success, outcome
    assert "a foot hit the ball" in outcome.steps[-1]["reason"]


def test_a_robot_crouches_and_walks_on() -> None:
    (outcome,) = follow(scenes.load("workshop"), [""], "crouch", "walk forward half a metre")
    assert outcome.success and outcome.falls == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("openness", "plan", "least"),
    [
        (0.3, ("walk to the cabinet", "close the cabinet"), 19),
        (0.53, ("walk to the cabinet", "close the cabinet"), 19),
        (0.0, ("walk to the ball", "kick the ball"), 15),
        (0.0, ("crouch",), 19),
    ],
)
def test_twenty_starts(openness: float, plan: tuple[str, ...], least: int) -> None:
    """The figures go to docs/results.md."""
    outcomes = follow(storeroom(openness), STARTS * 5, *plan, seed=7)
    done = sum(outcome.success for outcome in outcomes)
    print(f"{plan[-1]}, {openness:.0%} open: {done} of 20, {sum(o.falls for o in outcomes)} falls")
    assert done >= least
