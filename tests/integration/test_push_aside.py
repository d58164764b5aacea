"""A parcel is pushed to a side along the table it lies on, by one hand, and stays there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from skillblend.behaviours import BEHAVIOURS
from skillblend.options import ground_options
from skillblend.session import Outcome
from skillblend.simulated import open_session

STARTS = ("", "red marker", "yellow marker", "green marker")
WAYS = [(name, side) for name in ("brown parcel", "blue parcel") for side in ("left", "right")]


def pushed(todo: Sequence[tuple[str, str]], begin_at: Sequence[str], seed: int, *, walk: bool) -> list[Outcome]:
    session = open_session(
        scene="storeroom", seed=seed, planner="value_only", episodes=range(len(todo)), begin_at=begin_at
    )
    known = {step.text: step for step in ground_options(session.scene)}
    plans = [[*([f"walk to the {o}"] if walk else []), f"push the {o} to the {side}"] for o, side in todo]
    return session.follow([[known[text] for text in plan] for plan in plans])


def test_a_parcel_is_pushed_to_either_side() -> None:
    outcomes = pushed(WAYS, [name for name, _ in WAYS], 5, walk=False)
    assert all(outcome.success and not outcome.falls for outcome in outcomes), [o.reason for o in outcomes]
    assert all("a hand pressed on" in o.steps[-1]["reason"] for o in outcomes)


@pytest.mark.parametrize(
    ("name", "side", "offset", "why"),
    [
        ("brown parcel", "left", 0.0, ""),
        ("brown parcel", "left", 0.55, "m are free left of the brown parcel, 0.23 needed"),
        ("wooden crate", "left", 0.0, "weighs 3.0 kg"),
    ],
)
def test_what_cannot_be_pushed_is_refused_with_the_figure(name: str, side: str, offset: float, why: str) -> None:
    session = open_session(scene="storeroom", seed=5, planner="value_only", begin_at=[name])
    situation = session.situation(0)
    thing = situation.things[name]
    assert thing.pose is not None
    pose = thing.pose.copy()
    pose[:, 1] += offset
    things = {**situation.things, name: replace(thing, pose=pose)}
    step = next(s for s in ground_options(session.scene) if s.text == f"push the {name} to the {side}")
    found = BEHAVIOURS["push_aside"].objection(step, replace(situation, things=things), session.stage.rules)
    assert (why in found) if why else found == ""


@pytest.mark.slow
def test_twenty_starts() -> None:
    """The figures go to docs/results.md."""
    todo = [way for way in WAYS for _ in range(20)]
    outcomes = pushed(todo, [STARTS[k % 4] for k in range(len(todo))], 7400, walk=True)
    for way in WAYS:
        mine = [o for o, asked in zip(outcomes, todo, strict=True) if asked == way]
        print(f"{way}: {sum(o.success for o in mine)} of 20, {sum(o.falls for o in mine)} falls")
        assert sum(o.success for o in mine) >= 18 and not any(o.falls for o in mine)
