from __future__ import annotations

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from sim.batch import BatchSim
from sim.world import World, WorldConfig, build_world
from skillblend.contracts import Array, Robot
from skillblend.skills.walking import WalkingController


def play(world: World, targets: list[Array]) -> tuple[Array, Array]:
    """Base positions (T, 3) and joint positions (T, J) under joint targets, from the standing pose."""
    sim = BatchSim(world, 1)
    sim.reset(np.array([0]), world.home[None], np.zeros((1, world.model.nv)))
    base, joints = [], []
    for target in targets:
        sim.step(target[None])
        state = sim.state(np.zeros(1))
        base.append(state.base_position[0])
        joints.append(state.joint_position[0])
    return np.array(base), np.array(joints)


@pytest.fixture(scope="module")
def full(h1: Robot) -> World:
    """Converged solver, elliptic cones, 1 ms: what the trimmed world approximates."""
    world = build_world(h1, WorldConfig(timestep=0.001, iterations=100, ls_iterations=50))
    world.model.opt.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    return world


def stepping(robot: Robot, seconds: float) -> list[Array]:
    """The gait reference for stepping on the spot."""
    controller = WalkingController(robot)
    memory = controller.new_memory(1)
    memory.stepping[:] = True
    targets = []
    for _ in range(round(seconds / robot.control_dt)):
        targets.append(controller.reference(memory)[0])
        memory.phase = (memory.phase + robot.control_dt / controller.config.period) % 1.0
    return targets


def test_standing_drifts_little_from_the_full_model(world: World, full: World) -> None:
    targets = [world.robot.default_pose] * 25
    (base, joints), (base_full, joints_full) = play(world, targets), play(full, targets)
    assert np.abs(base - base_full).max() < 0.003
    assert np.abs(joints - joints_full).max() < 0.01


def test_stepping_drifts_little_from_the_full_model(world: World, full: World, h1: Robot) -> None:
    """One swing of each leg, open loop: a chaotic motion, so the bound is looser and the time short."""
    targets = stepping(h1, 0.4)
    (base, joints), (base_full, joints_full) = play(world, targets), play(full, targets)
    assert np.abs(base - base_full).max() < 0.02
    assert np.abs(joints - joints_full).max() < 0.08


def test_moving_arms_without_new_contacts_drift_least(world: World, full: World, h1: Robot) -> None:
    arms = h1.joints("shoulder", "elbow")
    targets = []
    for k in range(25):
        target = h1.default_pose.copy()
        target[arms] += 0.4 * np.sin(2 * np.pi * k / 25)
        targets.append(target)
    (_, joints), (_, joints_full) = play(world, targets), play(full, targets)
    assert np.abs(joints - joints_full)[:, arms].max() < 0.02


def test_substeps_fill_the_control_period(h1: Robot) -> None:
    for timestep, substeps in ((0.005, 4), (0.002, 10), (0.001, 20)):
        assert build_world(h1, WorldConfig(timestep=timestep)).substeps == substeps


def test_actuators_are_the_robots_servos(world: World, h1: Robot) -> None:
    model = world.model
    assert [model.actuator(i).name for i in range(model.nu)] == list(h1.joint_names)
    assert model.actuator_gainprm[:, 0] == pytest.approx(h1.stiffness)
    assert model.actuator_biasprm[:, 1] == pytest.approx(-h1.stiffness)
    assert model.actuator_biasprm[:, 2] == pytest.approx(-h1.damping)
    assert model.actuator_forcerange == pytest.approx(np.stack([-h1.torque_limit, h1.torque_limit], axis=1))


def test_torque_is_clipped_at_the_effort_limit(world: World, h1: Robot) -> None:
    sim = BatchSim(world, 1)
    sim.reset(np.array([0]), world.home[None], np.zeros((1, world.model.nv)))
    sim.step(h1.default_pose[None] + 50.0)
    torque = sim.state(np.zeros(1)).joint_torque[0]
    assert (np.abs(torque) <= h1.torque_limit + 1e-9).all()
    assert np.abs(torque[h1.joint("left_knee")]) == pytest.approx(h1.torque_limit[h1.joint("left_knee")])


def test_soles_touch_the_floor_in_the_home_pose(world: World) -> None:
    sim = BatchSim(world, 2)
    sim.reset(np.arange(2), np.tile(world.home, (2, 1)), np.zeros((2, world.model.nv)))
    assert np.abs(sim.foot_clearance()).max() < 0.004
    assert sim.state(np.zeros(2)).foot_contact.all()
    lifted = world.home.copy()
    lifted[2] += 0.1
    sim.reset(np.array([1]), lifted[None], np.zeros((1, world.model.nv)))
    assert sim.foot_clearance()[1] == pytest.approx(sim.foot_clearance()[0] + 0.1)
    assert sim.state(np.zeros(2)).foot_contact.tolist() == [[True, True], [False, False]]


def test_only_feet_and_named_bodies_collide(h1: Robot, world: World) -> None:
    def colliding(w: World) -> set[str]:
        model = w.model
        return {model.geom(i).name for i in range(model.ngeom) if model.geom_conaffinity[i] and i}

    assert all("_foot" in name for name in colliding(world))
    more = build_world(h1, WorldConfig(body_contacts=("hand",)))
    assert any("hand_collision" in name for name in colliding(more))


def test_a_model_with_another_joint_order_is_refused(h1: Robot) -> None:
    names = (h1.joint_names[1], h1.joint_names[0], *h1.joint_names[2:])
    with pytest.raises(ValueError, match="joint order"):
        build_world(replace(h1, joint_names=names))


@pytest.mark.parametrize(
    ("bodies", "balls", "palms"),
    [(("_collision",), 2, 0), (("_collision", "left_palm", "right_palm"), 0, 2), (("hand",), 2, 0), ((), 0, 0)],
)
def test_a_hand_is_a_ball_or_a_palm_never_both(h1: Robot, bodies: tuple[str, ...], balls: int, palms: int) -> None:
    model = build_world(h1, WorldConfig(body_contacts=bodies)).model
    names = [model.geom(g).name for g in range(model.ngeom)]
    assert sum("_hand_collision" in name for name in names) == balls
    assert sum("_palm_collision" in name for name in names) == palms
