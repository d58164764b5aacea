"""Networks of one robot as a start for another: joints by role, columns at equal Froude numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import robots
from skillblend.bundle import CONFIG, MANIFEST, read_config, read_networks, replace_files
from skillblend.contracts import Robot
from skillblend.errors import BundleError, InputError
from skillblend.scales import Scales
from skillblend.shipped import MODELS
from skillblend.skills.skill import load_skill, make_controller
from skillblend.training.carry import carry

H1 = robots.load("h1")
SKILLS = ("walking", "reaching")


@pytest.mark.parametrize("skill", SKILLS)
def test_to_itself_nothing_changes(skill: str, tmp_path: Path) -> None:
    source = MODELS / "h1" / skill
    assert carry(source, skill, H1, H1, tmp_path / "out") == H1.num_joints
    for old, new in zip(read_networks(source), read_networks(tmp_path / "out"), strict=True):
        for (w, b), (v, c) in zip(old.layers, new.layers, strict=True):
            assert (w == v).all()
            assert (b == c).all()


@pytest.mark.parametrize("skill", SKILLS)
def test_what_is_alike_at_equal_froude_numbers_is_answered_alike(robot: Robot, skill: str, tmp_path: Path) -> None:
    """Columns of the other robot that mean the same motion give the same actions of the same joints."""
    carry(MODELS / "h1" / skill, skill, H1, robot, tmp_path / "out")
    trained, carried = load_skill(skill, H1, MODELS / "h1" / skill), load_skill(skill, robot, tmp_path / "out")
    speed = Scales.of(robot).speed
    seen = np.random.default_rng(0).normal(size=(1, sum(s for _, s in trained.controller.layout)))
    other = np.zeros((1, sum(s for _, s in carried.controller.layout)))
    start = at = 0
    factor = {"velocity": speed, "average": np.array([speed, speed, 1 / speed]), "angular_velocity": 1 / speed,
              "height": speed**2, "midfoot": speed**2, "feet": speed**2, "joint_velocity": 1 / speed}  # fmt: skip
    reach = Scales.of(robot).reach
    factor |= {"near_error": reach, "far_error": reach}
    factor["goal"] = np.array([speed, speed, 1 / speed]) if skill == "walking" else reach
    roles = H1.joint_roles
    for (name, size), (_, mine) in zip(trained.controller.layout, carried.controller.layout, strict=True):
        part = seen[0, start : start + size]
        if size == H1.num_joints:
            known = np.zeros(mine)
            for j, role in enumerate(robot.joint_roles):
                known[j] = part[roles.index(role)] if role in roles else 3.0
            part = known
        other[0, at : at + mine] = part * factor.get(name, 1.0)
        start, at = start + size, at + mine
    before, after = trained.bundle.actor(seen)[0], carried.bundle.actor(other)[0]
    old: Any = make_controller(skill, H1)
    new: Any = make_controller(skill, robot)
    moved = {roles[j]: before[k] for k, j in enumerate(old.moved.tolist())}
    expected = [moved.get(robot.joint_roles[j], 0.0) for j in new.moved.tolist()]
    assert after == pytest.approx(expected, abs=1e-3)


def test_a_carried_bundle_says_where_it_comes_from(tmp_path: Path) -> None:
    g1 = robots.load("g1")
    known = carry(MODELS / "h1" / "walking", "walking", H1, g1, tmp_path / "out")
    config = read_config(tmp_path / "out")
    assert known == H1.num_joints
    assert (config["robot"], config["carried_from"]) == ("g1", "h1")
    assert config["joint_names"] == list(g1.joint_names)
    assert {stage["robot"] for stage in config["stages"]} == {"h1"}
    assert config["steps"] == read_config(MODELS / "h1" / "walking")["steps"]


def test_another_skills_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="holds 'reaching', not 'walking'"):
        carry(MODELS / "h1" / "reaching", "walking", H1, robots.load("g1"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_configuration_is_refused_by_name(tmp_path: Path) -> None:
    source = MODELS / "h1" / "walking"
    folder = tmp_path / "damaged"
    config = json.loads((source / CONFIG).read_text())
    config["controller"]["period"] = -1.0
    files = {n: (source / n).read_bytes() for n in json.loads((source / MANIFEST).read_text()) if n != CONFIG}
    replace_files(folder, files | {CONFIG: json.dumps(config).encode()}, {})
    with pytest.raises(BundleError, match=r"config\.json: controller: period"):
        carry(folder, "walking", H1, robots.load("g1"), tmp_path / "out")


def test_a_column_of_unknown_unit_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from skillblend.training import carry as module

    known = {k: v for k, v in module._UNITS.items() if k != "gravity"}
    monkeypatch.setattr(module, "_UNITS", known)
    with pytest.raises(InputError, match="'gravity' has no known unit"):
        carry(MODELS / "h1" / "walking", "walking", H1, robots.load("g1"), tmp_path / "out")
