"""What differs between episodes and between steps: dynamics, latency, pushes, measurement noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sim.streams import Streams, Uses
from skillblend.contracts import Array, BoolArray, IntArray, Observation, Robot
from skillblend.kinematics import length
from skillblend.scales import Scales
from skillblend.snapshots import Stateful

if TYPE_CHECKING:
    from sim.batch import BatchSim

_FRICTION, _MASS, _GAIN, _LATENCY, _PUSH, _PUSH_TIME, _NOISE = range(100, 107)
_LOAD, _LOADED = 111, 112


@dataclass(frozen=True, kw_only=True)
class Randomisation:
    """Ranges; each is drawn uniformly once an episode unless said otherwise.

    Masses and speeds of pushes are those for the reference body: see `for_robot`.

    Attributes:
        friction: Sliding friction of the soles.
        mass: Added to the torso, kg.
        gain: Factor on PD gains.
        latency: Fraction of a control period for which the previous targets still act (as a mixture).
        hand_friction: Factor on the friction of palms, in worlds where hands are palms.
        thing_friction, thing_mass: Factors on each free thing's friction and mass, in worlds that have any.
        thing_size: Factor on each free thing's extents; `Randomiser.settle` keeps their undersides where they were.
        push_speed: Largest planar velocity change of a push, m/s.
        push_spin: Largest yaw-rate change of a push, rad/s.
        push_every: Mean time between pushes, s; 0 for none.
        position_noise: Half-width of joint position noise, each step, rad.
        velocity_noise: Half-width of joint velocity noise, each step, rad/s.
        load: Carried at the palms, both together, kg.
        load_share: Share of episodes that carry it; the others carry nothing.
        gyro_noise: Half-width of angular velocity noise, each step, rad/s.
        tilt_noise: Half-width of the orientation error, each step, rad.
    """

    friction: tuple[float, float] = (0.5, 1.2)
    mass: tuple[float, float] = (-2.0, 4.0)
    gain: tuple[float, float] = (0.9, 1.1)
    latency: tuple[float, float] = (0.0, 0.5)
    hand_friction: tuple[float, float] = (0.7, 1.2)
    thing_friction: tuple[float, float] = (0.7, 1.2)
    thing_mass: tuple[float, float] = (0.8, 1.25)
    thing_size: tuple[float, float] = (1.0, 1.0)
    load: tuple[float, float] = (0.0, 0.0)
    load_share: float = 1.0
    push_speed: float = 0.4
    push_spin: float = 0.3
    push_every: float = 5.0
    position_noise: float = 0.01
    velocity_noise: float = 0.25
    gyro_noise: float = 0.1
    tilt_noise: float = 0.015

    def for_robot(self, robot: Robot) -> Randomisation:
        """Masses and pushes as heavy for `robot` as these are for the reference body."""
        scales = Scales.of(robot)
        (low, high), (light, heavy) = self.mass, self.load
        return replace(
            self,
            mass=(low * scales.weight, high * scales.weight),
            load=(light * scales.weight, heavy * scales.weight),
            push_speed=self.push_speed * scales.speed,
        )

    def loaded(self, load: tuple[float, float], share: float = 1.0) -> Randomisation:
        """The same, but a share of the episodes carries `load`, kg, of the reference body."""
        return replace(self, load=load, load_share=share)

    def without_pushes(self) -> Randomisation:
        """The same, but nobody pushes."""
        return replace(self, push_every=0.0)


NOMINAL = Randomisation(
    friction=(1.0, 1.0), mass=(0.0, 0.0), gain=(1.0, 1.0), latency=(0.0, 0.0), push_every=0.0,
    hand_friction=(1.0, 1.0), thing_friction=(1.0, 1.0), thing_mass=(1.0, 1.0), thing_size=(1.0, 1.0),
    position_noise=0.0, velocity_noise=0.0, gyro_noise=0.0, tilt_noise=0.0,
)  # fmt: skip
"""No randomisation at all."""


class Randomiser(Stateful):
    """Applies a `Randomisation` to a batch, from episode-addressed streams."""

    settings = ("sim", "config", "streams")

    def __init__(self, sim: BatchSim, config: Randomisation, streams: Streams) -> None:
        """Give the fields that vary a value per simulation."""
        from sim.load import HandLoad
        from sim.varying import Varying

        self.sim = sim
        self.config = config = config.for_robot(sim.world.robot)
        self.streams = streams
        model, robot = sim.world.model, sim.world.robot
        n = sim.n
        self.friction = np.ones(n)
        self.mass = np.zeros(n)
        self.gain = np.ones(n)
        self.latency = np.zeros(n)
        self.load = np.zeros(n)
        self._hands = HandLoad(sim) if config.load != (0.0, 0.0) else None
        self.varying = Varying(
            sim, streams, hand=config.hand_friction, friction=config.thing_friction, mass=config.thing_mass,
            size=config.thing_size,
        )  # fmt: skip
        self._feet = sim.world.foot_geoms.ravel()
        self._torso = model.body(next(b.name for b in robot.bodies if "torso" in b.name)).id
        self._torso_mass = float(model.body_mass[self._torso])
        varies = config.friction != (1.0, 1.0)
        self._friction_field = sim.batch.expand("geom_friction") if varies else None
        self._mass_field = sim.batch.expand("body_mass") if config.mass != (0.0, 0.0) else None
        varies = config.gain != (1.0, 1.0)
        self._gain_field = sim.batch.expand("actuator_gainprm") if varies else None
        self._bias_field = sim.batch.expand("actuator_biasprm") if varies else None
        self._joints = slice(0, robot.num_joints)
        self._all: IntArray = np.arange(n)
        self._episode = Uses(
            (_FRICTION, *config.friction, 1), (_MASS, *config.mass, 1), (_GAIN, *config.gain, 1),
            (_LATENCY, *config.latency, 1),
        )  # fmt: skip

    def reset(self, ids: IntArray) -> None:
        """Draw the episode's dynamics for simulations `ids`."""
        drawn = self.streams.uniforms(ids, self._episode)
        for values, column in zip((self.friction, self.mass, self.gain, self.latency), drawn, strict=True):
            values[ids] = column[:, 0]
        if self._friction_field is not None:
            self._friction_field[ids[:, None], self._feet, 0] = self.friction[ids, None]
        if self._mass_field is not None:
            self._mass_field[ids, self._torso] = self._torso_mass + self.mass[ids]
        if self._gain_field is not None and self._bias_field is not None:
            robot = self.sim.world.robot
            gain = self.gain[ids, None]
            self._gain_field[ids, self._joints, 0] = gain * robot.stiffness
            self._bias_field[ids, self._joints, 1] = -gain * robot.stiffness
            self._bias_field[ids, self._joints, 2] = -gain * robot.damping
        if self._hands is not None:
            carried = self.streams.uniform(ids, _LOAD, *self.config.load)[:, 0]
            loaded = self.streams.uniform(ids, _LOADED, 0.0, 1.0)[:, 0] < self.config.load_share
            self.load[ids] = carried * loaded
            self._hands.put(ids, self.load[ids])
        self.varying.reset(ids)

    def delay(self, targets: Array, previous: Array) -> Array:
        """Targets (N, J) as they reach the motors."""
        weight = self.latency[:, None]
        return targets + weight * (previous - targets)

    def push(self) -> BoolArray:
        """Change the base velocity of the simulations whose turn it is; which ones, (N,)."""
        cfg, sim = self.config, self.sim
        if cfg.push_every <= 0:
            return np.zeros(sim.n, dtype=np.bool_)
        ids = self._all
        chance = sim.world.robot.control_dt / cfg.push_every
        pushed = self.streams.uniform(ids, _PUSH_TIME, 0.0, 1.0)[:, 0] < chance
        if pushed.any():
            kick = self.streams.uniform(ids[pushed], _PUSH, -1.0, 1.0, 3)
            sim.qvel[pushed, :2] += cfg.push_speed * kick[:, :2]
            sim.qvel[pushed, 5] += cfg.push_spin * kick[:, 2]
        return pushed

    def measure(self, state: Observation, ids: IntArray | None = None) -> Observation:
        """What the sensors say of `state`, which holds simulations `ids`, None for all."""
        cfg, joints = self.config, state.joint_position.shape[1]
        if cfg.position_noise == cfg.velocity_noise == cfg.gyro_noise == cfg.tilt_noise == 0.0:
            noise = np.zeros((state.num, 2 * joints + 6))
        else:
            noise = self.streams.uniform(self._all if ids is None else ids, _NOISE, -1.0, 1.0, 2 * joints + 6)
        tilt = np.zeros((state.num, 4))
        tilt[:, 0] = 1.0
        tilt[:, 1:] = 0.5 * cfg.tilt_noise * noise[:, 2 * joints : 2 * joints + 3]
        return Observation(
            time=state.time,
            joint_position=state.joint_position + cfg.position_noise * noise[:, :joints],
            joint_velocity=state.joint_velocity + cfg.velocity_noise * noise[:, joints : 2 * joints],
            base_quaternion=quaternion_product(state.base_quaternion, tilt),
            base_angular_velocity=state.base_angular_velocity + cfg.gyro_noise * noise[:, -3:],
        )


def quaternion_product(a: Array, b: Array) -> Array:
    """Hamilton product of unit quaternions (N, 4), wxyz, normalised."""
    aw, ax, ay, az = a.T
    bw, bx, by, bz = b.T
    out = np.empty((len(a), 4))
    out[:, 0] = aw * bw - ax * bx - ay * by - az * bz
    out[:, 1] = aw * bx + ax * bw + ay * bz - az * by
    out[:, 2] = aw * by - ax * bz + ay * bw + az * bx
    out[:, 3] = aw * bz + ax * by - ay * bx + az * bw
    out /= length(out)[:, None]
    return out
