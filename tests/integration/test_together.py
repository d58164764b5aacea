"""Twelve pairs of things at once, each asked for in a sentence and carried out from ten starts."""

from __future__ import annotations

import pytest

from skillblend.contracts import Step
from skillblend.intervals import wilson_interval
from skillblend.plan_run import PlanRun
from skillblend.session import Session
from skillblend.simulated import load_planner, open_session

PAIRS = {
    "raise your hands while you walk to the red marker": "raise both hands while you walk to the red marker",
    "walk to the blue marker while raising both hands": "walk to the blue marker while you raise both hands",
    "while walking to the shelf, raise your hands": "raise both hands while you walk to the shelf",
    "walk to the wooden table while keeping your hands up": "walk to the wooden table while you raise both hands",
    "raise your arms while going to the metal table": "raise both hands while you walk to the metal table",
    "raise both hands while you walk to the button": "raise both hands while you walk to the button",
    "walk to the box while holding your arms up": "walk to the box while you raise both hands",
    "turn left while raising your hands": "turn left while you raise both hands",
    "raise your hands while you turn right": "raise both hands while you turn right",
    "turn around and at the same time raise your arms": "turn around while you raise both hands",
    "walk backward one metre while raising both hands": "walk backward one metre while you raise both hands",
    "raise your hands while stepping to the left": "raise both hands while you step to the left",
}
STARTS = ("", "red marker", "blue marker", "shelf", "wooden table", "metal table", "button", "box", "", "")
SEED = 7


def planned(session: Session, instruction: str) -> Step | None:
    run = PlanRun(instruction)
    return run.take(session.decide(run))


@pytest.mark.slow
def test_twelve_pairs_from_ten_starts() -> None:
    planner, done, falls, total, read = load_planner(), 0, 0, 0, 0
    for instruction, text in PAIRS.items():
        step = planned(open_session(planner=lambda: planner, seed=SEED), instruction)
        found = "" if step is None else step.text
        print(f"{instruction!r}: {found or 'refused'}", flush=True)
        total += len(STARTS)
        if step is None or found != text:
            continue
        read += 1
        session = open_session(
            planner=lambda: planner, seed=SEED, episodes=tuple(range(len(STARTS))), begin_at=STARTS
        )
        outcomes = session.follow([[step]] * len(STARTS))
        done += sum(outcome.success for outcome in outcomes)
        falls += sum(outcome.falls for outcome in outcomes)
        for start, outcome in zip(STARTS, outcomes, strict=True):
            if not outcome.success:
                print(f"  from {start or 'the start'}: {outcome.reason} {outcome.fault}", flush=True)
    shares = [
        f"[{low:.1%}, {high:.1%}]" for low, high in (wilson_interval(done, total), wilson_interval(falls, total))
    ]
    print(f"read {read} of {len(PAIRS)}; done {done} of {total} {shares[0]}; falls {falls} {shares[1]}", flush=True)
    assert read == len(PAIRS) and done >= 0.9 * total and falls <= 0.02 * total
