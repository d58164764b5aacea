"""Progress of a run on disk: rows as JSON lines, as a table, and as TensorBoard events."""

from __future__ import annotations

import csv
import io
import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from skillblend.files import atomic_write, json_text

log = logging.getLogger(__name__)

LINES, TABLE, EVENTS = "progress.jsonl", "progress.csv", "tensorboard"
"""Files, and the folder of event files, in the folder of a run."""
_TIME = ("minutes", "minutes_left", "steps_per_second", "checkpoint_age")
_PPO = ("kl", "value_loss", "learning_rate", "std")


class ProgressLog:
    """Progress rows of one run, in three forms; a run that is taken up again forgets what it trains once more."""

    def __init__(self, folder: Path, steps: int) -> None:
        """`steps`: of the checkpoint in `folder`; rows beyond it are dropped."""
        self._lines, self._table = folder / LINES, folder / TABLE
        self._rows = [row for row in read_rows(folder) if row.get("steps", 0.0) <= steps]
        if self._lines.exists():
            atomic_write(self._lines, "".join(json_text(row) + "\n" for row in self._rows))
        self._events = _event_writer(folder / EVENTS, steps)

    def add(self, row: dict[str, float]) -> None:
        """One row more, on the disk at once.

        Raises:
            OSError: The disk is full.
        """
        self._rows.append(row)
        with self._lines.open("a") as file:
            file.write(json_text(row) + "\n")
        if self._events is not None:
            for tag, value in tagged(row).items():
                self._events.add_scalar(tag, value, int(row["steps"]))
            self._events.flush()

    def tabulate(self) -> None:
        """Write the table anew: rows may have brought columns that earlier ones lack.

        Raises:
            InputError: It cannot be written.
        """
        if not self._rows:
            return
        columns = list(dict.fromkeys(key for row in self._rows for key in row))
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, columns)
        table.writeheader()
        table.writerows(self._rows)
        atomic_write(self._table, text.getvalue())

    def close(self) -> None:
        """Nothing follows."""
        if self._events is not None:
            self._events.close()


def tagged(row: Mapping[str, float]) -> dict[str, float]:
    """Values of a row by their TensorBoard tags: time, reward terms, PPO's own figures, the task's metrics."""
    out: dict[str, float] = {}
    for name, value in row.items():
        if name != "steps":
            group = "time" if name in _TIME else "ppo" if name in _PPO else "episode"
            out[f"reward/{name[2:]}" if name.startswith("r.") else f"{group}/{name}"] = float(value)
    return out


def read_rows(folder: Path) -> list[dict[str, float]]:
    """Rows of the run in `folder`, none where there is none; a last line that was cut off is none."""
    path = folder / LINES
    rows: list[dict[str, float]] = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            row: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(_numbers(cast("dict[str, Any]", row)))
    return rows


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """Those of a row; what JSON has no number for was none."""
    values = {name: math.nan if value is None else value for name, value in row.items()}
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}


def _event_writer(folder: Path, steps: int) -> Any:
    """What writes events beyond `steps`, in place of those that an earlier part has left there; None without it."""
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError as error:
        log.warning(
            "no TensorBoard logs: %s; install it with: pip install 'skillblend[train]'; %s has the same figures",
            error, folder.with_name(TABLE),
        )  # fmt: skip
        return None
    try:
        return SummaryWriter(str(folder), purge_step=steps + 1)
    except OSError as error:
        log.warning("no TensorBoard logs: %s; training goes on", error)
        return None
