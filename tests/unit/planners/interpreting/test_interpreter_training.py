"""From a file of sentences to a batch and a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planners.interpreting import training
from planners.interpreting.batches import load_rows
from planners.retrieval import find_encoder
from planners.training import TrainConfig
from skillblend.errors import BundleError, InputError

LINES = """# comments and empty lines are left out

kitchen | - | be a dear and ring [that bell=bell] | press the bell
workshop | - | iron me a shirt | refuse
"""


def test_sentences_are_read_once_and_learnt_in_several_forms(tmp_path: Path, tokenizer: Any) -> None:
    try:
        find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    file, rows = tmp_path / "some.txt", tmp_path / "rows.json"
    file.write_text(LINES)
    told: list[tuple[int, int]] = []
    training.prepare(rows, [file], lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]
    kept = load_rows(rows)
    assert set(kept) == {"kitchen", "workshop"} and kept["workshop"][0].steps == ("refuse",)
    assert "be a dear and ring the bell" in kept["kitchen"][0].texts and "ring the bell" in kept["kitchen"][0].texts
    curriculum = training.curriculum(rows)
    config = TrainConfig(**{**training.DEFAULTS, "scenes": 2, "instructions": 3})
    pages, batch = curriculum.batch(tokenizer, config, 0)
    assert (len(pages), len(batch)) == (2, 6)
    card = curriculum.card(config, {"seconds": 120.0, "step": 5.0, "examples": 30.0, "average_loss": 0.25})
    assert "Data: 2 sentences" in card and "2.0 min" in card and "0.250" in card


def test_a_wrong_line_stops_it_before_anything_is_kept(tmp_path: Path) -> None:
    file, rows = tmp_path / "some.txt", tmp_path / "rows.json"
    file.write_text(LINES + "kitchen | - | fly | fly to the bell\n")
    with pytest.raises(InputError, match=r"some\.txt:5: 'fly to the bell' is no option"):
        training.prepare(rows, [file])
    assert not rows.exists()
