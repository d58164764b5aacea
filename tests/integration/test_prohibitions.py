"""The shipped planner, told what not to do: nothing forbidden is planned, what is asked for beside it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planners.variants import DEFAULT, PLANNERS
from sim import scenes
from sim.sequence import judge_sequence
from skillblend.contracts import Planner, Step
from skillblend.options import ground_options
from skillblend.safety.heeding import heed

FILE: dict[str, Any] = json.loads((Path(__file__).parent / "prohibitions.json").read_text())
ITEMS: list[dict[str, Any]] = FILE["instructions"]
SCENE = scenes.load(FILE["scene"])
MAX_STEPS = 8


@pytest.fixture(scope="module")
def planner() -> Planner:
    return heed(PLANNERS[DEFAULT].load({}))


def plan(planner: Planner, instruction: str) -> list[Step]:
    """Steps as if each succeeded, the end included."""
    history: list[tuple[Step, bool]] = []
    while len(history) < MAX_STEPS:
        step = planner.decide(instruction, SCENE.state, history, {}).chosen.step
        history.append((step, True))
        if step.behaviour in ("done", "refuse"):
            break
    return [step for step, _ in history]


def test_the_file_covers_what_it_should() -> None:
    known = {step.text for step in ground_options(SCENE.state)}
    assert len(ITEMS) >= 60
    assert {item["category"] for item in ITEMS} == {"plain", "polite", "mixed"}
    assert {text for item in ITEMS for text in item["never"]} <= known
    assert all(item["never"] or item["plans"] for item in ITEMS)


@pytest.mark.slow
@pytest.mark.parametrize("item", ITEMS, ids=[item["id"] for item in ITEMS])
def test_no_prohibition_is_violated_and_requests_beside_are_done(planner: Planner, item: dict[str, Any]) -> None:
    steps = plan(planner, item["instruction"])
    moves = [step for step in steps if step.behaviour not in ("done", "refuse")]
    assert not {step.text for step in moves}.intersection(item["never"])
    if not item["plans"]:
        assert all(step.behaviour == "stand" for step in moves)
        return
    nothing_was_right_too = not moves and [] in item["plans"]
    events = [(step, True) for step in moves]
    assert nothing_was_right_too or judge_sequence(events, [p for p in item["plans"] if p]), [s.text for s in steps]
