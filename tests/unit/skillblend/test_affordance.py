"""Affordances: the fit beside known models, the figures of merit beside cases counted by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillblend.affordance import (
    FEWEST_ROLLOUTS,
    FILE,
    WORST_ECE,
    Affordance,
    auroc,
    expected_calibration_error,
    fit,
    log_loss,
    objection,
    reaching_features,
    sigmoid,
    walking_features,
)
from skillblend.bundle import CONFIG, MANIFEST, WEIGHTS, read_config, write_bundle
from skillblend.cli.paths import MODELS
from skillblend.contracts import Array, GoalSpace, Observation
from skillblend.errors import BundleError, ShapeError
from skillblend.skills.spec import SKILLS


def make(**changes: object) -> Affordance:
    values: dict[str, object] = {
        "skill": "walking",
        "names": ("value", "tilt"),
        "mean": np.array([1.0, 0.0]),
        "scale": np.array([2.0, 0.5]),
        "weights": np.array([0.5, -1.0]),
        "bias": 0.25,
        "report": {"ece": 0.02, "auroc": 0.9},
    }
    return Affordance(**(values | changes))  # type: ignore[arg-type]


def test_sigmoid_by_hand() -> None:
    x = np.array([0.0, np.log(3.0), -np.log(3.0), 1e9, -1e9])
    with np.errstate(all="raise"):
        np.testing.assert_allclose(sigmoid(x), [0.5, 0.75, 0.25, 1.0, 0.0], atol=1e-15)


def test_probability_by_hand() -> None:
    # (3 - 1) / 2 * 0.5 - (0.25 - 0) / 0.5 * 1 + 0.25 = 0.25
    np.testing.assert_allclose(make()(np.array([[3.0, 0.25]])), [1 / (1 + np.exp(-0.25))])


@pytest.mark.parametrize("shape", [(2,), (1, 3), (1, 1, 2)])
def test_features_of_another_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"must be \(N, 2\): \('value', 'tilt'\)"):
        make()(np.zeros(shape))


def test_the_fit_recovers_a_known_logistic(rng: np.random.Generator) -> None:
    weights, bias = np.array([1.2, -2.0, 0.0, 0.4, -0.6]), 0.5
    features = rng.normal(size=(60_000, 5)) * [1.0, 0.5, 2.0, 3.0, 1.0] + [0.0, 0.2, 1.0, -1.0, 0.5]
    truth = sigmoid(features @ weights + bias)
    success = (rng.random(len(truth)) < truth).astype(np.float64)
    found = fit("walking", features, success, ridge=0.0)
    spread = (truth * (1 - truth))[:30_000, None]
    centred = features[:30_000] - (features[:30_000] * spread).sum(axis=0) / spread.sum()
    information = (centred * spread).T @ centred
    error = np.sqrt(np.diag(np.linalg.inv(information)))  # of a maximum-likelihood estimate (Cramer-Rao)
    assert (np.abs(found.weights / found.scale - weights) < 4 * error).all()
    assert error.max() < 0.04
    assert np.abs(found(features) - truth).mean() < 0.01
    assert found.report["ece"] < 0.02
    assert found.report["auroc"] == pytest.approx(auroc(truth[30_000:], success[30_000:]), abs=1e-3)
    assert found.report["success_rate"] == success[30_000:].mean()
    assert found.report["held_out"] == 30_000
    assert (found.skill, found.names) == ("walking", SKILLS["walking"].features)


def test_one_binary_feature_gives_the_frequencies() -> None:
    """Without a ridge, the maximum likelihood of a saturated model is the counted frequency."""
    column = np.tile([0.0] * 10 + [1.0] * 20, 2)
    success = np.tile([1.0] * 3 + [0.0] * 7 + [1.0] * 16 + [0.0] * 4, 2)
    features = np.zeros((60, 5))
    features[:, 0] = column
    found = fit("walking", features, success, ridge=0.0)
    probes = np.zeros((2, 5))
    probes[1, 0] = 1.0
    np.testing.assert_allclose(found(probes), [0.3, 0.8], atol=1e-6)
    assert found.report["ece"] == pytest.approx(0.0, abs=1e-6)


def test_the_ridge_is_at_its_minimum(rng: np.random.Generator) -> None:
    """The gradient of log-loss plus ridge vanishes at what was found; the bias is not penalised."""
    features = rng.normal(size=(400, 6))
    success = (rng.random(400) < sigmoid(features[:, 0])).astype(np.float64)
    found = fit("reaching", features, success, ridge=0.1)
    x = (features[:200] - found.mean) / found.scale
    residual = found(features[:200]) - success[:200]
    np.testing.assert_allclose(x.T @ residual + 0.1 * 200 * found.weights, 0.0, atol=1e-6)
    assert residual.sum() == pytest.approx(0.0, abs=1e-6)


def test_separable_successes_stay_finite() -> None:
    features = np.zeros((40, 5))
    features[:, 0] = np.tile([-1.0, 1.0], 20)
    found = fit("walking", features, (features[:, 0] > 0).astype(np.float64))
    p = found(features)
    assert np.isfinite(p).all()
    assert found.report["auroc"] == 1.0
    assert p[0] < 0.1 < 0.9 < p[1]


@pytest.mark.parametrize(
    ("p", "success", "expected"),
    [
        ([0.1, 0.1, 0.9, 0.9], [0, 1, 1, 1], 0.5 * 0.4 + 0.5 * 0.1),
        ([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0], 0.0),
        ([1.0, 0.0], [1, 0], 0.0),
        ([1.0, 0.0], [0, 1], 1.0),
        ([0.62, 0.68], [1, 0], 0.15),  # one bin: confidence 0.65, frequency 0.5
    ],
)
def test_calibration_error_by_hand(p: list[float], success: list[int], expected: float) -> None:
    assert expected_calibration_error(np.array(p), np.array(success, float)) == pytest.approx(expected)


def test_calibration_error_with_other_bins() -> None:
    p, success = np.array([0.1, 0.9]), np.array([1.0, 0.0])
    assert expected_calibration_error(p, success, bins=1) == pytest.approx(0.0)
    assert expected_calibration_error(p, success, bins=2) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("p", "success", "expected"),
    [
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
        ([0.1, 0.2, 0.8], [0, 0, 1], 1.0),
        ([0.9, 0.1], [0, 1], 0.0),
        ([0.5, 0.5, 0.5], [0, 1, 1], 0.5),
        ([0.5, 0.5, 0.7], [0, 1, 1], 0.75),
    ],
)
def test_auroc_by_hand(p: list[float], success: list[int], expected: float) -> None:
    assert auroc(np.array(p), np.array(success, float)) == pytest.approx(expected)


@pytest.mark.parametrize("success", [[0.0, 0.0], [1.0, 1.0]])
def test_auroc_needs_both_outcomes(success: list[float]) -> None:
    assert np.isnan(auroc(np.array([0.2, 0.8]), np.array(success)))


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2, max_size=12))
def test_auroc_counts_pairs(rows: list[tuple[float, bool]]) -> None:
    good, bad = [p for p, s in rows if s], [p for p, s in rows if not s]
    found = auroc(np.array([p for p, _ in rows]), np.array([float(s) for _, s in rows]))
    if good and bad:
        wins = sum((g > b) + 0.5 * (g == b) for g in good for b in bad)
        assert found == pytest.approx(wins / (len(good) * len(bad)))
    else:
        assert np.isnan(found)


def observation(n: int) -> Observation:
    return Observation(
        time=np.zeros(n),
        joint_position=np.zeros((n, 1)),
        joint_velocity=np.zeros((n, 1)),
        base_quaternion=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        base_angular_velocity=np.zeros((n, 3)),
    )


def tilted(angle: float) -> Array:
    """Gravity in a base that leans by `angle` (rad). Shape (1, 3)."""
    return np.array([[np.sin(angle), 0.0, -np.cos(angle)]])


def test_walking_features_by_hand() -> None:
    found = walking_features(
        np.array([[7.0]]), observation(1), np.array([[0.5, -0.2, 0.1]]), np.array([[0.3, 0.4, 0.1]]), tilted(0.3)
    )
    np.testing.assert_allclose(found, [[7.0, 0.3, 0.5, 0.8, 0.2 + 0.6]])
    assert found.shape[1] == len(SKILLS["walking"].features)


def test_reaching_features_by_hand() -> None:
    space = GoalSpace(names=("g",) * 6, units=("m",) * 6, lower=np.full(6, -1.0), upper=np.full(6, 1.0))
    goal = np.array([[0.3, 0.0, 1.2, 0.0, 0.0, -1.1], [5.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    wrists = np.zeros((2, 2, 3))
    wrists[0, 0] = [0.3, 0.3, 0.8]  # 0.5 m from its goal; the right one 1.1 m
    found = reaching_features(
        np.array([[7.0], [8.0]]),
        goal,
        wrists,
        space,
        np.array([[0.3, 0.4, 9.0], [0.0, 0.0, 0.0]]),
        np.concatenate([tilted(0.2), tilted(0.0)]),
        np.array([True, False]),
    )
    # Outside and distance saturate at 1 m and 1.5 m.
    expected = [[7.0, 0.3, 1.1, 0.2, 0.5, 1.0], [8.0, 1.0, 1.5, 0.0, 0.0, 0.0]]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found.shape[1] == len(SKILLS["reaching"].features)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle without an affordance."""
    folder = tmp_path / "walking"
    write_bundle(folder, {"actor.0.weight": np.zeros((1, 1), np.float32)}, {"skill": "walking"})
    return folder


def whole(**changes: object) -> Affordance:
    """One with the features of walking."""
    values = {
        "names": SKILLS["walking"].features,
        "mean": np.zeros(5),
        "scale": np.ones(5),
        "weights": np.arange(5.0),
    }
    return make(**(values | changes))


def test_round_trip(bundle: Path, rng: np.random.Generator) -> None:
    written = whole(weights=rng.normal(size=5), bias=float(rng.normal()))
    written.save(bundle)
    assert sorted(p.name for p in bundle.iterdir()) == sorted([FILE, CONFIG, MANIFEST, WEIGHTS])
    found = Affordance.load(bundle, "walking")
    x = rng.normal(size=(5, 5))
    np.testing.assert_array_equal(found(x), written(x))
    assert (found.skill, found.names, found.report) == (written.skill, written.names, written.report)
    assert read_config(bundle)["skill"] == "walking"  # the rest of the bundle is as it was


def test_a_changed_file_is_noticed(bundle: Path) -> None:
    whole().save(bundle)
    data = json.loads((bundle / FILE).read_text())
    (bundle / FILE).write_text(json.dumps(data | {"bias": 30.0}))
    with pytest.raises(BundleError, match=f"{bundle / FILE} has SHA-256"):
        Affordance.load(bundle, "walking")


def test_a_file_that_the_manifest_does_not_name(bundle: Path) -> None:
    whole().save(bundle)
    text = (bundle / FILE).read_text()
    write_bundle(bundle, {"actor.0.weight": np.ones((1, 1), np.float32)}, {"skill": "walking"})
    assert not (bundle / FILE).exists()  # it was of other weights
    (bundle / FILE).write_text(text)
    with pytest.raises(BundleError, match="its manifest says None"):
        Affordance.load(bundle, "walking")


def test_no_bundle_to_save_into(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not a complete bundle"):
        whole().save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_features_of_another_number_or_skill(tmp_path: Path, bundle: Path) -> None:
    make().save(bundle)
    with pytest.raises(
        BundleError, match=f"{bundle / FILE} is no affordance: features .*'tilt'.* of walking, needed"
    ):
        Affordance.load(bundle, "walking")
    whole().save(bundle)
    with pytest.raises(
        BundleError, match=f"{bundle / FILE} is no affordance: features .* of walking, needed: .*reach"
    ):
        Affordance.load(bundle, "reaching")


@pytest.mark.parametrize("changes", [{"bias": float("nan")}, {"scale": np.zeros(5)}, {"mean": np.full(5, np.inf)}])
def test_numbers_that_are_none(bundle: Path, changes: dict[str, object]) -> None:
    whole(**changes).save(bundle)
    with pytest.raises(BundleError, match="must be finite, and scale positive"):
        Affordance.load(bundle, "walking")


def parsed(text: str) -> Affordance:
    return Affordance.parse(text, "walking", Path("models") / FILE)


def text_of(bundle: Path) -> dict[str, Any]:
    whole().save(bundle)
    return json.loads((bundle / FILE).read_text())


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", '{"skill": "walking"}'])
def test_a_malformed_file(text: str) -> None:
    with pytest.raises(
        BundleError, match="models/affordance.json is no affordance.*run `skillblend calibrate walking`"
    ):
        parsed(text)


@pytest.mark.parametrize("key", ["skill", "names", "mean", "scale", "weights", "bias", "report"])
def test_a_missing_or_senseless_entry(bundle: Path, key: str) -> None:
    data = text_of(bundle)
    with pytest.raises(BundleError, match=f"no affordance: '{key}'"):
        parsed(json.dumps({k: v for k, v in data.items() if k != key}))
    if key in ("mean", "scale", "weights", "bias"):
        with pytest.raises(BundleError, match="no affordance: (could not convert|names, mean, scale and weights)"):
            parsed(json.dumps(data | {key: "much"}))
        if key != "bias":
            with pytest.raises(BundleError, match="no affordance: could not convert"):
                parsed(json.dumps(data | {key: ["much"] * len(data["names"])}))


def test_a_missing_file(bundle: Path) -> None:
    with pytest.raises(BundleError, match="no affordance.json in .*run `skillblend calibrate walking --robot ROBOT`"):
        Affordance.load(bundle, "walking")


def rollouts(n: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 5), and outcomes that follow the first of them."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 5))
    return features, (rng.random(n) < 1.0 / (1.0 + np.exp(-2.0 * features[:, 0]))).astype(float)


def test_what_was_fitted_on_little_does_not_replace_what_was_fitted_on_much() -> None:
    good, bad = fit("walking", *rollouts(3000, 1)), fit("walking", *rollouts(30, 2))
    features, success = rollouts(400)
    assert objection(good, bad, features, success) == ""
    assert objection(good, good, features, success) == ""
    assert objection(fit("walking", *rollouts(3000, 3)), good, features, success) == ""
    why = objection(bad, good, features, success)
    assert why.startswith("it predicts worse than the affordance that is there: log loss ")
    assert why.endswith(" on the same 400 held-out rollouts")


def test_without_a_rival_the_calibration_error_decides() -> None:
    features, success = rollouts(400)
    assert objection(fit("walking", *rollouts(3000, 1)), None, features, success) == ""
    wrong = objection(fit("walking", *rollouts(3000, 1)), None, features, 1.0 - success)
    assert wrong.startswith("its calibration error is 0.") and wrong.endswith(f", more than {WORST_ECE}")


def test_few_rollouts_judge_nothing() -> None:
    features, success = rollouts(30)
    why = objection(fit("walking", *rollouts(3000)), None, features, success)
    assert why == f"30 held-out rollouts are too few to judge it by; make {FEWEST_ROLLOUTS} or more in all"


def test_log_loss_by_hand() -> None:
    found = log_loss(np.array([0.5, 0.25, 0.25, 0.0]), np.array([1.0, 1.0, 0.0, 1.0]))
    assert found == pytest.approx(-np.log([0.5, 0.25, 0.75, 1e-6]))


@pytest.mark.parametrize(("outcome", "expected"), [(1.0, 41 / 42), (0.0, 1 / 42)])
def test_one_outcome_alone_gives_one_probability(rng: np.random.Generator, outcome: float, expected: float) -> None:
    found = fit("walking", rng.normal(size=(80, 5)), np.full(80, outcome))
    np.testing.assert_allclose(found(rng.normal(size=(4, 5))), expected)
    assert np.isnan(found.report["auroc"])


def test_the_shipped_affordances_say_what_they_said() -> None:
    """At a state of each that hangs in the balance, as computed before scikit-learn fitted them."""
    walking, reaching = (Affordance.load(MODELS / "h1" / name, name) for name in ("walking", "reaching"))
    probes = np.array([[2.0, 0.02, 0.1, 0.4, 0.3]]), np.array([[2.0, 0.1, 0.3, 0.02, 0.1, 0.0]])
    np.testing.assert_allclose(walking(probes[0]), [0.2334393], atol=1e-7)
    np.testing.assert_allclose(reaching(probes[1]), [0.36943891], atol=1e-7)


def test_using_an_affordance_takes_no_scikit_learn() -> None:
    code = (
        "import sys, numpy as np; from pathlib import Path; from skillblend.affordance import Affordance\n"
        f"Affordance.load(Path({str(MODELS / 'h1' / 'walking')!r}), 'walking')(np.zeros((1, 5)))\n"
        "print({'sklearn', 'scipy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
