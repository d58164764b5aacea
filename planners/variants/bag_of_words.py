"""The option that shares most words with the instruction, times value."""

from __future__ import annotations

from planners.planner import Gold, ScoredPlanner, Variant
from planners.similarity import SimilarityScorer, shared_words


def load(gold: Gold) -> ScoredPlanner:
    """Needs no model."""
    del gold
    return ScoredPlanner("bag_of_words", SimilarityScorer(shared_words, done=0.6, refuse=0.35))


VARIANT = Variant(name="bag_of_words", about="shared words times value", load=load)
