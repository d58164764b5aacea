"""Held by its PD gains alone, on a floor: gains, pose, feet and masses fit together."""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np
import pytest

import robots
from skillblend.contracts import Robot


def world(robot: Robot) -> mujoco.MjModel:
    spec = mujoco.MjSpec.from_string(robot.mjcf)
    spec.option.timestep = 0.005
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.worldbody.add_geom(
        name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[5, 5, 0.1], contype=1, conaffinity=0
    )
    for geom in list(spec.geoms):
        if geom.group == 2:
            spec.delete(geom)
    for i, name in enumerate(robot.joint_names):
        actuator = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        actuator.set_to_position(kp=robot.stiffness[i], kv=robot.damping[i])
        actuator.forcerange = [-robot.torque_limit[i], robot.torque_limit[i]]
    return spec.compile()


def hold(robot: Robot, seconds: float) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The state after holding the default pose for `seconds`."""
    model = world(robot)
    data = mujoco.MjData(model)
    data.qpos[7:] = data.ctrl[:] = robot.default_pose
    for _ in range(round(seconds / model.opt.timestep)):
        mujoco.mj_step(model, data)
    return model, data


def tilt(data: mujoco.MjData) -> float:
    """Angle between the base's z axis and the vertical, rad."""
    return float(np.arccos(np.clip(data.xmat[1, 8], -1.0, 1.0)))


@pytest.mark.parametrize("name", ["g1", "g1_locked", "h1_2", "h1_2_locked"])
def test_stands_without_feedback(name: str) -> None:
    robot = robots.load(name)
    model, data = hold(robot, 5.0)
    assert data.qpos[2] == pytest.approx(robot.base_height, abs=0.02)
    assert tilt(data) < np.radians(5.0)
    assert data.ncon == 8
    np.testing.assert_allclose(data.qpos[7:], robot.default_pose, atol=0.1)
    weight = model.body_mass.sum() * 9.81
    assert data.qfrc_constraint[2] == pytest.approx(weight, rel=0.02)


def test_h1_stays_up_for_a_second_and_needs_feedback_then() -> None:
    """Two ankles of 120 N m/rad are weaker than gravity: m g h = 51.6 * 9.81 * 0.9 = 456 N m/rad."""
    h1 = robots.load("h1")
    model, data = hold(h1, 1.0)
    assert data.qpos[2] == pytest.approx(h1.base_height, abs=0.03)
    assert tilt(data) < np.radians(5.0)
    mujoco.mj_forward(model, data)
    ankle = data.body("left_ankle_link").xpos[2]
    lever = data.subtree_com[1, 2] - ankle
    ankles = h1.stiffness[h1.joints("ankle")].sum()
    assert ankles < model.body_mass.sum() * 9.81 * lever


def test_h1_is_balanced_in_its_default_pose() -> None:
    """With ankles, knees and hips stiff enough it stands: pose, soles and masses are consistent."""
    h1 = robots.load("h1")
    stiffness = h1.stiffness.copy()
    stiffness[h1.joints("ankle")] = 600.0
    stiffness[h1.joints("hip_pitch", "knee")] = 600.0
    _, data = hold(dataclasses.replace(h1, stiffness=stiffness), 5.0)
    assert data.qpos[2] == pytest.approx(h1.base_height, abs=0.03)
    assert tilt(data) < np.radians(10.0)
