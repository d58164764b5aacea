"""The shipped model as a folder like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from planners.weights import converted_model
from planners.writing.local import LocalWriter
from skillblend.contracts import SceneState, Thing
from skillblend.errors import BundleError


@pytest.fixture(scope="session")
def folder() -> Path:
    """The shipped model, as a folder like any other."""
    try:
        return converted_model()
    except BundleError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shipped(folder: Path) -> LocalWriter:
    """The shipped model, writing."""
    return LocalWriter.load(folder)


@pytest.fixture
def room() -> SceneState:
    """Two things."""
    return SceneState(things=(Thing(name="red marker", kind="marker"), Thing(name="button", kind="button")))
