"""Compile a robot and its surroundings into a MuJoCo model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from sim.contacts import CONE, FIRM, PALM, SOLE
from skillblend.contracts import Array, Robot

Furnish = Callable[[mujoco.MjSpec], None]
"""Adds the things of a task or a scene to the world body."""


@dataclass(frozen=True, kw_only=True)
class WorldConfig:
    """How faithfully, and how fast, the world is simulated.

    Attributes:
        timestep: Physics step, s.
        iterations, ls_iterations: Newton and line-search iterations.
        visual: Keep the geoms that only serve pictures.
        body_contacts: Names of the robot's bodies, or parts of them, that collide besides the feet. ``"left_palm"``
            and ``"right_palm"`` stand for flat palms, ``"left_hand"`` and ``"right_hand"`` for balls in their place.
        friction: Sliding friction of the soles.
        firm: Palms are `sim.contacts.FIRM`: things are carried.
    """

    timestep: float = 0.005
    iterations: int = 4
    ls_iterations: int = 6
    visual: bool = False
    body_contacts: tuple[str, ...] = ()
    friction: float = 1.0
    firm: bool = False


@dataclass(frozen=True, kw_only=True)
class World:
    """A compiled model with the indices that everybody needs.

    Attributes:
        model: The compiled model; the robot's free joint comes first.
        robot: Whom it holds.
        substeps: Physics steps per control step.
        foot_geoms: Sole contact spheres, left and right. Shape (2, 4).
        foot_sites, hand_sites: Left and right. Shape (2,).
        home: Initial qpos: default pose, soles on the floor. Shape (nq,).
    """

    model: mujoco.MjModel
    robot: Robot
    substeps: int
    foot_geoms: np.ndarray
    foot_sites: np.ndarray
    hand_sites: np.ndarray
    home: Array


def build_world(robot: Robot, config: WorldConfig | None = None, furnish: Sequence[Furnish] = ()) -> World:
    """Robot on a floor, with position actuators (PD, torque-limited) in joint order."""
    config = config or WorldConfig()
    spec = mujoco.MjSpec.from_string(robot.mjcf)
    _set_options(spec, config)
    _select_geoms(spec, config)
    _add_floor(spec, config)
    for index, name in enumerate(robot.joint_names):
        _add_actuator(spec, robot, index, name)
    for add in furnish:
        add(spec)
    model = spec.compile()
    return _index(model, robot, config)


def _set_options(spec: mujoco.MjSpec, config: WorldConfig) -> None:
    spec.option.timestep = config.timestep
    spec.option.iterations = config.iterations
    spec.option.ls_iterations = config.ls_iterations
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = CONE
    spec.option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_ISLAND)


def _select_geoms(spec: mujoco.MjSpec, config: WorldConfig) -> None:
    for geom in list(spec.geoms):
        collides = "_foot" in geom.name or ("_collision" in geom.name and _meets(geom.name, config.body_contacts))
        if collides:
            geom.contype, geom.conaffinity = 0, 1
            if "_foot" in geom.name:
                SOLE.apply(geom)
                geom.friction = [config.friction, *SOLE.friction[1:]]
            elif "_palm" in geom.name:
                (FIRM if config.firm else PALM).apply(geom)
        elif geom.group == 3 or not config.visual:
            spec.delete(geom)


def _meets(name: str, bodies: tuple[str, ...]) -> bool:
    """Whether a collision geom is switched on; a hand is a flat palm where palms are asked for, a ball otherwise."""
    palms = any("palm" in body for body in bodies)
    if "_palm_collision" in name:
        return palms and any(body in name for body in bodies if "palm" in body)
    return any(body in name for body in bodies) and not (palms and "_hand_collision" in name)


def _add_floor(spec: mujoco.MjSpec, config: WorldConfig) -> None:
    floor = spec.worldbody.add_geom(
        name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05], contype=1, conaffinity=0
    )
    if not config.visual:
        return
    floor.size = [20, 20, 0.05]
    spec.add_texture(
        name="floor", type=mujoco.mjtTexture.mjTEXTURE_2D, builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        rgb1=[0.86, 0.87, 0.88], rgb2=[0.78, 0.80, 0.82], width=256, height=256,
    )  # fmt: skip
    spec.add_texture(
        name="sky", type=mujoco.mjtTexture.mjTEXTURE_SKYBOX, builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.93, 0.95, 0.98], rgb2=[0.62, 0.72, 0.84], width=128, height=768,
    )  # fmt: skip
    material = spec.add_material(name="floor", texrepeat=[1, 1], texuniform=True, reflectance=0.0)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "floor"
    floor.material = "floor"
    spec.worldbody.add_light(pos=[0, 0, 6], dir=[0.2, 0.3, -1], type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL)
    spec.visual.headlight.ambient = [0.45, 0.45, 0.45]
    spec.visual.headlight.diffuse = [0.45, 0.45, 0.45]
    spec.visual.global_.offwidth = 1280
    spec.visual.global_.offheight = 960


def _add_actuator(spec: mujoco.MjSpec, robot: Robot, index: int, name: str) -> None:
    kp, kd = float(robot.stiffness[index]), float(robot.damping[index])
    limit = float(robot.torque_limit[index])
    actuator = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.gaintype = mujoco.mjtGain.mjGAIN_FIXED
    actuator.biastype = mujoco.mjtBias.mjBIAS_AFFINE
    actuator.gainprm[0] = kp
    actuator.biasprm[0:3] = [0.0, -kp, -kd]
    actuator.forcelimited = True
    actuator.forcerange = [-limit, limit]
    actuator.ctrllimited = False


def _index(model: mujoco.MjModel, robot: Robot, config: WorldConfig) -> World:
    sides = ("left", "right")
    home = model.qpos0.copy()
    home[:7] = [0, 0, robot.base_height, 1, 0, 0, 0]
    home[7 : 7 + robot.num_joints] = robot.default_pose
    order = [model.joint(n).qposadr[0] for n in robot.joint_names]
    if order != list(range(7, 7 + robot.num_joints)):
        raise ValueError(f"joint order of the compiled {robot.name} differs from robot.joint_names")
    return World(
        model=model,
        robot=robot,
        substeps=round(robot.control_dt / config.timestep),
        foot_geoms=np.array([[model.geom(f"{s}_foot{i}").id for i in range(4)] for s in sides]),
        foot_sites=np.array([model.site(f"{s}_foot").id for s in sides]),
        hand_sites=np.array([model.site(f"{s}_hand").id for s in sides]),
        home=home,
    )
