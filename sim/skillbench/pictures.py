"""Bars with intervals, curves, and filmstrips of the best, the median and the worst episode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.skillbench.matrix import Cell, Matrix
from sim.skillbench.results import Episode
from sim.skillbench.statistics import PolicyResult, by_cell, kind
from sim.skillbench.tables import called, published, title
from sim.tasks.spec import TASKS
from skillblend.files import atomic_path

_COLOURS = (
    "#b8bcc2",
    "#8b97a6",
    "#c9a66b",
    "#7aa6c2",
    "#3d6f9e",
    "#1f8a70",
    "#b5543f",
    "#6b4e9b",
    "#d08c2f",
    "#444444",
)
_COLUMNS = 4
Bar = Callable[[PolicyResult], tuple[float, float, float]]
"""Height, and the ends of its interval."""


def draw(matrix: Matrix, table: Sequence[PolicyResult], episodes: Sequence[Episode], folder: Path) -> list[Path]:
    """All charts of a run; what was written."""
    made = [
        _chart(
            folder / "success.png", matrix, lambda axes, task: _bars(axes, task, table, _strict), "strict success, %"
        ),
        _chart(folder / "error.png", matrix, lambda axes, task: _bars(axes, task, table, _error), "paper error, IQM"),
        _chart(
            folder / "profile.png", matrix, lambda axes, task: _profile(axes, task, matrix, episodes), "share below"
        ),
        _chart(
            folder / "time.png", matrix, lambda axes, task: _time(axes, task, matrix, episodes), "succeeded by then"
        ),
    ]
    return made


def _chart(path: Path, matrix: Matrix, fill: Callable[[Any, str], None], label: str) -> Path:
    """A panel for each task."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(_COLUMNS, len(matrix.tasks))
    lines = -(-len(matrix.tasks) // columns)
    figure = Figure(figsize=(3.6 * columns, 3.0 * lines + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(lines, columns, squeeze=False)
    for axes in panels.ravel():
        axes.set_axis_off()
    for axes, task in zip(panels.ravel(), matrix.tasks, strict=False):
        axes.set_axis_on()
        axes.set_title(title(task), fontsize=10)
        axes.set_ylabel(label, fontsize=8)
        axes.tick_params(labelsize=7)
        fill(axes, task)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=130, format="png")
    return path


def _strict(row: PolicyResult) -> tuple[float, float, float]:
    return 100 * row.strict.value, 100 * row.strict.interval[0], 100 * row.strict.interval[1]


def _error(row: PolicyResult) -> tuple[float, float, float]:
    return row.iqm.value, *row.iqm.interval


def _bars(axes: Any, task: str, table: Sequence[PolicyResult], value: Bar) -> None:
    kinds = list(dict.fromkeys(kind(r.label) for r in table))
    mine = [r for r in table if r.cell.task == task]
    for place, r in enumerate(mine):
        middle, low, high = value(r)
        reach = [[max(0.0, middle - low)], [max(0.0, high - middle)]]
        axes.bar(place, middle, color=_COLOURS[kinds.index(kind(r.label)) % len(_COLOURS)], width=0.8)
        axes.errorbar(place, middle, yerr=reach, color="black", linewidth=0.9, capsize=2)
    axes.set_xticks(range(len(mine)), [called(kind(r.label)) for r in mine], rotation=40, ha="right", fontsize=7)
    if value is _error:
        axes.axhline(TASKS[task].paper_threshold, color="#b5543f", linewidth=0.8, linestyle="--")
        paper = published()["rows"]["SkillBlender"].get(task)
        if paper is not None:
            axes.axhline(paper[0], color="#1f8a70", linewidth=0.8, linestyle=":")
    else:
        axes.set_ylim(0, 104)


def _lines(task: str, matrix: Matrix, episodes: Sequence[Episode]) -> list[tuple[str, str, list[Episode]]]:
    """Label, colour and episodes of each policy of a task."""
    cells = by_cell(episodes)
    mine = [cell for cell in matrix.cells if cell.task == task and cell in cells]
    return [
        (called(cell.policy), _COLOURS[matrix.policies.index(cell.policy) % len(_COLOURS)], cells[cell])
        for cell in mine
    ]


def _profile(axes: Any, task: str, matrix: Matrix, episodes: Sequence[Episode]) -> None:
    """Share of episodes whose paper error is below x."""
    for label, colour, mine in _lines(task, matrix, episodes):
        errors = np.sort([max(e.paper_error, 1e-4) for e in mine])
        axes.step(errors, np.arange(1, len(errors) + 1) / len(errors), where="post", label=label, color=colour)
    axes.axvline(TASKS[task].paper_threshold, color="#b5543f", linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    axes.set_xlabel("paper error", fontsize=8)
    axes.set_ylim(0, 1.02)
    axes.legend(fontsize=6)


def _time(axes: Any, task: str, matrix: Matrix, episodes: Sequence[Episode]) -> None:
    """Share of episodes in which the goal was reached by then."""
    for label, colour, mine in _lines(task, matrix, episodes):
        times = np.sort([e.after for e in mine if e.after is not None])
        x = np.concatenate([[0.0], times, [TASKS[task].episode_seconds]])
        y = np.concatenate([[0.0], np.arange(1, len(times) + 1), [len(times)]]) / len(mine)
        axes.step(x, y, where="post", label=label, color=colour)
    axes.set_xlabel("s", fontsize=8)
    axes.set_ylim(0, 1.02)
    axes.legend(fontsize=6)


def ranked(episodes: Sequence[Episode]) -> dict[str, Episode]:
    """The best, the median and the worst: strict success first, then a small paper error, then a low number."""
    order = sorted(episodes, key=lambda e: (not e.strict, e.fell or e.broken, e.paper_error, e.seed, e.episode))
    return {"best": order[0], "median": order[(len(order) - 1) // 2], "worst": order[-1]}


def filmed(matrix: Matrix, task: str, policy: str = "") -> Cell | None:
    """Whom to film on a task: `policy`, or the shipped blender, or else the script."""
    mine = {cell.policy: cell for cell in matrix.cells if cell.task == task}
    wanted = [policy] if policy else ["blender", "oracle"]
    return next((mine[name] for name in wanted if name in mine), None)
