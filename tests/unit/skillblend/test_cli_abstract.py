"""One can plan in a scene without poses, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillblend.cli import main
from skillblend.cli.run import Plan, first_decision


@pytest.fixture
def sketch(tmp_path: Path) -> str:
    path = tmp_path / "sketch.json"
    things = [{"name": "desk", "kind": "table"}, {"name": "parcel", "kind": "box", "on": "desk"}]
    path.write_text(json.dumps({"things": things}))
    return str(path)


def test_a_decision_is_made_among_the_options_of_the_sketch(sketch: str) -> None:
    decision = first_decision(Plan(words=("walk to the desk",), scene=sketch, planner="uniform"))
    texts = {option.step.text for option in decision.options}
    assert {"walk to the desk", "walk to the parcel", "touch the parcel", "done", "refuse"} <= texts


def test_a_run_is_refused_and_told_what_to_do(
    sketch: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as caught:
        main(["run", "walk to the desk", "--scene", sketch, "--no-video", "--out", str(out)])
    assert caught.value.code == 2
    assert "is abstract" in capsys.readouterr().err
    assert not out.exists()
