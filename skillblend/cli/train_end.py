"""What ``train`` leaves beside a bundle: an evaluation, its card, a learning curve, a video and a filmstrip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape

from skillblend.bundle import CONFIG
from skillblend.cli.output import Errors, counting, measured
from skillblend.files import write_json

SEED = 7
"""Of the episodes that nobody trained on, as of `skillblend eval`; the next one where a run was trained with it."""
_CURVES = ("reward", "fell", "length", "paper_error", "strict_success", "kl", "value_loss", "std", "steps_per_second")
_FILM_SECONDS = 8.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A policy that was trained, and how to look at it.

    Attributes:
        folder: Its bundle.
        training: Where its progress rows are.
        evaluate: Plays unseen episodes, from their number, seed and progress; the result of `skillblend eval --json`.
        write_card: From that.
        film: Draws an episode of a seed and so many seconds: filmstrip, video; with its progress.
        errors: From metrics to the errors that people read; None where the metrics are those.
    """

    folder: Path
    training: Path
    evaluate: Callable[[int, int, Progress], dict[str, Any]]
    write_card: Callable[[dict[str, Any]], None]
    film: Callable[[Path, Path, int, float, Progress], None]
    errors: Errors | None = None


def set_aside(target: Path, training: Path) -> Path | None:
    """Keep the bundle that an earlier part of a run has left at `target`; where it is now, None for none."""
    if not (target / CONFIG).exists():
        return None
    number = 1
    while (training / f"earlier-{number}").exists():
        number += 1
    target.rename(training / f"earlier-{number}")
    return training / f"earlier-{number}"


def look(made: Finished, *, episodes: int, seed: int, console: Console) -> None:
    """Evaluate, draw and write down; what the machine cannot draw is said and left out."""
    draw_curve(made, console)
    if not episodes:
        return
    with counting(f"evaluating {made.folder.name}") as progress:
        result = made.evaluate(episodes, SEED if seed != SEED else SEED + 1, progress)
    write_json(made.folder / "evaluation.json", result)
    made.write_card(result)
    console.print(summary(result), markup=False, highlight=False, soft_wrap=True)
    _film(made, seed, console)
    console.print(
        f"card.md, curve.png, evaluation.json and what was drawn are in {made.folder}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def summary(result: Mapping[str, Any]) -> str:
    """The result of an evaluation in one line."""
    low, high = result["fall_interval"]
    parts = [f"{result['episodes']} unseen episodes: falls {result['fall_rate']:.2f} [{low:.2f}, {high:.2f}]"]
    if "strict_success_rate" in result:
        low, high = result["strict_success_interval"]
        parts.append(f"strict success {result['strict_success_rate']:.2f} [{low:.2f}, {high:.2f}]")
        parts.append(f"paper's error {result['paper_error']:.4f}")
    else:
        parts.append(f"success {result['success_rate']:.2f}")
        parts += [f"{name} error {value:.4f}" for name, value in result["error"].items()]
    return ", ".join(parts)


def draw_curve(made: Finished, console: Console) -> None:
    """The learning curve of the whole run; without matplotlib, why there is none."""
    from skillblend.training.progress import read_rows

    rows = read_rows(made.training)
    if not rows:
        return
    try:
        from sim.plots import learning_curve

        rows = [{**row, **measured(row, made.errors)} for row in rows]
        learning_curve(made.folder.name, rows, _columns(rows, made.errors), made.folder / "curve.png")
    except ImportError as error:
        console.print(f"no curve.png: {error}; pip install 'skillblend[render]'", markup=False, soft_wrap=True)


def _columns(rows: Sequence[Mapping[str, float]], errors: Errors | None) -> list[str]:
    own = [name for row in rows for name in measured(row, errors)]
    known = {name for row in rows for name, value in row.items() if np.isfinite(value)}
    return [name for name in (*dict.fromkeys(own), *_CURVES) if name in known]


def _film(made: Finished, seed: int, console: Console) -> None:
    from sim.render import RenderingUnavailable

    try:
        with counting(f"drawing {made.folder.name}") as progress:
            strip, video = made.folder / "filmstrip.png", made.folder / "evaluation.mp4"
            made.film(strip, video, seed + 1, _FILM_SECONDS, progress)
    except RenderingUnavailable as error:
        console.print(f"[yellow]no video: {escape(str(error))}[/yellow]", highlight=False, soft_wrap=True)
