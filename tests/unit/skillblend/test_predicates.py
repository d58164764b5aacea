"""Predicates as text and as geometry, against places worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skillblend.contracts import SceneState, Thing
from skillblend.errors import InputError, UnknownNameError
from skillblend.predicates import (
    GEOMETRIC,
    Predicate,
    at,
    closed,
    held,
    holds,
    inside,
    leave_places,
    on,
    opened,
    parse,
    reachable,
    turn_away,
)


def pose(x: float, y: float, z: float, quaternion: tuple[float, ...] = (1, 0, 0, 0)) -> np.ndarray:
    return np.array([[x, y, z, *quaternion]], dtype=np.float64)


def table(size: tuple[float, float, float] = (1.2, 0.6, 0.9)) -> Thing:
    return Thing(name="table", kind="table", size=size, pose=pose(2.0, 0.0, 0.45))


def box(*where: np.ndarray, **changes) -> Thing:
    values = {"name": "box", "kind": "box", "motion": "free", "size": (0.3, 0.2, 0.2), "pose": np.concatenate(where)}
    return Thing(**(values | changes))


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("on(box, metal table)", "on", ("box", "metal table")),
        (" at( red marker ) ", "at", ("red marker",)),
        ("facing(left)", "facing", ("left",)),
        ("facing(shelf)", "facing", ("shelf",)),
        ("moved(back, 0.5)", "moved", ("back", "0.5")),
        ("raised(hands)", "raised", ("hands",)),
        ("crouched()", "crouched", ()),
        ("stood(3)", "stood", ("3",)),
    ],
)
def test_predicates_are_read(text: str, name: str, arguments: tuple[str, ...]) -> None:
    found = parse(text, ["box", "metal table", "red marker", "shelf"])
    assert (found.name, found.arguments) == (name, arguments)
    assert parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("box on table", "is no predicate; write one such as"),
        ("above(box)", "unknown predicate 'above'"),
        ("on(box)", "on takes 2"),
        ("crouched(box)", "crouched takes 0"),
        ("at(boxx)", "did you mean 'box'"),
        ("facing(up)", "unknown object 'up'"),
        ("moved(up, 1)", "unknown way 'up'"),
        ("moved(left, far)", "must be a positive number"),
        ("moved(left, nan)", "must be a positive number"),
        ("stood(-1)", "must be a positive number"),
        ("raised(feet)", r"write raised\(hands\)"),
    ],
)
def test_what_is_no_predicate_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(text, ["box", "table"])


def test_on_needs_the_height_of_the_surface_and_its_area() -> None:
    places = np.concatenate([pose(2.0, 0.1, 1.0), pose(2.0, 0.1, 1.05), pose(2.0, 0.5, 1.0), pose(2.0, 0.1, 0.5)])
    wide = Thing(name="table", kind="table", size=(1.2, 0.6, 0.9), pose=np.repeat(pose(2.0, 0.0, 0.45), 4, axis=0))
    scene = SceneState(things=(wide, box(places)))
    assert on(scene, "box", "table").tolist() == [True, False, False, False]


def test_on_knows_how_a_thing_lies() -> None:
    on_its_end = (np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0)  # turned about y: 0.3 m high
    scene = SceneState(things=(table(), box(pose(2.0, 0.0, 0.9 + 0.15, on_its_end))))
    assert on(scene, "box", "table")[0]
    quarter = (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5))
    turned = Thing(name="table", kind="table", size=(1.2, 0.6, 0.9), pose=pose(2.0, 0.0, 0.45, quarter))
    scene = SceneState(things=(turned, box(pose(2.0, 0.5, 1.0))))
    assert on(scene, "box", "table")[0]  # its long side now lies along y


def test_what_is_held_rests_on_nothing() -> None:
    scene = SceneState(things=(table(), box(pose(2.0, 0.0, 1.0), held=np.array([True]))))
    assert held(scene, "box")[0] and not on(scene, "box", "table")[0]
    assert not held(scene, "table")[0]


def test_inside_at_doors_and_reach() -> None:
    crate = Thing(name="bin", kind="bin", size=(0.5, 0.5, 0.6), pose=pose(0.0, 0.0, 0.3))
    door = Thing(name="cabinet", kind="cabinet", openness=np.array([0.01]), pose=pose(3.0, 0.0, 0.5))
    scene = SceneState(things=(crate, door, box(pose(0.1, 0.1, 0.2))), base=np.array([[0.7, 0.0, 0.0]]))
    assert inside(scene, "box", "bin")[0]
    assert not inside(scene, "bin", "bin")[0]
    assert at(scene, "bin")[0] and not at(scene, "cabinet")[0]
    assert not at(replace(scene, length=0.7), "bin")[0]  # legs as short as that are not there yet
    assert closed(scene, "cabinet")[0] and not opened(scene, "cabinet")[0]
    assert reachable(scene, "bin", 0.8)[0] and not reachable(scene, "bin", 0.6)[0]


def test_an_abstract_scene_has_facts_alone() -> None:
    scene = SceneState(
        things=(Thing(name="table", kind="table"), Thing(name="box", kind="box")), facts=frozenset({"on(box, table)"})
    )
    assert holds(scene, Predicate("on", ("box", "table")))
    assert not holds(scene, Predicate("at", ("table",)))
    with pytest.raises(InputError, match="abstract scene"):
        on(scene, "box", "table")
    with pytest.raises(UnknownNameError, match="shelf"):
        holds(scene, Predicate("at", ("shelf",)))


def test_poses_tell_what_holds() -> None:
    scene = SceneState(things=(table(), box(pose(2.0, 0.0, 1.0))), base=np.array([[1.0, 0.0, 0.0]]))
    assert holds(scene, parse("on(box, table)")) and holds(scene, parse("at(table)"))
    assert not holds(scene, parse("touched(box)")) and not holds(scene, parse("held(box)"))
    assert set(GEOMETRIC) == {"at", "on", "in", "held", "closed", "open"}


def test_walking_off_and_turning_end_what_held_of_the_place() -> None:
    facts = frozenset({"at(box)", "facing(box)", "held(box)", "raised(hands)"})
    assert leave_places(facts) == {"held(box)", "raised(hands)"}
    assert turn_away(facts) == {"at(box)", "held(box)", "raised(hands)"}


def test_two_things_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two things are called 'table'"):
        SceneState(things=(table(), table()))


def test_rows_are_taken_apart() -> None:
    both = np.concatenate([pose(0, 0, 0), pose(1, 0, 0)])
    scene = SceneState(things=(box(both, held=np.array([False, True])),), base=np.zeros((2, 3)))
    one = scene.row(1)
    assert one.thing("box").pose is not None and one.thing("box").pose[0, 0] == 1.0  # type: ignore[index]
    assert held(one, "box").tolist() == [True]
    assert one.base is not None and one.base.shape == (1, 3)
