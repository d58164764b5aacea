"""All options in one pass must score as they do one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from planners.prompt import TERMINATOR, build_prompt
from planners.scoring import OptionScorer, build_trie, tree_mask
from skillblend.contracts import SceneState, Step
from skillblend.errors import InputError
from skillblend.options import ground_options


def naive(model: Any, tokenizer: Any, prompt: str, options: Sequence[str]) -> list[float]:
    """Score every option in a forward pass of its own, without any cache."""
    sums: list[float] = []
    head = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    for option in options:
        tail = tokenizer(option + TERMINATOR, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([[*head, *tail]])).logits[0].float()
        table = torch.log_softmax(logits, -1)
        sums.append(sum(float(table[len(head) - 1 + i, token]) for i, token in enumerate(tail)))
    return sums


def test_trie_shares_beginnings_and_leaves_out_last_tokens() -> None:
    trie = build_trie([[1, 2, 3], [1, 2, 4, 9], [5, 9]])
    assert trie.tokens == [1, 2, 4, 5]
    assert trie.parents == [-1, 0, 1, -1]
    assert trie.depths == [0, 1, 2, 0]
    assert trie.paths == [[(-1, 1), (0, 2), (1, 3)], [(-1, 1), (0, 2), (1, 4), (2, 9)], [(-1, 5), (3, 9)]]


def test_a_node_sees_the_prompt_and_its_ancestors_only() -> None:
    trie = build_trie([[1, 2, 3], [1, 4, 3], [5, 3]])  # nodes: 1, 2 below 1, 4 below 1, 5
    mask = tree_mask(trie, cached=2, new=1).int().tolist()
    assert mask == [
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0, 1, 0],
        [1, 1, 1, 0, 0, 0, 1],
    ]


@pytest.mark.parametrize("prompt", ["x", "red, blue\nTask: go\n"])
def test_one_pass_equals_one_by_one(tiny: Any, tokenizer: Any, prompt: str) -> None:
    options = ["walk", "walk to", "walk to it", "done", "w"]
    scores = OptionScorer(tiny, tokenizer).log_probabilities(prompt, options)
    assert scores == pytest.approx(naive(tiny, tokenizer, prompt, options), abs=1e-4)


def test_the_cache_changes_nothing(tiny: Any, tokenizer: Any) -> None:
    options = ["walk", "walk to", "done"]
    warm = OptionScorer(tiny, tokenizer)
    for prompt in ("scene\nTask: a\n", "scene\nTask: a\nwalk\n", "scene\nTask: other\n", "else", "else"):
        cold = OptionScorer(tiny, tokenizer).log_probabilities(prompt, options)
        np.testing.assert_allclose(warm.log_probabilities(prompt, options), cold, atol=1e-4)


def test_a_forgotten_cache_changes_nothing(tiny: Any, tokenizer: Any) -> None:
    scorer = OptionScorer(tiny, tokenizer)
    first = scorer.log_probabilities("prompt", ["a", "b"])
    scorer.forget()
    np.testing.assert_array_equal(scorer.log_probabilities("prompt", ["a", "b"]), first)


def test_the_order_of_options_changes_nothing(tiny: Any, tokenizer: Any) -> None:
    options = ["walk", "walk to", "done", "refuse"]
    one = OptionScorer(tiny, tokenizer).probabilities("prompt", options)
    other = OptionScorer(tiny, tokenizer).probabilities("prompt", options[::-1])
    np.testing.assert_array_equal(one, other[::-1])


def test_probabilities_are_the_softmax(tiny: Any, tokenizer: Any) -> None:
    scorer = OptionScorer(tiny, tokenizer)
    logs = scorer.log_probabilities("prompt", ["a", "bc"])
    expected = np.exp(logs) / np.exp(logs).sum()
    np.testing.assert_allclose(scorer.probabilities("prompt", ["a", "bc"]), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("prompt", "options", "message"),
    [
        ("", ["a"], "prompt is empty"),
        ("p", [], "no options"),
        ("p", ["a", "b", "a"], "more than once"),
        ("p", ["a", " "], "one non-empty line"),
        ("p", ["a\nb"], "one non-empty line"),
    ],
)
def test_bad_input_is_named(tiny: Any, tokenizer: Any, prompt: str, options: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        OptionScorer(tiny, tokenizer).log_probabilities(prompt, options)


def test_a_prompt_of_too_many_tokens_is_named(tiny: Any, tokenizer: Any) -> None:
    scorer = OptionScorer(tiny, tokenizer, max_tokens=10)
    assert len(scorer.log_probabilities("x" * 10, ["a"])) == 1
    with pytest.raises(InputError, match="takes 11 tokens, allowed are 10; shorten the instruction"):
        scorer.log_probabilities("x" * 11, ["a"])


def test_the_longest_plain_instruction_fits_and_an_expanding_one_is_named(
    real: tuple[Any, Any], lab: SceneState
) -> None:
    options = [step.text for step in ground_options(lab)]
    scorer = OptionScorer(*real)
    plain = ("walk to the red marker and then press the button, " * 40)[:2000]
    assert scorer.probabilities(build_prompt(plain, lab, []), options).sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="shorten the instruction"):
        scorer.probabilities(build_prompt("\ufdfa" * 2000, lab, []), options)


def test_the_real_model_scores_alike(real: tuple[Any, Any], lab: SceneState) -> None:
    model, tokens = real
    options = [step.text for step in ground_options(lab)]
    scorer = OptionScorer(model, tokens)
    history: list[tuple[Step, bool]] = []
    scorer.log_probabilities(build_prompt("press the button", lab, history), options)
    history.append((Step(text="walk to the button", behaviour="walk_to", arguments=("button",)), True))
    prompt = build_prompt("press the button", lab, history)
    some = [0, 1, len(options) - 3, len(options) - 2]
    expected = naive(model, tokens, prompt, [options[i] for i in some])
    assert scorer.log_probabilities(prompt, options)[some] == pytest.approx(expected, abs=1e-4)
