"""Baselines without a language model: the option most like the instruction that has not been done yet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from planners.planner import Query
from planners.prompt import normalise
from skillblend.contracts import Array
from skillblend.options import DONE, REFUSE

EMPTY_WORDS = frozenset({"a", "an", "the", "to", "of", "and", "both"})


class SimilarityScorer:
    """Softmax over how like the instruction each option is; what has succeeded is not wanted again.

    Args:
        similarity: Of the instruction and each option's text. Shape (len(texts),).
        done, refuse: What an option's likeness is measured against: below `done` nothing is left to do, below
            `refuse` nothing here was meant.
        temperature: Of the softmax, in units of likeness.
    """

    def __init__(
        self,
        similarity: Callable[[str, Sequence[str]], Array],
        *,
        done: float,
        refuse: float,
        temperature: float = 0.05,
    ) -> None:
        self._similarity = similarity
        self._ends = {DONE.text: done, REFUSE.text: refuse}
        self._temperature = temperature

    def probabilities(self, query: Query) -> Array:
        """Shape (K,)."""
        likeness = self._similarity(query.instruction, query.texts).copy()
        finished = {step.text for step, ok in query.history if ok}
        for k, text in enumerate(query.texts):
            if text in self._ends:
                likeness[k] = self._ends[text]
            elif text in finished:
                likeness[k] = -1.0
        weights = np.exp((likeness - likeness.max()) / self._temperature)
        return weights / weights.sum()


def words(text: str) -> frozenset[str]:
    """The words of `text` that say something."""
    return frozenset(re.findall(r"[a-z]+", normalise(text))) - EMPTY_WORDS


def shared_words(instruction: str, texts: Sequence[str]) -> Array:
    """Share of each text's words that the instruction holds too. Shape (len(texts),), in [0, 1]."""
    said = words(instruction)
    return np.array([len(words(text) & said) / max(len(words(text)), 1) for text in texts])
