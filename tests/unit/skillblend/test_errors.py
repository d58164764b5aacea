"""Errors: one root, built-in bases where callers expect them, and messages that help."""

from __future__ import annotations

import inspect

import pytest

from skillblend import errors
from skillblend.errors import InputError, ShapeError, SkillblendError, UnknownNameError

ALL = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", ALL, ids=lambda c: c.__name__)
def test_every_error_has_the_one_root_and_a_docstring(kind: type[Exception]) -> None:
    assert issubclass(kind, SkillblendError)
    assert kind.__doc__


@pytest.mark.parametrize("kind", [InputError, ShapeError, UnknownNameError])
def test_bad_values_are_value_errors(kind: type[Exception]) -> None:
    assert issubclass(kind, ValueError)


def test_an_unknown_name_is_bad_input_and_remembers_what_was_asked() -> None:
    error = UnknownNameError("skill", "wolk", ["walk", "reach"])
    assert isinstance(error, InputError)
    assert (error.kind, error.name) == ("skill", "wolk")
    assert str(error) == "unknown skill 'wolk'; known: ['reach', 'walk']; did you mean 'walk'?"


def test_no_near_miss_no_hint() -> None:
    assert str(UnknownNameError("robot", "zebra", {"h1": 1, "g1": 2})) == "unknown robot 'zebra'; known: ['g1', 'h1']"


def test_nothing_known() -> None:
    assert str(UnknownNameError("scene", "", ())) == "unknown scene ''; known: []"
