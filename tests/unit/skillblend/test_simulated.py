"""A session for scripts: no spoke is imported before it is opened, names are refused first, nothing hides ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from skillblend import simulated
from skillblend.contracts import Planner
from skillblend.errors import InputError, UnknownNameError
from skillblend.simulated import load_planner, open_session

SCRIPT = """
import sys
from skillblend.simulated import open_session
assert not {"sim", "robots", "planners", "mujoco", "transformers"} & set(sys.modules)
outcome = open_session(planner="bag_of_words", seed=2).run("turn left")
import sim
print(outcome.success, outcome.planner, sim.greeting)
"""


def never() -> Planner:
    raise AssertionError("nothing may be made before all names have been checked")


def test_a_script_beside_files_of_our_packages_names(tmp_path: Path) -> None:
    (tmp_path / "sim.py").write_text("greeting = 'mine'\n")
    (tmp_path / "robots.py").write_text("raise RuntimeError('somebody imported the wrong robots')\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True bag_of_words mine\n"


def test_names_are_refused_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "load_skillset", lambda *_: never())
    with pytest.raises(UnknownNameError, match="did you mean 'saycan'"):
        open_session(planner="saycam")
    with pytest.raises(UnknownNameError, match="did you mean 'h1'"):
        open_session("h11", planner=never)
    with pytest.raises(UnknownNameError, match="did you mean 'workshop'"):
        open_session(scene="workshp", planner=never)
    with pytest.raises(InputError, match="seed"):
        open_session(seed=-1, planner=never)


def test_a_planner_by_name_heeds_prohibitions() -> None:
    session = open_session(planner="bag_of_words")
    outcome = session.run("do not turn left")
    assert not outcome.steps
    assert load_planner("bag_of_words").name == "bag_of_words"
    with pytest.raises(InputError):
        load_planner("oracle")
