"""Takes an instruction for a list of options, word by word."""

from __future__ import annotations

import numpy as np

from planners.planner import Gold, Query, ScoredPlanner, Variant
from skillblend.contracts import Array
from skillblend.options import DONE, REFUSE


class EagerScorer:
    """All or nothing: the instruction's own sentences in order, then done."""

    def probabilities(self, query: Query) -> Array:
        """Shape (K,)."""
        wanted = [*query.instruction.split(", then "), DONE.text]
        done = [step.text for step, success in query.history if success]
        following = wanted[len(done)] if done == wanted[: len(done)] else DONE.text
        weights = np.array([float(text == following) + 1e-3 * (text == REFUSE.text) for text in query.texts])
        return weights / weights.sum()


def load(gold: Gold) -> ScoredPlanner:
    """Needs no model."""
    del gold
    return ScoredPlanner("eager", EagerScorer())


VARIANT = Variant(name="eager", about="takes sentences word by word", load=load)
