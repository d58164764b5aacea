"""Affordances: calibrated P(success | skill, goal, state) from a skill's own critic and what the state offers.

A logistic model over a few features, fitted on rollouts of the frozen skill. The features use
estimates only, so the same numbers come out on hardware.

Source: the value function as affordance, Ahn et al., "Do as I can, not as I say", arXiv 2204.01691; the
expected calibration error after Guo et al., "On calibration of modern neural networks", ICML 2017.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.bundle import add_to_bundle, read_config, read_from_bundle
from skillblend.contracts import Array, GoalSpace, Observation
from skillblend.errors import BundleError, ShapeError
from skillblend.files import json_text
from skillblend.skills.spec import SKILLS

FILE = "affordance.json"

FEWEST_ROLLOUTS = 500
"""Below that, an affordance is too uncertain to be saved: half of them judge it, spread over ten bins."""

WORST_ECE = 0.15
"""Calibration error above which an affordance is not saved where there is none to compare it with."""

_SURE = 1e-6
"""Probabilities are kept so far from 0 and 1 when their logarithms are taken."""


def calibration(skill: str, robot: str) -> str:
    """The command that fits an affordance."""
    return f"skillblend calibrate {skill} --robot {robot}"


def sigmoid(x: Array) -> Array:
    """Logistic function."""
    return 1.0 / (1.0 + np.exp(-np.clip(x, -40, 40)))


@dataclass(frozen=True, kw_only=True)
class Affordance:
    """P(success | features) of one skill.

    Attributes:
        skill: Whose.
        names: Features, F of them.
        mean, scale: Standardisation. Shape (F,).
        weights: Of the standardised features. Shape (F,).
        bias: Logit at the mean.
        report: ECE, AUROC and sizes on held-out rollouts.
    """

    skill: str
    names: tuple[str, ...]
    mean: Array
    scale: Array
    weights: Array
    bias: float
    report: Mapping[str, float]

    def __call__(self, features: Array) -> Array:
        """Probabilities (N,) of features (N, F).

        Raises:
            ShapeError: Wrong number of columns.
        """
        if features.ndim != 2 or features.shape[1] != len(self.names):
            raise ShapeError(f"features {features.shape} must be (N, {len(self.names)}): {self.names}")
        return sigmoid((features - self.mean) / self.scale @ self.weights + self.bias)

    def save(self, folder: Path) -> None:
        """Write into a bundle and its manifest, both or neither.

        Raises:
            BundleError: There is no bundle.
        """
        add_to_bundle(folder, FILE, self.text())

    def text(self) -> bytes:
        """As JSON."""
        data: dict[str, Any] = {
            "skill": self.skill, "names": self.names, "mean": self.mean.tolist(),
            "scale": self.scale.tolist(), "weights": self.weights.tolist(), "bias": self.bias,
            "report": dict(self.report),
        }  # fmt: skip
        return (json_text(data, indent=1) + "\n").encode()

    @staticmethod
    def load(folder: Path, skill: str) -> Affordance:
        """Read the affordance of `skill` from its bundle.

        Raises:
            BundleError: Missing, changed since it was calibrated, malformed, or of other features.
        """
        if not (folder / FILE).exists():
            robot = str(read_config(folder).get("robot", "ROBOT"))
            raise BundleError(f"no {FILE} in {folder}; run `{calibration(skill, robot)}`")
        return Affordance.parse(read_from_bundle(folder, FILE), skill, folder / FILE)

    @staticmethod
    def parse(text: str | bytes, skill: str, source: Path, names: Sequence[str] | None = None) -> Affordance:
        """The affordance of `skill` from its JSON; `source` is what messages call it.

        Args:
            text: The JSON.
            skill: Of what it must be.
            source: For messages.
            names: Of the features that it must have; those of the skill by default.

        Raises:
            BundleError: Malformed, or of another skill or other features.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            if not len(data["names"]) == len(data["mean"]) == len(data["scale"]) == len(data["weights"]):
                raise ValueError("names, mean, scale and weights differ in length")
            needed = SKILLS[skill].features if names is None else tuple(names)
            if data["skill"] != skill or tuple(data["names"]) != needed:
                raise ValueError(f"features {data['names']} of {data['skill']}, needed: {needed} of {skill}")
            found = Affordance(
                skill=skill,
                names=tuple(data["names"]),
                mean=np.array(data["mean"], dtype=np.float64),
                scale=np.array(data["scale"], dtype=np.float64),
                weights=np.array(data["weights"], dtype=np.float64),
                bias=float(np.array(data["bias"], dtype=np.float64)),
                report={name: np.nan if value is None else value for name, value in data["report"].items()},
            )
            numbers = np.concatenate([found.mean, found.scale, found.weights, [found.bias]])
            if not np.isfinite(numbers).all() or not (found.scale > 0).all():
                raise ValueError("mean, scale, weights and bias must be finite, and scale positive")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleError(
                f"{source} is no affordance: {error}; run `skillblend calibrate {skill}` for its robot"
            ) from error
        return found


def walking_features(value: Array, obs: Observation, goal: Array, average: Array, gravity: Array) -> Array:
    """Features (N, 5): value, tilt (rad), speed (m/s), command size, distance of the command from now."""
    del obs
    tilt = np.arcsin(np.clip(np.linalg.norm(gravity[:, :2], axis=1), 0, 1))
    speed = np.linalg.norm(average[:, :2], axis=1)
    change = np.abs(goal - average).sum(axis=1)
    return np.stack([value[:, 0], tilt, speed, np.abs(goal).sum(axis=1), change], axis=1)


def reaching_features(
    value: Array,
    goal: Array,
    wrists: Array,
    space: GoalSpace,
    average: Array,
    gravity: Array,
    stepping: Array,
) -> Array:
    """Features (N, 6): value, how far the goal lies outside the goal space (m), distance, tilt, speed, stepping."""
    outside = np.abs(goal - space.clip(goal)).sum(axis=1)
    distance = np.linalg.norm(goal.reshape(-1, 2, 3) - wrists, axis=2).max(axis=1)
    tilt = np.arcsin(np.clip(np.linalg.norm(gravity[:, :2], axis=1), 0, 1))
    speed = np.linalg.norm(average[:, :2], axis=1)
    columns = [value[:, 0], np.minimum(outside, 1.0), np.minimum(distance, 1.5), tilt, speed, stepping]
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)


def fit(
    skill: str, features: Array, success: Array, *, ridge: float = 1e-3, names: Sequence[str] | None = None
) -> Affordance:
    """Logistic regression on the first half of the rows, judged on the second.

    Where all of the first half succeeded, or all failed, nothing can be told from the features: it is the same
    probability everywhere, by Laplace's rule of succession.

    Args:
        skill: Whose.
        features: Shape (M, F).
        success: Shape (M,), 0 or 1.
        ridge: Regularisation of the weights, for each row; the bias is not regularised.
        names: Of the features; those of the skill by default.
    """
    half = len(features) // 2
    mean, scale = features[:half].mean(axis=0), features[:half].std(axis=0) + 1e-9
    x = (features - mean) / scale
    weights, bias = _logistic(x[:half], success[:half], ridge * half)
    p = sigmoid(x[half:] @ weights + bias)
    report = {
        "ece": expected_calibration_error(p, success[half:]),
        "auroc": auroc(p, success[half:]),
        "success_rate": float(success[half:].mean()),
        "held_out": float(len(features) - half),
    }
    return Affordance(
        skill=skill,
        names=SKILLS[skill].features if names is None else tuple(names),
        mean=mean,
        scale=scale,
        weights=weights,
        bias=bias,
        report=report,
    )


def cross_fit(
    name: str, features: Array, success: Array, *, names: Sequence[str], ridge: float = 1.0, folds: int = 8
) -> tuple[Affordance, Array]:
    """Logistic regression on all rows, judged row by row by models that have not seen the row.

    Args:
        name: Whose.
        features: Shape (M, F).
        success: Shape (M,), 0 or 1.
        names: Of the features.
        ridge: Regularisation of the weights, in all; the bias is not regularised.
        folds: Parts that are left out in turn; row k is in part k modulo `folds`.

    Returns:
        The model of all rows, and for each row what the model without its part said. Shape (M,).
    """
    part = np.arange(len(success)) % folds
    p = np.empty(len(success))
    for k in range(folds):
        model = _model(name, features[part != k], success[part != k], names, ridge, {})
        p[part == k] = model(features[part == k])
    report = {
        "ece": expected_calibration_error(p, success),
        "auroc": auroc(p, success),
        "success_rate": float(success.mean()),
        "held_out": float(len(success)),
    }
    return _model(name, features, success, names, ridge, report), p


def _model(
    name: str, features: Array, success: Array, names: Sequence[str], ridge: float, report: Mapping[str, float]
) -> Affordance:
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    weights, bias = _logistic((features - mean) / scale, success, ridge)
    return Affordance(
        skill=name, names=tuple(names), mean=mean, scale=scale, weights=weights, bias=bias, report=report
    )


def _logistic(x: Array, success: Array, ridge: float) -> tuple[Array, float]:
    """Weights (F,) and bias that minimise log loss of `success` (M,) on `x` (M, F) plus half of `ridge` w^2."""
    from sklearn.linear_model import LogisticRegression

    count, good = len(success), float(success.sum())
    if good in (0.0, count):
        return np.zeros_like(x[0]), math.log((good + 1) / (count - good + 1))
    strength, solver = (1.0 / ridge, "newton-cholesky") if ridge > 0 else (np.inf, "lbfgs")
    model = LogisticRegression(C=strength, solver=solver, tol=1e-10, max_iter=200)
    model.fit(x, success > 0.5)
    return np.asarray(model.coef_[0], dtype=np.float64), float(model.intercept_[0])


def objection(new: Affordance, old: Affordance | None, features: Array, success: Array) -> str:
    """Why `new` should not take the place of `old`, or be saved where there is none; empty where it may.

    Both are judged by their log loss on the same rollouts, which `new` has not been fitted on: it is worse if it
    loses by more than two standard errors of the difference.

    Args:
        new: Just fitted.
        old: What is there, if anything.
        features: Of held-out rollouts. Shape (M, F).
        success: Their outcomes, 0 or 1. Shape (M,).
    """
    if 2 * len(success) < FEWEST_ROLLOUTS:
        return f"{len(success)} held-out rollouts are too few to judge it by; make {FEWEST_ROLLOUTS} or more in all"
    return worse(new(features), None if old is None else old(features), success)


def worse(new: Array, old: Array | None, success: Array) -> str:
    """Why what predicts `new` (M,) of `success` (M,) should not replace what predicts `old`; empty where it may."""
    found = expected_calibration_error(new, success)
    if old is None:
        return f"its calibration error is {found:.2f}, more than {WORST_ECE}" if found > WORST_ECE else ""
    mine, theirs = log_loss(new, success), log_loss(old, success)
    difference = mine - theirs
    if difference.mean() <= 2.0 * difference.std() / np.sqrt(len(difference)):
        return ""
    before = expected_calibration_error(old, success)
    return (
        f"it predicts worse than the affordance that is there: log loss {mine.mean():.3f} instead of "
        f"{theirs.mean():.3f}, calibration error {found:.2f} instead of {before:.2f}, on the same "
        f"{len(success)} held-out rollouts"
    )


def log_loss(p: Array, success: Array) -> Array:
    """-log of the probability that `p` (M,) gave to what happened (M,): the smaller, the better. Shape (M,)."""
    right = np.where(success > 0.5, p, 1.0 - p)
    return -np.log(np.clip(right, _SURE, 1.0))


def expected_calibration_error(p: Array, success: Array, bins: int = 10) -> float:
    """Mean |confidence - frequency| over equally wide bins, weighted by their size; scikit-learn has none."""
    index = np.minimum((p * bins).astype(np.int64), bins - 1)
    total = 0.0
    for b in range(bins):
        inside = index == b
        if inside.any():
            total += inside.mean() * abs(p[inside].mean() - success[inside].mean())
    return float(total)


def auroc(p: Array, success: Array) -> float:
    """Probability that a random success scores above a random failure; NaN where one is missing."""
    from sklearn.metrics import roc_auc_score

    if len(set((success > 0.5).tolist())) < 2:
        return float("nan")
    return float(roc_auc_score(success > 0.5, p))
