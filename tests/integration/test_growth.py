"""What is added by its files alone: an option by three, a scene, a planner and a robot by one each.

The files lie in `growth`, in folders that are put on the paths of the packages; nothing else is edited. A skill and a
task are added in `tests/unit/sim/test_growth.py`.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import planners.corpus
import planners.variants
import robots
import sim.scenes
import sim.verdicts
import skillblend.behaviours
from planners.corpus.generator import sample_example, sample_scene
from planners.corpus.lookup import known_behaviours
from planners.corpus.phrases import phrases
from robots.table import read_table
from sim import scenes
from sim.sequence import judge_sequence
from skillblend.behaviours import BEHAVIOURS
from skillblend.cli.main import main
from skillblend.cli.paths import MODELS
from skillblend.errors import UnknownNameError
from skillblend.navigation import Pose2D
from skillblend.options import ground_options, objection
from skillblend.predicates import parse
from skillblend.safety.machine import Mode
from skillblend.safety.prohibitions import read
from skillblend.session import Outcome
from skillblend.simulated import load_planner, open_session
from skillblend.training.carry import carry

GROWTH = Path(__file__).with_name("growth")
PACKAGES = {
    "behaviours": skillblend.behaviours,
    "verdicts": sim.verdicts,
    "corpus": planners.corpus,
    "scenes": sim.scenes,
    "variants": planners.variants,
    "robots": robots,
}
MODULES = (
    "skillblend.behaviours.wave_at", "sim.verdicts.wave_at", "sim.scenes.landing", "planners.variants.eager",
    "robots.longshanks",
)  # fmt: skip
LONGER = 1.05
"""How much longer the shanks are."""

SENTENCE = "walk to the blue marker, then wave at the blue marker"


def write_numbers(folder: Path) -> None:
    """The H1's published numbers with the ankles further down."""
    numbers = json.loads((Path(robots.__file__).parent / "data" / "h1.json").read_text())
    for joint in numbers["joints"]:
        if joint["name"] in ("left_ankle_joint", "right_ankle_joint"):
            joint["origin_xyz"] = [LONGER * value for value in joint["origin_xyz"]]
    folder.mkdir()
    (folder / "longshanks.json").write_text(json.dumps(numbers | {"source": "a toy"}))


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files beside those of the project; everything that was loaded of them is forgotten afterwards."""
    for folder, package in PACKAGES.items():
        shutil.copytree(GROWTH / folder, tmp_path / folder)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / folder)])
    write_numbers(tmp_path / "robots" / "data")
    importlib.invalidate_caches()
    try:
        yield tmp_path
    finally:
        for name in MODULES:
            sys.modules.pop(name, None)


def listed(what: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What ``skillblend list`` says, by name."""
    capsys.readouterr()
    with pytest.raises(SystemExit, match="0"):
        main(["list", what, "--json"])
    return {row["name"]: row["about"] for row in json.loads(capsys.readouterr().out)}


def carried_out(robot: str, scene: str, models: Path) -> Outcome:
    """`SENTENCE`, by the planner that was added."""
    return open_session(robot, scene, 3, models, partial(load_planner, "eager")).run(SENTENCE)


def test_an_option_a_scene_and_a_planner_are_their_files(grown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed("behaviours", capsys)["wave_at"] == "wave at a marker"
    assert listed("scenes", capsys)["landing"] == "two markers and a table"
    assert listed("planners", capsys)["eager"] == "takes sentences word by word"
    here = scenes.load("landing")
    steps = {step.text: step for step in ground_options(here.state)}
    forbidden = read("never wave at the blue marker", here.state.things).forbidden()
    assert "wave at the blue marker" in forbidden and "wave at the red marker" not in forbidden
    assert "wave at the red marker" in steps and "wave at the wooden table" not in steps
    situation = here.situation(Pose2D(x=0.0, y=0.0, heading=0.0), Mode.RUNNING)
    assert objection(steps["wave at the red marker"], situation) == ""
    assert "2.5 m away; walk there" in objection(steps["wave at the blue marker"], situation)

    outcome = carried_out("h1", "landing", MODELS)
    assert outcome.success, outcome
    assert [step["behaviour"] for step in outcome.steps] == ["walk_to", "wave_at"]
    assert "m above the right one" in outcome.steps[1]["reason"]
    done = [(decision.chosen.step, True) for decision in outcome.decisions]
    assert judge_sequence(done, [["wave at the blue marker"]])  # to walk there first is free
    assert not judge_sequence(done, [["walk to the blue marker"]])
    first = {option.step.text: option for option in outcome.decisions[0].options}
    assert outcome.decisions[0].planner == "eager" and first["wave at the blue marker"].affordance == 0.0
    assert 0.0 < first["wave at the red marker"].affordance <= 1.0


def test_what_an_option_changes_can_be_asked_for(grown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instructions = [
        {"instruction": SENTENCE, "goals": [{"final": ["waved(blue marker)"]}]},
        {"instruction": "walk to the blue marker", "goals": [{"final": ["waved(blue marker)"]}]},
    ]
    file = grown / "instructions.json"
    file.write_text(json.dumps({"scene": "landing", "instructions": instructions}))
    with pytest.raises(SystemExit, match="0"):
        main(["eval", "instructions", str(file), "--planner", "eager", "--out", str(grown / "out.json"), "--json"])
    told = json.loads(capsys.readouterr().out)
    assert [row["good"] for row in told["runs"]] == [True, False], told
    with pytest.raises(UnknownNameError, match="did you mean 'waved'"):
        parse("wavd(blue marker)")


def test_a_step_that_is_not_done_is_seen_by_its_own_verdict(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert BEHAVIOURS["wave_at"]
    monkeypatch.setattr(sys.modules["skillblend.behaviours.wave_at"], "UP", (0.25, 0.25, 0.95))
    outcome = carried_out("h1", "landing", MODELS)
    assert not outcome.success and "above the right one, 0.25 needed" in outcome.steps[1]["reason"]


def test_the_corpus_asks_for_a_verb_once_there_is_a_behaviour(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def plans() -> list[tuple[str, ...]]:
        rng = np.random.default_rng(5)
        return [sample_example(rng, sample_scene(rng)).plan for _ in range(600)]

    waved = [plan for plan in plans() if any(text.startswith("wave at the ") for text in plan)]
    assert "wave_at" in known_behaviours() and len(waved) > 5
    assert all(plan[i - 1].startswith("walk to the ") for plan in waved[:5] for i in [_first_wave(plan)])
    possible = "wave|waving|waved at {o}"
    assert possible not in phrases("impossible_with_object")
    (grown / "behaviours" / "wave_at.py").unlink()
    importlib.invalidate_caches()
    assert "wave_at" not in known_behaviours() and possible in phrases("impossible_with_object")
    assert not [plan for plan in plans() if any("wave" in text for text in plan)]


def _first_wave(plan: tuple[str, ...]) -> int:
    return next(i for i, text in enumerate(plan) if text.startswith("wave at the "))


def test_a_scene_is_one_file_by_path(grown: Path, tmp_path: Path) -> None:
    place = tmp_path / "yard.json"
    things = [
        {"name": "blue marker", "kind": "marker", "position": [1.8, 0.5], "material": "blue"},
        {"name": "bin", "kind": "bin", "position": [0.0, -1.5]},
    ]
    place.write_text(json.dumps({"about": "a yard", "robot": {"position": [0, 0]}, "things": things}))
    outcome = carried_out("h1", str(place), MODELS)
    assert outcome.success, outcome


@pytest.mark.slow
def test_a_robot_is_its_file_and_its_numbers(grown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    h1, robot = robots.load("h1"), robots.load("longshanks")
    assert robot.base_height > h1.base_height + 0.01
    assert read_table("longshanks").source == robot.source == "a toy"
    assert "longshanks" in listed("robots", capsys)
    models = grown / "models"
    for skill in ("walking", "reaching"):
        carry(MODELS / "h1" / skill, skill, h1, robot, models / "longshanks" / skill)
        command = ["calibrate", skill, "--robot", "longshanks", "--models", str(models), "--rollouts", "200"]
        with pytest.raises(SystemExit, match="0"):
            main([*command, "--force", "--json"])
    outcome = carried_out("longshanks", "landing", models)
    assert outcome.success, outcome


def test_nothing_is_left_of_what_was_added() -> None:
    assert "wave_at" not in BEHAVIOURS and "longshanks" not in robots.names() and "landing" not in scenes.names()
    with pytest.raises(UnknownNameError, match="unknown planner 'eager'"):
        load_planner("eager")
