"""Tables of a benchmark run in Markdown, and the places in documents that they go to."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sim.skillbench.matrix import Matrix
from sim.skillbench.statistics import Figure, Overall, PolicyResult, Proportion, kind
from sim.tasks.spec import TASKS
from skillblend.errors import InputError
from skillblend.files import writing

_HERE = Path(__file__).parent
MARKERS = {"short": "skillbench: short", "full": "skillbench: full"}
"""A table of this kind stands in a document between ``<!-- NAME -->`` and ``<!-- end of NAME -->``."""
NAMES = {"noop": "doing nothing", "uniform": "uniform averaging", "handover": "one-hot switching", "oracle": "script",
         "flat": "flat PPO"}  # fmt: skip
"""Policies as tables call them; others by their own names."""


def published() -> dict[str, Any]:
    """What the paper gives, by method and task."""
    return json.loads((_HERE / "published.json").read_text())


def called(label: str) -> str:
    """A policy as tables call it."""
    return NAMES.get(label, label)


def title(task: str) -> str:
    """As the paper writes it: far_reach is FarReach."""
    return "".join(part.capitalize() for part in task.split("_"))


def percent(share: Proportion) -> str:
    """With its interval, in percent."""
    low, high = share.interval
    return f"{100 * share.value:.0f}% [{100 * low:.0f}, {100 * high:.0f}]"


def number(figure: Figure, digits: int = 4) -> str:
    """With its interval."""
    low, high = figure.interval
    return f"{figure.value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(line)} |" for line in body)]


def about(matrix: Matrix, found: int) -> str:
    """Where figures come from, in a sentence."""
    first, last = matrix.seeds[0], matrix.seeds[-1]
    seeds = f"seed {first}" if first == last else f"seeds {first} to {last}"
    whole = "" if found == matrix.total else f" INCOMPLETE: {found} of {matrix.total} episodes."
    return (
        f"{matrix.robot}, {matrix.episodes} episodes for each of {len(matrix.seeds)} seeds ({seeds}), commit "
        f"{matrix.commit}.{whole}"
    )


def task_table(task: str, table: Sequence[PolicyResult], matrix: Matrix) -> list[str]:
    """Everything about one task."""
    mine = [r for r in table if r.cell.task == task]
    body = [
        [
            called(r.label), percent(r.strict), percent(r.paper), percent(r.falls), number(r.iqm), number(r.mean),
            f"{r.motion['tilt']:.3f}", f"{r.motion['height']:.3f}", f"{r.motion['torque']:.1f}",
            f"{r.motion['power']:.1f}", f"{r.motion['speed']:.2f}", f"{r.motion['jerk']:.0f}",
        ]
        for r in mine
    ]  # fmt: skip
    body += [
        [f"{method}, as published", "-", "-", "-", "-", f"{values[task][0]:.3f}", f"{values[task][1]:.3f}",
         f"{values[task][2]:.3f}", f"{values[task][3]:.1f}", f"{values[task][4]:.1f}", "-", "-"]
        for method, values in published()["rows"].items()
        if task in values
    ]  # fmt: skip
    head = ["policy", "strict success", "paper's success", "falls", "paper error, IQM", "mean", "tilt", "height",
            "torque", "power", "speed", "jerk"]  # fmt: skip
    gone = [
        f"{called(key.split('/')[1])} ({why})" for key, why in matrix.absent.items() if key.startswith(f"{task}/")
    ]
    missing = [f"Missing: {'; '.join(gone)}.", ""] if gone else []
    threshold = f"The paper counts an error below {TASKS[task].paper_threshold:g} as a success."
    return [f"### {title(task)}", "", threshold, "", *missing, *_markdown(head, body), ""]


def overall_table(figures: Sequence[Overall], matrix: Matrix) -> list[str]:
    """Policies over all tasks."""
    body = [
        [
            called(o.label), f"{o.tasks} of {len(matrix.tasks)}",
            f"{100 * o.strict.value:.0f}% [{100 * o.strict.interval[0]:.0f}, {100 * o.strict.interval[1]:.0f}]",
            "-" if o.relative is None else number(o.relative, 3),
        ]
        for o in figures
    ]  # fmt: skip
    return _markdown(["policy", "tasks", "strict success, mean over tasks", "error / doing nothing's, IQM"], body)


def short_table(table: Sequence[PolicyResult], matrix: Matrix) -> list[str]:
    """Strict success and mean paper error of every kind of policy, a column for each task."""
    kinds = list(dict.fromkeys(kind(r.label) for r in table))
    at = {(kind(r.label), r.cell.task): r for r in table}
    body: list[list[str]] = []
    for label in kinds:
        cells = [at.get((label, task)) for task in matrix.tasks]
        texts = ["-" if r is None else f"{100 * r.strict.value:.0f}%, {r.mean.value:.3f}" for r in cells]
        body.append([called(label), *texts])
    paper = published()["rows"]["SkillBlender"]
    body.append(["SkillBlender, as published", *(f"{paper[t][0]:.3f}" if t in paper else "-" for t in matrix.tasks)])
    return _markdown(["policy", *(title(task) for task in matrix.tasks)], body)


def full_report(table: Sequence[PolicyResult], figures: Sequence[Overall], matrix: Matrix, found: int) -> list[str]:
    """All tables, with what they mean."""
    return [
        about(matrix, found), "",
        "Strict success: the goal holds for half a second, by contact, in an episode without a fall. Paper error:",
        "the paper's own formula at the end of each episode, falls included (CabinetClose in rad, the others in m).",
        "IQM: interquartile mean. Intervals are 95%: Wilson score intervals of shares; percentile bootstrap,",
        "resampled within each seed (and task), of the rest. Tilt (rad), height (m), torque (N m) and power are the",
        "paper's formulas; speed is the base's in the plane (m/s), jerk the mean over joints (rad/s^3). The best",
        "single skill is chosen by the same episodes.",
        "",
        *overall_table(figures, matrix), "",
        *(line for task in matrix.tasks for line in task_table(task, table, matrix)),
        f"Published rows: {published()['source']}.",
    ]  # fmt: skip


def filled(document: Path, texts: dict[str, list[str]]) -> str:
    """What a document is with tables where its markers are, and nothing else of it changed.

    Args:
        document: A Markdown file with at least one pair of markers.
        texts: Lines by kind, see `MARKERS`.

    Raises:
        InputError: It cannot be read, or has no markers.
    """
    with writing(document):
        before = document.read_text()
    after, places = before, 0
    for name, lines in texts.items():
        begin, end = f"<!-- {MARKERS[name]} -->", f"<!-- end of {MARKERS[name]} -->"
        pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), re.DOTALL)
        block = "\n".join([begin, *lines, end])
        after, count = pattern.subn(lambda _, text=block: text, after)
        places += count
    if not places:
        pairs = " or ".join(f"<!-- {name} --> ... <!-- end of {name} -->" for name in MARKERS.values())
        raise InputError(f"{document} has no place for a table: put lines {pairs} into it")
    return after
