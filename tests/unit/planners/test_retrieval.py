"""Examples near an instruction: found by meaning, kept in a cache, never in the way of a decision."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from planners.retrieval import UNFAMILIAR, ExampleIndex, Neighbour, Support
from skillblend.contracts import Array


class LetterEncoder:
    """Sentences by their letters; counts what it embeds."""

    def __init__(self) -> None:
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> Array:
        """Unit vectors. Shape (len(texts), 26)."""
        self.embedded += len(texts)
        counts = np.array([[text.count(chr(97 + k)) for k in range(26)] for text in texts]) + 1e-9
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_an_example_is_nearest_to_itself() -> None:
    index = ExampleIndex(LetterEncoder(), count=30)
    wanted = index.nearest("press the button", 30)[17]
    found = index.support(wanted.instruction, 2)
    assert found.nearest[0].instruction == wanted.instruction
    assert found.familiarity == pytest.approx(1.0) and not found.unfamiliar
    assert found.nearest[0].plan[-1] in ("done", "refuse")
    assert json.loads(json.dumps(found.record()))["nearest"][0]["instruction"] == wanted.instruction


def test_what_is_far_from_everything_is_unfamiliar() -> None:
    far = Neighbour(similarity=UNFAMILIAR - 0.01, instruction="x", plan=("done",))
    assert Support(nearest=(far,)).unfamiliar
    assert Support(nearest=(far,)).record() == {
        "familiarity": far.similarity,
        "unfamiliar": True,
        "nearest": [{"similarity": far.similarity, "instruction": "x", "plan": ("done",)}],
    }


def test_examples_are_embedded_once(tmp_path: Path) -> None:
    first, second, third, other = (LetterEncoder() for _ in range(4))
    texts = [near.instruction for near in ExampleIndex(first, count=20, cache=tmp_path).nearest("turn left", 20)]
    again = ExampleIndex(second, count=20, cache=tmp_path).nearest("turn left", 20)
    assert [near.instruction for near in again] == texts
    assert (first.embedded, second.embedded) == (21, 1)
    ExampleIndex(other, count=20, seed=8, cache=tmp_path)
    assert other.embedded == 20  # other examples, other vectors
    for file in tmp_path.iterdir():
        file.write_bytes(b"")
    ExampleIndex(third, count=20, cache=tmp_path)
    assert third.embedded == 20
    assert not list(tmp_path.glob(".*"))


def test_a_cache_that_cannot_be_written_is_said_and_does_no_harm(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    index = ExampleIndex(LetterEncoder(), count=5, cache=tmp_path / "file")
    assert len(index.nearest("turn left", 5)) == 5
    assert "cannot keep" in caplog.text


def test_who_only_decides_loads_no_examples() -> None:
    modules = "sys, skillblend.cli.run, planners.variants, planners.language, planners.scoring"
    code = f"import {modules}; sys.exit('planners.retrieval' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
