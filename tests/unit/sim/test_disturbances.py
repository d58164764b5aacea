"""Disturbed robots: a thing is moved or taken, a robot is set down elsewhere, a step is broken off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.bridge import MujocoBridge
from sim.disturbances import BROKEN_OFF, LEAST, MOST, Disturber
from skillblend.cli.instructions import EvalInstructions, eval_instructions
from skillblend.contracts import Step
from skillblend.errors import InputError
from skillblend.session import Session
from skillblend.simulated import open_session

BALL = Step(text="walk to the ball", behaviour="walk_to", arguments=("ball",))
TABLE = Step(text="walk to the metal table", behaviour="walk_to", arguments=("metal table",))


def disturbed(kind: str) -> tuple[Session, MujocoBridge, Disturber]:
    session = open_session("h1", "storeroom", 2, planner="uniform", episodes=(0, 1))
    bridge = session.cast.bridge
    assert isinstance(bridge, MujocoBridge)
    disturber = Disturber(kind, bridge, 2, [0, 1])
    disturber.session = session
    return session, bridge, disturber


def ball(bridge: MujocoBridge, i: int) -> np.ndarray:
    pose = bridge.things.thing("ball").pose
    assert pose is not None
    return pose[i, :2].copy()


@pytest.mark.parametrize("kind", ["moved", "taken"])
def test_the_thing_of_the_first_step_is_elsewhere(kind: str) -> None:
    _, bridge, disturber = disturbed(kind)
    before = [ball(bridge, i) for i in (0, 1)]
    disturber.decided(0, TABLE)
    assert disturber.done == ["", ""]  # a table is fixed
    disturber.decided(0, BALL)
    away = float(np.linalg.norm(ball(bridge, 0) - before[0]))
    assert LEAST <= away <= MOST if kind == "moved" else away > 20.0
    assert kind in disturber.done[0] and np.array_equal(ball(bridge, 1), before[1])
    there = ball(bridge, 0)
    disturber.decided(0, BALL)
    disturber.judged(0)
    assert np.array_equal(ball(bridge, 0), there)  # once


def test_a_robot_is_set_down_elsewhere_and_stands() -> None:
    session, bridge, disturber = disturbed("displaced")
    before = session.stage.perception.poses().copy()
    disturber.judged(1)
    after = session.stage.perception.poses()
    assert LEAST <= np.linalg.norm(after[1, :2] - before[1, :2]) <= MOST and np.array_equal(after[0], before[0])
    session.stand(1.0)
    assert not bridge.fell.any()


def test_a_step_is_broken_off_once() -> None:
    session, _, disturber = disturbed("failed")
    session.cast.witness.begin(0, TABLE)
    session.steps.begin(0, TABLE)
    for _ in range(round(BROKEN_OFF / session.stage.dt) + 1):
        session._tick()
        disturber.watch()
    assert session.steps.over[0] and not session.steps.finished[0] and disturber.done == ["step broken off", ""]


def test_what_cannot_be_done_is_refused() -> None:
    _, bridge, _ = disturbed("none")
    with pytest.raises(InputError, match="displaced"):
        Disturber("kicked", bridge, 0, [0, 1])
    with pytest.raises(InputError, match="fixed"):
        bridge.move(0, "shelf", np.zeros(2))


@pytest.mark.parametrize("how", ["moved", "taken"])
def test_things_that_stand_fast_cannot_be_disturbed(how: str, tmp_path: Path) -> None:
    """A table of undisturbed runs under the name of disturbed ones would say nothing."""
    path = tmp_path / "fast.json"
    path.write_text('{"scene": "workshop", "instructions": [{"id": "a", "instruction": "go to the shelf", '
                    '"goals": [{"sequence": ["at(shelf)"]}]}]}')  # fmt: skip
    with pytest.raises(
        InputError, match=f"--disturb {how} is about things that can be moved, and 'workshop' has none"
    ):
        eval_instructions(EvalInstructions(file=path, disturb=how, out=tmp_path / "out.json"))  # type: ignore[arg-type]
