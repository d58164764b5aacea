"""Fit when to ask, and how sure that is: ``python -m planners.grounding.calibration``, a few minutes on one core."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from planners.grounding.conformal import Asking, quantile, ratio_score, save_asking
from planners.grounding.context import CUES
from planners.grounding.grounder import FOLDER, Grounder
from planners.grounding.persons import CARELESS, CONTEXTS, SHARES, People, Unclear
from planners.grounding.planner import ReadInstruction
from planners.grounding.pronouns import load_of
from planners.grounding.rewording import Rewording, Rewriter
from planners.prompt import normalise
from skillblend.contracts import Array
from skillblend.files import json_text

COVERAGE = 0.85
"""How often what is meant is to be among what stays."""

AGAINST = ("here, to go to",)
"""Cues that may speak against a thing."""


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A mention with what speaks for each thing that it fits.

    Attributes:
        cues: Shape (K, len(CUES)); None where a rule decided.
        meant: Which row is meant; -1 where it is none of them.
    """

    cues: Array | None
    meant: int


def takes(read: Rewording | ReadInstruction, said: Unclear) -> bool:
    """Whether what is meant was taken: it is named, or what the robot holds and the text speaks of it."""
    return said.means in read.named or (said.means == load_of(said.scene) and said.means.lower() in read.text)


class Listener:
    """Reads unclear instructions, and keeps the cues instead of ruling anything out."""

    def __init__(self, grounder: Grounder) -> None:
        self._cues: list[Array] = []
        self._rewriter = Rewriter(grounder, self._keep)

    def _keep(self, cues: Array) -> tuple[list[int], Array]:
        self._cues.append(cues)
        return list(range(len(cues))), np.full(len(cues), 1 / len(cues))

    def hear(self, said: Unclear) -> Weighed:
        """What speaks for what."""
        self._cues.clear()
        read = self._rewriter.read(normalise(said.instruction), said.scene)
        if not self._cues:
            return Weighed(cues=None, meant=0 if takes(read, said) else -1)
        meant = read.choices.index(said.means) if said.means in read.choices else -1
        return Weighed(cues=self._cues[0], meant=meant)


def fit_weights(heard: Sequence[Weighed], steps: int = 3000, rate: float = 1.0) -> Array:
    """Weights of the cues: the likeliest for what was meant, by projected gradient. Shape (len(CUES),).

    None but `AGAINST` may speak against a thing.
    """
    rows = [(h.cues, h.meant) for h in heard if h.cues is not None and h.meant >= 0]
    most = max(len(cues) for cues, _ in rows)
    x, there, meant = (
        np.zeros((len(rows), most, len(CUES))),
        np.zeros((len(rows), most), dtype=np.bool_),
        [0] * len(rows),
    )
    for i, (cues, k) in enumerate(rows):
        x[i, : len(cues)], there[i, : len(cues)], meant[i] = cues, True, k
    wanted = x[np.arange(len(rows)), meant].mean(0)
    least = np.array([-np.inf if cue in AGAINST else 0.0 for cue in CUES])
    weights = np.zeros(len(CUES))
    for _ in range(steps):
        value = np.where(there, x @ weights, -np.inf)
        p = np.exp(value - value.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        weights = np.maximum(weights + rate * (wanted - np.einsum("ik,ikc->c", p, x) / len(rows)), least)
    return weights


def scores_of(asking: Asking, heard: Sequence[Weighed]) -> list[float]:
    """Nonconformity of what was meant: infinite where it was never among what fits."""
    return [
        math.inf if h.meant < 0 else 0.0 if h.cues is None else ratio_score(asking.probabilities(h.cues), h.meant)
        for h in heard
    ]


def calibrate(grounder: Grounder, seed: int, fitted: int, held_out: int) -> tuple[Asking, dict[str, Any]]:
    """Weights from `fitted` instructions, the quantile from `held_out` others; and what to say about it."""
    listener = Listener(grounder)
    first, second = (People(np.random.default_rng([seed, k])) for k in range(2))
    weights = fit_weights([listener.hear(first.draw()) for _ in range(fitted)])
    free = Asking(weights=weights, share=0.0)
    score = quantile(scores_of(free, [listener.hear(second.draw()) for _ in range(held_out)]), COVERAGE)
    about = {
        "coverage": COVERAGE, "seed": seed, "fitted": fitted, "calibrated": held_out,
        "data": "planners.grounding.persons", "contexts": dict(zip(CONTEXTS, SHARES, strict=True)),
        "careless": CARELESS,
    }  # fmt: skip
    return Asking(weights=weights, share=max(0.0, 1.0 - score)), about


def main(folder: Path = FOLDER, seed: int = 0, fitted: int = 1500, held_out: int = 2000) -> None:
    """Calibrate for the head in `folder`, and write `asking.json` there.

    Args:
        folder: Of the grounder.
        seed: Of the generated instructions.
        fitted: Instructions that the weights are fitted on.
        held_out: Others, of which the quantile is taken.
    """
    asking, about = calibrate(Grounder.load(folder=folder), seed, fitted, held_out)
    save_asking(asking, about, folder)
    print(json_text({"weights": asking.weights.tolist(), "share": asking.share} | about))


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
