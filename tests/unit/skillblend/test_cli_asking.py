"""`skillblend eval asking`: figures of what is read, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planners.retrieval import find_encoder
from skillblend.cli.asking import EvalAsking, eval_asking, read_unclear
from skillblend.errors import BundleError, InputError, UnknownNameError

ENTRY = {"scene": "workshop", "instruction": "touch the table", "means": "metal table", "context": ""}
DATA = Path(__file__).resolve().parents[3] / "planners" / "data" / "tuning"


def written(tmp_path: Path, *entries: Any, **more: Any) -> Path:
    path = tmp_path / "unclear.json"
    path.write_text(json.dumps({"scenes": {"workshop": "workshop"}, "instructions": list(entries)} | more))
    return path


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("touch", "needed is an object"),
        (ENTRY | {"instruction": " "}, "says something"),
        (ENTRY | {"context": "mood"}, "'context' among"),
        (ENTRY | {"scene": "attic"}, "attic"),
        (ENTRY | {"means": "stool"}, "stool"),
        (ENTRY | {"start": {"at": "stool"}}, "start: 'at'"),
    ],
)
def test_entries_that_mean_nothing(tmp_path: Path, entry: Any, why: str) -> None:
    with pytest.raises((InputError, UnknownNameError), match=why):
        read_unclear(written(tmp_path, entry))


def test_files_that_are_none(tmp_path: Path) -> None:
    for content in ("[]", "{", '{"scenes": {}, "instructions": []}', '{"scenes": 1, "instructions": [1]}'):
        path = tmp_path / "x.json"
        path.write_text(content)
        with pytest.raises(InputError, match="must be JSON with 'scenes' and 'instructions'"):
            read_unclear(path)
    with pytest.raises(InputError, match="nothing to measure"):
        eval_asking(EvalAsking(generated=0, out=tmp_path / "o.json"))
    with pytest.raises(InputError, match="seed"):
        EvalAsking(seed=0).load()


def test_the_shipped_file_has_sixty_and_more_in_three_scenes() -> None:
    found = read_unclear(DATA / "ambiguous.json")
    assert len(found) >= 60 and len({said.scene.names for said in found}) == 3


def test_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        find_encoder()
    except BundleError as error:
        pytest.skip(str(error))
    path = written(tmp_path, ENTRY, ENTRY | {"context": "here", "start": {"at": "metal table"}})
    clear = DATA / "field_kitchen.json"
    out = tmp_path / "o.json"
    assert eval_asking(EvalAsking(clear=(clear,), unclear=path, generated=20, json=True, out=out)) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["written"]["asked"] == 1 and found["written"]["covered"] == 2
    assert found["written"]["with_context"] == {"count": 1, "covered": 1, "asked": 0, "likeliest": 1}
    assert found["generated"]["count"] == 20 and found["clear"][str(clear)]["count"] == 16
    assert json.loads(out.read_text()) == found
