"""The results folder: what is run, and one line an episode, of which none is lost and none counted twice."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from sim.skillbench.matrix import Cell, Matrix
from sim.tasks.measures import MOTION
from skillblend.errors import InputError
from skillblend.files import json_text, write_json, writing

RUN, LINES = "run.json", "episodes.jsonl"


@dataclass(frozen=True, kw_only=True)
class Episode:
    """What became of one episode.

    Attributes:
        task, policy, seed, episode: Which.
        paper, strict: What the two judges say.
        fell: Whether the robot did.
        broken: Whether the simulation blew up, which counts as a failure.
        error, paper_error: At its end, m.
        seconds: Length.
        after: Seconds until success first held; None where it never did.
        motion: How the robot moved, by name: see `sim.tasks.measures`.
    """

    task: str
    policy: str
    seed: int
    episode: int
    paper: bool
    strict: bool
    fell: bool
    broken: bool
    error: float
    paper_error: float
    seconds: float
    after: float | None
    motion: dict[str, float]

    @property
    def key(self) -> tuple[str, str, int, int]:
        """Which."""
        return self.task, self.policy, self.seed, self.episode

    @property
    def cell(self) -> Cell:
        """Of which policy on which task."""
        return Cell(task=self.task, policy=self.policy)


class Results:
    """A results folder that is being filled; whoever opens it holds its lock.

    Attributes:
        matrix: What is run.
        found: Episodes so far, by key.
    """

    def __init__(self, folder: Path, matrix: Matrix) -> None:
        """Begin, or go on where an earlier run ended, however it ended.

        Raises:
            InputError: The folder holds something else, cannot be written, or was tampered with.
        """
        self.matrix = matrix
        self._file = folder / LINES
        if (folder / RUN).exists() or self._file.exists():
            _refuse_others(folder, matrix)
        else:
            write_json(folder / RUN, matrix.as_json())
        _cut_off(self._file)
        self.found = {episode.key: episode for episode in read_lines(folder, matrix)}

    def missing(self, cell: Cell, seed: int) -> list[int]:
        """Numbers of the episodes that are still to be played."""
        return [e for e in range(self.matrix.episodes) if (cell.task, cell.policy, seed, e) not in self.found]

    def append(self, episodes: Iterable[Episode]) -> None:
        """Add lines; they are on the disk when this returns.

        Raises:
            InputError: They cannot be written; the file ends where it did before, or in a line that is cut off.
        """
        new = [episode for episode in episodes if episode.key not in self.found]
        text = "".join(json_text(asdict(episode)) + "\n" for episode in new)
        with writing(self._file), self._file.open("ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        self.found |= {episode.key: episode for episode in new}


def read_matrix(folder: Path) -> Matrix:
    """What a results folder is about.

    Raises:
        InputError: It is none.
    """
    file = folder / RUN
    try:
        return Matrix.parse(json.loads(file.read_text()))
    except OSError as error:
        raise InputError(f"{folder} holds no results: {file.name} cannot be read ({error.strerror})") from error
    except (ValueError, InputError) as error:
        raise InputError(f"{file}: {error}; name the folder of a benchmark run") from error


def read_lines(folder: Path, matrix: Matrix) -> list[Episode]:
    """The episodes of a results folder, by policy, seed and number; a last line without an end is left out.

    Raises:
        InputError: A line is none of ours, is there twice, or is of something that is not run here.
    """
    seen: dict[tuple[str, str, int, int], Episode] = {}
    cells, seeds = set(matrix.cells), set(matrix.seeds)
    for number, text in _lines(folder / LINES):
        where = f"{folder / LINES}, line {number}"
        episode = _parse(text, where)
        if episode.cell not in cells or episode.seed not in seeds or not 0 <= episode.episode < matrix.episodes:
            raise InputError(f"{where}: {episode.key} is no part of this run; choose another folder")
        if episode.key in seen:
            raise InputError(f"{where}: {episode.key} is there already; remove one of the two lines")
        seen[episode.key] = episode
    order = {cell: k for k, cell in enumerate(matrix.cells)}
    return sorted(seen.values(), key=lambda e: (order[e.cell], e.seed, e.episode))


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    if not file.exists():
        return
    with writing(file):
        content = file.read_bytes()
    whole = content[: content.rfind(b"\n") + 1].decode(errors="replace")
    yield from enumerate(whole.splitlines(), start=1)


_KINDS: dict[str, tuple[type, ...]] = {
    "task": (str,), "policy": (str,), "seed": (int,), "episode": (int,), "paper": (bool,), "strict": (bool,),
    "fell": (bool,), "broken": (bool,), "error": (int, float), "paper_error": (int, float), "seconds": (int, float),
    "after": (int, float, type(None)), "motion": (dict,),
}  # fmt: skip


def _parse(text: str, where: str) -> Episode:
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise InputError(f"{where} is not JSON: {error}; remove the line, and it is played again") from error
    values = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    wrong = [name for name, kinds in _KINDS.items() if not isinstance(values.get(name), kinds)]
    wrong += [] if wrong else _no_numbers(values)
    if wrong or set(values) != set(_KINDS):
        raise InputError(f"{where} is no line of a benchmark run ({wrong or sorted(values)}); remove it")
    return Episode(**values)


def _no_numbers(values: dict[str, Any]) -> list[str]:
    """Which measurements of a line are none."""
    motion: dict[str, Any] = values["motion"]
    if set(motion) != set(MOTION):
        return ["motion"]
    measured = {name: values[name] for name in ("error", "paper_error", "seconds", "after")} | motion
    return [name for name, value in measured.items() if not (_finite(value) or (name == "after" and value is None))]


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _cut_off(file: Path) -> None:
    """Remove what a killed process left of a last line."""
    if not file.exists():
        return
    with writing(file), file.open("r+b") as lines:
        content = lines.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            lines.truncate(whole)


def _refuse_others(folder: Path, matrix: Matrix) -> None:
    differences = read_matrix(folder).differences(matrix)
    if differences:
        raise InputError(
            f"{folder} holds the results of another run: this one has {'; '.join(differences)}. Choose another "
            "--out, or repeat the command that began it, at its commit"
        )  # fmt: skip
