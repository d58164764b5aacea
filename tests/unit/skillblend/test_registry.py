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
