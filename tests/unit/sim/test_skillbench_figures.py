"""What the benchmark run makes of its episodes: statistics, rows, and the published figures beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import robots
from sim.skillbench.matrix import Cell, Matrix, plan_matrix
from sim.skillbench.pictures import filmed, ranked
from sim.skillbench.results import Episode
from sim.skillbench.statistics import iqm, overall, row, rows, stratified
from sim.skillbench.tables import published
from sim.tasks.measures import MOTION
from sim.tasks.spec import TASKS
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


def made(task: str, policy: str, seed: int, number: int, **changes: Any) -> Episode:
    values: dict[str, Any] = {
        "task": task, "policy": policy, "seed": seed, "episode": number, "paper": False, "strict": False,
        "fell": False, "broken": False, "error": 1.0, "paper_error": 1.0, "seconds": 8.0, "after": None,
        "motion": dict.fromkeys(MOTION, 1.0),
    }  # fmt: skip
    return Episode(**(values | changes))


def test_the_interquartile_mean_is_that_of_the_middle_half() -> None:
    assert float(iqm(np.array([0.0, 1.0, 3.0, 100.0]))) == 2.0


def test_resampling_stays_within_a_stratum() -> None:
    """Between strata that are constant there is nothing to resample: the interval is a point."""

    def mean(*samples: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.concatenate(samples, axis=axis).mean(axis=axis)

    found = stratified([np.zeros(20), np.ones(20)], mean)
    assert (found.value, found.interval) == (0.5, (0.5, 0.5))
    spread = stratified([np.arange(20.0), np.ones(20)], mean)
    assert spread.interval[0] < spread.value < spread.interval[1]


def test_a_row_counts_what_the_judges_say() -> None:
    found = row(
        Cell(task="brief", policy="oracle"),
        [
            made("brief", "oracle", 5, 0, strict=True, paper=True, paper_error=0.0),
            made("brief", "oracle", 5, 1, paper=True, paper_error=0.2),
            made("brief", "oracle", 6, 0, fell=True, paper_error=0.4),
            made("brief", "oracle", 6, 1, broken=True, paper_error=1.0),
        ],
    )
    assert (found.strict.value, found.paper.value, found.falls.value) == (0.25, 0.5, 0.5)
    assert (found.mean.value, found.iqm.value) == (pytest.approx(0.4), pytest.approx(0.3))
    assert found.strict.interval == pytest.approx((0.0456, 0.6994), abs=1e-3)


def test_the_best_single_skill_stands_for_its_kind() -> None:
    matrix = plan(policies=["noop", "only_walking", "only_reaching"], episodes=1, seeds=[5])
    episodes = [
        made("brief", "noop", 5, 0, paper_error=2.0),
        made("brief", "only_walking", 5, 0, paper_error=1.0),
        made("brief", "only_reaching", 5, 0, paper_error=0.5),
    ]
    found = rows(matrix, episodes)
    assert [r.label for r in found] == ["noop", "best single skill: reaching"]
    whole = {o.label: o for o in overall(found, episodes)}
    relative = whole["best single skill"].relative
    assert relative is not None and relative.value == 0.25
    assert whole["noop"].tasks == 1


def test_tasks_weigh_alike_however_many_episodes_they_have() -> None:
    episodes = [made("brief", "oracle", 5, k, strict=True) for k in range(3)] + [made("far_reach", "oracle", 5, 0)]
    matrix = plan(tasks=["brief", "far_reach"], policies=["oracle"])
    (found,) = overall(rows(matrix, episodes), episodes)
    assert (found.tasks, found.strict.value, found.relative) == (2, 0.5, None)


def test_films_are_of_the_best_the_median_and_the_worst() -> None:
    episodes = [
        made("brief", "oracle", 5, 0, paper_error=0.3),
        made("brief", "oracle", 5, 1, strict=True, paper_error=0.2),
        made("brief", "oracle", 5, 2, fell=True, paper_error=0.0),
    ]
    assert {k: e.episode for k, e in ranked(episodes).items()} == {"best": 1, "median": 0, "worst": 2}
    matrix = plan()
    assert filmed(matrix, "brief") == Cell(task="brief", policy="oracle")
    assert filmed(matrix, "brief", "noop") == Cell(task="brief", policy="noop")
    assert filmed(matrix, "brief", "flat") is None


def test_published_rows_are_of_the_papers_eight_tasks() -> None:
    found = published()["rows"]
    assert {len(tasks) for tasks in found.values()} == {8}
    assert found["SkillBlender"]["far_reach"][0] == 0.021
