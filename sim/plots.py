"""Plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.contracts import Array
from skillblend.files import atomic_path


def reliability_plot(skill: str, p: Array, success: Array, report: Mapping[str, float], path: Path) -> None:
    """Predicted probability against observed frequency in ten bins, with their sizes; a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
    edges = np.linspace(0.0, 1.0, 11)
    index = np.minimum((p * 10).astype(np.int64), 9)
    used = [b for b in range(10) if (index == b).any()]
    x = [float(p[index == b].mean()) for b in used]
    y = [float(success[index == b].mean()) for b in used]
    upper.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    upper.plot(x, y, "o-", color="#1f5fa8")
    upper.set_ylabel("observed success")
    upper.set_title(f"{skill}: ECE {report['ece']:.3f}, AUROC {report['auroc']:.3f}, n {int(report['held_out'])}")
    lower.hist(p, bins=edges.tolist(), color="#9bb8d6")
    lower.set_xlabel("predicted success")
    lower.set_yticks([])
    with atomic_path(path) as part:
        figure.savefig(part, dpi=110, format="png")


def survival_plot(curves: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Share of robots that are still up over the impulse of punches, with intervals, by bundle; a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for label, rows in curves.items():
        x = [float(row["impulse"]) for row in rows]
        y = np.array([row["survived"] for row in rows])
        low, high = np.array([row["survived_interval"] for row in rows]).T
        spread = [np.maximum(y - low, 0.0), np.maximum(high - y, 0.0)]
        axes.errorbar(x, y, yerr=spread, marker="o", capsize=3, label=label)
    axes.set_xlabel("impulse of each punch, N s")
    axes.set_ylabel("still up after 90 s")
    axes.set_ylim(-0.02, 1.02)
    axes.legend()
    with atomic_path(path) as part:
        figure.savefig(part, dpi=110, format="png")


def learning_curve(title: str, rows: Sequence[Mapping[str, float]], columns: Sequence[str], path: Path) -> None:
    """How a training went, over millions of steps; a PNG.

    Args:
        title: Above it.
        rows: Progress rows of the run.
        columns: What of them is shown; those that no row has are left out.
        path: Of the PNG.

    Raises:
        InputError: `path` cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    named = {name: None for row in rows for name in row}
    shown = [name for name in columns if name in named]
    figure = Figure(figsize=(8.0, 0.6 + 1.9 * max(1, -(-len(shown) // 3))), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    places = np.atleast_1d(figure.subplots(max(1, -(-len(shown) // 3)), 3, sharex=True)).ravel()
    for axes in places[len(shown) :]:
        axes.set_axis_off()
    for name, axes in zip(shown, places, strict=False):
        points = [(row["steps"] / 1e6, row[name]) for row in rows if name in row]
        axes.plot(*np.array(points).T, color="#1f5fa8", linewidth=1.2)
        axes.set_title(name.replace("_", " "), fontsize=9)
        axes.tick_params(labelsize=8)
    for axes in places[max(0, len(shown) - 3) : len(shown)]:
        axes.set_xlabel("million steps", fontsize=8)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=110, format="png")
