# pyright: basic
"""Every block of the guides runs: files are written where they say, commands and Python are carried out in order.

``docs/guides/gymnasium.md`` has a test of its own, which also looks at its figures.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import robots
from planners.corpus import phrases
from planners.variants import PLANNERS
from sim.scenes import SCENES
from sim.skills.spec import TRAININGS
from sim.things import KINDS
from sim.verdicts import VERDICTS
from skillblend.behaviours import BEHAVIOURS
from skillblend.cli.main import main
from skillblend.registry import Registry
from skillblend.shipped import MODELS
from skillblend.skills.spec import SKILLS

from .robots.test_urdf import urdf_of

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "guides"
BLOCK = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
ELSEWHERE = ["gymnasium.md"]
REGISTRIES: dict[str, Registry[Any]] = {
    "skillblend.behaviours": BEHAVIOURS,
    "skillblend.skills": SKILLS,
    "sim.skills": TRAININGS,
    "sim.verdicts": VERDICTS,
    "sim.scenes": SCENES,
    "sim.things": KINDS,
    "planners.variants": PLANNERS,
    "planners.corpus": Registry("verb"),
    "robots": robots.SPECS,
}
"""Packages that guides add files to."""


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Language, file and text of each block of a guide."""
    found = BLOCK.finditer((GUIDES / page).read_text())
    return [(match.group(1), match.group(2), match.group(3)) for match in found]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to work in, whose files are found as if they lay beside ours."""
    monkeypatch.chdir(tmp_path)
    for name in REGISTRIES:
        place = tmp_path.joinpath(*name.split("."))
        place.mkdir(parents=True, exist_ok=True)
        package = importlib.import_module(name)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(place)])
    for given in ("planners/corpus/verbs", "robots/data"):
        (tmp_path / given).mkdir()
    shutil.copy(ROOT / "robots" / "data" / "h1.json", tmp_path / "robots" / "data")
    (tmp_path / "my_robot.urdf").write_text(urdf_of(json.loads((ROOT / "robots" / "data" / "h1.json").read_text())))
    (tmp_path / "models").symlink_to(MODELS)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
            package, _, entry = name.removeprefix("skillblend.spokes.").rpartition(".")
            REGISTRIES[package]._loaded.pop(entry, None)


def follow(page: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Do what a guide says; all that was printed."""
    names: dict[str, Any] = {"__name__": "guide"}
    printed = ""
    for language, file, text in blocks(page):
        if file:
            (folder / file).write_text(text)
            importlib.invalidate_caches()
        elif language == "python":
            exec(compile(text, str(GUIDES / page), "exec"), names)
            printed += capsys.readouterr().out
        else:
            assert not language, f"{page}: nobody runs a block of {language!r}"
            for line in text.splitlines():
                if line.startswith("skillblend "):
                    printed += output(line, capsys)
                elif line != "...":
                    assert like(line) in NUMBER.sub("", printed), f"{page}: {line!r} was not printed"
    return printed


def output(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a command that succeeds prints."""
    with pytest.raises(SystemExit) as done:
        main(shlex.split(command)[1:])
    found = capsys.readouterr()
    assert done.value.code == 0, f"{command}: {found.err}"
    return found.out


def like(line: str) -> str:
    """The first column of a line of output, without numbers."""
    return NUMBER.sub("", line).split("  ")[0].strip()


@pytest.mark.parametrize("page", [p.name for p in sorted(GUIDES.glob("*.md")) if p.name not in ELSEWHERE])
def test_guides_do_what_they_say(page: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = follow(page, folder, capsys)
    if page == "behaviour.md":
        assert "stretch" in BEHAVIOURS and "stretch" in phrases.new_verbs()
        assert "stretch out both hands: achieved" in printed
    if page == "adding.md":
        assert all(
            name in printed for name in ("corridor", "round stool", "literal: walk to the red marker", "h1_heavy")
        )
        assert printed.count(": achieved") == 2
    if page == "skill.md":
        assert "within" in printed and "saluting" in printed and (folder / "copies/h1/saluting/card.md").exists()
    if page == "benchmark.md":
        assert "far_reach noop" in printed and (folder / "results" / "report" / "tables.md").is_file()
    if page == "urdf.md":
        assert "51.6 kg" in printed and "my_robot" in printed
    if page == "python.md":
        assert "raise both hands: True" in printed and "[True, True, True, True]" in printed


def test_every_guide_is_followed() -> None:
    assert {page for page in ELSEWHERE} <= {p.name for p in GUIDES.glob("*.md")}
    for page in GUIDES.glob("*.md"):
        assert len(blocks(page.name)) >= 2, f"{page.name} shows nothing that can be run"
