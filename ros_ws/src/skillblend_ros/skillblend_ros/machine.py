"""MuJoCo as the robot: hears and speaks the bytes of its low-level messages, in a furnished scene.

A motor does ``kp (q* - q) + kd (dq* - dq) + tau`` of the latest command whose checksum is right, times its
own strength, and saturates at its torque limit. As on a gantry, base and joints are held in the standing
pose until the motors have been stiff for `HOLD` seconds; `Machine.hang` puts the robot back there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.batch import BatchSim
from sim.bridge import SENSORS
from sim.conformance.faults import Fault
from sim.judge import look
from sim.randomisation import Randomiser
from sim.scene import Scene
from sim.scene_file import FARTHEST
from sim.streams import Streams
from sim.verdicts import Look
from sim.world import WorldConfig, build_world
from skillblend.contracts import Array, Robot, SceneState, WorldState
from skillblend.errors import InputError, ShapeError
from skillblend.hardware import Codec, LowCommand, LowState
from skillblend_ros.faults import Injection
from skillblend_ros.truth import NO_FAULT, TruthLog

PHYSICS_DT = 0.005
"""s."""
HOLD = 0.3
"""How long motors must be stiff before the gantry lets go, s."""
_STRENGTH, _HEAT, _CLOCK = 200, 201, 202


class Machine:
    """One robot.

    Attributes:
        codec: Its language.
        scene: What stands around.
        live: What has become of the things.
        held: Whether the gantry holds it.
        commands, policies, rivals: How many commands it obeyed, and how many messages it witnessed.
        injection: The fault that is going on.
    """

    def __init__(self, robot: Robot, scene: Scene, seed: int = 0, log: TruthLog | None = None) -> None:
        """Hang `robot` up at the start of `scene`."""
        self.robot, self.codec, self._log = robot, Codec(robot), log
        self.scene = scene = scene.fitted(robot)
        config = WorldConfig(timestep=PHYSICS_DT, body_contacts=("_collision", *scene.contacts(robot)))
        self.world = replace(build_world(robot, config, furnish=[scene.furnish, scene.feel]), substeps=1)
        self.world.model.actuator_gainprm[: robot.num_joints] = 0.0
        self.world.model.actuator_biasprm[: robot.num_joints] = 0.0
        self.sim = BatchSim(self.world, 1)
        self._streams, self._ids = Streams(seed, 1), np.zeros(1, dtype=np.int64)
        self._randomiser = Randomiser(self.sim, replace(SENSORS, gain=(1.0, 1.0)), self._streams)
        self._streams.next_episode(self._ids)
        self._randomiser.reset(self._ids)
        draw = self._streams.uniform
        self._strength = float(draw(self._ids, _STRENGTH, *SENSORS.gain)[0, 0])
        self._heat = draw(self._ids, _HEAT, 25.0, 70.0, robot.num_joints)
        self._clock = float(np.round(draw(self._ids, _CLOCK, 20.0, 1e5)[0, 0], 3))
        self.live = scene.live(self.sim)
        self._drive = self.sim.batch.expand("actuator_biasprm")
        self._pull = self.sim.batch.bind("xfrc_applied")
        self._torso = self.world.model.body(next(b.name for b in robot.bodies if "torso" in b.name)).id
        self._home = self._start()
        self._asked = robot.default_pose.copy()
        self.steps = self.commands = self.policies = self.rivals = 0
        self._spawn = -1
        self.injection: Injection | None = None
        self.hang()

    @property
    def time(self) -> float:
        """Simulated time, s."""
        return self.steps * PHYSICS_DT

    @property
    def tilt(self) -> float:
        """Angle between base and vertical, rad."""
        _, x, y, _ = self.sim.qpos[0, 3:7]
        return float(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))

    def hang(self) -> None:
        """Back on the gantry, motors off, no fault, things where they were; the robot's clock goes on."""
        self.injection, self.held, self._stiff = None, True, 0
        self.sim.reset(self._ids, self._home, np.zeros((1, self.world.model.nv)))
        self._obeyed = self._nothing()
        self._spawn += 1

    def move(self, name: str, pose: Array) -> None:
        """Put a free thing somewhere else, at rest: position (m) and quaternion wxyz of its middle, (7,).

        Raises:
            UnknownNameError: No such thing here.
            InputError: It cannot move, or the pose is none.
        """
        if self.scene.thing(name).object.motion != "free":
            raise InputError(f"the {name} cannot be moved; free things here: {list(free_things(self.scene))}")
        norm = float(np.linalg.norm(pose[3:]))
        if not np.isfinite(pose).all() or abs(norm - 1.0) > 0.1 or not (np.abs(pose[:3]) <= FARTHEST).all():
            raise InputError(
                f"no place for the {name}: {pose.tolist()}; give a position within {FARTHEST:g} m and a unit "
                "quaternion"
            )
        joint = self.world.model.joint(self.scene.thing(name).body)
        at, speed = int(joint.qposadr[0]), int(joint.dofadr[0])
        self.sim.qpos[0, at : at + 7] = [*pose[:3], *(pose[3:] / norm)]
        self.sim.qvel[0, speed : speed + 6] = 0.0

    def things(self) -> SceneState:
        """Where things are, N = 1."""
        return self.live.read()

    def inject(self, fault: str, seconds: float, seed: int) -> None:
        """Begin `fault` for `seconds`, 0 for ever; an empty name ends the present one.

        Raises:
            UnknownNameError: No such fault.
            InputError: `seconds` is not a number.
        """
        end = self.time + seconds if seconds > 0 or np.isnan(seconds) else np.inf
        self.injection = Injection.draw(fault, end, self.robot, seed) if fault else None

    def obey(self, data: bytes) -> bool:
        """Follow a command message from now on, if its size and checksum are right; whether they were."""
        raw = np.frombuffer(data, dtype=np.uint8)[None]
        try:
            heard = self.codec.decode_command(raw)
        except ShapeError:
            return False
        if not heard.checksum_ok[0]:
            return False
        self._obeyed = heard
        self.commands += 1
        return True

    def witness(self, asked: Array | None) -> None:
        """For the log: a policy's request (J,), rad, passed by; or, None, a command of someone else."""
        if asked is None:
            self.rivals += 1
            return
        self.policies += 1
        self._asked = asked

    def step(self, wall: float = 0.0) -> None:
        """Let one physics step pass; `wall` is for the log, s."""
        told = self._obeyed
        on = told.enabled[0] * self._strength
        count = self.robot.num_joints
        demand = told.stiffness * told.targets + told.damping * told.velocity + told.torque
        self._drive[0, :count, 0] = on * demand[0]
        self._drive[0, :count, 1] = -on * told.stiffness[0]
        self._drive[0, :count, 2] = -on * told.damping[0]
        if self.injection is not None and self.time >= self.injection.end:
            self.injection = None
        self._pull[0, self._torso, :3] = self.injection.force(self.tilt) if self.injection else 0.0
        if self._log is not None:
            self._log.append(**self._row(wall))
        self.sim.step(told.targets)
        self.steps += 1
        self._streams.step += 1
        if self.held:
            self._gantry(told)

    def speak(self) -> bytes | None:
        """The state message of this moment; None where it is lost."""
        truth = self.truth()
        seen = self._randomiser.measure(truth)
        state = LowState(
            time=np.array([self._clock + self.time]),
            joint_position=seen.joint_position,
            joint_velocity=seen.joint_velocity,
            joint_torque=truth.joint_torque,
            temperature=self._heat,
            base_quaternion=seen.base_quaternion,
            base_angular_velocity=seen.base_angular_velocity,
            motor_fault=np.full(1, False),
            checksum_ok=np.full(1, True),
            mode_machine=np.zeros(1, dtype=np.int64),
        )
        if self.injection is None:
            return self.codec.encode_state(state)[0].tobytes()
        data = self.injection.wire(self.codec.encode_state(self.injection.state(state)))
        return None if data is None else data[0].tobytes()

    def truth(self) -> WorldState:
        """What really is the case, N = 1."""
        return self.sim.state(np.array([self.time]))

    def look(self) -> Look:
        """What `sim.judge` sees."""
        return look(self.sim, self.scene, np.array([self.time]), self.things())

    def close(self) -> None:
        """Write out the log."""
        if self._log is not None:
            self._log.close()

    def _start(self) -> Array:
        qpos, start = self.world.home[None].copy(), self.scene.start
        qpos[0, 0], qpos[0, 1] = start.x, start.y
        qpos[0, 3:7] = [np.cos(start.heading / 2), 0.0, 0.0, np.sin(start.heading / 2)]
        return qpos

    def _nothing(self) -> LowCommand:
        zero = np.zeros((1, self.robot.num_joints))
        none = np.zeros(1, dtype=np.int64)
        return LowCommand(
            targets=zero, velocity=zero, torque=zero, stiffness=zero, damping=zero, enabled=zero > 0,
            checksum_ok=np.full(1, True), mode_machine=none, ankle_mode=none,
        )  # fmt: skip

    def _gantry(self, told: LowCommand) -> None:
        """Hold base and, while the motors are not stiff, joints."""
        stiff = bool((told.enabled & (told.stiffness > 0.0)).all())
        self._stiff = self._stiff + 1 if stiff else 0
        if self._stiff * PHYSICS_DT >= HOLD:
            self.held = False
            return
        fixed, free = (7, 6) if stiff else (7 + self.robot.num_joints, 6 + self.robot.num_joints)
        self.sim.qpos[0, :fixed] = self._home[0, :fixed]
        self.sim.qvel[0, :free] = 0.0

    def _row(self, wall: float) -> dict[str, object]:
        told, qpos, qvel, count = self._obeyed, self.sim.qpos[0], self.sim.qvel[0], self.robot.num_joints
        fault = NO_FAULT if self.injection is None else list(Fault).index(self.injection.fault)
        travel = self.scene.travel(self.world.model, self.sim.qpos)
        things = self.things().things
        poses = [thing.pose[0] for thing in things if thing.pose is not None]
        openness = [-1.0 if thing.openness is None else float(thing.openness[0]) for thing in things]
        return {
            "time": self.time, "wall": wall, "spawn": self._spawn, "fault": fault, "held": self.held,
            "position": qpos[:3], "quaternion": qpos[3:7], "velocity": qvel[:3], "omega": qvel[3:6],
            "q": qpos[7 : 7 + count], "qd": qvel[6 : 6 + count], "effort": self.sim.actuator_force[0, :count],
            "wrists": self.sim.hand_position()[0], "travel": [float(v[0]) for v in travel.values()] or [0.0],
            "hand_force": [force[0] for force in self.sim.hand_force().values()] or [[0.0, 0.0]],
            "things": poses or np.zeros((1, 7)), "openness": openness or [-1.0],
            "command": self.commands, "targets": told.targets[0], "target_velocity": told.velocity[0],
            "feedforward": told.torque[0], "stiffness": told.stiffness[0], "damping": told.damping[0],
            "enabled": told.enabled[0], "policy": self.policies, "asked": self._asked, "rival": self.rivals,
        }  # fmt: skip


def free_things(scene: Scene) -> tuple[str, ...]:
    """Names of the things that can be moved."""
    return tuple(thing.name for thing in scene.things if thing.free)
