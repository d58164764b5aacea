"""Progress lines, tables and result files of the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skillblend.errors import InputError


def progress_line(console: Console) -> Callable[[dict[str, float]], None]:
    """A printer of training rows: steps, rate, time left, the headline metrics."""

    def show(row: dict[str, float]) -> None:
        left = row["minutes_left"]
        parts = [f"{row['steps'] / 1e6:7.3f} M", f"{row['steps_per_second']:6.0f}/s", f"{left:5.1f} min left"]
        cycles = row.get("cycles", 0.0)
        if cycles > 0:
            parts.append(f"lin_vel {row['lin_vel_sum'] / cycles:.3f} m/s")
            parts.append(f"yaw_rate {row['yaw_rate_sum'] / cycles:.3f} rad/s")
        if row.get("wrist_count", 0.0) > 0:
            parts.append(f"wrist {row['wrist_sum'] / row['wrist_count']:.4f} m")
        if "paper_error" in row:
            parts.append(f"paper error {row['paper_error']:.3f} m")
        if "fell" in row:
            parts.append(f"fell {row['fell']:.2f}")
        console.print("  ".join(parts), highlight=False)

    return show


def bar(description: str, *, quiet: bool = False) -> Progress:
    """A progress bar on stderr, silent when `quiet` or not on a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn(description), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, disable=quiet or not console.is_terminal, transient=True,
    )  # fmt: skip


@contextmanager
def output_folder(out: Path) -> Generator[None]:
    """`out` exists and can be written; if what follows fails, folders made for it that are empty are removed.

    Raises:
        InputError: It cannot be written.
    """
    made = [folder for folder in (*reversed(out.parents), out) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        _remove_empty(made)
        raise InputError(f"cannot write to {out}: {error.strerror}; choose another --out") from error
    try:
        yield
    except BaseException:
        _remove_empty(made)
        raise


def check_folder(out: Path) -> None:
    """Refuse a folder that cannot be written, and leave everything as it was.

    Raises:
        InputError: It cannot be written.
    """
    made = [folder for folder in (*reversed(out.parents), out) if not folder.exists()]
    with output_folder(out):
        pass
    _remove_empty(made)


def check_file(path: Path) -> None:
    """Refuse a file that cannot be written, before hours of work; leaves everything as it was.

    Raises:
        InputError: It cannot be written.
    """
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; choose another --out")
    check_folder(path.parent)


def _remove_empty(folders: list[Path]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):
            folder.rmdir()


def write_json(path: Path, data: Mapping[str, Any] | list[Any]) -> None:
    """Write whole or not at all.

    Raises:
        InputError: The folder cannot be written.
    """
    write_text(path, json.dumps(data, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write whole or not at all.

    Raises:
        InputError: The folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(text)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another place") from error
