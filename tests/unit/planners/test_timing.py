"""What is timed is the same: options one by one and in one pass."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planners import timing
from planners.scoring import OptionScorer
from skillblend.errors import BundleError


def test_one_by_one_and_in_one_pass(tiny: Any, tokenizer: Any) -> None:
    options = ["walk", "walk to", "walk to it", "done"]
    apart = timing.one_by_one(tiny, tokenizer, "red\nTask: go\n", options)
    together = OptionScorer(tiny, tokenizer).probabilities("red\nTask: go\n", options)
    np.testing.assert_allclose(together, apart, atol=1e-6)


def test_a_planner_that_does_not_load_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_LOAD", "raise SystemExit('no weights')")
    with pytest.raises(BundleError, match="no weights"):
        timing._load_elsewhere()


@pytest.mark.slow
def test_the_bench_of_the_planner(tmp_path: Path) -> None:
    command = ["bench", "planner", "--loads", "1", "--json", "--out", str(tmp_path / "b.json")]
    done = subprocess.run([sys.executable, "-m", "skillblend.cli", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["difference"] <= 1e-4 and found["speedup"] >= 10 and found["options"] >= 27
