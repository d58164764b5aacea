"""Chance: every option is as likely to be chosen, whatever was asked and whatever can be done."""

from __future__ import annotations

import hashlib

import numpy as np

from planners.planner import Gold, Query, ScoredPlanner, Variant
from planners.prompt import build_prompt
from skillblend.contracts import Array


class ChanceScorer:
    """Shares drawn evenly from the simplex; the draw hangs on what is asked, so that a log can be replayed."""

    def probabilities(self, query: Query) -> Array:
        """Shape (K,)."""
        prompt = build_prompt(query.instruction, query.scene, query.history)
        seed = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).dirichlet(np.ones(len(query.steps)))


def load(gold: Gold) -> ScoredPlanner:
    """Needs no model."""
    del gold
    return ScoredPlanner("uniform", ChanceScorer(), value=False)


VARIANT = Variant(name="uniform", about="chance", load=load)
