"""``skillblend list`` names what there is, and ``--version`` says which skillblend it is."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest

import robots
from sim import scenes
from sim.scene import Scene
from sim.things.model import Stand
from skillblend.cli import main
from skillblend.cli.listing import LISTED


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    assert caught.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("what", LISTED)
def test_every_list_has_names_with_a_line_each(capsys: pytest.CaptureFixture[str], what: str) -> None:
    rows = json.loads(said(capsys, "list", what, "--json"))
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names) >= 2
    table = said(capsys, "list", what)
    assert all(name in table for name in names)


def test_lists_are_what_is_registered(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(row["name"] for row in json.loads(said(capsys, "list", "robots", "--json"))) == robots.names()
    scenes.SCENES.add(
        "toy", lambda fit: Scene(name="toy", things=(), start=Stand(x=0.0, y=0.0, heading=0.0), about="[toy]")
    )
    try:
        assert {"name": "toy", "about": "[toy]"} in json.loads(said(capsys, "list", "scenes", "--json"))
        assert "[toy]" in said(capsys, "list", "scenes"), "text is not markup"
        assert scenes.load("toy").name == "toy"
    finally:
        scenes.SCENES.remove("toy")


def test_an_unknown_list_suggests_the_near_miss(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["list", "scens"])
    assert caught.value.code == 2
    assert "did you mean 'scenes'" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == f"skillblend {version('skillblend')}\n"
