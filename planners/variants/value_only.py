"""Value alone: whatever the skills are surest of, never mind what was asked."""

from __future__ import annotations

import numpy as np

from planners.planner import Gold, Query, ScoredPlanner, Variant
from skillblend.contracts import Array
from skillblend.options import DONE, REFUSE

ENDING = 0.1
"""What ending is worth beside a step. Source: SayCan (arXiv:2204.01691), where terminating has a low fixed value."""


class EvenScorer:
    """The same for every step, little for ending."""

    def probabilities(self, query: Query) -> Array:
        """Shape (K,)."""
        weights = np.array([ENDING if step in (DONE, REFUSE) else 1.0 for step in query.steps])
        return weights / weights.sum()


def load(gold: Gold) -> ScoredPlanner:
    """Needs no model."""
    del gold
    return ScoredPlanner("value_only", EvenScorer())


VARIANT = Variant(name="value_only", about="value without language model", load=load)
