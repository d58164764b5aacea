"""A named foot is set on a marker, whichever way the robot comes, on every robot that walks."""

from __future__ import annotations

import pytest

from skillblend.options import ground_options
from skillblend.session import Outcome
from skillblend.simulated import open_session

MARKERS = {"workshop": ("red marker", "blue marker"), "storeroom": ("red marker", "yellow marker", "green marker")}


def stepped(robot: str, scene: str, seed: int, times: int) -> list[Outcome]:
    """Each foot on each marker from each start, `times` times."""
    names = MARKERS[scene]
    todo = [
        (name, foot, start)
        for name in names
        for foot in ("left", "right")
        for start in ("", *names)
        for _ in range(times)
    ]
    session = open_session(
        robot=robot, scene=scene, seed=seed, planner="value_only", episodes=range(len(todo)),
        begin_at=[start for *_, start in todo],
    )  # fmt: skip
    known = {step.text: step for step in ground_options(session.scene)}
    return session.follow([[known[f"step onto the {name} with the {foot} foot"]] for name, foot, _ in todo])


def test_a_foot_is_set_on_a_marker() -> None:
    outcomes = stepped("h1", "workshop", 5, 1)
    assert all(outcome.success and not outcome.falls for outcome in outcomes), [o.reason for o in outcomes]
    assert all("sole is" in outcome.steps[-1]["reason"] for outcome in outcomes)


@pytest.mark.slow
@pytest.mark.parametrize("scene", MARKERS)
@pytest.mark.parametrize("robot", ["h1", "g1", "h1_2"])
def test_many_starts(robot: str, scene: str) -> None:
    """The figures go to docs/results.md."""
    outcomes = stepped(robot, scene, 7600, 5)
    print(f"{robot} {scene}: {sum(o.success for o in outcomes)} of {len(outcomes)}")
    assert sum(outcome.success for outcome in outcomes) >= 0.95 * len(outcomes)
    assert not any(outcome.falls for outcome in outcomes)
