"""The known plan of each instruction, replayed: the ceiling of what execution can reach."""

from __future__ import annotations

from planners.oracle import GoldScorer
from planners.planner import Gold, ScoredPlanner, Variant


def load(gold: Gold) -> ScoredPlanner:
    """Replays `gold`.

    Raises:
        InputError: There are no known plans.
    """
    return ScoredPlanner("oracle", GoldScorer(gold))


VARIANT = Variant(name="oracle", about="known plans, replayed", load=load, scripted=True)
