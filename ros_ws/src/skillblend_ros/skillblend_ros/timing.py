"""When control steps were due and done, noted by the processes themselves, and which deadlines were missed.

The guard keeps the books: it is what the robot's state reaches first and what sends the motors' commands.
Nothing here looks at a clock; who calls says what time it is, in s of `time.monotonic`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skillblend.errors import InputError

CAPACITY = 2**18
"""Rows kept: 87 minutes at 50 Hz, 21 at 200 Hz; the latest stay."""
LATE = 1.5
"""Commands further apart than this many control periods leave out at least one."""


class TimeLog:
    """Rows of times in memory that was asked for beforehand; they go to disk at the end."""

    def __init__(self, path: str, columns: int) -> None:
        """`columns` times a row; `path` empty keeps nothing."""
        self._path, self._count = path, 0
        self._rows = np.full((CAPACITY if path else 0, columns), np.nan)

    def note(self, *times: float) -> None:
        """Keep one row."""
        if self._path:
            self._rows[self._count % CAPACITY] = times
            self._count += 1

    def close(self) -> None:
        """Write the rows out, in their order.

        Raises:
            InputError: The file cannot be written.
        """
        if not self._path:
            return
        rows = self._rows[: self._count] if self._count <= CAPACITY else np.roll(self._rows, -self._count, axis=0)
        try:
            with Path(self._path).open("wb") as out:
                np.save(out, rows)
        except OSError as error:
            raise InputError(f"cannot write times to {self._path}: {error.strerror}; choose another file") from error


class Ledger:
    """Which measurements were answered by which command, and how soon.

    Attributes:
        steps: Answers so far.
        late: Those that came later than a control period after their measurement, or are not about any.
        longest: The longest time to an answer since it was last taken, s.
    """

    def __init__(self, period: float, log: TimeLog) -> None:
        """`period` of control, s; `log` gets a row (measured, answered) for each answer."""
        self._period, self._log = period, log
        self._open: deque[tuple[object, float]] = deque(maxlen=16)
        self.steps = self.late = 0
        self._longest = 0.0

    def measured(self, name: object, when: float) -> None:
        """A measurement called `name`, taken at `when`, goes to the policy."""
        self._open.append((name, when))

    def answered(self, name: object, when: float) -> None:
        """The motors' command that answers it was sent at `when`."""
        taken = next((then for known, then in self._open if known == name), np.nan)
        self._log.note(taken, when)
        self.steps += 1
        self.late += not when - taken <= self._period
        if when - taken > self._longest:
            self._longest = when - taken

    def take_longest(self) -> float:
        """The longest time to an answer since the last call, s."""
        longest, self._longest = self._longest, 0.0
        return longest

    def close(self) -> None:
        """Write the log.

        Raises:
            InputError: The file cannot be written.
        """
        self._log.close()


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """What was missed in a stretch of time.

    Attributes:
        periods: Control periods in it.
        missed: Periods without a command that answers a measurement in time: commands that came later than a
            period after their measurement, and periods left out between commands.
        late: Commands later than a period after their measurement.
        gaps: Times between commands of more than `LATE` periods.
        answer_p50, answer_p99, answer_max: From measurement to command, s.
        period_p99, period_max: Between commands, s.
    """

    periods: int
    missed: int
    late: int
    gaps: int
    answer_p50: float
    answer_p99: float
    answer_max: float
    period_p99: float
    period_max: float

    @property
    def share(self) -> float:
        """Missed per period."""
        return self.missed / self.periods


def judge_deadlines(rows: npt.NDArray[np.float64], period: float, begin: float, end: float) -> Deadlines:
    """What was missed between `begin` and `end`, s.

    Args:
        rows: (measured, answered) of each command, s. Shape (M, 2).
        period: Of control, s.
        begin: From here.
        end: To here.

    Raises:
        InputError: No time, or fewer than two commands in it.
    """
    rows = rows[(rows[:, 1] >= begin) & (rows[:, 1] <= end)]
    if not end - begin >= period or len(rows) < 2:
        raise InputError(f"{len(rows)} commands in {end - begin:g} s; deadlines need at least two in a period")
    waits, edges = rows[:, 1] - rows[:, 0], np.concatenate([[begin], rows[:, 1], [end]])
    late = ~(waits <= period)
    steps = np.diff(edges)
    gap = steps > LATE * period
    left_out = np.where(gap, np.round(steps / period) - 1, 0).astype(np.int64)
    for edge in (0, -1):  # of what began before, or ends after
        left_out[edge] = int(steps[edge] / period) if gap[edge] else 0
    # A command that is late and ends a gap is one of the periods that the gap left out.
    own = np.append(late, False)
    known = waits[np.isfinite(waits)]
    return Deadlines(
        periods=round((end - begin) / period),
        missed=int(np.maximum(left_out, own).sum()),
        late=int(late.sum()),
        gaps=int(gap.sum()),
        answer_p50=float(np.percentile(known, 50)) if len(known) else np.inf,
        answer_p99=float(np.percentile(known, 99)) if len(known) else np.inf,
        answer_max=float(known.max()) if len(known) else np.inf,
        period_p99=float(np.percentile(np.diff(rows[:, 1]), 99)),
        period_max=float(np.diff(rows[:, 1]).max()),
    )
