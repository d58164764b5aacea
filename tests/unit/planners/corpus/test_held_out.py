"""The frozen suites stay as they were written, and no training sentence has five words in a row of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from planners.corpus import generator, held_out
from planners.corpus.generator import sample_example, sample_scene
from planners.corpus.runs import read_instructions
from sim import scenes
from sim.scene_file import parse_scene
from skillblend.cases import parse_cases, read_file
from skillblend.options import ground_options

SUITES = [Path(__file__).resolve().parents[3] / "integration" / name for name in ("suite", "suite2")]
FILES = [file for suite in SUITES for file in sorted(suite.glob("*.json"))]
SHAPE = dict.fromkeys(("single", "nouns", "verbs", "structured", "crowd", "long"), 15)
SHAPE |= {"embodiment": 11, "refuse": 16, "ask": 8}


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_the_suite_is_frozen(suite: Path) -> None:
    lines = [line.split("  ") for line in (suite / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert sums == {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in suite.glob("*.json")}


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_the_suite_has_its_shape_and_means_something(suite: Path) -> None:
    counts: Counter[str] = Counter()
    for file in suite.glob("*.json"):
        place, entries = read_file(file)
        scene = scenes.load(place) if isinstance(place, str) else parse_scene(place, name="inline")
        steps = [step.text for step in ground_options(scene.state)]
        counts.update(case.category for case in parse_cases(entries, steps, scene.state.names, file))
    assert counts == SHAPE and sum(counts.values()) == 125


def test_hashes_are_those_of_the_suite() -> None:
    texts = [text for file in FILES for text in read_instructions(file)]
    assert json.loads(held_out.FILE.read_text())["phrases"] == held_out.marks_of(texts)
    assert all(held_out.is_held_out(text) for text in texts if len(text.split()) > 7)
    assert not held_out.is_held_out("walk to the shelf and touch it with your hand")


def test_the_generator_draws_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng([3, 1, 4])
    scene = sample_scene(rng)
    state = rng.bit_generator.state
    first = sample_example(rng, scene)
    rng.bit_generator.state = state
    monkeypatch.setattr(generator, "is_held_out", lambda text: text == first.instruction)
    assert sample_example(rng, scene).instruction != first.instruction
