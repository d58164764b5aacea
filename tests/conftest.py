"""Fixtures that every test may use, and the conditions that every test runs under."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# Before torch, MuJoCo or a model library is imported: one thread each, and no look-up on a model hub.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--regenerate-golden",
        action="store_true",
        help="rewrite the golden files with today's values instead of comparing with them",
    )


def pytest_configure(config: pytest.Config) -> None:
    from hypothesis import settings

    # The same examples on every machine, and no timed assertion.
    settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
    settings.load_profile("project")
    # A runner in the background, or under nohup, ignores these; what is tested must see them as in a terminal.
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--regenerate-golden``, run only the tests that use a golden file."""
    if not config.getoption("--regenerate-golden"):
        return
    chosen = [item for item in items if "golden" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach nothing but this machine."""
    connect = socket.socket.connect

    def local_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}; tests have no network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_connect)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed; tests that need several call ``rng.spawn``."""
    return np.random.default_rng(0)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``golden(name, value, rtol=..., atol=...)`` compares `value` with ``tests/golden/NAME.json``.

    `value` is made of dicts, sequences, strings, numbers and arrays; the tolerances apply to floats.
    """
    regenerate = request.config.getoption("--regenerate-golden")

    def compare(name: str, value: Any, *, rtol: float = 1e-6, atol: float = 1e-9) -> None:
        path = GOLDEN / f"{name}.json"
        found = to_json(value)
        if regenerate:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
            return
        assert path.is_file(), f"{path} does not exist; `make golden` writes it"
        differences = list(differ(json.loads(path.read_text()), found, name, rtol, atol))
        assert not differences, "\n".join(differences[:20])

    return compare


def to_json(value: Any) -> Any:
    """`value` as JSON can hold it: arrays as lists, tuples as lists."""
    if isinstance(value, np.ndarray | np.generic):
        return to_json(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_json(item) for item in value]
    return value


def differ(stored: Any, found: Any, where: str, rtol: float, atol: float) -> list[str]:
    """One line for every place at which two JSON values differ by more than the tolerances."""
    if isinstance(stored, dict) and isinstance(found, dict) and stored.keys() == found.keys():
        pairs = [(stored[key], found[key], f"{where}.{key}") for key in stored]
    elif isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(stored, found, strict=True))]
    elif isinstance(stored, float) and isinstance(found, int | float) and not isinstance(found, bool):
        return [] if np.isclose(found, stored, rtol=rtol, atol=atol) else [f"{where}: {stored} -> {found}"]
    else:
        same = type(stored) is type(found) and stored == found
        return [] if same else [f"{where}: {stored!r} -> {found!r}"]
    return [line for a, b, place in pairs for line in differ(a, b, place, rtol, atol)]
