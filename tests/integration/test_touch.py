"""Touching is contact: every thing with a surface, in the scenes that ship, by the judge who sees the forces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from skillblend.options import ground_options
from skillblend.session import Outcome, Session
from skillblend.simulated import load_planner, open_session

TOUCHABLE = {
    "workshop": ("wooden table", "metal table", "shelf", "box"),
    "storeroom": ("wooden table", "metal table", "shelf", "brown parcel", "blue parcel"),
}


def session(scene: str, begin_at: Sequence[str], plan: Sequence[str] = ()) -> Session:
    gold = {"touch": plan} if plan else {}
    return open_session(
        scene=scene, seed=7, episodes=range(len(begin_at)), begin_at=begin_at,
        planner=(lambda: load_planner("oracle", gold)) if gold else "value_only",
    )  # fmt: skip


def touches(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [next(step for step in o.steps if step["behaviour"] == "touch") for o in outcomes]


def test_a_robot_before_a_thing_touches_it() -> None:
    names = TOUCHABLE["workshop"]
    robots = session("workshop", names)
    options = {step.text: step for step in ground_options(robots.scene)}
    outcomes = robots.follow([[options[f"touch the {name}"]] for name in names])
    for name, step in zip(names, touches(outcomes), strict=True):
        assert step["success"], step
        assert f"hand pressed on the {name} with up to" in step["reason"]


@pytest.mark.slow
@pytest.mark.parametrize(("scene", "name"), [(scene, name) for scene, names in TOUCHABLE.items() for name in names])
def test_twenty_starts(scene: str, name: str) -> None:
    """The figures go to docs/results.md; here, at most one in twenty misses and nobody falls."""
    outcomes = session(scene, [""] * 20, [f"walk to the {name}", f"touch the {name}"]).run_all(["touch"] * 20)
    done = [step["success"] for step in touches(outcomes)]
    print(f"{scene}, {name}: {sum(done)} of 20, {sum(o.falls for o in outcomes)} falls")
    assert sum(done) >= 19 and not any(o.falls for o in outcomes)


def test_what_no_hand_reaches_is_refused() -> None:
    """The crate stands on the floor: a standing robot that reaches for it falls."""
    outcome = session("storeroom", ["wooden crate"], ["touch the wooden crate"]).run_all(["touch"])[0]
    assert outcome.refused and not outcome.steps and not outcome.falls
