"""How long the shipped planner takes to load and to decide, beside scoring every option by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from planners.prompt import TERMINATOR, build_prompt
from skillblend.contracts import Array, SceneState, Step
from skillblend.errors import BundleError
from skillblend.options import ENDS_PLAN, ground_options

SENTENCES = (
    "walk to the red marker",
    "go over to the shelf and touch it",
    "turn left, then raise both hands",
    "first walk to the blue marker, then to the shelf",
    "make me a coffee",
    "take a step back and stand still for a while",
    "touch the wooden table with one hand please",
    "turn around and go to the metal table",
)
"""What is decided about: each from its beginning to its end, or three steps."""

_STEPS = 3
_NAIVE = 4
"""Decisions that are also scored option by option, which takes seconds each."""

_LOAD = (
    "import time; begun = time.perf_counter(); from planners.variants.saycan import VARIANT; VARIANT.load({}); "
    "print(time.perf_counter() - begun)"
)


class Narrator(Protocol):
    """Told how far the measurement is."""

    def __call__(self, text: str) -> None:
        """One line."""
        ...


def measure(scene: SceneState, *, loads: int = 3, tell: Narrator = lambda text: None) -> dict[str, Any]:
    """Seconds and ratios of the shipped planner in `scene`, in one run.

    Args:
        scene: Whose options are decided between.
        loads: Processes that load it anew; the conversion of its weights is there before the first.
        tell: Called with a line about what is being measured.

    Returns:
        ``load`` (s, median), ``decision`` with ``p50`` and ``p95`` (s), ``options``, ``naive`` (s, median, of
        scoring option by option), ``speedup`` (naive over one pass), ``difference`` (largest, of probabilities).

    Raises:
        BundleError: The language model or its adapter is missing, or a process that loads it has failed.
    """
    from planners.variants.saycan import load

    tell("the language model is loaded for the first time")
    planner = load({})
    tell(f"it is loaded in {loads} new processes")
    times = [_load_elsewhere() for _ in range(loads)]
    tell(f"{len(SENTENCES)} instructions are decided about")
    planner.decide(SENTENCES[0], scene, (), {})
    decisions = [seconds for text in SENTENCES for seconds in _decide(planner.decide, text, scene)]
    tell("some are scored option by option")
    naive, passes, difference = _compare(scene)
    return {
        "options": len(ground_options(scene)),
        "load": round(float(np.median(times)), 2),
        "decision": {f"p{p}": round(float(np.percentile(decisions, p)), 3) for p in (50, 95)}
        | {"of": len(decisions)},
        "naive": round(float(np.median(naive)), 2),
        "speedup": round(float(np.median(np.array(naive) / np.array(passes))), 1),
        "difference": float(f"{difference:.1e}"),
    }


def _load_elsewhere() -> float:
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True)
    if done.returncode:
        raise BundleError(f"loading the planner failed: {done.stderr.strip()[-300:]}")
    return float(done.stdout)


def _decide(decide: Callable[..., Any], text: str, scene: SceneState) -> list[float]:
    history: list[tuple[Step, bool]] = []
    seconds: list[float] = []
    for _ in range(_STEPS):
        begun = time.perf_counter()
        decision = decide(text, scene, history, {})
        seconds.append(time.perf_counter() - begun)
        if decision.chosen.reason == ENDS_PLAN:
            break
        history = [*history, (decision.chosen.step, True)]
    return seconds


def _compare(scene: SceneState) -> tuple[list[float], list[float], float]:
    """Seconds of scoring one by one and in one pass, and the largest difference of probabilities."""
    from planners.language import ADAPTER
    from planners.lora import load_adapter, merge_adapter
    from planners.scoring import OptionScorer
    from planners.weights import load_base

    model, tokenizer = load_base()
    weights, about = load_adapter(ADAPTER)
    merge_adapter(model, weights, scale=float(about["scale"]), first_block=int(about["first_block"]))
    scorer, options = OptionScorer(model, tokenizer), [step.text for step in ground_options(scene)]
    naive, passes, difference = list[float](), list[float](), 0.0
    for text in SENTENCES[:_NAIVE]:
        prompt = build_prompt(text, scene, ())
        begun = time.perf_counter()
        shown = scorer.probabilities(prompt, options)
        passes.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        expected = one_by_one(model, tokenizer, prompt, options)
        naive.append(time.perf_counter() - begun)
        difference = max(difference, float(np.abs(shown - expected).max()))
    return naive, passes, difference


def one_by_one(model: Any, tokenizer: Any, prompt: str, options: Sequence[str]) -> Array:
    """Probabilities of options, each scored in a forward pass of its own, without a cache. Shape (len(options),)."""
    import torch

    head: list[int] = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    sums = np.empty(len(options))
    for k, option in enumerate(options):
        tail: list[int] = tokenizer(option + TERMINATOR, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([[*head, *tail]])).logits[0].float()
        table = torch.log_softmax(logits, dim=-1)
        sums[k] = sum(float(table[len(head) - 1 + i, token]) for i, token in enumerate(tail))
    weights = np.exp(sums - sums.max())
    return weights / weights.sum()
