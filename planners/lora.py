"""Low-rank adapters: wrap, save, load and merge. Source: Hu et al. 2021, arXiv:2106.09685, eq. 3."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from skillblend.bundle import MANIFEST, replace_files
from skillblend.errors import BundleError
from skillblend.files import json_text

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
WEIGHTS, CONFIG, CARD = "adapter.safetensors", "config.json", "card.md"


class LowRankLinear(nn.Module):
    """A frozen linear layer plus a trainable low-rank term: ``W x + scale * B A x``."""

    def __init__(self, base: nn.Linear, rank: int, scale: float, generator: torch.Generator) -> None:
        super().__init__()
        self.base = base
        self.scale = scale
        down = torch.randn((rank, base.in_features), generator=generator) / rank**0.5
        self.down = nn.Parameter(down * 0.1)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output (..., out_features) for `x` (..., in_features)."""
        low = torch.nn.functional.linear(x, self.down)
        return self.base(x) + torch.nn.functional.linear(low, self.up * self.scale)


def _targets(model: nn.Module, first_block: int) -> Iterator[tuple[str, nn.Module, str, nn.Linear]]:
    """Dotted name, parent, attribute and layer of every linear layer that is adapted."""
    modules = cast("list[tuple[str, nn.Module]]", list(model.named_modules()))  # pyright: ignore
    for name, module in modules:
        parent, _, attribute = name.rpartition(".")
        block = re.search(r"\blayers\.(\d+)\.", name)
        if attribute in TARGETS and isinstance(module, nn.Linear) and block and int(block[1]) >= first_block:
            yield name, model.get_submodule(parent), attribute, module


def add_adapters(
    model: nn.Module, *, rank: int, scale: float, seed: int, first_block: int = 0
) -> dict[str, nn.Parameter]:
    """Freeze `model`, wrap its `TARGETS` from `first_block` on, and return the new parameters by name."""
    generator = torch.Generator().manual_seed(seed)
    model.requires_grad_(False)
    parameters: dict[str, nn.Parameter] = {}
    for name, parent, attribute, layer in _targets(model, first_block):
        wrapped = LowRankLinear(layer, rank, scale, generator)
        setattr(parent, attribute, wrapped)
        parameters[f"{name}.down"] = wrapped.down
        parameters[f"{name}.up"] = wrapped.up
    return parameters


def merge_adapter(model: nn.Module, weights: dict[str, torch.Tensor], *, scale: float, first_block: int = 0) -> None:
    """Add ``scale * B A`` to every layer of the plain `model` from `first_block` on, in place.

    Raises:
        BundleError: A layer of the model has no adapter, an adapter no layer, or the shapes differ.
    """
    expected: set[str] = set()
    for name, _, _, layer in _targets(model, first_block):
        keys = (f"{name}.down", f"{name}.up")
        expected.update(keys)
        if any(key not in weights for key in keys):
            raise BundleError(f"the adapter has nothing for layer {name}; it was made for another model")
        down, up = (weights[key].float() for key in keys)
        if down.shape != (up.shape[1], layer.in_features) or up.shape[0] != layer.out_features:
            raise BundleError(f"adapter shapes {tuple(up.shape)} x {tuple(down.shape)} do not fit {name}")
        with torch.no_grad():
            layer.weight += scale * (up @ down)
    if unknown := sorted(set(weights) - expected):
        raise BundleError(f"the adapter names layers that the model lacks: {unknown[:3]}")


def save_adapter(folder: Path, parameters: dict[str, nn.Parameter], config: dict[str, Any], card: str) -> None:
    """Write weights (float16), `config`, `card` and a SHA-256 manifest to `folder`, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.detach().to(torch.float16).contiguous() for name, value in parameters.items()}
    text = json_text(config, indent=2) + "\n"
    replace_files(folder, {WEIGHTS: save(tensors), CONFIG: text.encode(), CARD: card.encode()}, {})


def load_adapter(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Weights and config of the adapter in `folder`, after checking every digest.

    Raises:
        BundleError: A file is missing, altered or unreadable.
    """
    try:
        digests = _manifest(folder)
    except (OSError, ValueError, AttributeError) as error:
        raise BundleError(f"no readable {MANIFEST} in {folder}: {error}; train an adapter first") from error
    for name in (WEIGHTS, CONFIG, CARD):
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{path} is missing; restore the whole adapter folder")
        if digests.get(name) != _digest(path):
            raise BundleError(f"{path} does not match its SHA-256 in {MANIFEST}; restore the folder")
    try:
        weights = load_file(folder / WEIGHTS)
        config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (SafetensorError, json.JSONDecodeError) as error:
        raise BundleError(f"cannot read the adapter in {folder}: {error}") from error
    return weights, config


def _manifest(folder: Path) -> dict[str, str]:
    entries: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return {name: str(digest) for name, digest in entries.items()}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
