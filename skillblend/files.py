"""Files that are whole or absent, JSON that is JSON, and a folder that one process writes to at a time."""

from __future__ import annotations

import errno
import fcntl
import json
import math
import os
import shlex
import socket
import sys
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from skillblend.errors import InputError

LOCK = ".lock"
"""In a folder that somebody writes to: who that is."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BUSY = (errno.EWOULDBLOCK, errno.EACCES)
_UNKNOWN = "not a finite number"


@contextmanager
def atomic_path(path: Path) -> Generator[Path]:
    """A path beside `path` to write to: it becomes `path` when all went well, and is gone otherwise.

    The new file is on the disk before it takes the old one's place, with the rights that the umask leaves.

    Raises:
        InputError: `path` cannot be written.
    """
    part = path.with_name(f".{uuid.uuid4().hex[:12]}.part{path.suffix[:20]}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            settle(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def atomic_write(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) to `path`, whole or not at all.

    Raises:
        InputError: `path` cannot be written.
    """
    blob = content.encode() if isinstance(content, str) else content
    with atomic_path(path) as part:
        part.write_bytes(blob)


def settle(part: Path, path: Path) -> None:
    """Let the complete file `part` take the place of `path`, once it is on the disk.

    Raises:
        OSError: It cannot.
    """
    with part.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


@contextmanager
def writing(path: Path) -> Generator[None]:
    """Whatever the operating system holds against writing `path`, in one sentence.

    Raises:
        InputError: Instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot write {path}: {complaint(error)}; {_advice(error)}") from error


def complaint(error: OSError) -> str:
    """What the operating system says, without number and path."""
    return error.strerror or str(error)


def _advice(error: OSError) -> str:
    return "free some space or choose another place" if error.errno in _FULL else "choose another place"


def json_text(data: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """`data` as JSON that every reader takes: a number that is none is null, and ``undefined`` says why.

    ``undefined`` maps places ("error.wrist") to reasons. An object of `data` may bring its own reasons there.
    Arrays and numbers of NumPy are written as lists and numbers.

    Raises:
        TypeError: Something has no JSON.
    """
    return json.dumps(_ready(data), indent=indent, sort_keys=sort_keys, allow_nan=False)


def write_json(path: Path, data: Any) -> None:
    """Write `data` as readable JSON, whole or not at all.

    Raises:
        InputError: `path` cannot be written.
    """
    atomic_write(path, json_text(data, indent=1) + "\n")


def _ready(data: Any) -> Any:
    if isinstance(data, list | tuple):
        return [_ready(item) for item in cast("list[Any]", data)]
    if not isinstance(data, Mapping):
        return _plain(data, "", [])
    gaps: list[str] = []
    found = cast("dict[str, Any]", _plain(data, "", gaps))
    if gaps:
        found["undefined"] = {**dict.fromkeys(gaps, _UNKNOWN), **found.get("undefined", {})}
    return found


def _plain(value: Any, place: str, gaps: list[str]) -> Any:
    """`value` in JSON's own types; the places of numbers that are none are added to `gaps`."""
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return {str(key): _plain(item, f"{place}.{key}" if place else str(key), gaps) for key, item in items}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{place}[{i}]", gaps) for i, item in enumerate(cast("list[Any]", value))]
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        gaps.append(place)
        return None
    if not isinstance(value, str | int) and hasattr(value, "tolist"):
        return _plain(value.tolist(), place, gaps)
    return value


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """The existing `folder` is this process's to write to, until the end of the block or of the process.

    Raises:
        InputError: Somebody else writes to it, and who; or it cannot be written.
    """
    file = folder / LOCK
    with writing(file):
        descriptor = _take(file)
    try:
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # a full disk: the lock holds without a name
            os.write(descriptor, _self().encode())
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _take(file: Path) -> int:
    """A descriptor of the lock `file`, locked.

    Raises:
        InputError: Somebody holds it.
        OSError: It cannot be opened or locked.
    """
    while True:
        descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _same(descriptor, file):
                return descriptor
        except OSError as error:
            holder = os.read(descriptor, 1000).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            if error.errno not in _BUSY:
                raise
            raise InputError(
                f"{file.parent} is being written to by {holder}; wait until it has ended, or choose another folder"
            ) from error
        os.close(descriptor)


def _same(descriptor: int, file: Path) -> bool:
    """Whether the locked file is still the one under that name: its last holder removes it."""
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


def _self() -> str:
    """This process, for whoever waits for it: number, machine, beginning, command line."""
    command = shlex.join(Path(a).name if i == 0 else a for i, a in enumerate(sys.argv))
    readable = "".join(c if c.isprintable() else "?" for c in command)[:200]
    since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"process {os.getpid()} on {socket.gethostname()} since {since} ({readable})"
