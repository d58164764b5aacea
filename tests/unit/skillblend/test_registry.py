import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from skillblend.errors import InputError, UnknownNameError
from skillblend.registry import Registry


def test_entries_come_back_by_name_in_order():
    registry: Registry[int] = Registry("skill")
    assert registry.add("walking", 1) == 1
    registry.add("reaching", 2)
    assert registry["walking"] == 1
    assert registry.names() == tuple(registry) == ("walking", "reaching")
    assert len(registry) == 2
    assert "walking" in registry and "squatting" not in registry


def test_a_duplicate_is_refused_and_the_first_entry_kept():
    registry: Registry[int] = Registry("skill")
    registry.add("walking", 1)
    with pytest.raises(InputError, match="skill 'walking' is registered already"):
        registry.add("walking", 2)
    assert registry["walking"] == 1


@pytest.mark.parametrize("name", ["Walking", "far reach", "", "2d", "a-b", "a.b"])
def test_names_are_lower_case_identifiers(name: str):
    with pytest.raises(InputError, match="lower-case identifier"):
        Registry[int]("task").add(name, 1)


def test_a_near_miss_is_suggested():
    registry: Registry[int] = Registry("skill")
    registry.add("walking", 1)
    with pytest.raises(UnknownNameError, match="did you mean 'walking'"):
        registry["wolking"]


def test_what_is_removed_is_unknown_afterwards():
    registry: Registry[int] = Registry("skill")
    registry.add("walking", 1)
    assert registry.remove("walking") == 1
    assert "walking" not in registry
    with pytest.raises(UnknownNameError):
        registry.remove("walking")


def package(monkeypatch: pytest.MonkeyPatch, folder: Path, **modules: str) -> None:
    """A package `toys` with these modules."""
    (folder / "toys").mkdir()
    (folder / "toys" / "__init__.py").touch()
    for name, text in modules.items():
        (folder / "toys" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    for name in ("toys", *(f"toys.{m}" for m in modules)):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_a_package_s_modules_are_entries_that_are_imported_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package(
        monkeypatch,
        tmp_path,
        two="TOY: int = 2",
        one="TOY = 1",
        fourth="def TOY(): ...",
        base="TOYS = 3\nraise RuntimeError",
        none="",
    )
    registry: Registry[int] = Registry("toy", package="toys", attribute="TOY")
    registry.add("three", 3)
    assert registry.names() == ("fourth", "one", "two", "three")
    assert "toys.one" not in sys.modules
    assert (registry["one"], registry["three"]) == (1, 3)
    assert "toys.one" in sys.modules and "toys.two" not in sys.modules
    with pytest.raises(InputError, match="toy 'two' is registered already"):
        registry.add("two", 5)


def test_a_file_beside_the_others_is_an_entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package(monkeypatch, tmp_path, one="TOY = 1")
    registry: Registry[int] = Registry("toy", package="toys", attribute="TOY")
    assert registry.names() == ("one",)
    (tmp_path / "toys" / "two.py").write_text('"""The second."""\n\nTOY = 2\n')
    importlib.invalidate_caches()
    assert registry.names() == ("one", "two") and registry["two"] == 2
    with pytest.raises(UnknownNameError, match="unknown toy 'tow'.*did you mean 'two'"):
        registry["tow"]


def test_what_is_called_otherwise_than_its_file_or_is_something_else_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package(
        monkeypatch, tmp_path,
        right="import types\nTOY = types.SimpleNamespace(name='right')",
        wrong="import types\nTOY = types.SimpleNamespace(name='right')",
        other="TOY = 3",
        none="",
    )  # fmt: skip
    registry = Registry("toy", package="toys", attribute="TOY", of=SimpleNamespace, every=True)
    assert registry.names() == ("none", "other", "right", "wrong") and registry["right"].name == "right"
    for name, found in (("wrong", "one called 'right'"), ("other", "3"), ("none", "None")):
        pattern = rf"toys/{name}.py must define TOY = SimpleNamespace\(name='{name}', ...\), found {found}"
        with pytest.raises(InputError, match=pattern):
            registry[name]
