"""Progress lines, and the folders that results go to, of the command line."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table

from skillblend.errors import InputError
from skillblend.files import complaint, json_text, locked

Errors = Callable[[Mapping[str, npt.NDArray[np.float64]]], Mapping[str, npt.NDArray[np.float64]]]
"""A task's errors from its metrics, each (E,)."""


def progress_line(console: Console, errors: Errors | None = None) -> Callable[[dict[str, float]], None]:
    """A printer of training rows: steps, rate, time left, what `errors` makes of the metrics."""

    def show(row: dict[str, float]) -> None:
        left = row["minutes_left"]
        parts = [f"{row['steps'] / 1e6:7.3f} M", f"{row['steps_per_second']:6.0f}/s", f"{left:5.1f} min left"]
        parts += [f"{name} {value:.4f}" for name, value in measured(row, errors).items()]
        if "paper_error" in row:
            parts.append(f"paper error {row['paper_error']:.3f} m")
        if "fell" in row:
            parts.append(f"fell {row['fell']:.2f}")
        if "checkpoint_age" in row:
            parts.append(f"checkpoint {row['checkpoint_age']:.0f} s old")
        console.print("  ".join(parts), highlight=False, soft_wrap=True)

    return show


def measured(row: Mapping[str, float], errors: Errors | None) -> dict[str, float]:
    """Those that were measured; none where no episode has ended since the last row."""
    if errors is None:
        return {}
    try:
        found = errors({name: np.array([value]) for name, value in row.items()})
    except KeyError:
        return {}
    return {name: float(values[0]) for name, values in found.items() if np.isfinite(values[0])}


def bar(description: str, *, quiet: bool = False) -> Progress:
    """A progress bar on stderr, silent when `quiet` or not on a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn(description), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, disable=quiet or not console.is_terminal, transient=True,
    )  # fmt: skip


@contextmanager
def counting(description: str, *, quiet: bool = False) -> Generator[Callable[[int, int], None]]:
    """A bar for work that tells how many of how many are done."""
    with bar(description, quiet=quiet) as progress:
        yield updater(progress, progress.add_task(description, total=None))


def moving() -> Progress:
    """A line on stderr for a robot that moves while it is drawn, nobody knows how long: what, how to stop, and time.

    Its task has the fields `robot` (s) and `frames`, and what it does as its description. Where the terminal is
    narrow it is several lines. What is printed meanwhile goes above it, and where it would go.
    """
    console = Console(stderr=True)
    doing = "{task.description} | Ctrl-C stops"
    drawn = "drawing: {task.fields[robot]:.1f} s of robot time, {task.fields[frames]} frames"
    column = Column(overflow="fold")
    return Progress(
        SpinnerColumn(), TextColumn(f"{doing} | {drawn}", markup=False, table_column=column),
        TimeElapsedColumn(), console=console, transient=True,
        disable=not console.is_terminal, redirect_stdout=sys.stdout.isatty(),
    )  # fmt: skip


@contextmanager
def output_folder(out: Path) -> Generator[None]:
    """`out` exists, can be written and is ours alone; folders made for it that stay empty go again after a failure.

    Raises:
        InputError: It cannot be written, or another process writes to it.
    """
    made: list[Path] = []
    try:
        _make(out, made)
        with locked(out):
            yield
    except BaseException:
        _remove_empty(made)
        raise


def check_folder(out: Path) -> None:
    """Refuse a folder that cannot be written, and leave everything as it was.

    Raises:
        InputError: It cannot be written.
    """
    made: list[Path] = []
    try:
        _make(out, made)
        with _refusing(out), tempfile.TemporaryFile(dir=out):
            pass
    finally:
        _remove_empty(made)


def check_file(path: Path) -> None:
    """Refuse a file that cannot be written, before hours of work; leaves everything as it was.

    Raises:
        InputError: It cannot be written.
    """
    with _refusing(path):
        if path.name in ("", "..") or path.is_dir():
            raise InputError(f"cannot write {path}: it is a folder; choose another --out")
    check_folder(path.parent)


def _make(out: Path, made: list[Path]) -> None:
    """Make `out`; the folders that did not exist before are added to `made`, outermost first.

    Raises:
        InputError: It cannot be made.
    """
    with _refusing(out):
        made += [folder for folder in (*reversed(out.parents), out) if not os.path.lexists(folder)]
        out.mkdir(parents=True, exist_ok=True)


@contextmanager
def _refusing(out: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write to {out}: {complaint(error)}; choose another --out") from error


def _remove_empty(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()


def updater(progress: Any, task: Any) -> Callable[[int, int], None]:
    """What moves a progress bar."""

    def update(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return update


def show_result(result: Any, as_json: bool) -> None:
    """Print one result, or a list of them."""
    if as_json:
        print(json_text(result))
        return
    console = Console()
    rows = cast("list[dict[str, Any]]", result if isinstance(result, list) else [result])
    for row in rows:
        table = Table(show_header=False)
        for key, value in row.items():
            table.add_row(key, escape(shown(value)))
        console.print(table)


def shown(value: Any) -> str:
    """A value of a result, for a table."""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {shown(v)}" for k, v in cast("dict[str, Any]", value).items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(v) for v in cast("list[Any]", value)) + "]"
    return str(value)


def check_new(target: Path, what: str) -> None:
    """Refuse to overwrite what took time to make."""
    if target.exists():
        raise InputError(f"{target} holds a {what} already; name another --out, or remove {target}")


def keep_earlier(path: Path) -> None:
    """Number the file that an earlier command has left at `path`, and say so: results cost time.

    Raises:
        InputError: It cannot be renamed.
    """
    if not path.is_file():
        return
    number = 1
    while path.with_stem(f"{path.stem}-{number}").exists():
        number += 1
    aside = path.with_stem(f"{path.stem}-{number}")
    with _refusing(path):
        path.rename(aside)
    Console(stderr=True).print(f"the earlier {path} is {aside} now", markup=False, highlight=False, soft_wrap=True)


def variants_table(found: Sequence[Mapping[str, Any]]) -> str:
    """One line a planner: right of total with the interval, what was disturbed and remembered, then by family."""
    mindful = any(summary["remembered"] for summary in found)
    families = list(found[0]["families"])
    wide = max(14, *(len(summary["planner"]) + 1 for summary in found))
    lines = [
        "planner".ljust(wide)
        + "right".rjust(9)
        + "  95% interval "
        + "disturbed".rjust(10)
        + ("remembered".rjust(11) if mindful else "")
        + " "
        + " ".join(name.rjust(11) for name in families)
    ]
    for summary in found:
        right, total = (sum(f[k] for f in summary["families"].values()) for k in ("right", "total"))
        low, high = summary["interval"]
        cells = " ".join(f"{f['right']}/{f['total']}".rjust(11) for f in summary["families"].values())
        share = f"{f'{right}/{total}':>9s}  [{low:.2f}, {high:.2f}]  {summary['disturbed']:>9d}"
        share += f"{summary['remembered']:>11d}" if mindful else ""
        lines.append(f"{summary['planner'].ljust(wide)}{share} {cells}")
    return "\n".join(lines)
