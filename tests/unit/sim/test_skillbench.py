"""The benchmark run: nothing lost, nothing counted twice, the same figures however it is played."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from sim.skillbench import engine as engine_module
from sim.skillbench import matrix as matrix_module
from sim.skillbench.engine import engine, jobs
from sim.skillbench.matrix import Cell, Matrix, plan_matrix
from sim.skillbench.play import Job, play
from sim.skillbench.report import report
from sim.skillbench.results import LINES, RUN, Results, read_lines, read_matrix
from sim.skillbench.run import run
from sim.skillbench.tables import filled
from sim.tasks.measures import MOTION
from sim.tasks.spec import TASKS
from skillblend.errors import InputError, SimulationError, UnknownNameError
from skillblend.shipped import MODELS

H1 = robots.load("h1")
BRIEF = replace(TASKS["far_reach"], name="brief", episode_seconds=0.4)


@pytest.fixture(autouse=True)
def brief() -> Iterator[None]:
    TASKS.add("brief", BRIEF)
    yield
    TASKS.remove("brief")


def plan(**changes: Any) -> Matrix:
    wanted: dict[str, Any] = {"tasks": ["brief"], "policies": ["noop", "oracle"], "episodes": 3, "seeds": [5, 6]}
    return plan_matrix(H1, MODELS, **(wanted | changes))


def play_all(folder: Path, num_envs: int = 3, **changes: Any) -> Results:
    folder.mkdir(exist_ok=True)
    ledger = Results(folder, plan(**changes))
    run(ledger, MODELS, engine(1), num_envs=num_envs, progress=lambda episodes: None)
    return ledger


def lines(folder: Path) -> list[str]:
    return (folder / LINES).read_text().splitlines()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("played")
    TASKS.add("brief", BRIEF)
    try:
        play_all(folder)
    finally:
        TASKS.remove("brief")
    return folder


@pytest.fixture
def results(played: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    for name in (RUN, LINES):
        (folder / name).write_text((played / name).read_text())
    return folder


def test_one_line_an_episode(played: Path) -> None:
    found = [json.loads(line) for line in lines(played)]
    keys = {(e["task"], e["policy"], e["seed"], e["episode"]) for e in found}
    assert len(found) == len(keys) == 2 * 2 * 3
    assert all(set(e["motion"]) == set(MOTION) and e["seconds"] == 0.4 for e in found)


def test_lines_do_not_depend_on_the_number_of_environments(played: Path, tmp_path: Path) -> None:
    play_all(tmp_path / "one", num_envs=1)
    play_all(tmp_path / "two", num_envs=2)
    assert sorted(lines(tmp_path / "one")) == sorted(lines(tmp_path / "two")) == sorted(lines(played))


@pytest.mark.parametrize("cut", [0, 1, 700, -1, -100])
def test_a_run_that_was_killed_anywhere_goes_on_and_ends_with_the_same_lines(
    cut: int, results: Path, played: Path
) -> None:
    whole = (results / LINES).read_bytes()
    (results / LINES).write_bytes(whole[:cut])
    play_all(results)
    assert sorted(lines(results)) == sorted(lines(played))


def test_a_complete_run_plays_nothing_more(results: Path) -> None:
    ledger = Results(results, plan())
    assert jobs(ledger, MODELS, 10) == []


def test_what_is_there_already_is_not_written_again(results: Path) -> None:
    before, ledger = (results / LINES).read_bytes(), Results(results, plan())
    ledger.append(list(ledger.found.values()))
    assert (results / LINES).read_bytes() == before


def test_jobs_hold_what_is_missing_seed_by_seed(tmp_path: Path) -> None:
    ledger = Results(tmp_path, plan(episodes=5, policies=["noop"]))
    found = [(job.seed, job.episodes) for job in jobs(ledger, MODELS, 2)]
    assert found == [(s, e) for s in (5, 6) for e in ((0, 1), (2, 3), (4,))]


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"episodes": 4}, "episodes 4, not 3"),
        ({"seeds": [5]}, "seeds 5, not 5, 6"),
        ({"policies": ["noop"]}, "policies noop, not noop, oracle"),
        ({"tasks": ["brief", "far_reach"]}, "tasks brief, far_reach, not brief"),
    ],
)
def test_results_of_another_configuration_are_refused(changes: dict[str, Any], about: str, results: Path) -> None:
    before = (results / LINES).read_bytes()
    with pytest.raises(InputError, match=f"another run: this one has {about}.* Choose another --out") as caught:
        Results(results, plan(**changes))
    assert len(str(caught.value)) - len(str(results)) < 400
    assert (results / LINES).read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value", "about"),
    [
        ("commit", "0123456789ab", "commit .*, not 0123456789ab"),
        ("code", "0", "sources that were changed since"),
        ("digests", {"walking": "0", "reaching": "0"}, "other networks of reaching, walking"),
        ("absent", {"brief/flat": "gone"}, "other policies, or other reasons"),
    ],
)
def test_results_of_another_state_of_the_project_are_refused(
    name: str, value: Any, about: str, results: Path
) -> None:
    described = json.loads((results / RUN).read_text()) | {name: value}
    (results / RUN).write_text(json.dumps(described))
    with pytest.raises(InputError, match=f"another run: this one has {about}"):
        Results(results, plan())


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("", "not ours|layout"),
        ("{}", "layout None of a results folder, this version reads 1"),
        ("[1]", "layout None"),
        ('{"layout": 1}', "not ours"),
        ('{"layout": 1, "cells": [3]}', "not ours"),
        ("{", "name the folder of a benchmark run"),
        ('{"layout": 1, "cells": []}', "not ours"),
    ],
)
def test_a_folder_of_something_else_is_refused(text: str, about: str, results: Path) -> None:
    (results / RUN).write_text(text)
    with pytest.raises(InputError, match=about if text else "name the folder"):
        Results(results, plan())


def test_lines_without_a_description_are_refused(results: Path) -> None:
    (results / RUN).unlink()
    with pytest.raises(InputError, match=r"holds no results: run\.json cannot be read"):
        Results(results, plan())


@pytest.mark.parametrize(
    ("change", "about"),
    [
        (lambda e: e | {"seed": 99}, "no part of this run"),
        (lambda e: e | {"episode": 3}, "no part of this run"),
        (lambda e: e | {"policy": "flat"}, "no part of this run"),
        (lambda e: e, "is there already; remove one"),
        (lambda e: e | {"paper_error": "small"}, r"no line of a benchmark run \(\['paper_error'\]\)"),
        (lambda e: e | {"strict": 1}, "no line of a benchmark run"),
        (lambda e: e | {"more": 1}, "no line of a benchmark run"),
        (lambda e: e | {"error": float("nan")}, r"no line of a benchmark run \(\['error'\]\)"),
        (lambda e: e | {"after": float("inf")}, r"no line of a benchmark run \(\['after'\]\)"),
        (lambda e: e | {"motion": {}}, r"no line of a benchmark run \(\['motion'\]\)"),
        (lambda e: e | {"motion": dict.fromkeys(MOTION)}, r"no line of a benchmark run \(\['tilt'"),
        (lambda e: {k: v for k, v in e.items() if k != "error"}, "no line of a benchmark run"),
        (lambda e: [e], "no line of a benchmark run"),
    ],
)
def test_a_line_that_is_none_of_ours_is_named(change: Any, about: str, results: Path) -> None:
    first = json.loads(lines(results)[0])
    with (results / LINES).open("a") as file:
        file.write(json.dumps(change(first)) + "\n")
    with pytest.raises(InputError, match=f"line 13.*{about}"):
        read_lines(results, read_matrix(results))


def test_a_line_that_is_no_json_is_named(results: Path) -> None:
    (results / LINES).write_text("word\n" + (results / LINES).read_text())
    with pytest.raises(InputError, match="line 1 is not JSON"):
        Results(results, plan())


def test_a_full_disk_is_said_and_the_run_goes_on_later(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (results / LINES).write_bytes(b"")
    ledger = Results(results, plan())
    monkeypatch.setattr(ledger, "_file", Path("/dev/full"))
    with pytest.raises(InputError, match="cannot write /dev/full"):
        run(ledger, MODELS, engine(1), num_envs=3, progress=lambda episodes: None)
    assert ledger.found == {}


def test_what_is_missing_is_said_and_not_run() -> None:
    found = plan(policies=["all"])
    assert found.absent == {"brief/blender": "not trained: no bundle", "brief/flat": "not trained: no bundle"}
    assert {cell.policy for cell in found.cells} == {
        "noop", "uniform", "only_walking", "only_reaching", "handover", "oracle",
    }  # fmt: skip
    assert set(found.policies) == {cell.policy for cell in found.cells} | {"blender", "flat"}


def test_a_robot_without_the_skills_has_nothing_to_run() -> None:
    with pytest.raises(InputError, match="nothing to run: brief/noop: g1 has no skill reaching"):
        plan_matrix(robots.load("g1"), MODELS, tasks=["brief"], policies=["noop"], episodes=1, seeds=[0])


def test_all_tasks_are_those_of_the_registry() -> None:
    assert plan(tasks=["all"], policies=["noop"]).tasks == TASKS.names()


@pytest.mark.parametrize(
    ("changes", "kind", "about"),
    [
        ({"tasks": ["brif"]}, UnknownNameError, "did you mean 'brief'"),
        ({"policies": ["orakle"]}, UnknownNameError, "did you mean 'oracle'"),
        ({"policies": ["only_squatting"]}, UnknownNameError, "unknown policy"),
        ({"policies": ["every_tick"]}, InputError, "nothing to run: brief/every_tick: not trained"),
        ({"episodes": 0}, InputError, "episodes = 0"),
        ({"seeds": [-1]}, InputError, "seed = -1"),
    ],
)
def test_senseless_runs_are_refused(changes: dict[str, Any], kind: type[Exception], about: str) -> None:
    with pytest.raises(kind, match=about):
        plan(**changes)


@pytest.mark.parametrize("processes", [0, -2])
def test_somebody_has_to_do_it(processes: int) -> None:
    with pytest.raises(InputError, match=f"processes = {processes} must be 1 or more"):
        engine(processes)


def test_a_measurement_that_is_no_number_is_no_result(tmp_path: Path) -> None:
    TASKS.remove("brief")
    TASKS.add("brief", replace(BRIEF, paper_error=lambda task, state: np.full(state.num, np.nan)))
    with pytest.raises(SimulationError, match="episode 0 measured .*mend the task"):
        play(Job(cell=Cell(task="brief", policy="noop"), robot="h1", models=MODELS, seed=5, episodes=(0,)))


def test_changed_sources_have_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_module, "_SOURCE", tmp_path)
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "a.py").write_text("1")
    before = matrix_module.code_digest()
    (tmp_path / "sim" / "a.py").write_text("2")
    assert matrix_module.code_digest() != before


def test_the_report_has_every_policy_and_fills_documents(results: Path, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("before\n<!-- skillbench: short -->\nold\n<!-- end of skillbench: short -->\nafter\n")
    summary = report(results, models=MODELS, into=[document], films=False)
    assert summary["complete"] is True
    text = (results / "report" / "tables.md").read_text()
    assert "| doing nothing | 0% [0, 39] |" in text
    assert {p.name for p in (results / "report").iterdir()} == {
        "tables.md", "summary.json", "success.png", "error.png", "profile.png", "time.png",
    }  # fmt: skip
    filled = document.read_text()
    assert filled.startswith("before\n<!-- skillbench: short -->\nh1, 3 episodes for each of 2 seeds (seeds 5 to 6)")
    assert filled.endswith("<!-- end of skillbench: short -->\nafter\n")
    assert "old" not in filled
    report(results, models=MODELS, into=[document], films=False)
    assert document.read_text() == filled


def test_an_incomplete_run_says_so_and_fills_no_document(results: Path, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("<!-- skillbench: full -->\n<!-- end of skillbench: full -->\n")
    (results / LINES).write_text("".join(f"{line}\n" for line in lines(results)[:5]))
    with pytest.raises(InputError, match="holds 5 of 12 episodes: run the same command again"):
        report(results, models=MODELS, into=[document], films=False)
    report(results, models=MODELS, films=False)
    assert "INCOMPLETE: 5 of 12 episodes" in (results / "report" / "tables.md").read_text()
    assert document.read_text() == "<!-- skillbench: full -->\n<!-- end of skillbench: full -->\n"


def test_a_report_needs_episodes(results: Path) -> None:
    (results / LINES).unlink()
    with pytest.raises(InputError, match="holds no episode yet"):
        report(results, models=MODELS)


@pytest.mark.parametrize("text", ["nothing\n", "<!-- skillbench: short -->\nno end\n"])
def test_a_document_without_markers_is_refused_unchanged(text: str, tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(text)
    with pytest.raises(InputError, match="has no place for a table"):
        filled(document, {"short": ["x"], "full": ["y"]})
    assert document.read_text() == text


def test_films_of_other_code_are_refused(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix_module, "code_digest", lambda: "other")
    with pytest.raises(InputError, match="filmstrips would show other episodes than the results: the code changed"):
        report(results, models=MODELS)


@pytest.mark.parametrize(
    ("name", "value", "about"),
    [
        ("episodes", "3", "episodes = '3' must be"),
        ("seeds", [-1], "seed = -1 must be"),
        ("seeds", [], "not ours: a name that is no text, or nothing to run"),
        ("tasks", [3], "not ours: a name that is no text"),
        ("absent", {}, None),
    ],
)
def test_a_description_that_was_tampered_with_is_refused(
    name: str, value: Any, about: str | None, results: Path
) -> None:
    described = json.loads((results / RUN).read_text()) | {name: value}
    (results / RUN).write_text(json.dumps(described))
    if about is None:
        assert read_matrix(results).absent == {}
        return
    with pytest.raises(InputError, match=about):
        read_matrix(results)


def test_films_of_a_policy_that_was_not_run_are_refused_before_anything_is_written(results: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'oracle'"):
        report(results, models=MODELS, policy="orakle")
    assert not (results / "report").exists()


def test_no_document_is_filled_where_one_cannot_be(results: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text(text := "<!-- skillbench: full -->\n<!-- end of skillbench: full -->\n")
    bad.write_text("nothing\n")
    with pytest.raises(InputError, match=r"bad\.md has no place"):
        report(results, models=MODELS, into=[good, bad], films=False)
    assert good.read_text() == text
    assert not (results / "report").exists()


def test_a_process_that_ends_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: Any) -> Iterator[Any]:
        raise BrokenProcessPool
        yield

    monkeypatch.setattr(engine_module, "_results", ended)
    with pytest.raises(SimulationError, match="what it had finished is kept: run the same command again"):
        list(engine(2)([]))
