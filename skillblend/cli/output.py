"""Progress lines, tables and result files of the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skillblend.errors import InputError


def progress_line(console: Console, minutes: float) -> Callable[[dict[str, float]], None]:
    """A printer of training rows: steps, rate, time left, the headline metrics."""

    def show(row: dict[str, float]) -> None:
        left = max(0.0, minutes - row["minutes"])
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


def write_json(path: Path, data: Mapping[str, Any] | list[Any]) -> None:
    """Write whole or not at all.

    Raises:
        InputError: The folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(json.dumps(data, indent=1) + "\n")
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another place") from error
