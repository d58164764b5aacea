"""N robots in MuJoCo that hear and speak nothing but the bytes of their low-level messages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.batch import BatchSim
from sim.bridge import SENSORS
from sim.conformance.judge import MotorCommand, Noise
from sim.load import LOAD
from sim.randomisation import Randomiser
from sim.streams import Streams
from sim.world import WorldConfig, build_world
from skillblend.contracts import Array, BoolArray, IntArray, Robot, WorldState
from skillblend.hardware import Codec, LowState
from skillblend.hardware.crc import Bytes

LINK_DT = 0.005
"""By default: one state message and one command every physics step, s."""
_START, _STRENGTH, _HEAT = 200, 201, 202


class SpeakingRobots:
    """N numbered trials of a seed, one robot each; a trial does not depend on those that run beside it.

    A motor does ``kp (q* - q) + kd (dq* - dq) + tau`` of the latest command whose checksum is right, times
    its own strength, and saturates at its torque limit. Until the first command it has no torque.

    Attributes:
        codec: The language that the robots speak.
        streams: Random numbers; `Streams.step` counts link periods.
        randomiser: Sensors and dynamics, as in an ordinary run.
        time: Simulated time, s.
    """

    def __init__(
        self, robot: Robot, numbers: IntArray, seed: int, link_dt: float = LINK_DT, *, loaded: bool = False
    ) -> None:
        """Stand a robot at home for each of the trials `numbers` (N,), not below zero.

        Args:
            robot: Of which kind all are.
            numbers: Of the trials.
            seed: Of everything.
            link_dt: Link period, s.
            loaded: Each robot carries a load between the ends of `sim.load.LOAD` at its palms.
        """
        n = len(numbers)
        self.robot, self.codec = robot, Codec(robot)
        everything = WorldConfig(timestep=link_dt, body_contacts=("_collision",))
        self.world = replace(build_world(robot, everything), substeps=1)
        self.world.model.actuator_gainprm[:] = 0.0
        self.world.model.actuator_biasprm[:] = 0.0
        self.sim = BatchSim(self.world, n)
        self.streams = Streams(seed, n)
        self.streams.episode[:] = numbers - n
        sensors = replace(SENSORS, gain=(1.0, 1.0))
        self.randomiser = Randomiser(self.sim, sensors.loaded(LOAD) if loaded else sensors, self.streams)
        self.ids: IntArray = np.arange(n)
        self.streams.next_episode(self.ids)
        self.randomiser.reset(self.ids)
        draw = self.streams.uniform
        self._strength = draw(self.ids, _STRENGTH, *SENSORS.gain)
        self._heat = draw(self.ids, _HEAT, 25.0, 70.0, robot.num_joints)
        self._clock = np.round(draw(self.ids, _START, 20.0, 1e5)[:, 0], 3)
        self._drive = self.sim.batch.expand("actuator_biasprm")
        self._pull = self.sim.batch.bind("xfrc_applied")
        home = np.tile(self.world.home, (n, 1))
        self.sim.reset(self.ids, home, np.zeros((n, self.world.model.nv)))
        self._obeyed = _no_torque(n, robot.num_joints)
        self.steps, self._link_dt = 0, link_dt

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self.steps * self._link_dt

    @property
    def noise(self) -> Noise:
        """How far measurements may be off."""
        config = self.randomiser.config
        return Noise(position=config.position_noise, velocity=config.velocity_noise)

    def truth(self) -> WorldState:
        """What really is the case."""
        return self.sim.state(np.full(self.sim.n, self.time))

    def measure(self, truth: WorldState) -> LowState:
        """What the sensors make of it."""
        seen = self.randomiser.measure(truth)
        n = self.sim.n
        return LowState(
            time=self._clock + self.time,
            joint_position=seen.joint_position,
            joint_velocity=seen.joint_velocity,
            joint_torque=truth.joint_torque,
            temperature=self._heat,
            base_quaternion=seen.base_quaternion,
            base_angular_velocity=seen.base_angular_velocity,
            motor_fault=np.full(n, False),
            checksum_ok=np.full(n, True),
            mode_machine=np.zeros(n, dtype=np.int64),
        )

    def obey(self, data: Bytes) -> MotorCommand:
        """Follow command messages (N, command_size) from now on; what they mean."""
        heard = self.codec.decode_command(data)
        new = MotorCommand(
            targets=heard.targets,
            velocity=heard.velocity,
            torque=heard.torque,
            stiffness=heard.stiffness,
            damping=heard.damping,
            enabled=heard.enabled,
        )
        self._obeyed = choose(heard.checksum_ok, new, self._obeyed)
        return self._obeyed

    def pull(self, force: Array) -> None:
        """Pull at the torso with `force` (N, 3), N, world frame, until told otherwise."""
        torso = next(b.name for b in self.robot.bodies if "torso" in b.name)
        self._pull[:, self.world.model.body(torso).id, :3] = force

    def step(self) -> None:
        """Let one link period pass."""
        told = self._obeyed
        on = told.enabled * self._strength
        self._drive[:, :, 0] = on * (told.stiffness * told.targets + told.damping * told.velocity + told.torque)
        self._drive[:, :, 1] = -on * told.stiffness
        self._drive[:, :, 2] = -on * told.damping
        self.sim.step(told.targets)
        self.streams.step += 1
        self.steps += 1


def choose(rows: BoolArray, new: MotorCommand, old: MotorCommand) -> MotorCommand:
    """`new` in `rows` (N,), `old` elsewhere."""
    pick = rows[:, None]
    return MotorCommand(
        targets=np.where(pick, new.targets, old.targets),
        velocity=np.where(pick, new.velocity, old.velocity),
        torque=np.where(pick, new.torque, old.torque),
        stiffness=np.where(pick, new.stiffness, old.stiffness),
        damping=np.where(pick, new.damping, old.damping),
        enabled=np.where(pick, new.enabled, old.enabled),
    )


def _no_torque(n: int, joints: int) -> MotorCommand:
    zero = np.zeros((n, joints))
    off = np.zeros((n, joints), dtype=np.bool_)
    return MotorCommand(targets=zero, velocity=zero, torque=zero, stiffness=zero, damping=zero, enabled=off)
