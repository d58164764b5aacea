"""Which of several things are not to be ruled out: split conformal prediction over what speaks for each.

A mention that fits several things gets a probability for each (a softmax over weighted cues, fitted); a thing stays
where its probability is at least a share of the best one's. The share is the finite-sample quantile of that ratio for
what was meant, over mentions that nothing was fitted on: so on mentions drawn likewise, what is meant stays with the
probability that was asked for. One that stays alone is taken; several are a question.

Source: the quantile and its guarantee, J. Lei et al., "Distribution-free predictive inference for regression"
(JASA 2018), theorem 2.2; asking where the set has several members, A. Ren et al., "Robots that ask for help"
(CoRL 2023).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from planners.grounding.context import CUES
from planners.grounding.grounder import FOLDER, WEIGHTS
from planners.weights import sha256_file
from skillblend.contracts import Array
from skillblend.errors import BundleError, InputError
from skillblend.files import json_text

FILE = "asking.json"
"""Beside the grounder."""


def quantile(scores: Sequence[float], coverage: float) -> float:
    """The score that a new one, drawn likewise, does not exceed with at least the probability `coverage`.

    It is the ceil((n + 1) coverage)-th smallest of n; infinite where there are too few.

    Raises:
        InputError: There are no scores, or the coverage is no probability between 0 and 1.
    """
    if not scores or not 0.0 < coverage < 1.0:
        raise InputError(f"coverage {coverage} of {len(scores)} scores; give one above 0 and below 1, and scores")
    rank = math.ceil((len(scores) + 1) * coverage)
    return math.inf if rank > len(scores) else float(np.sort(np.asarray(scores))[rank - 1])


@dataclass(frozen=True, kw_only=True)
class Asking:
    """When to ask which of several things is meant.

    Attributes:
        weights: Of `CUES`. Shape (len(CUES),).
        share: A thing stays where its probability is at least this share of the best one's.
    """

    weights: Array
    share: float

    def probabilities(self, cues: Array) -> Array:
        """Of each thing, by its cues. Shapes (K, len(CUES)) -> (K,)."""
        value = cues @ self.weights
        odds = np.exp(value - value.max())
        return odds / odds.sum()

    def staying(self, cues: Array) -> tuple[list[int], Array]:
        """Rows of `cues` (K, len(CUES)) that are not to be ruled out, and the probabilities (K,) of all."""
        p = self.probabilities(cues)
        return [k for k in range(len(p)) if ratio_score(p, k) <= 1.0 - self.share + 1e-9], p


def ratio_score(p: Array, k: int) -> float:
    """How much less likely `k` is than the best: 0 for the best, towards 1; the nonconformity score."""
    return 1.0 - float(p[k] / p.max())


def save_asking(asking: Asking, about: Mapping[str, Any], folder: Path = FOLDER) -> None:
    """Write `asking`, with what it was calibrated on, beside the head in `folder` that it belongs to."""
    from skillblend.files import atomic_write

    body = {
        "cues": list(CUES), "weights": [round(float(w), 6) for w in asking.weights], "share": round(asking.share, 6),
        "head": sha256_file(folder / WEIGHTS), **about,
    }  # fmt: skip
    atomic_write(folder / FILE, json_text(body | {"sha256": _digest(body)}, indent=2) + "\n")


def load_asking(folder: Path = FOLDER) -> Asking:
    """The shipped one.

    Raises:
        BundleError: It is missing, damaged, or belongs to another head.
    """
    path = folder / FILE
    again = "calibrate with `python -m planners.grounding.calibration`"
    try:
        body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if body.pop("sha256") != _digest(body):
            raise BundleError(f"{path} does not match its own SHA-256; restore it, or {again}")
        if body["head"] != sha256_file(folder / WEIGHTS) or tuple(body["cues"]) != CUES:
            raise BundleError(f"{path} was calibrated for another grounder than {folder / WEIGHTS}; {again}")
        weights, share = np.array(body["weights"], dtype=np.float64), float(body["share"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(f"cannot read {path}: {error!r}; restore it, or {again}") from error
    if weights.shape != (len(CUES),) or not np.isfinite(weights).all() or not 0.0 <= share <= 1.0:
        raise BundleError(f"{path} holds weights {weights.shape} and share {share}; restore it, or {again}")
    return Asking(weights=weights, share=share)


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json_text(body, sort_keys=True).encode()).hexdigest()
