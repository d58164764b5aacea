"""``skillblend train`` from the outside: what lies in the folder when it has ended."""

from __future__ import annotations

import json
from pathlib import Path

import imageio.v3 as iio
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from skillblend.bundle import read_config
from skillblend.cli import main


def trained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as done:
        main(["train", *arguments, "--threads", "1"])
    found = capsys.readouterr()
    assert done.value.code == 0, found.err
    return found.out


@pytest.mark.parametrize("what", ["skill", pytest.param("task", marks=pytest.mark.slow)])
def test_a_training_leaves_logs_card_curve_and_video(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    name, size = ("reaching", "64") if what == "skill" else ("far_reach", "48")
    arguments = (what, name, "--num-envs", size, "--evaluate", "2", "--out", str(tmp_path))
    out = trained(capsys, *arguments, "--steps", "5000" if what == "skill" else "1000")
    assert "2 unseen episodes: falls" in out and " s old" in out
    assert what == "skill" or "imitating the script first: round 1 of 3" in out
    bundle, run = tmp_path / "h1" / name, tmp_path / "h1" / f"{name}.training"
    assert json.loads((bundle / "evaluation.json").read_text())["episodes"] == 2
    assert "| 1 |" in (bundle / "card.md").read_text()
    assert (bundle / "curve.png").read_bytes().startswith(b"\x89PNG")
    if "no video" not in out:
        assert iio.imread(bundle / "evaluation.mp4").shape[0] >= 10
    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    assert {"episode/reward", "time/steps_per_second"} <= set(events.Tags()["scalars"])

    steps = read_config(bundle)["steps"]
    more = trained(capsys, *arguments, "--resume", "--steps", str(2 * steps + 100), "--evaluate", "0")
    assert f"the bundle that was there is in {run / 'earlier-1'}" in " ".join(more.split("\n"))
    assert read_config(run / "earlier-1")["steps"] == steps < read_config(bundle)["steps"]
    assert (run / "earlier-1" / "card.md").exists() and not (bundle / "card.md").exists()
