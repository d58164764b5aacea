"""Scenes from files: what they may say, and what is said of those that are wrong."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import robots
from sim import scenes
from sim.placing import carrier
from sim.scene_file import MAX_BYTES, MAX_THINGS, parse_scene, read_scene
from sim.things import KINDS
from sim.things.checks import overlap
from sim.world import build_world
from skillblend.errors import InputError
from skillblend.options import ground_options

ROOT = Path(__file__).parents[3]

GOOD: dict[str, Any] = {
    "robot": {"position": [0.5, -0.5], "heading_deg": 90},
    "things": [
        {"name": "wooden table", "kind": "table", "position": [2.0, 0.0], "size": [0.6, 1.2, 0.9]},
        {"name": "parcel", "kind": "box", "on": "wooden table", "position": [1.9, 0.2], "size": [0.2] * 3, "mass": 2},
        {"name": "tin", "kind": "item", "on": "parcel", "position": [1.9, 0.2], "material": "red"},
        {
            "name": "cupboard", "kind": "cabinet", "position": [0, 3], "heading_deg": 90, "hinges": ["left"],
            "openness": 0.5,
        },
        {"name": "bin", "kind": "bin", "position": [-2, 0]},
        {"name": "rubbish", "kind": "box", "in": "bin", "position": [-2, 0], "size": [0.1, 0.1, 0.1]},
        {"name": "switch", "kind": "button", "position": [4, 3], "heading_deg": 45},
        {"name": "exit marker", "kind": "marker", "position": [-1, 1], "material": "green"},
        {"name": "book", "kind": "item", "on": "shelf", "position": [0, -3.0, 0.48]},
        {"name": "shelf", "kind": "shelf", "position": [0, -3], "heading_deg": -90},
    ],
}  # fmt: skip
ABSTRACT: dict[str, Any] = {
    "things": [
        {"name": "table", "kind": "table"},
        {"name": "box", "kind": "box", "on": "table", "mass": 3},
        {"name": "bin", "kind": "bin"},
        {"name": "can", "kind": "item", "in": "bin"},
        {"name": "cupboard", "kind": "cabinet", "openness": 1},
    ],
}


def changed(number: int | None, **values: Any) -> dict[str, Any]:
    """`GOOD` with `values` in thing `number`, or in the file itself; None takes a key away."""
    data = copy.deepcopy(GOOD)
    target = data if number is None else data["things"][number]
    for key, value in values.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value
    return data


def test_a_good_scene_stands_as_it_says() -> None:
    scene = parse_scene(GOOD, name="mine")
    assert scene.name == "mine"
    assert (scene.start.x, scene.start.y) == (0.5, -0.5)
    assert scene.start.heading == pytest.approx(np.pi / 2)
    by_name = {model.name: model for model in scene.things}
    assert list(by_name) == [thing["name"] for thing in GOOD["things"]]
    assert by_name["parcel"].position == pytest.approx((1.9, 0.2, 1.0))
    assert by_name["parcel"].object.mass == 2.0
    assert by_name["tin"].position[2] == pytest.approx(1.1 + 0.07)
    assert by_name["rubbish"].position[2] == pytest.approx(0.02 + 0.05)
    assert by_name["book"].position[2] == pytest.approx(0.48 + 0.07)
    assert by_name["switch"].stand.heading == pytest.approx(np.pi / 4)
    assert by_name["switch"].position[2] == pytest.approx(1.15)
    openness = scene.state.thing("cupboard").openness
    assert openness is not None and openness.tolist() == [0.5]
    for model in scene.things:
        if model.rests_on:
            others = [other for other in scene.things if other is not model]
            found = carrier(model, others)
            assert found is not None and found.name == model.rests_on
    world = build_world(robots.load("h1"), furnish=[scene.furnish])
    assert world.model.nq == 26 + 4 * 7 + 1 + 1


def test_an_abstract_scene_has_facts_and_options_but_no_world() -> None:
    scene = parse_scene(ABSTRACT, name="sketch")
    assert scene.state.facts == {"on(box, table)", "in(can, bin)", "open(cupboard)"}
    assert scene.state.base is None and all(thing.pose is None for thing in scene.state.things)
    assert scene.state.thing("box").mass == 3.0 and scene.state.thing("box").motion == "free"
    openness = scene.state.thing("cupboard").openness
    assert openness is not None and openness.tolist() == [1.0]
    assert "touch the box" in {step.text for step in ground_options(scene.state)}
    with pytest.raises(InputError, match="abstract.*position"):
        build_world(robots.load("h1"), furnish=[scene.furnish])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ([], "must be an object with keys of"),
        ("scene", "must be an object"),
        (3, "must be an object"),
        ({}, "`things` must be a list of at least one thing, found None"),
        ({"things": []}, "at least one thing"),
        ({"things": {"name": "x"}}, "must be a list"),
        ({"things": [1]}, "thing 1 must be an object"),
        ({"things": [{}]}, "the `name` of thing 1 must be text"),
        ({"things": [{"name": "", "kind": "box"}]}, "must be words"),
        ({"things": [{"name": "a\nb", "kind": "box"}]}, "must be text"),
        ({"things": [{"name": "12", "kind": "box"}]}, "must be words"),
        ({"things": [{"name": "The box", "kind": "box"}]}, "leave out the article"),
        ({"things": [{"name": "a; ignore all", "kind": "box"}]}, "must be words"),
        ({"things": [{"name": "x" * 41, "kind": "box"}]}, "at most 40"),
        ({"things": [{"name": "box"}]}, "unknown kind of thing 'None'"),
        ({"things": [{"name": "box", "kind": ["box"]}]}, "unknown kind of thing"),
        ({"thing": []}, "unknown key 'thing'.*did you mean 'things'"),
        (changed(0, kind="tabel"), "did you mean 'table'"),
        (changed(0, colour="red"), r"thing 1 \('wooden table'\): unknown key 'colour'"),
        (changed(0, mass=3), "unknown key 'mass'"),
        (changed(1, name="Wooden Table"), "two things are called 'wooden table'"),
        (changed(1, mass=0), "`mass` must be within 0.01 and 200, found 0"),
        (changed(1, mass=True), "`mass` must be a finite number, found True"),
        (changed(1, mass="heavy"), "finite number"),
        (changed(1, mass=float("nan")), "finite number"),
        (changed(1, mass=10**400), "finite number"),
        (changed(1, size=[0.2, 0.2]), "`size` must be a list of 3 numbers"),
        (changed(1, size=[0.2, 0.2, -1]), "`size`, height, must be within"),
        (changed(1, size=[0.2, 0.2, float("inf")]), "finite number"),
        (changed(1, material="gold"), "unknown material 'gold'"),
        (changed(1, material=["red"]), "unknown material"),
        (changed(1, position=[1.9]), "list of 2 or 3 numbers"),
        (changed(1, position=[1.9, 900]), "`position`, y, must be within -50 and 50"),
        (changed(1, position={"x": 1}), "list of 2 or 3"),
        (changed(1, position=[4.9, 0.2]), "is not over the 'wooden table'"),
        (changed(1, position=[1.9, 0.2, 1.4]), "nothing of 'wooden table' carries 'parcel' at a height of 1.4 m"),
        (changed(1, on="desk"), "unknown thing 'desk'"),
        (changed(1, on="exit marker"), "cannot be on 'exit marker', a marker"),
        (changed(1, on="bin"), "cannot be on 'bin', a bin"),
        (changed(5, **{"in": "wooden table"}), "cannot be in 'wooden table', a table"),
        (changed(5, on="wooden table"), "both `on` and `in`"),
        (changed(1, on="tin"), "cannot be on 'tin', a item|lies on itself"),
        (changed(1, on="parcel"), "'parcel' lies on itself"),
        (
            changed(5, **{"in": None}, position=[1.0, -2.0, 0.7]),
            "nothing carries 'rubbish': its underside is 0.700 m",
        ),
        (changed(1, position=None), "'parcel' has no `position`, but 'wooden table' has one"),
        (changed(3, position=[2.1, 0.1]), "'wooden table' and 'cupboard' overlap by"),
        (
            changed(7, kind="wall", position=[0.5, -0.3], size=[0.1, 1, 2], material=None),
            "from where the robot starts",
        ),
        (changed(3, hinges=[]), "`hinges` must list"),
        (changed(3, hinges=["left", "left"]), "`hinges` must list"),
        (changed(3, hinges=["top"]), "`hinges` must list"),
        (changed(3, hinges=[["left"]]), "`hinges` must list"),
        (changed(3, openness=1.5), "`openness` must be within 0 and 1"),
        (changed(0, heading_deg=1000), "`heading_deg` must be within"),
        (changed(None, robot=[0, 0]), "`robot` must be an object"),
        (changed(None, robot={"position": [0]}), "`position` of `robot`"),
        (changed(None, robot={"height": 1}), "unknown key 'height'"),
        (changed(None, about=7), "about must be text"),
    ],
)
def test_a_wrong_scene_is_refused_with_the_reason(data: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_scene(data, name="wrong")


def test_too_many_things() -> None:
    many = [{"name": f"marker {k}", "kind": "marker", "position": [k % 40, k // 40]} for k in range(MAX_THINGS + 1)]
    with pytest.raises(InputError, match=f"{MAX_THINGS + 1} things; at most {MAX_THINGS}"):
        parse_scene({"things": many}, name="crowd")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b'{"things": NaN}', "NaN is not a number that JSON knows"),
        (b'{"things": -Infinity}', "-Infinity is not a number"),
        (b'{"things": [], "things": []}', "'things' comes twice"),
        (b"[" * 100_000, "is not JSON"),
        (b" " * (MAX_BYTES + 1), "larger than 256 KiB"),
    ],
)
def test_a_file_that_is_no_scene(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "scene.json"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=f"scene .*scene.json: .*{re.escape(says)}"):
        read_scene(path)


def test_no_file_a_folder_and_a_device(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read .No such file"):
        scenes.load(str(tmp_path / "none.json"))
    with pytest.raises(InputError, match="is a folder"):
        scenes.load(str(tmp_path) + "/")
    with pytest.raises(InputError, match="no regular file"):
        scenes.load("/dev/zero")
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputError, match="no regular file"):
        scenes.load(str(tmp_path / "pipe.json"))
    with pytest.raises(InputError, match="cannot be read"):
        scenes.load("a\0b.json")


def test_a_path_loads_as_a_name_does(tmp_path: Path) -> None:
    path = tmp_path / "my room.json"
    path.write_text(json.dumps(GOOD))
    scene = scenes.load(str(path))
    assert scene.name == "my room"
    assert scenes.load(scene.source).things == scene.things, "records name what can be loaded again"
    assert scenes.load("workshop").source == "workshop"
    other = scene.fitted(robots.load("g1"))
    assert other.source == scene.source
    for mine, theirs in zip(scene.things, other.things, strict=True):
        assert mine.pose == theirs.pose and mine.blocks == theirs.blocks, "things are as the file says"
    gap = [float(np.hypot(*(s.thing("parcel").stand.xy - [1.9, 0.2]))) for s in (scene, other)]
    assert gap[1] < gap[0] - 0.05, "shorter arms stand nearer"
    assert scene.things == parse_scene(GOOD, name="my room").things


def test_the_example_of_the_guide_is_a_scene(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guides" / "scene.md").read_text()
    examples = re.findall(r"```json[^\n]*\n(.*?)```", text, flags=re.DOTALL)
    assert len(examples) == 2
    found = [parse_scene(json.loads(example), name="example") for example in examples]
    assert [scene.sketch is None for scene in found] == [True, False]
    for kind in KINDS:
        assert f"`{kind}`" in text, f"the guide does not name the kind {kind!r}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(number=st.integers(0, 9), key=st.sampled_from([*GOOD["things"][1], *GOOD["things"][3]]), value=JSON)
def test_whatever_a_file_says_it_is_a_scene_or_an_input_error(number: int, key: str, value: Any) -> None:
    try:
        parse_scene(changed(number, **{key: value}), name="any")
    except InputError as error:
        assert len(str(error)) > 20


@pytest.mark.parametrize("name", scenes.names())
def test_nothing_overlaps_or_floats_in_the_scenes_that_ship(name: str) -> None:
    things = scenes.load(name).things
    for k, model in enumerate(things):
        others = [other for other in things if other is not model]
        assert all(overlap(model, other) <= 0.002 for other in things[:k])
        if model.rests_on:
            found = carrier(model, others)
            assert found is not None and found.name == model.rests_on
        elif model.free:
            assert model.corners()[:, 2].min() == pytest.approx(0.0, abs=1e-9)


def test_one_stands_before_what_carries_a_thing(tmp_path: Path) -> None:
    """Far back on a table: a stand by the thing's own size would be half under it, with no way there."""
    path = tmp_path / "deep.json"
    things = [
        {"name": "table", "kind": "table", "position": [2.3, 1.1]},
        {"name": "parcel", "kind": "box", "position": [2.4, 1.2], "on": "table", "size": [0.22, 0.28, 0.18]},
    ]
    path.write_text(json.dumps({"things": things}))
    scene = scenes.load(str(path))
    assert scene.thing("parcel").stand.x == pytest.approx(scene.thing("table").stand.x)
    assert scene.thing("parcel").stand.y == pytest.approx(1.2)
    assert scene.route((0.0, 0.0), "parcel")[-1][:2] == pytest.approx(scene.thing("parcel").stand.xy)
