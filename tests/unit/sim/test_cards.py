"""Cards are written from results, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.cards import write_task_card
from sim.publish import earlier_stages
from skillblend.bundle import write_bundle
from skillblend.errors import BundleError


def bundle(folder: Path, **config: Any) -> Path:
    tensors = {f"{net}.0.{part}": np.zeros((1, 1)[: 2 - k], np.float32) for net in ("actor", "critic")
               for k, part in enumerate(("weight", "bias"))}  # fmt: skip
    write_bundle(folder, tensors, {"steps": 1_000, "minutes": 1.5, "seed": 3, "commit": "abc", **config})
    return folder


def result(policy: str, success: float) -> dict[str, Any]:
    return {
        "task": "far_reach", "robot": "h1", "policy": policy, "episodes": 10, "seed": 7,
        "strict_success_rate": success, "strict_success_interval": (0.1, 0.9), "paper_success_rate": 0.25,
        "paper_success_interval": (0.2, 0.3), "paper_threshold": 0.05, "fall_rate": 0.0, "paper_error": 0.0234,
        "paper_error_interval": (0.01, 0.03), "commit": "def",
    }  # fmt: skip


def test_a_task_card_holds_every_policy_and_every_stage(tmp_path: Path) -> None:
    first = {"steps": 500, "minutes": 0.5, "seed": 1, "commit": "000"}
    folder = bundle(tmp_path / "far_reach", stages=[first])
    write_task_card(folder, [result("noop", 0.0), result("blender", 0.9)])
    card = (folder / "card.md").read_text()
    assert "| noop | 0.00 |" in card and "| blender | 0.90 |" in card and "0.0234" in card
    assert "| 0.25 | 0.2000 to 0.3000 |" in card and "episodes of 8 s" in card and "below 0.05 when" in card
    assert "| 1 | 0.5 | 500 | 1 | 000 |" in card and "| 2 | 1.5 | 1,000 | 3 | abc |" in card
    assert sorted(p.name for p in folder.iterdir()) == [
        "card.md",
        "config.json",
        "manifest.json",
        "policy.safetensors",
    ]


def test_no_card_without_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no bundle"):
        write_task_card(tmp_path / "far_reach", [result("noop", 0.0)])


def test_stages_accumulate_from_bundle_to_bundle(tmp_path: Path) -> None:
    first = bundle(tmp_path / "first")
    own = {"steps": 1_000, "minutes": 1.5, "seed": 3, "commit": "abc"}
    assert earlier_stages(None) == []
    assert earlier_stages(tmp_path) == []  # a checkpoint, not a bundle
    assert earlier_stages(first) == [own]
    assert earlier_stages(bundle(tmp_path / "second", stages=[own])) == [own, own]
