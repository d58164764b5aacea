"""Instructions that were carried out, in a file: what was asked, where, by which plan, and what came of using that.

One SQLite database (the standard library's). Only what was verified gets in. Nothing in it is trusted: a file of
another kind, version or layout is refused as a whole, an entry that is not what it should be is passed over, and text
and counts are all that is read of it. Every change is one transaction: a file is as before it or as after it.

What is pruned, at every change: entries whose use ended in failure more often than in success, as far as that can be
told (lower end of the 95% Wilson interval of the failures' share above one half: four failures of four, nine of
eleven); and beyond the capacity those of least utility, which is the lower end of that interval for the share of
successes in all that was done by the plan. Of equal ones the oldest go first.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from skillblend.errors import InputError
from skillblend.files import complaint
from skillblend.remembered import COLUMNS, Remembered, entry_of, least_share, row_of

FILE = "memory.sqlite"
"""In the folder of what a person typed."""

KIND, VERSION = 0x736B626C, 1
"""What the database says it is ("skbl", its `application_id`), and the version of its layout."""

CAPACITY = 1000
WAIT = 1.0
"""How long somebody else's transaction is waited for, s."""

_TABLE = (
    "CREATE TABLE episodes (number INTEGER PRIMARY KEY, instruction TEXT, request TEXT, robot TEXT, scene TEXT, "
    "plan TEXT, verdicts TEXT, judge TEXT, time TEXT, code TEXT, carried_out INTEGER, successes INTEGER, "
    "failures INTEGER)"
)
_INDEX = "CREATE UNIQUE INDEX one ON episodes (request, robot, scene, plan)"


class EpisodeStore:
    """A file of instructions that were carried out.

    Attributes:
        path: The file.
        capacity: Entries that are kept.
        passed_over: Entries that the last reading could make nothing of.
    """

    def __init__(self, path: Path, *, capacity: int = CAPACITY, read_only: bool = False) -> None:
        """Open it, make it where there is none, and see that it can be written.

        Raises:
            InputError: It is no such file, of another version, damaged, locked, or in a place that cannot be written.
        """
        if capacity < 1:
            raise InputError(f"a memory keeps at least one episode, not {capacity}")
        self.path, self.capacity, self.passed_over = path, capacity, 0
        self._read_only = read_only
        made = not read_only and self._make_file()
        try:
            with self._open() as db:
                if not read_only:
                    db.execute("BEGIN IMMEDIATE")
                    if _blank(db):
                        for line in (
                            _TABLE,
                            _INDEX,
                            f"PRAGMA application_id={KIND}",
                            f"PRAGMA user_version={VERSION}",
                        ):
                            db.execute(line)
                self._check(db)
                if not read_only:
                    db.execute(f"PRAGMA user_version={VERSION}")  # a page is written: where that fails, all does
                    db.execute("COMMIT")
        except BaseException:
            if made:
                path.unlink(missing_ok=True)
            raise

    def episodes(self) -> list[Remembered]:
        """All that can be used, those of greatest utility first.

        Raises:
            InputError: The file cannot be read.
        """
        with self._open() as db:
            self._check(db)
            rows = db.execute(f"SELECT {', '.join(COLUMNS)} FROM episodes LIMIT ?", (self.capacity,)).fetchall()
        found = [entry for row in rows if (entry := entry_of(row)) is not None]
        self.passed_over = len(rows) - len(found)
        return sorted(found, key=lambda entry: (-entry.utility, entry.number))

    def add(self, entry: Remembered) -> int:
        """Keep an entry, or count that an equal one was carried out once more; its number.

        Raises:
            InputError: The file cannot be written, or the entry is too long to be one.
        """
        entry = replace(entry, number=1, time=entry.time or datetime.now(UTC).isoformat(timespec="seconds"))
        row = row_of(entry)
        if entry_of(row) is None:
            raise InputError(f"{entry.instruction[:80]!r} cannot be kept: it is too long, or has no steps")
        with self._change() as db:
            db.execute(
                f"INSERT INTO episodes ({', '.join(COLUMNS[1:])}) VALUES ({', '.join('?' * (len(COLUMNS) - 1))}) "
                "ON CONFLICT (request, robot, scene, plan) DO UPDATE SET carried_out = carried_out + 1, "
                "time = excluded.time, verdicts = excluded.verdicts, code = excluded.code",
                row[1:],
            )
            key = (entry.request, entry.robot, row[4], row[5])
            found = "SELECT number FROM episodes WHERE request = ? AND robot = ? AND scene = ? AND plan = ?"
            return int(db.execute(found, key).fetchone()[0])

    def used(self, numbers: Sequence[int], *, success: bool) -> None:
        """Count how the use of entries ended.

        Raises:
            InputError: The file cannot be written.
        """
        column = "successes" if success else "failures"
        with self._change() as db:
            for number in numbers:
                db.execute(f"UPDATE episodes SET {column} = {column} + 1 WHERE number = ?", (number,))

    def forget(self, number: int) -> bool:
        """Drop an entry; whether there was one.

        Raises:
            InputError: The file cannot be written.
        """
        with self._change() as db:
            return db.execute("DELETE FROM episodes WHERE number = ?", (number,)).rowcount > 0

    @contextmanager
    def _change(self) -> Generator[sqlite3.Connection]:
        """One transaction, with the pruning at its end: all of it is done, or nothing."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            self._check(db)
            yield db
            self._prune(db)
            db.execute("COMMIT")

    def _prune(self, db: sqlite3.Connection) -> None:
        counts = db.execute("SELECT number, carried_out, successes, failures, time FROM episodes").fetchall()
        right = [row for row in counts if all(type(value) is int and value >= 0 for value in row[:4])]
        gone = [n for n, _, good, bad, _ in right if least_share(bad, good + bad) > 0.5]
        kept = [row for row in right if row[0] not in gone]
        kept.sort(key=lambda row: (least_share(row[1] + row[2], row[1] + row[2] + row[3]), str(row[4]), row[0]))
        gone += [row[0] for row in kept[: max(len(kept) - self.capacity, 0)]]
        db.executemany("DELETE FROM episodes WHERE number = ?", [(number,) for number in gone])

    def _make_file(self) -> bool:
        """Make an empty file that nobody else may read; whether there was none."""
        try:
            if self.path.exists():
                return False
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.touch(mode=0o600)
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be used as memory: {complaint(error)}; name another file"
            ) from error
        return True

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection]:
        """A connection of its own for each piece of work; what is not committed is undone."""
        mode = "ro" if self._read_only else "rw"
        try:
            address = f"{self.path.absolute().as_uri()}?mode={mode}"
            with closing(sqlite3.connect(address, uri=True, timeout=WAIT, isolation_level=None)) as db:
                db.text_factory = _text
                db.execute("PRAGMA trusted_schema=OFF")
                yield db
        except (sqlite3.Error, OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{self.path} cannot be used as memory: {error}; name another file") from error

    def _check(self, db: sqlite3.Connection) -> None:
        """Refuse what is no file of this kind, before anything of it is read."""
        kind = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        wanted = f"it must be a memory of version {VERSION}; move it away to begin anew, or name another file"
        if kind != KIND:
            raise InputError(f"{self.path} cannot be used as memory: it is another program's database; {wanted}")
        if version != VERSION:
            raise InputError(f"{self.path} cannot be used as memory: it has version {version}; {wanted}")
        found = {row[0] for row in db.execute("SELECT sql FROM sqlite_master")}
        if found != {_TABLE, _INDEX}:
            raise InputError(f"{self.path} cannot be used as memory: its tables are others; {wanted}")


def _blank(db: sqlite3.Connection) -> bool:
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables and not db.execute("PRAGMA application_id").fetchone()[0]


def _text(blob: bytes) -> str:
    return blob.decode("utf-8", "replace")
