"""From a results folder to tables, charts and filmstrips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.film import film_task
from sim.registry import load_robot
from sim.skillbench.matrix import Cell, Matrix, acting, plan_matrix
from sim.skillbench.pictures import draw, filmed, ranked
from sim.skillbench.results import Episode, read_lines, read_matrix
from sim.skillbench.statistics import by_cell, overall, rows
from sim.skillbench.tables import about, filled, full_report, overall_table, short_table
from sim.tasks.spec import TASKS
from skillblend.errors import InputError, UnknownNameError
from skillblend.files import atomic_write, write_json

REPORT = "report"
"""Folder within the results."""


def report(
    folder: Path,
    *,
    models: Path,
    into: Sequence[Path] = (),
    films: bool = True,
    policy: str = "",
    say: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Write ``report/`` within a results folder, and its tables into documents.

    Args:
        folder: Of a benchmark run.
        models: The bundles that it ran with, for filmstrips.
        into: Documents with markers, see `sim.skillbench.tables.MARKERS`; only a complete run goes there.
        films: Whether to draw filmstrips.
        policy: Whom to film; empty for the blender, or the script where none is shipped.
        say: Told what is being done.

    Returns:
        Every figure, as ``summary.json`` has it.

    Raises:
        InputError: There are no results, or not all and documents are to be filled; a file cannot be written, or
            filmstrips would show something else.
    """
    matrix = read_matrix(folder)
    episodes = read_lines(folder, matrix)
    if not episodes:
        raise InputError(f"{folder} holds no episode yet; run `skillblend bench skillbench --out {folder}` first")
    if into and len(episodes) < matrix.total:
        raise InputError(
            f"{folder} holds {len(episodes)} of {matrix.total} episodes: run the same command again until it is "
            "complete, then fill documents"
        )
    filmed_cells = _films(matrix, episodes, models, policy) if films else {}
    say("figures")
    table = rows(matrix, episodes)
    figures = overall(table, episodes)
    where = about(matrix, len(episodes))
    short = [where, "", *short_table(table, matrix), "", *overall_table(figures, matrix)]
    full = full_report(table, figures, matrix, len(episodes))
    documents = {document: filled(document, {"short": short, "full": full}) for document in into}
    summary: dict[str, Any] = {
        "run": matrix.as_json(), "complete": len(episodes) == matrix.total, "episodes": len(episodes),
        "rows": [asdict(r) for r in table], "overall": [asdict(o) for o in figures],
    }  # fmt: skip
    out = folder / REPORT
    say("charts")
    draw(matrix, table, episodes, out)
    for cell, mine in filmed_cells.items():
        _film(cell, mine, matrix.robot, out, models, say)
    atomic_write(out / "tables.md", "\n".join(["# SkillBench", "", *full, ""]))
    write_json(out / "summary.json", summary)
    for document, text in documents.items():
        atomic_write(document, text)
    return summary


def _films(matrix: Matrix, episodes: Sequence[Episode], models: Path, policy: str) -> dict[Cell, list[Episode]]:
    """Whom to film, and the episodes.

    Raises:
        UnknownNameError: No such policy in the run.
        InputError: What drives is not what the results come from: it would be another episode.
    """
    if policy and policy not in matrix.policies:
        raise UnknownNameError("policy", policy, matrix.policies)
    cells = by_cell(episodes)
    found = [cell for task in matrix.tasks if (cell := filmed(matrix, task, policy)) is not None and cell in cells]
    if found:
        _refuse_other_networks(matrix, found, models)
    return {cell: cells[cell] for cell in found}


def _film(
    cell: Cell, episodes: Sequence[Episode], robot: str, out: Path, models: Path, say: Callable[[str], None]
) -> None:
    """Best, median and worst episode."""
    controller, act = acting(cell, load_robot(robot), models)
    for rank, episode in ranked(episodes).items():
        say(f"{cell.task}: the {rank} episode of {cell.policy}")
        film_task(
            cell.task, controller, act, out / f"{cell.task}.{cell.policy}.{rank}.png", seed=episode.seed,
            seconds=TASKS[cell.task].episode_seconds, episode=episode.episode,
        )  # fmt: skip


def _refuse_other_networks(matrix: Matrix, cells: Sequence[Cell], models: Path) -> None:
    now = plan_matrix(
        load_robot(matrix.robot), models, tasks=[cell.task for cell in cells],
        policies=[cell.policy for cell in cells], episodes=1, seeds=[0],
    )  # fmt: skip
    changed = [name for name, digest in now.digests.items() if matrix.digests.get(name, digest) != digest]
    if changed or now.code != matrix.code:
        raise InputError(
            f"filmstrips would show other episodes than the results: {changed or 'the code'} changed since; go back "
            f"to commit {matrix.commit}, or leave filmstrips out with --no-films"
        )
