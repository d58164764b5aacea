"""Value functions of behaviours: what they know, how they are fitted, and that a bad one replaces nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skillblend.affordance import auroc, cross_fit, expected_calibration_error, sigmoid, worse
from skillblend.bundle import MANIFEST
from skillblend.contracts import Array, Step
from skillblend.errors import BundleError
from skillblend.options import ground_options
from skillblend.prospects import Prospects
from skillblend.simulated import open_session
from skillblend.values import FEATURES, describe, load_values, names, save_value, squared

WALK = Step(text="walk forward two metres", behaviour="walk", arguments=("forward", "2"))


def drawn(count: int) -> tuple[Array, Array]:
    """Rollouts that succeed with a probability that features and their squares tell."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(count, len(FEATURES)))
    p = sigmoid(1.0 + 2.0 * x[:, 1] - 1.5 * x[:, 4] ** 2)
    return x, (rng.random(count) < p).astype(np.float64)


def test_every_row_is_judged_by_a_model_that_has_not_seen_it() -> None:
    x, success = drawn(800)
    value, p = cross_fit("walk", squared(x), success, names=names())
    assert value.report["auroc"] == auroc(p, success) > 0.85
    assert value.report["ece"] == expected_calibration_error(p, success) < 0.06
    changed = success.copy()
    changed[5] = 1.0 - changed[5]
    other = cross_fit("walk", squared(x), changed, names=names())[1]
    assert other[5] == p[5] and other[13] == p[13] and other[6] != p[6]  # 5 and 13 are of one part


def test_a_worse_one_replaces_nothing() -> None:
    _, success = drawn(600)
    good = np.where(success > 0.5, 0.9, 0.1)
    assert worse(good, np.full(600, 0.5), success) == "" and worse(good, None, success) == ""
    assert "log loss" in worse(np.full(600, 0.5), good, success)
    assert "calibration error" in worse(1.0 - good, None, success)


def test_they_are_kept_with_their_hashes(tmp_path: Path) -> None:
    folder = tmp_path / "h1" / "values"
    assert load_values(tmp_path, "h1") == {}
    folder.mkdir(parents=True)
    x, success = drawn(200)
    for name in ("walk", "turn"):
        save_value(folder, cross_fit(name, squared(x), success, names=names())[0])
    found = load_values(tmp_path, "h1")
    assert sorted(found) == ["turn", "walk"] and set(json.loads((folder / MANIFEST).read_text())) == {
        "turn.json", "walk.json",
    }  # fmt: skip
    assert found["walk"](squared(x)).shape == (200,)
    (folder / "walk.json").write_text((folder / "walk.json").read_text().replace('"bias": ', '"bias": 1'))
    with pytest.raises(BundleError, match="walk"):
        load_values(tmp_path, "h1")


def test_what_is_known_before_a_step() -> None:
    session = open_session("h1", "workshop", 0, planner="uniform")
    steps = {step.text: step for step in ground_options(session.scene)}
    obs = session.cast.bridge.read()

    def row(step: Step) -> dict[str, float]:
        return dict(zip(FEATURES, describe(step, 0, session.stage, obs, 0.5), strict=True))

    ahead = row(WALK)
    assert ahead["critic"] == 0.0 and ahead["way"] == 2.0 and ahead["away"] == 0.0 and ahead["load"] == 0.0
    assert ahead["space"] == 1.0 > ahead["space ahead"] > 0.0  # the tables and the wall are near the way's end
    button = row(steps["walk to the button"])
    assert button["away"] == pytest.approx(2.735, abs=0.1) and button["askew"] < 0.05 and button["way"] > 2.0
    behind = row(steps["walk to the blue marker"])
    assert behind["askew"] > np.pi / 2

    class Certain:
        def __call__(self, features: Array) -> Array:
            return np.full(len(features), 0.25)

    prospects = Prospects(session.stage, session.cast.affordances, {"walk": Certain()})  # type: ignore[dict-item]
    found = prospects.of([WALK, steps["turn left"]], obs)
    assert (
        found[WALK.text] == 0.25 and found["turn left"] == prospects.critic_of([steps["turn left"]], obs)["turn left"]
    )
