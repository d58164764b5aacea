"""The fixtures that other tests lean on: no network, and golden files with tolerances."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def compare(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """The golden fixture over a folder with one stored file; not requested by name, so never regenerated."""
    golden = request.getfixturevalue("golden")
    monkeypatch.setitem(golden.__globals__, "GOLDEN", tmp_path)
    (tmp_path / "stored.json").write_text('{"x": [1.0, 2.0], "name": "walk", "count": 3}')
    return golden


def test_tests_have_no_network() -> None:
    with pytest.raises(AssertionError, match="tests have no network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)  # TEST-NET-1, routed nowhere


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_golden_accepts_arrays_within_tolerance(compare: Callable[..., None]) -> None:
    compare("stored", {"x": np.array([1.0, 2.0 + 1e-9]), "name": "walk", "count": np.int64(3)})


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"x": [1.0, 2.1], "name": "walk", "count": 3}, r"stored\.x\[1\]: 2\.0 -> 2\.1"),
        ({"x": [1.0], "name": "walk", "count": 3}, r"stored\.x"),
        ({"x": [1.0, 2.0], "name": "reach", "count": 3}, r"stored\.name: 'walk' -> 'reach'"),
        ({"x": [1.0, float("nan")], "name": "walk", "count": 3}, r"stored\.x\[1\]"),
        ({"x": [1.0, 2.0], "name": "walk"}, "stored"),
        ({"x": [1.0, 2.0], "name": "walk", "count": True}, "stored.count"),
    ],
)
def test_golden_names_what_differs(compare: Callable[..., None], value: object, line: str) -> None:
    with pytest.raises(AssertionError, match=line):
        compare("stored", value)


def test_golden_says_how_to_make_a_missing_file(compare: Callable[..., None]) -> None:
    with pytest.raises(AssertionError, match="make golden"):
        compare("absent", 1)
