"""`skillblend calibrate` from outside: what it saves, and where, and what it leaves alone."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skillblend.affordance import Affordance
from skillblend.cli import main
from skillblend.cli.paths import MODELS

Call = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def calibrate(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command in an empty folder; its exit code and its JSON."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, dict[str, Any]]:
        with pytest.raises(SystemExit) as caught:
            main(["calibrate", "walking", "--json", *arguments])
        found = capsys.readouterr()
        return int(caught.value.code or 0), json.loads(found.out, parse_constant=pytest.fail) if found.out else {
            "error": found.err
        }

    return call


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_few_rollouts_replace_nothing(calibrate: Call, tmp_path: Path) -> None:
    shutil.copytree(MODELS / "h1" / "walking", tmp_path / "m" / "h1" / "walking")
    before = digests(tmp_path / "m" / "h1" / "walking")
    code, found = calibrate("--models", "m", "--rollouts", "60")
    assert code == 1 and found["saved"] is None
    assert found["objection"].startswith("not saved: 30 held-out rollouts are too few")
    assert digests(tmp_path / "m" / "h1" / "walking") == before
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


@pytest.mark.slow
def test_force_saves_all_the_same_and_the_bundle_stays_whole(calibrate: Call, tmp_path: Path) -> None:
    shutil.copytree(MODELS / "h1" / "walking", tmp_path / "m" / "h1" / "walking")
    code, found = calibrate("--models", "m", "--rollouts", "60", "--force")
    assert (code, found["saved"]) == (0, "m/h1/walking/affordance.json")
    assert Affordance.load(tmp_path / "m" / "h1" / "walking", "walking").report["held_out"] == 30.0


@pytest.mark.slow
def test_the_shipped_bundle_is_left_alone_unless_it_is_named(calibrate: Call, tmp_path: Path) -> None:
    before = digests(MODELS / "h1" / "walking")
    code, found = calibrate("--rollouts", "500")
    assert (code, found["saved"]) == (0, "runs/models/h1/walking/affordance.json"), found
    assert digests(MODELS / "h1" / "walking") == before
    made = digests(tmp_path / "runs" / "models" / "h1" / "walking")
    assert {n for n in before if before[n] != made[n]} == {"affordance.json", "manifest.json", "reliability.png"}
    assert Affordance.load(tmp_path / "runs" / "models" / "h1" / "walking", "walking").report["held_out"] == 250.0


def test_a_target_with_other_weights_is_refused_before_the_work(calibrate: Call, tmp_path: Path) -> None:
    other = tmp_path / "runs" / "models" / "h1"
    shutil.copytree(MODELS / "h1" / "reaching", other / "walking")
    before = digests(other / "walking")
    code, found = calibrate("--rollouts", "100000")
    assert code == 2 and "runs/models/h1/walking holds other weights than " in found["error"]
    assert digests(other / "walking") == before


@pytest.mark.parametrize("rollouts", ["0", "-1", "19", "100001"])
def test_senseless_numbers_of_rollouts(calibrate: Call, rollouts: str) -> None:
    code, found = calibrate("--rollouts", rollouts)
    assert code == 2
    assert found["error"] == f"skillblend: rollouts = {rollouts} must be a whole number between 20 and 100000\n"
