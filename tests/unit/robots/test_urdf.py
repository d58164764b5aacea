"""Robots' tables come back from URDF as they were written into it; what a table has no place for is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from robots.urdf import read_urdf, write_table
from skillblend.errors import InputError

DATA = Path(__file__).resolve().parents[3] / "robots" / "data"


def urdf_of(table: dict[str, Any]) -> str:
    """A plain URDF of a robot's table, as its maker would publish it."""
    lines = ['<robot name="it">']
    for name, link in table["links"].items():
        lines.append(f'<link name="{name}">')
        if link is not None:
            moments = " ".join(f'{key}="{value!r}"' for key, value in link["inertia"].items())
            lines.append(f"<inertial>{origin(link['com'], link['com_rpy'])}")
            lines.append(f'<mass value="{link["mass"]!r}"/><inertia {moments}/></inertial>')
        lines.append("</link>")
    for joint in table["joints"]:
        lines.append(f'<joint name="{joint["name"]}" type="{joint["type"]}">')
        lines.append(f'<parent link="{joint["parent"]}"/><child link="{joint["child"]}"/>')
        lines.append(origin(joint["origin_xyz"], joint["origin_rpy"]))
        if joint["type"] == "revolute":
            limits = " ".join(f'{key}="{value!r}"' for key, value in joint["limit"].items())
            lines.append(f'<axis xyz="{triple(joint["axis"])}"/><limit {limits}/>')
        lines.append("</joint>")
    return "\n".join([*lines, "</robot>"])


def _mass(link: dict[str, Any] | None) -> dict[str, Any] | None:
    """What of a link's numbers is about mass."""
    return None if link is None else {key: link[key] for key in ("mass", "com", "com_rpy", "inertia")}


def origin(xyz: list[float], rpy: list[float]) -> str:
    return f'<origin xyz="{triple(xyz)}" rpy="{triple(rpy)}"/>'


def triple(values: list[float]) -> str:
    return " ".join(repr(value) for value in values)


@pytest.mark.parametrize("robot", ["h1", "g1", "h1_2"])
def test_a_shipped_robot_comes_back(robot: str, tmp_path: Path) -> None:
    table = json.loads((DATA / f"{robot}.json").read_text())
    file = tmp_path / "robot.urdf"
    file.write_text(urdf_of(table))
    found = write_table(file, tmp_path / "table.json", source=table["source"])
    assert json.loads((tmp_path / "table.json").read_text()) == found
    assert found["total_mass"] == pytest.approx(table["total_mass"], abs=2e-3)
    moving = [[joint for joint in each["joints"] if joint["type"] == "revolute"] for each in (found, table)]
    assert moving[0] == moving[1] and len(moving[0]) > 10
    published = {name: _mass(link) for name, link in table["links"].items()}
    assert found["links"] == published
    assert [joint["child"] for joint in found["joints"]] == [joint["child"] for joint in table["joints"]]
    with pytest.raises(InputError, match="exists; name another file"):
        write_table(file, tmp_path / "table.json", source="me")


GOOD = """<robot name="two">
<link name="a"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial></link>
<link name="b"/>
<joint name="j" type="revolute"><parent link="a"/><child link="b"/>
<limit lower="-1" upper="1" effort="5" velocity="2"/></joint>
</robot>"""


def test_what_may_be_left_out_is_what_urdf_says(tmp_path: Path) -> None:
    (tmp_path / "r.urdf").write_text(GOOD)
    found = read_urdf(tmp_path / "r.urdf", source="me, CC0")
    assert found["links"]["b"] is None and found["joints"][0]["axis"] == [1.0, 0.0, 0.0]
    assert found["joints"][0]["origin_xyz"] == [0.0, 0.0, 0.0] and found["total_mass"] == 1.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<robot", "<model", "cannot be read as URDF"),
        ('name="two">', 'name="two"><!DOCTYPE x>', "declares a document type"),
        ('type="revolute"', 'type="continuous"', "is continuous, a table has revolute and fixed joints"),
        ('<child link="b"/>', '<child link="c"/>', "child 'c' is no link; there are a, b"),
        ("<limit", "<!--", "cannot be read as URDF"),
        ('<limit lower="-1" upper="1" effort="5" velocity="2"/>', "", "has no <limit>"),
        ('upper="1"', 'upper="-2"', "allow no motion"),
        ('effort="5"', 'effort="strong"', "effort = 'strong' of <limit> must be a number"),
        ('<parent link="a"/>', '<parent link="a"/><origin xyz="1 2"/>', "'1 2' must be three numbers"),
        ('mass value="1"', 'mass value="-1"', "are of no body"),
        ('<mass value="1"/>', "", "<inertial> needs <mass> and <inertia>"),
        ('<link name="b"/>', '<link name="b"/><link name="c"/>', "is no tree"),
        ('<link name="b"/>', '<link name="b"/><link/>', "a <link> has no name"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "r.urdf"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_urdf(file, source="me")


def test_numbers_without_a_source_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.urdf").write_text(GOOD)
    with pytest.raises(InputError, match="source is empty"):
        read_urdf(tmp_path / "r.urdf", source=" ")
    with pytest.raises(InputError, match="begins with <scene>"):
        (tmp_path / "r.urdf").write_text("<scene/>")
        read_urdf(tmp_path / "r.urdf", source="me")
    twice = GOOD.replace('<link name="b"/>', '<link name="b"/><link name="c"/>').replace(
        "</robot>", '<joint name="j" type="fixed"><parent link="a"/><child link="c"/></joint></robot>'
    )
    (tmp_path / "r.urdf").write_text(twice)
    with pytest.raises(InputError, match="two joints have one name"):
        read_urdf(tmp_path / "r.urdf", source="me")
