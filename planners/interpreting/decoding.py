"""Writes the most likely plan of a constrained language: lines that are options, one token after the other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planners.prompt import TERMINATOR
from skillblend.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Allowed = Callable[[Sequence[str]], Sequence[str]]
"""Lines that may follow the lines written so far."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written.

    Attributes:
        lines: Without terminators; the last one ends it.
        shares: Probability of each line among those that could stand in its place, token by token.
    """

    lines: tuple[str, ...]
    shares: tuple[float, ...]

    @property
    def probability(self) -> float:
        """Of all lines together."""
        return math.prod(self.shares)


class PlanWriter:
    """Writes lines with a causal language model.

    Args:
        model: Any causal language model of transformers.
        tokenizer: Its tokenizer.
        max_tokens: Longest page that is read.
        max_lines: After so many lines it is over.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        max_tokens: int = 1024,
        max_lines: int = 16,
    ) -> None:
        self._model: Any = model
        self._tokenizer: Any = tokenizer
        self._max_tokens = max_tokens
        self._max_lines = max_lines

    def write(self, page: str, allowed: Allowed, ends: Sequence[str]) -> Written:
        """The lines after `page`, greedily, up to one of `ends`.

        Raises:
            InputError: The page has too many tokens.
        """
        import torch
        from transformers import DynamicCache

        waiting = self._encode(page)  # tokens that the model has not seen yet: it is asked where there is a choice
        if len(waiting) > self._max_tokens:
            raise InputError(f"the request takes {len(waiting)} tokens, allowed are {self._max_tokens}; shorten it")
        cache: Any = DynamicCache()
        lines: list[str] = []
        shares: list[float] = []
        seen = 0
        with torch.inference_mode():
            while len(lines) < self._max_lines and not (lines and lines[-1] in ends):
                left: dict[str, list[int]] = {line: self._encode(line + TERMINATOR) for line in allowed(lines)}
                place, share = 0, 1.0
                while len(left) > 1:
                    choice = sorted({sequence[place] for sequence in left.values()})
                    best = 0
                    if len(choice) > 1:
                        logits = self._next(waiting, seen, cache)
                        seen, waiting = seen + len(waiting), []
                        weights = torch.softmax(logits[choice].double(), dim=0)
                        best = int(weights.argmax())
                        share *= float(weights[best])
                    left = {line: s for line, s in left.items() if s[place] == choice[best]}
                    waiting.append(choice[best])
                    place += 1
                line, sequence = next(iter(left.items()))
                waiting += sequence[place:]
                lines.append(line)
                shares.append(share)
        return Written(lines=tuple(lines), shares=tuple(shares))

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _next(self, tokens: Sequence[int], at: int, cache: Any) -> Any:
        """Logits after `tokens`, the first of which stands `at`. Shape (vocabulary,)."""
        import torch

        return (
            self._model(
                input_ids=torch.tensor([list(tokens)]),
                position_ids=torch.arange(at, at + len(tokens))[None],
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            .logits[0, -1]
            .float()
        )
