"""What holds over turns: what is a rule, what contradicts, what is taken back."""

from __future__ import annotations

import pytest

from planners.oracle import ScriptScorer
from planners.planner import ScoredPlanner
from sim.scenes import load
from skillblend.safety.heeding import heed
from skillblend.safety.prohibitions import RULE
from skillblend.standing import MOST, StandingRule, StandingRules, rule_of

THINGS = load("storeroom").state.things


@pytest.mark.parametrize(
    ("line", "never", "after"),
    [
        ("always close the cabinet afterwards", "", "close the cabinet"),
        ("from now on close the cabinet when you are done", "", "close the cabinet"),
        ("from now on, always close the cabinet after each task", "", "close the cabinet"),
        ("never touch the metal table", "never touch the metal table", ""),
        ("from now on don't go near the shelf", "don't go near the shelf", ""),
        ("in future, stay away from the bin", "stay away from the bin", ""),
    ],
)
def test_rules(line: str, never: str, after: str) -> None:
    rule = rule_of(line)
    assert rule is not None and (rule.never, rule.after) == (never, after)


@pytest.mark.parametrize(
    "line",
    ["go to the shelf", "close the cabinet afterwards", "don't touch the table", "from now on", "forget it all"],
)
def test_what_is_none(line: str) -> None:
    assert rule_of(line) is None


def test_what_forbids_goes_along_and_conflicts_are_named() -> None:
    rules = StandingRules()
    assert rules.hear("Go to the shelf.", THINGS) is None and rules.apply("Go.") == "Go."
    assert str(rules.hear("Never touch the metal table!", THINGS)).startswith("from now on: never touch the metal")
    assert rules.apply("go to the shelf.") == "go to the shelf. never touch the metal table."
    assert "'touch the metal table' is against your rule" in rules.conflict("Touch the metal table, please.", THINGS)
    assert rules.conflict("walk to the metal table", THINGS) == ""
    assert rules.conflict("never touch the metal table", THINGS) == ""
    refused = f"{RULE}: 'never touch the metal table'"
    assert rules.named(refused).endswith("your rule 'never touch the metal table' holds")
    assert rules.named("no skill can do that here") == "no skill can do that here"


def test_a_decision_that_a_rule_held_back_is_named() -> None:
    scene = load("storeroom").state
    planner = heed(ScoredPlanner("toy", ScriptScorer(["touch the metal table"])))
    rules = StandingRules()
    rules.hear("never touch the metal table", THINGS)
    made = planner.decide(rules.apply("touch the metal table"), scene, (), {})
    assert rules.held_back(made).startswith(f"'touch the metal table': {RULE}")
    free = planner.decide("touch the metal table", scene, (), {})
    assert rules.held_back(free) == "" and free.chosen.step.text == "touch the metal table"
    own = planner.decide("touch the metal table, but never touch the metal table", scene, (), {})
    rules.hear("forget that", THINGS)
    assert rules.held_back(own) == "", "an instruction's own prohibition is no standing one"


def test_rules_that_contradict_are_not_taken() -> None:
    rules = StandingRules()
    rules.hear("never close the cabinet", THINGS)
    assert str(rules.hear("always close the cabinet afterwards", THINGS)).startswith("not taken: 'close the cabinet'")
    rules.hear("forget that", THINGS)
    rules.hear("always close the cabinet afterwards", THINGS)
    assert str(rules.hear("never close the cabinet", THINGS)).startswith("not taken")
    assert rules.after() == ["close the cabinet"] and len(rules.rules) == 1


def test_rules_are_taken_back() -> None:
    rules = StandingRules()
    assert rules.hear("forget that", THINGS) == "no rule holds"
    for line in ("never touch the shelf", "never touch the bin", "never kick the ball", "never touch the goal"):
        rules.hear(line, THINGS)
    assert rules.hear("never touch the shelf", THINGS) == "that holds already: never touch the shelf"
    assert rules.hear("forget rule 2", THINGS) == "forgotten: never touch the bin"
    assert rules.hear("forget the rule about the ball", THINGS) == "forgotten: never kick the ball"
    assert rules.hear("forget rule 9", THINGS) == "there is no such rule; `rules` lists them"
    assert rules.hear("forget that", THINGS) == "forgotten: never touch the goal"
    assert rules.lines() == ["  1. never touch the shelf"]
    assert rules.hear("forget all", THINGS) == "forgotten: never touch the shelf"


def test_there_are_not_endlessly_many() -> None:
    rules = StandingRules()
    rules.rules = [StandingRule(text=f"never {k}", never=f"never {k}") for k in range(MOST)]
    assert str(rules.hear("never touch the shelf", THINGS)).startswith(f"{MOST} rules hold already")
