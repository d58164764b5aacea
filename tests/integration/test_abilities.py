"""What a robot cannot do, or nobody knows how well it does, is held against the steps that need it; others go on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from planners.oracle import OraclePlanner
from skillblend.affordance import FILE
from skillblend.contracts import Decision, SceneState, Step
from skillblend.safety.plan import ABILITY
from skillblend.session import Session
from skillblend.shipped import MODELS
from skillblend.simulated import open_session


class Scripted:
    """Turns left; where it is told so, raises the hands before."""

    name = "scripted"

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        plan = ["raise both hands"] if "hands" in instruction else ["turn left"]
        return OraclePlanner([*plan, "done"]).decide(instruction, scene, history, affordances)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for skill in ("walking", "reaching"):
        shutil.copytree(MODELS / "h1" / skill, tmp_path / "h1" / skill)
    return tmp_path


def session(models: Path) -> Session:
    return open_session("h1", "empty", 1, models, Scripted)


def test_a_skill_that_was_never_calibrated_forbids_its_own_steps_alone(models: Path) -> None:
    (models / "h1" / "reaching" / FILE).unlink()
    outcome = session(models).run("raise your hands")
    assert outcome.refused and not outcome.steps
    assert "ability: nobody knows how often reaching of h1 works" in outcome.reason
    assert "`skillblend calibrate reaching --robot h1`" in outcome.reason
    assert session(models).run("turn left").success


def test_a_skill_that_the_robot_lacks_forbids_its_own_steps_alone(models: Path) -> None:
    shutil.rmtree(models / "h1" / "reaching")
    here = session(models)
    outcome = here.run("raise your hands")
    assert outcome.refused and "ability: h1 has no reaching, it has walking" in outcome.reason
    barred = {o.step.behaviour for o in outcome.decisions[0].options if o.reason.startswith(ABILITY)}
    assert "raise_hands" in barred and not barred & {"turn", "walk", "stand"}
    assert here.run("turn left").success


def test_nothing_is_held_against_a_robot_that_has_everything() -> None:
    here = open_session("h1", "workshop", 1, MODELS, Scripted)
    outcome = here.run("turn left")
    assert outcome.success
    assert not [o for d in outcome.decisions for o in d.options if ABILITY in o.reason]
