"""The file of what was carried out: what gets in and out of it, what it refuses, and what is pruned."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skillblend.contracts import SceneState, Step, Thing
from skillblend.episodes import VERSION, EpisodeStore
from skillblend.errors import InputError
from skillblend.remembered import Remembered, SceneSignature, signature_of

LEFT = Step(text="turn left", behaviour="turn", arguments=("left",))
HERE = SceneSignature(things=(("button", "button"), ("shelf", "shelf")), facts=("open(shelf)",))
ENTRY = Remembered(
    instruction="Turn left!", request="turn left", scene=HERE, plan=(LEFT,), verdicts=("turned by 90 degrees",),
    robot="h1", judge="a test", code="abc",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> EpisodeStore:
    return EpisodeStore(tmp_path / "memory.sqlite")


def named(number: int) -> Remembered:
    return replace(ENTRY, request=f"turn left {number}")


def change(store: EpisodeStore, statement: str, *values: Any) -> None:
    with sqlite3.connect(store.path) as db:
        db.execute(statement, values)
    db.close()


def test_what_goes_in_comes_out_and_is_counted_once_more(store: EpisodeStore) -> None:
    assert store.add(ENTRY) == 1
    (found,) = store.episodes()
    assert found == replace(ENTRY, number=1, time=found.time) and found.time.endswith("+00:00")
    assert store.add(ENTRY) == 1 and store.add(replace(ENTRY, robot="g1")) == 2
    assert {entry.number: entry.carried_out for entry in store.episodes()} == {1: 2, 2: 1}
    assert EpisodeStore(store.path, read_only=True).episodes() == store.episodes()


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = EpisodeStore(tmp_path / "new" / "memory.sqlite").path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_trust_and_utility_are_the_shares_that_were_measured(store: EpisodeStore) -> None:
    number = store.add(ENTRY)
    assert store.episodes()[0].trust == pytest.approx(2 / 3)
    store.used([number], success=True)
    store.used([number], success=False)
    (found,) = store.episodes()
    assert (found.times, found.uses, found.failures) == (2, 2, 1) and found.trust == pytest.approx(3 / 5)
    z, n, p = 1.959964, 3, 2 / 3  # Wilson's interval, written out
    low = (p + z * z / (2 * n) - z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    assert found.utility == pytest.approx(low, abs=1e-5)
    assert found.line() == "  1. 'Turn left!': turn left (carried out 2 times, used well 1 of 2)"


def test_what_misleads_is_pruned(store: EpisodeStore) -> None:
    bad, good = store.add(ENTRY), store.add(named(2))
    for _ in range(3):
        store.used([bad], success=False)
    assert len(store.episodes()) == 2, "three failures of three may be chance"
    store.used([bad], success=False)
    assert [entry.number for entry in store.episodes()] == [good]


def test_beyond_the_capacity_the_least_useful_goes(tmp_path: Path) -> None:
    store = EpisodeStore(tmp_path / "few.sqlite", capacity=2)
    first, second = store.add(named(1)), store.add(named(2))
    store.used([first], success=True)
    third = store.add(named(3))
    assert {entry.number for entry in store.episodes()} == {first, third}, "of equal ones the oldest goes"
    assert second not in (first, third)
    with pytest.raises(InputError, match="at least one"):
        EpisodeStore(tmp_path / "none.sqlite", capacity=0)


def test_one_is_forgotten(store: EpisodeStore) -> None:
    number = store.add(ENTRY)
    assert store.forget(number) and not store.forget(number) and not store.episodes()


def test_what_is_too_long_is_not_kept(store: EpisodeStore) -> None:
    for entry in (
        replace(ENTRY, request="x" * 3000),
        replace(ENTRY, plan=(), verdicts=()),
        replace(ENTRY, verdicts=()),
    ):
        with pytest.raises(InputError, match="cannot be kept"):
            store.add(entry)
    assert not store.episodes()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("plan", "not JSON"),
        ("plan", "[" * 100_000),
        ("plan", "[]"),
        ("plan", json.dumps([["turn left", "somersault", "left"]])),
        ("plan", json.dumps([["done", "done"]])),
        ("plan", json.dumps([["turn left", "turn", 3]])),
        ("plan", json.dumps([["turn left", "turn"]] * 33)),
        ("plan", b"\x80\x04K\x01."),
        ("verdicts", "[]"),
        ("verdicts", json.dumps([1])),
        ("scene", "{}"),
        ("scene", json.dumps({"things": [["a"]], "facts": []})),
        ("scene", json.dumps({"things": [["a", "box"]] * 201, "facts": []})),
        ("scene", json.dumps({"things": {}, "facts": []})),
        ("request", ""),
        ("request", "x" * 3000),
        ("instruction", None),
        ("failures", -1),
        ("failures", "many"),
        ("successes", 2**40),
    ],
)
def test_an_entry_that_is_none_is_passed_over(store: EpisodeStore, column: str, value: Any) -> None:
    store.add(ENTRY)
    other = store.add(named(2))
    change(store, f"UPDATE episodes SET {column} = ? WHERE number = 1", value)
    assert [entry.number for entry in store.episodes()] == [other] and store.passed_over == 1
    store.used([other], success=True)  # and hinders nothing else
    assert store.episodes()[0].successes == 1


def refused(path: Path, match: str) -> None:
    for read_only in (False, True):
        with pytest.raises(InputError, match=match) as caught:
            EpisodeStore(path, read_only=read_only)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_another_version_is_refused(store: EpisodeStore) -> None:
    change(store, f"PRAGMA user_version = {VERSION + 1}")
    before = store.path.read_bytes()
    refused(store.path, f"it has version {VERSION + 1}; it must be a memory of version {VERSION}")
    assert store.path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bills (sum REAL)")
    db.close()
    refused(path, "another program's database")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON episodes BEGIN DELETE FROM episodes; END",
        "CREATE VIEW v AS SELECT 1",
        "ALTER TABLE episodes ADD COLUMN more TEXT",
        "DROP INDEX one",
    ],
)
def test_other_tables_and_what_would_run_by_itself_are_refused(store: EpisodeStore, statement: str) -> None:
    change(store, statement)
    refused(store.path, "its tables are others")
    with pytest.raises(InputError, match="its tables are others"):
        store.add(ENTRY)


@pytest.mark.parametrize(
    "content", [b"no database at all, but a text that is long enough" * 20, b"SQLite format 3\x00" * 40]
)
def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.sqlite"
    path.write_bytes(content)
    refused(path, "cannot be used as memory")
    assert path.read_bytes() == content


def test_a_file_that_is_damaged_later_is_said(store: EpisodeStore) -> None:
    store.add(ENTRY)
    blob = bytearray(store.path.read_bytes())
    blob[4096:] = os.urandom(len(blob) - 4096)
    store.path.write_bytes(bytes(blob))
    with pytest.raises(InputError, match="cannot be used as memory"):
        store.episodes()


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "memory.sqlite", Path(os.devnull) / "skillblend" / "memory.sqlite", tmp_path):
        refused(path, "cannot be used as memory")
    assert sorted(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_file_that_cannot_be_written_is_refused_for_keeping_and_can_be_read(
    store: EpisodeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(ENTRY)
    connect = sqlite3.connect
    monkeypatch.setattr(
        "skillblend.episodes.sqlite3.connect",
        lambda address, **more: connect(address.replace("mode=rw", "mode=ro"), **more),
    )
    with pytest.raises(InputError, match="readonly database; name another file"):
        EpisodeStore(store.path)
    assert len(EpisodeStore(store.path, read_only=True).episodes()) == 1


def test_no_file_is_left_where_none_could_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(address: str, **more: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("skillblend.episodes.sqlite3.connect", full)
    with pytest.raises(InputError, match="disk is full"):
        EpisodeStore(tmp_path / "memory.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_locked_file_is_refused(store: EpisodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skillblend.episodes.WAIT", 0.05)
    db = sqlite3.connect(store.path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    for work in (lambda: EpisodeStore(store.path), lambda: store.add(ENTRY), store.episodes):
        with pytest.raises(InputError, match="database is locked"):
            work()
    db.execute("ROLLBACK")
    db.close()
    assert store.add(ENTRY) == 1


def test_a_change_that_fails_leaves_nothing_behind(store: EpisodeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(self: EpisodeStore, db: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk full")

    store.add(ENTRY)
    before = store.path.read_bytes()
    monkeypatch.setattr(EpisodeStore, "_prune", breaks)
    with pytest.raises(InputError, match="disk full"):
        store.add(named(2))
    assert len(store.episodes()) == 1 and store.path.read_bytes() == before


def test_a_signature_says_what_lies_where_and_what_is_open() -> None:
    def pose(z: float) -> np.ndarray:
        return np.array([[0.0, 0.0, z, 1.0, 0.0, 0.0, 0.0]])

    table = Thing(name="table", kind="table", size=(1.0, 1.0, 0.1), pose=pose(0.65))
    box = Thing(name="box", kind="box", motion="free", size=(0.2, 0.2, 0.2), pose=pose(0.8))
    tin = Thing(name="tin", kind="item", motion="free", held=np.array([True]))
    doors = [Thing(name=f"door {k}", kind="cabinet", openness=np.array([k / 2])) for k in range(3)]
    scene = SceneState(things=(table, box, tin, *doors), facts=frozenset({"on(table, door 0)", "pushed(box, table)"}))
    found = signature_of(scene)
    assert found.things[:2] == (("box", "box"), ("door 0", "cabinet"))
    assert found.facts == (
        "closed(door 0)", "held(tin)", "on(box, table)", "open(door 1)", "open(door 2)", "pushed(box, table)"
    )  # fmt: skip
    assert found.about(["door 0"]) == ("closed(door 0)", "held(tin)")


def test_likeness_is_the_share_of_what_both_have() -> None:
    other = SceneSignature(things=(("button", "button"), ("bin", "bin")), facts=("open(shelf)",))
    assert HERE.likeness(HERE) == 1.0 and HERE.likeness(other) == pytest.approx(2 / 4)
    assert SceneSignature(things=()).likeness(HERE) == 0.0
