"""Plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
