"""Patterns that are remembered do what `re` does."""

from __future__ import annotations

import re

import pytest

from planners import rx
from planners.corpus.lookup import possible_steps
from skillblend.behaviours import BEHAVIOURS
from skillblend.contracts import Thing

TEXT = "go to the Red marker, then to the red shelf; red"
PATTERN = r"\bred(?: (\w+))?"


@pytest.mark.parametrize("pattern", [PATTERN, re.compile(PATTERN)])
def test_all_functions_are_those_of_re(pattern: str | re.Pattern[str]) -> None:
    assert rx.sub(pattern, "blue", TEXT, 1) == re.sub(pattern, "blue", TEXT, count=1)
    assert rx.findall(pattern, TEXT) == re.findall(pattern, TEXT) == ["shelf", ""]
    assert rx.split(pattern, TEXT) == re.split(pattern, TEXT)
    assert [m.span() for m in rx.finditer(pattern, TEXT)] == [m.span() for m in re.finditer(pattern, TEXT)]
    found, same = rx.search(pattern, TEXT), re.search(pattern, TEXT)
    assert found is not None and same is not None and found.span() == same.span()
    assert rx.match(pattern, TEXT) is None
    assert rx.match(pattern, "red shelf there") is not None
    assert rx.fullmatch(pattern, "red shelf there") is None
    assert rx.fullmatch(pattern, "red shelf") is not None


def test_flags_count_and_a_pattern_is_compiled_once() -> None:
    assert rx.search("RED", TEXT) is None
    assert rx.search("RED", TEXT, re.IGNORECASE) is not None
    rx.compiled.cache_clear()
    for _ in range(3):
        rx.sub("some pattern", "", TEXT)
    assert rx.compiled.cache_info().misses == 1
    with pytest.raises(re.error):
        rx.sub("(", "", TEXT)


def test_what_can_ever_be_done_is_remembered_by_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A behaviour that came, or a thing that moves now, is seen at once."""
    box, fixed = Thing(name="box", kind="box", motion="free"), Thing(name="box", kind="box")
    texts = [step.text for step in possible_steps([box])]
    assert texts == [step.text for step in possible_steps([box])] and "pick up the box" in texts
    assert "pick up the box" not in [step.text for step in possible_steps([fixed])]
    behaviours = set(BEHAVIOURS) - {"pick_up"}
    monkeypatch.setattr(type(BEHAVIOURS), "names", lambda self: tuple(sorted(behaviours)))
    assert "pick up the box" not in [step.text for step in possible_steps([box])]
