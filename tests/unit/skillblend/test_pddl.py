"""Options as PDDL, and whether plans can be carried out: as unified-planning sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planners.evaluation import load_cases
from sim import scenes
from sim.scene_file import parse_scene
from skillblend.behaviours import BEHAVIOURS
from skillblend.cases import parse_cases, read_file
from skillblend.cli.instructions import plan_alone, told_by_poses
from skillblend.cli.main import main
from skillblend.contracts import SceneState, Step, Thing
from skillblend.errors import UnknownNameError
from skillblend.options import DONE, ENDS, effect, ground_options
from skillblend.pddl import goal_of, symbolic
from skillblend.simulated import load_planner

DATA = Path(__file__).resolve().parents[3] / "planners" / "data"
FIELD = tuple(DATA / "tuning" / f"field_{place}.json" for place in ("kitchen", "storeroom", "workshop"))


def verdict(domain: str, problem: str, plan: str) -> tuple[bool, str]:
    """Whether unified-planning can carry the plan out and reaches the goal; the log where it does not."""
    up: Any = pytest.importorskip("unified_planning.shortcuts")
    io: Any = pytest.importorskip("unified_planning.io")
    up.get_environment().credits_stream = None
    reader = io.PDDLReader()
    read = reader.parse_problem_string(domain, problem)
    with up.PlanValidator(problem_kind=read.kind, plan_kind=up.PlanKind.SEQUENTIAL_PLAN) as validator:
        found = validator.validate(read, reader.parse_plan_string(read, plan))
    return bool(found), str(found)


def check(scene: SceneState, initial: frozenset[str], steps: Sequence[Step]) -> tuple[bool, str]:
    symbols = symbolic(scene, initial)
    return verdict(symbols.domain(), symbols.problem(goal_of(steps, initial)), symbols.plan(steps))


@pytest.fixture(scope="module")
def storeroom() -> SceneState:
    return scenes.load("storeroom").state


def steps_of(scene: SceneState, *texts: str) -> list[Step]:
    known = {step.text: step for step in ground_options(scene)}
    return [known[text] for text in texts]


CARRY = (
    "walk to the brown parcel",
    "pick up the brown parcel",
    "walk to the shelf",
    "put the brown parcel on the shelf",
)


def test_a_plan_that_can_be_carried_out_is_valid(storeroom: SceneState) -> None:
    initial = told_by_poses(storeroom)
    steps = steps_of(storeroom, *CARRY)
    assert goal_of(steps, initial) == {"on(brown parcel, shelf)", "at(shelf)", "facing(shelf)"}
    good, log = check(storeroom, initial, steps)
    assert good, log


@pytest.mark.parametrize(
    "texts",
    [
        ("touch the shelf",),
        ("walk to the shelf", "turn left", "walk forward one metre", "touch the shelf"),
        (CARRY[1],),
        CARRY[:1] + CARRY[2:],
        (*CARRY[:2], CARRY[3]),
        (*CARRY[:2], "walk to the blue parcel", "pick up the blue parcel"),
        (CARRY[0], "walk to the metal table", CARRY[1]),
    ],
)
def test_a_plan_that_cannot_is_not(texts: tuple[str, ...], storeroom: SceneState) -> None:
    good, _ = check(storeroom, told_by_poses(storeroom), steps_of(storeroom, *texts))
    assert not good


def test_what_lies_on_something_is_taken_from_there(storeroom: SceneState) -> None:
    initial = told_by_poses(storeroom)
    assert "on(brown parcel, wooden table)" in initial
    good, log = check(storeroom, initial, steps_of(storeroom, "walk to the wooden table", CARRY[1]))
    assert good, log


def test_effects_add_and_delete_the_same_everywhere(storeroom: SceneState) -> None:
    """What makes actions of them: the behaviours' own effect on any facts is the action's."""
    symbols = symbolic(storeroom, told_by_poses(storeroom))
    rng = np.random.default_rng(3)
    for _ in range(20):
        facts = frozenset(fact for fact in symbols.facts if rng.random() < 0.5)
        for action in symbols.actions:
            assert effect(action.step, facts) == (facts - action.deletes) | action.adds
            needs = BEHAVIOURS[action.step.behaviour].needs(action.step, storeroom)
            ways = not action.any_of or any(way <= facts for way in action.any_of)
            assert needs.met(facts) == (ways and not action.none_of & facts)


def test_names_become_symbols_of_their_own() -> None:
    things = tuple(Thing(name=name, kind="marker") for name in ("and", "Red Marker", "red-marker", "7", "\u00e4"))
    scene = SceneState(things=things)
    symbols = symbolic(scene, frozenset())
    assert len(set(symbols.names.values())) == len(symbols.names)
    steps = steps_of(scene, "walk to the red-marker", "walk to the and", "walk to the 7", "walk to the \u00e4")
    good, log = check(scene, frozenset(), [*steps, DONE])
    assert good, log
    with pytest.raises(UnknownNameError, match="unknown step 'fly'"):
        symbols.plan([Step(text="fly", behaviour="fly")])


@pytest.mark.parametrize("file", ["dev.json", "dev2.json"])
def test_known_plans_can_be_carried_out(file: str) -> None:
    """Those of the development files: an oracle's plans."""
    pytest.importorskip("unified_planning")
    cases = [case for case in load_cases(DATA / file) if case.plan[0] not in ENDS]
    wrong = [
        (case.instruction, log)
        for case in cases[::10]
        for good, log in [check(case.scene, frozenset(), steps_of(case.scene, *case.plan))]
        if not good
    ]
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("file", FIELD, ids=lambda file: file.stem)
def test_every_plan_that_is_emitted_can_be_carried_out(file: Path) -> None:
    """By the shipped planner, right or wrong, with nothing moving."""
    wrong = emitted(file)[1]
    assert not wrong


def emitted(file: Path) -> tuple[int, list[tuple[str, str]]]:
    """How many plans the shipped planner makes for `file`, and those that cannot be carried out."""
    place, entries = read_file(file)
    where = scenes.load(place) if isinstance(place, str) else parse_scene(place, name="inline")
    scene, planner = where.state, load_planner()
    known = {step.text: step for step in ground_options(scene)}
    count, wrong = 0, list[tuple[str, str]]()
    for case in parse_cases(entries, list(known), scene.names, file):
        texts = [entry["text"] for entry in plan_alone(planner, scene, case)[0].steps]
        if not texts or not set(texts) <= set(known):
            continue
        initial = scene.facts | told_by_poses(scene) | case.start.facts
        good, log = check(scene, initial, [known[text] for text in texts])
        count += 1
        wrong += [] if good else [(f"{case.id}: {texts}", log)]
    return count, wrong


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pddl"
    common = ["export", "pddl", "--planner", "bag_of_words", "--json", "--out", str(out)]
    with pytest.raises(SystemExit) as left:
        main([*common, "walk to the red marker"])
    told = json.loads(capsys.readouterr().out)
    assert left.value.code == 0 and told["plan"][0] == "walk to the red marker"
    good, log = verdict(*((out / name).read_text() for name in ("domain.pddl", "problem.pddl", "plan.txt")))
    assert good, log
    with pytest.raises(SystemExit) as left:
        main([*common, "walk to the red marker"])
    assert left.value.code == 2 and "holds a folder already" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        main([*common[:-1], str(tmp_path / "none"), "sing me something"])
    assert left.value.code == 1 and not (tmp_path / "none").exists()
    assert json.loads(capsys.readouterr().out)["plan"] == []
