"""95% intervals of shares and means, from SciPy."""

from __future__ import annotations

import numpy as np

from skillblend.contracts import Array
from skillblend.errors import InputError


def wilson_interval(successes: int, total: int) -> tuple[float, float]:
    """95% Wilson score interval of a share; (0, 1) where nothing was tried.

    Raises:
        InputError: More successes than trials, or fewer than none.
    """
    if not 0 <= successes <= total:
        raise InputError(f"{successes} successes of {total} trials: count at least 0 and at most all of them")
    if total == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    found = binomtest(successes, total).proportion_ci(confidence_level=0.95, method="wilson")
    return float(found.low), float(found.high)


def bootstrap_interval(values: Array, seed: int = 0, draws: int = 2000) -> tuple[float, float]:
    """95% percentile bootstrap interval of the mean of `values` (E,); NaN where there are none."""
    if len(values) < 2:
        only = float(values[0]) if len(values) else float("nan")
        return only, only
    from scipy.stats import bootstrap

    rng = np.random.default_rng(seed)
    found = bootstrap((values,), np.mean, n_resamples=draws, method="percentile", rng=rng)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)
