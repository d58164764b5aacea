"""Pairs of instruction and plan as tokens, and the loss on the plans' lines.

Instructions that share a scene share its tokens too: they are computed once and attended to by all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from planners.corpus.generator import Example
from planners.prompt import FAILED, TERMINATOR, request_text

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""Label of tokens that are not to be predicted, as `torch.nn.functional.cross_entropy` has it."""


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """One instruction and its plan as tokens, after a scene that it shares.

    Attributes:
        scene: Index of its scene in the batch.
        tokens: Request and plan.
        labels: The tokens that are to be predicted, `IGNORED` elsewhere; same length.
    """

    scene: int
    tokens: list[int]
    labels: list[int]


def encode(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Token ids of `text`, nothing added."""
    return tokenizer(text, add_special_tokens=False)["input_ids"]  # type: ignore[return-value]


def encode_row(tokenizer: PreTrainedTokenizerBase, scene: int, example: Example) -> TrainingRow:
    """`example` as tokens with loss on its plan alone."""
    tokens = encode(tokenizer, request_text(example.instruction))
    labels = [IGNORED] * len(tokens)
    for line in example.lines:
        failed = line.endswith(FAILED)
        text = encode(tokenizer, line.removesuffix(FAILED))
        tail = encode(tokenizer, (FAILED if failed else "") + TERMINATOR)
        tokens += text + tail
        labels += text + ([IGNORED] * len(tail) if failed else tail)
    return TrainingRow(scene=scene, tokens=tokens, labels=labels)


def _pad(sequences: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    longest = max(len(sequence) for sequence in sequences)
    return torch.tensor([[*sequence, *[value] * (longest - len(sequence))] for sequence in sequences])


def batch_loss(model: Any, scenes: list[list[int]], rows: list[TrainingRow], group: int = 8) -> torch.Tensor:
    """Mean cross-entropy over all labelled tokens of `rows`; rows of like length go together."""
    from transformers import DynamicCache

    ids = _pad(scenes, 0)
    lengths = torch.tensor([len(scene) for scene in scenes])
    present = torch.arange(ids.shape[1])[None] < lengths[:, None]
    shared = model.model(ids, attention_mask=present.long(), use_cache=True).past_key_values
    order = sorted(rows, key=lambda row: len(row.tokens))
    total, count = torch.zeros(()), 0
    for start in range(0, len(order), group):
        part = order[start : start + group]
        index = torch.tensor([row.scene for row in part])
        cache = DynamicCache()
        for layer, kept in enumerate(shared.layers):
            cache.update(kept.keys[index], kept.values[index], layer)
        tokens = _pad([row.tokens for row in part], 0)
        labels = _pad([row.labels for row in part], IGNORED)
        mask = torch.cat([present[index], torch.ones_like(tokens, dtype=torch.bool)], 1)
        positions = lengths[index][:, None] + torch.arange(tokens.shape[1])[None]
        hidden = model.model(
            tokens, attention_mask=mask.long(), position_ids=positions, past_key_values=cache, use_cache=True
        ).last_hidden_state
        target = labels[:, 1:]
        chosen = target != IGNORED
        logits = model.lm_head(hidden[:, :-1][chosen])
        total = total + functional.cross_entropy(logits.float(), target[chosen], reduction="sum")
        count += int(chosen.sum())
    return total / max(count, 1)
