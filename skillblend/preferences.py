"""What somebody corrected while it was being done: kept in a file, and what the same words mean the next time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from skillblend.errors import InputError
from skillblend.files import complaint, write_json

FILE = "preferences.json"
"""In the folder of what a person typed."""

VERSION = 1
MOST = 100
"""Corrections that are kept; the oldest go first."""


class Preferences:
    """Corrections by what was typed.

    Attributes:
        path: Where they are kept; None for this session alone.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Read what was kept before.

        Raises:
            InputError: The file is none of this kind, or cannot be read.
        """
        self.path = path
        self._means: dict[str, str] = {} if path is None else _read(path)

    def keep(self, said: str, means: str) -> str:
        """From now on `said` is `means`; why that could not be kept, "" where it was."""
        key = _plain(said)
        self._means.pop(key, None)
        self._means[key] = means
        for old in list(self._means)[:-MOST]:
            del self._means[old]
        return self._write()

    def meant(self, said: str) -> str:
        """What `said` was corrected to; "" where it never was."""
        return self._means.get(_plain(said), "")

    def forget(self) -> str:
        """Take the latest back; how it read, "" where there is none."""
        if not self._means:
            return ""
        key, means = self._means.popitem()
        self._write()
        return f"{key!r} meant {means!r}"

    def lines(self) -> list[str]:
        """All of them."""
        return [f"  {said!r} means {means!r}" for said, means in self._means.items()]

    def _write(self) -> str:
        if self.path is None:
            return ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_json(self.path, {"version": VERSION, "means": self._means})
        except OSError as error:
            return f"it holds for this session alone, {self.path} cannot be written: {complaint(error)}"
        return ""


def _plain(said: str) -> str:
    return " ".join(said.split()).strip(" .!").casefold()


def _read(path: Path) -> dict[str, str]:
    wanted = f"{path} must hold corrections, version {VERSION}; move it away to begin anew"
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{wanted}: {error}") from error
    found = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    means: Any = found.get("means")
    if found.get("version") != VERSION or not isinstance(means, dict):
        raise InputError(wanted)
    pairs = cast("dict[str, Any]", means)
    if len(pairs) > MOST or not all(isinstance(value, str) and value for value in pairs.values()):
        raise InputError(wanted)
    return dict(pairs)
