"""Files are whole or absent, JSON is JSON, and a folder has one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skillblend.errors import InputError
from skillblend.files import LOCK, atomic_path, atomic_write, json_text, locked, write_json


def test_a_file_is_written_whole_or_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "a.json", {"a": 1})
    assert (tmp_path / "new" / "a.json").read_text() == '{\n "a": 1\n}\n'
    atomic_write(tmp_path / "new" / "a.json", b"\x00")
    assert (tmp_path / "new" / "a.json").read_bytes() == b"\x00"
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.json"]
    with pytest.raises(InputError, match="cannot write .*: (Not a directory|File exists); choose another place"):
        write_json(tmp_path / "new" / "a.json" / "b.json", {})


def test_a_write_that_fails_leaves_what_there_was(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        atomic_write(tmp_path / "a.txt", "\ud800")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), atomic_path(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise KeyError
    with pytest.raises(InputError, match="cannot write .*a.txt: No space left on device; free some space"):  # noqa: SIM117
        with atomic_path(tmp_path / "a.txt") as part:
            part.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_file_that_outgrows_the_disk(tmp_path: Path) -> None:
    """The kernel itself refuses, as on a full disk."""
    (tmp_path / "a.bin").write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(InputError, match="File too large; free some space"):
            atomic_write(tmp_path / "a.bin", bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.bin", b"old")]


def test_names_of_every_length_that_a_disk_takes(tmp_path: Path) -> None:
    atomic_write(tmp_path / ("a" * 255), "long")
    assert (tmp_path / ("a" * 255)).read_text() == "long"
    with pytest.raises(InputError, match="File name too long"):
        atomic_write(tmp_path / ("a" * 256), "")


def test_the_umask_says_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_write(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def strict(text: str) -> object:
    def refuse(constant: str) -> object:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_number_that_is_none_is_null_and_says_why() -> None:
    found = strict(json_text({"a": float("nan"), "b": {"c": [1.0, np.float64("inf")]}, "n": np.float32(0.5)}))
    assert found == {
        "a": None, "b": {"c": [1.0, None]}, "n": 0.5,
        "undefined": {"a": "not a finite number", "b.c[1]": "not a finite number"},
    }  # fmt: skip
    told = strict(json_text([{"a": np.nan, "undefined": {"a": "nobody walked"}}, {"a": np.arange(2)}]))
    assert told == [{"a": None, "undefined": {"a": "nobody walked"}}, {"a": [0, 1]}]
    assert strict(json_text([float("-inf")])) == [None]


def test_numbers_come_back_as_they_were() -> None:
    values = np.random.default_rng(0).normal(size=100).tolist()
    assert strict(json_text({"values": values})) == {"values": values}


def test_what_has_no_json() -> None:
    with pytest.raises(TypeError):
        json_text({"a": object()})


def test_nothing_in_the_project_writes_json_of_its_own() -> None:
    root = Path(__file__).resolve().parents[3]
    folders = [root / name for name in ("skillblend", "sim", "robots", "planners", "ros_ws/src")]
    own = [p.name for folder in folders for p in folder.rglob("*.py") if "json.dump" in p.read_text()]
    assert own == ["files.py"]


HOLD = """
import sys
from pathlib import Path
from skillblend.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_locked_folder_names_who_holds_it_and_is_free_when_that_is_gone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"is being written to by process {holder.pid} on .* since 20"):  # noqa: SIM117
            with locked(tmp_path):
                pass
        assert (tmp_path / LOCK).exists()
        holder.kill()
        holder.wait()
    with locked(tmp_path):
        assert f"process {os.getpid()} " in (tmp_path / LOCK).read_text()
        with pytest.raises(InputError, match=f"process {os.getpid()} "), locked(tmp_path):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write .*No such file or directory"), locked(tmp_path / "none"):
        pass
