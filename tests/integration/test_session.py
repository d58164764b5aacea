"""Robots that carry out their instructions beside each other do what each does alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from planners.oracle import OraclePlanner
from skillblend.cli.paths import MODELS
from skillblend.contracts import Decision, SceneState, Step
from skillblend.errors import PlanError, ShapeError
from skillblend.options import DONE, ground_options
from skillblend.session import Hooks, Session
from skillblend.simulated import open_session
from skillblend.step_run import Phase

PLANS = {
    "left": ["turn left", "done"],
    "press": ["walk to the button", "press the button", "turn around", "done"],
    "hands": ["raise both hands", "walk backward half a metre", "done"],
    "shelf": ["walk to the shelf", "touch the shelf", "done"],
    "fly": ["refuse"],
}


class Scripted:
    """A plan for each instruction."""

    name = "scripted"

    def decide(
        self,
        instruction: str,
        scene: SceneState,
        history: Sequence[tuple[Step, bool]],
        affordances: Mapping[str, float],
    ) -> Decision:
        return OraclePlanner(PLANS[instruction]).decide(instruction, scene, history, affordances)


def session(count: int, hooks: Hooks | None = None) -> Session:
    given = None if hooks is None else lambda _: hooks
    return open_session("h1", "workshop", 4, MODELS, Scripted, episodes=range(count), hooks=given)


def test_robots_do_beside_each_other_what_each_does_alone() -> None:
    together = session(len(PLANS)).run_all(list(PLANS))
    for i, instruction in enumerate(PLANS):
        one = open_session("h1", "workshop", 4, MODELS, Scripted, episodes=[i])
        alone = one.run(instruction)
        for name in ("steps", "seconds", "success", "falls", "fault"):
            assert getattr(alone, name) == getattr(together[i], name), (instruction, name)
        assert alone.success or alone.refused, alone.steps
        assert [d.chosen for d in alone.decisions] == [d.chosen for d in together[i].decisions]
    assert [outcome.planner for outcome in together] == ["scripted"] * len(PLANS)


def test_what_becomes_of_a_robot_afterwards_is_not_its_instructions() -> None:
    """The first robot is done and then pushed over, while the second one still walks."""
    both = session(2)
    bridge: Any = both.cast.bridge

    def watch() -> None:
        if both.steps.over[0] and not both.steps.over[1]:
            bridge.sim.qvel[0, :3] += [0.2, 0.0, 0.0]

    both.hooks.watch = watch
    first, second = both.run_all(["left", "shelf"])
    assert bridge.fell.tolist() == [True, False]
    assert (first.success, first.falls, first.fault) == (True, 0, "")
    assert second.success


def test_a_session_takes_one_instruction_a_robot() -> None:
    with pytest.raises(ShapeError, match="2 instructions for 1 robots"):
        session(1).run_all(["left", "fly"])


def test_hooks_are_told_in_order_and_a_refusal_begins_nothing() -> None:
    told: list[str] = []
    hooks = Hooks(
        begun=lambda: told.append("begun"),
        decided=lambda i, decision, t: told.append(decision.chosen.step.text),
        judged=lambda i, entry: told.append(f"{entry['text']} {entry['success']}"),
    )
    assert session(1, hooks).run("fly").refused
    assert told == ["refuse"]
    told.clear()
    assert session(1, hooks).run("left").success
    assert told == ["turn left", "begun", "turn left True", "done"]


def test_a_stop_ends_the_step_and_the_robot_comes_to_rest() -> None:
    one = session(1)
    count = [0]

    def watch() -> None:
        count[0] += 1
        one.stop_requested = one.stop_requested or count[0] == 60

    one.hooks.watch = watch
    outcome = one.run("press")
    assert not outcome.success and outcome.reason == "stopped"
    assert [step["success"] for step in outcome.steps] == [False]
    assert outcome.seconds == pytest.approx(60 * one.stage.dt)
    one.stand()
    assert one.steps.phase.tolist() == [Phase.RESTING]
    assert not one.fallen and not one.fault


def test_steps_that_move_nothing_cannot_be_begun() -> None:
    one = session(1)
    with pytest.raises(PlanError, match="ends a plan"):
        one.steps.begin(0, DONE)


def test_a_step_is_given_up_at_its_limit_and_hands_stay_up() -> None:
    one = session(2)
    options = {step.text: step for step in ground_options(one.scene)}
    one.steps.begin(0, options["walk to the shelf"], limit=0.5)
    one.steps.begin(1, options["raise both hands"])
    for _ in range(round(4.0 / one.stage.dt)):
        one.guarded.send(one.steps.act(one.guarded.read()))
    assert one.steps.over.all()
    assert one.steps.finished.tolist() == [False, True]
    assert one.steps.phase.tolist() == [Phase.RESTING, Phase.KEEPING]
    hands = one.stage.skills.wrists()[:, :, 2].min(axis=1)
    assert hands[1] > 1.3 and hands[0] < 1.1
    one.steps.interrupt(1)
    assert one.steps.phase[1] == Phase.RESTING
    assert np.isfinite(one.steps.act(one.guarded.read())).all()
