"""Log-probabilities of all options in one forward pass.

The prompt's keys and values stay in a cache between calls, and only tokens after the longest common prefix
are computed. The options hang below the prompt as a trie of tokens; a tree-shaped attention mask lets every
node see the prompt and its own ancestors, so shared beginnings are computed once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planners.prompt import TERMINATOR
from skillblend.contracts import Array
from skillblend.errors import InputError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, kw_only=True)
class TokenTrie:
    """Token sequences that share their beginnings, the last token of each left out.

    Attributes:
        tokens: Token of every node, parents before children. M of them.
        parents: Index of the parent node, -1 for the prompt's last token.
        depths: 0 for nodes right after the prompt.
        paths: For every sequence, (node that predicts it, token) pairs; node -1 is the prompt's last token.
    """

    tokens: list[int]
    parents: list[int]
    depths: list[int]
    paths: list[list[tuple[int, int]]]


def build_trie(sequences: Sequence[Sequence[int]]) -> TokenTrie:
    """The trie of `sequences`; their last tokens are only predicted, so they need no node."""
    tokens: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    paths: list[list[tuple[int, int]]] = []
    nodes: dict[tuple[int, int], int] = {}
    for sequence in sequences:
        node, path = -1, [(-1, sequence[0])]
        for depth, (token, following) in enumerate(zip(sequence[:-1], sequence[1:], strict=True)):
            key = (node, token)
            if key not in nodes:
                nodes[key] = len(tokens)
                tokens.append(token)
                parents.append(node)
                depths.append(depth)
            node = nodes[key]
            path.append((node, following))
        paths.append(path)
    return TokenTrie(tokens=tokens, parents=parents, depths=depths, paths=paths)


def tree_mask(trie: TokenTrie, cached: int, new: int) -> torch.Tensor:
    """Who may see whom: `new` prompt tokens after `cached` ones, then the trie.

    Returns:
        Boolean mask (new + M, cached + new + M).
    """
    import torch

    size = len(trie.tokens)
    mask = torch.zeros(new + size, cached + new + size, dtype=torch.bool)
    mask[:, :cached] = True
    mask[:new, cached : cached + new] = torch.ones(new, new).tril().bool()
    mask[new:, cached : cached + new] = True
    start = cached + new
    for node, parent in enumerate(trie.parents):
        if parent >= 0:
            mask[new + node, start:] = mask[new + parent, start:]
        mask[new + node, start + node] = True
    return mask


class OptionScorer:
    """Scores options as continuations of a prompt.

    Args:
        model: Any causal language model of transformers whose cache can be cropped.
        tokenizer: Its tokenizer.
        max_tokens: Longest prompt; it bounds time and memory, whatever somebody types.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, max_tokens: int = 1536) -> None:
        from transformers import DynamicCache

        self._max_tokens = max_tokens
        self._model: Any = model
        self._tokenizer: Any = tokenizer
        self._cache: Any = DynamicCache()
        self._cached: list[int] = []

    def log_probabilities(self, prompt: str, options: Sequence[str]) -> Array:
        """Sum of the log-probabilities of every option's tokens and its terminator. Shape (len(options),).

        Raises:
            InputError: No prompt or one of too many tokens, no options, an empty, repeated or many-lined option.
        """
        _check(prompt, options)
        tokens = self._encode(prompt)
        if len(tokens) > self._max_tokens:
            raise InputError(
                f"the prompt takes {len(tokens)} tokens, allowed are {self._max_tokens}; shorten the instruction "
                "or use plainer words"
            )
        order = sorted(range(len(options)), key=lambda index: options[index])
        trie = build_trie([self._encode(options[index] + TERMINATOR) for index in order])
        table = self._forward(tokens, trie)
        sums = np.empty(len(options))
        for index, path in zip(order, trie.paths, strict=True):
            sums[index] = sum(float(table[node + 1, token]) for node, token in path)
        return sums

    def probabilities(self, prompt: str, options: Sequence[str]) -> Array:
        """Softmax of `log_probabilities` over the options, whatever their order. Shape (len(options),)."""
        sums = self.log_probabilities(prompt, options)
        weights = np.exp(sums - sums.max())
        return weights / math.fsum(weights)

    def forget(self) -> None:
        """Drop the cache."""
        from transformers import DynamicCache

        self._cache, self._cached = DynamicCache(), []

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _forward(self, prompt: list[int], trie: TokenTrie) -> Array:
        """Log-probabilities (1 + M, vocabulary) after the prompt and after every node of `trie`."""
        import torch

        kept = _common_prefix(self._cached, prompt[:-1])
        if kept == 0:
            self.forget()
        else:
            self._drop(len(self._cached) - kept)
        self._cached = []  # an interrupted pass must not leave a cache that looks whole
        fresh = prompt[kept:]
        positions = [*range(kept, len(prompt)), *(len(prompt) + depth for depth in trie.depths)]
        visible = tree_mask(trie, kept, len(fresh))[None, None]
        dtype = self._model.dtype
        mask = torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min)
        with torch.inference_mode():
            logits = self._model(
                input_ids=torch.tensor([[*fresh, *trie.tokens]]),
                attention_mask=mask,
                position_ids=torch.tensor([positions]),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1 + len(trie.tokens),
            ).logits[0]
            table = torch.log_softmax(logits.float(), dim=-1).numpy()
        self._drop(len(trie.tokens))
        self._cached = prompt
        return table

    def _drop(self, count: int) -> None:
        """Remove the last `count` tokens from the cache."""
        if count > 0:
            self._cache.crop(-count)


def _common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _check(prompt: str, options: Sequence[str]) -> None:
    if not prompt:
        raise InputError("the prompt is empty; build it with planners.prompt.build_prompt")
    if not options:
        raise InputError("there are no options to score; give at least one")
    if len(set(options)) != len(options):
        twice = sorted({option for option in options if list(options).count(option) > 1})
        raise InputError(f"options must differ, but {twice} come more than once; give distinct object names")
    for option in options:
        if not option.strip() or TERMINATOR in option:
            raise InputError(f"option {option!r} must be one non-empty line")
