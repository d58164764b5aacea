"""Intervals beside the formulas that they come from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillblend.errors import InputError
from skillblend.intervals import bootstrap_interval, wilson_interval


@given(total=st.integers(1, 2000), share=st.floats(0, 1))
def test_wilson_by_its_formula(total: int, share: float) -> None:
    successes = round(total * share)
    z, p = 1.959963985, successes / total  # Source: Wilson 1927, J. Am. Stat. Assoc. 22, p. 209
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    assert wilson_interval(successes, total) == pytest.approx((middle - half, middle + half), abs=1e-8)


def test_nothing_tried_tells_nothing_and_nonsense_is_named() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    for successes, total in ((3, 2), (-1, 2), (0, -1)):
        with pytest.raises(InputError, match="successes of"):
            wilson_interval(successes, total)


def test_the_bootstrap_is_the_one_of_published_figures(rng: np.random.Generator) -> None:
    """Percentiles of the means of 2000 samples with replacement, from the same random numbers."""
    for count in (2, 30, 100):
        values = rng.exponential(size=count)
        means = np.random.default_rng(3).choice(values, size=(2000, count)).mean(axis=1)
        assert bootstrap_interval(values, seed=3) == pytest.approx(
            tuple(np.percentile(means, [2.5, 97.5])), rel=1e-12
        )


def test_the_bootstrap_of_one_value_and_of_none() -> None:
    assert bootstrap_interval(np.array([0.3])) == (0.3, 0.3)
    assert np.isnan(bootstrap_interval(np.array([]))).all()
    assert bootstrap_interval(np.array([0.5, 0.5, 0.5])) == pytest.approx((0.5, 0.5))
