"""Where commands leave what they make: looked at before the work, never overwritten, with a line of progress."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from skillblend.cli import main
from skillblend.cli.output import check_file, check_folder, output_folder, progress_line
from skillblend.cli.paths import MODELS

Refused = Callable[..., str]


def test_where_results_go_is_looked_at_before_the_work(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> None:
        raise AssertionError("the work began")

    monkeypatch.setattr("skillblend.cli.instructions.load_planner", never)
    file = tmp_path / "instructions.json"
    file.write_text('{"scene": "workshop", "instructions": [{"instruction": "walk"}]}')
    message = refused("eval", "instructions", str(file), "--out", str(file / "report.json"))
    assert message.startswith(f"cannot write to {file}: ")
    message = refused("eval", "instructions", str(file), "--out", str(tmp_path))
    assert message == f"cannot write {tmp_path}: it is a folder; choose another --out"
    assert [p.name for p in tmp_path.iterdir()] == ["instructions.json"]


def test_probing_leaves_everything_as_it_was(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    check_file(tmp_path / "a" / "b.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError), output_folder(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyError), output_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "kept").touch()
        raise KeyError
    assert [p.name for p in tmp_path.rglob("*")] == ["a", "kept"]


def test_a_filmstrip_of_a_shipped_skill_is_drawn_beside_the_shipped_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (MODELS / "h1" / "walking" / "filmstrip.png").read_bytes()
    with pytest.raises(SystemExit) as caught:
        main(["filmstrip", "walking", "--seconds", "0.1"])
    err = capsys.readouterr().err
    if "MUJOCO_GL" in err:
        pytest.skip("this machine draws nothing")
    assert (caught.value.code, err) == (0, "")
    assert (tmp_path / "runs" / "filmstrips" / "h1" / "walking.png").stat().st_size > 0
    assert (MODELS / "h1" / "walking" / "filmstrip.png").read_bytes() == before


@pytest.mark.parametrize(("what", "name"), [("skill", "walking"), ("task", "far_reach")])
def test_a_card_that_cannot_be_written_is_refused_before_the_episodes(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, name: str
) -> None:
    shutil.copytree(MODELS / "h1", tmp_path / "h1")
    card = tmp_path / "h1" / name / "card.md"
    card.unlink()
    card.mkdir()
    monkeypatch.setattr(f"sim.evaluate.evaluate_{what}", lambda *a, **k: pytest.fail("it has worked for minutes"))
    assert "card.md: it is a folder" in refused("eval", what, name, "--card", "--models", str(tmp_path))


def test_nothing_that_took_time_is_overwritten(refused: Refused, tmp_path: Path) -> None:
    out = tmp_path / "models"
    shutil.copytree(MODELS / "h1" / "walking", out / "h1" / "walking")
    assert "holds a bundle already" in refused("train", "skill", "walking", "--out", str(out))
    starts = tmp_path / "starts.safetensors"
    starts.write_bytes(b"mine")
    assert "holds a file of start states already" in refused("starts", "walking", "--out", str(starts))
    assert starts.read_bytes() == b"mine"
    planner = tmp_path / "planner.training"
    planner.mkdir()
    (planner / "state.safetensors").write_bytes(b"mine")
    assert "holds an earlier run" in refused("train", "planner", "--out", str(tmp_path / "planner"))
    assert (planner / "state.safetensors").read_bytes() == b"mine"


def test_the_progress_line_shows_the_errors_that_were_measured() -> None:
    console = Console(record=True, width=40)  # a row is one line however narrow the place
    row = {"steps": 2e6, "steps_per_second": 900.0, "minutes_left": 1.0, "sum": 3.0, "count": 2.0}

    def errors(metrics: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with np.errstate(invalid="ignore"):
            return {"angle": metrics["sum"] / metrics["count"]}

    show = progress_line(console, errors)
    show(row)
    show(row | {"sum": 0.0, "count": 0.0})
    show({k: v for k, v in row.items() if k != "sum"})
    first, second, third = console.export_text().splitlines()
    assert "angle 1.5000" in first and "angle" not in second + third
