"""Judges what reached the motors, from the simulator's truth and the decoded commands alone.

Shares no code and no number with the guard. Safe means one of two things, read off the motor commands:

- *damping*: every motor is enabled, has no stiffness, no feed-forward torque and no velocity target, and brakes;
- *supported stand*: the base really is upright, every motor is enabled and stiff without feed-forward, and
  all targets but the ankles' (which balance) approach the standing pose steadily and slowly. A policy, or a
  frozen last command of one, does not look like that: its targets move away from the pose, or stay off it.

A robot became safe at its first safe command after which no unsafe one followed until the trial ended; so a
guard that lets go again is late, and one that never lets go is latched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, BoolArray, Robot, WorldState

UPRIGHT = 0.6
"""A supported stand is one only below this tilt, rad."""
STAND_SPEED = (0.3, 1.5)
"""Slowest and fastest approach to the standing pose in a supported stand, rad/s."""
AT_POSE = 0.02
"""Targets this near to the standing pose need not approach it further, rad."""
ROUNDING = 1e-5
"""Angles in messages have single precision, rad."""
SHARE = 0.01
"""Excess over a torque limit that is not counted, as a share of it."""
NEVER_BAD = "the bad state never came"
MEMORY = 0.1
"""A robot counts as driven if it got an unsafe command within this time, s."""


@dataclass(frozen=True, kw_only=True)
class MotorCommand:
    """What the motors were told: ``stiffness (targets - q) + damping (velocity - qd) + torque``.

    Attributes:
        targets: Shape (N, J), rad.
        velocity: Target velocity. Shape (N, J), rad/s.
        torque: Feed-forward. Shape (N, J), N m.
        stiffness: Shape (N, J), N m/rad.
        damping: Shape (N, J), N m s/rad.
        enabled: Shape (N, J).
    """

    targets: Array
    velocity: Array
    torque: Array
    stiffness: Array
    damping: Array
    enabled: BoolArray

    def demand(self, q: Array, qd: Array) -> Array:
        """Torque (N, J), N m, asked for at joint positions and velocities (N, J)."""
        asked = self.stiffness * (self.targets - q) + self.damping * (self.velocity - qd) + self.torque
        return np.where(self.enabled, asked, 0.0)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where the joints were at some time.

    Attributes:
        position: Shape (N, J), rad.
        velocity: Shape (N, J), rad/s.
    """

    position: Array
    velocity: Array

    @staticmethod
    def of(truth: WorldState) -> Moment:
        """The joints of `truth`."""
        return Moment(position=truth.joint_position, velocity=truth.joint_velocity)

    def updated(self, rows: BoolArray, truth: WorldState) -> Moment:
        """The joints of `truth` in `rows` (N,), these elsewhere."""
        pick = rows[:, None]
        return Moment(
            position=np.where(pick, truth.joint_position, self.position),
            velocity=np.where(pick, truth.joint_velocity, self.velocity),
        )


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How far measurements may be off: what a guard that sees only them cannot know better.

    Attributes:
        position: Half-width, rad.
        velocity: Half-width, rad/s.
    """

    position: float = 0.0
    velocity: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of one robot.

    Attributes:
        latency: From the bad state to the safe mode, s; negative where it came before, infinite where never.
        mode: ``"damping"`` or ``"stand"`` at the end, or ``"unsafe"``.
        relapsed: A safe command was followed by an unsafe one after the bad state.
        position: Worst target outside a joint's range, rad.
        torque: Worst demand over a joint's torque limit, N m.
        velocity: Worst torque that sped up a joint beyond its velocity limit, N m.
        fell: The base tilted by more than 45 degrees before the fault.
        driven: Whether the motors obeyed a policy when the fault came.
    """

    latency: float
    mode: str
    relapsed: bool
    position: float
    torque: float
    velocity: float
    fell: bool
    driven: bool

    def reasons(self, deadline: float) -> list[str]:
        """Why this trial failed; empty if it passed.

        Args:
            deadline: Time allowed from the bad state to the safe mode, s.
        """
        found: list[str] = []
        if not np.isfinite(self.latency):
            found.append(NEVER_BAD if np.isnan(self.latency) else "never safe")
        elif self.latency > deadline + 1e-6:
            found.append(f"safe after {1e3 * self.latency:.0f} ms, allowed {1e3 * deadline:.0f}")
        if self.relapsed:
            found.append("left the safe mode again")
        for name, excess, unit in (
            ("target outside the range", self.position, "rad"),
            ("torque over the limit", self.torque, "N m"),
            ("torque beyond the velocity limit", self.velocity, "N m"),
        ):
            if excess > 0.0:
                found.append(f"{name} by {excess:.3g} {unit}")
        if self.fell:
            found.append("fell before the fault")
        if not self.driven:
            found.append("was not driven by a policy when the fault came")
        return found


class MotorJudge:
    """Watches N robots, one command of each per step."""

    def __init__(self, robot: Robot, n: int, noise: Noise | None = None) -> None:
        """Nothing seen yet.

        Args:
            robot: Its limits and its standing pose.
            n: N.
            noise: Of the measurements that commands are made from.
        """
        noise = noise or Noise()
        self.robot = robot
        self._blur = noise
        self._pose = np.clip(robot.default_pose, robot.position_lower, robot.position_upper)
        self._balancing = robot.joints("ankle")
        self._bad_since: Array = np.full(n, np.nan)
        self._safe_since: Array = np.full(n, np.nan)
        self._unsafe: Array = np.full(n, -np.inf)
        self._tilt: Array = np.zeros(n)
        self._faulty: BoolArray = np.zeros(n, dtype=np.bool_)
        self._fell: BoolArray = np.zeros(n, dtype=np.bool_)
        self._driven: BoolArray = np.zeros(n, dtype=np.bool_)
        self._rescued: BoolArray = np.zeros(n, dtype=np.bool_)
        self._relapsed: BoolArray = np.zeros(n, dtype=np.bool_)
        self._damped: BoolArray = np.zeros(n, dtype=np.bool_)
        self._error: Array = np.full((n, robot.num_joints), np.inf)
        self._over: Array = np.zeros((3, n))
        self._time = 0.0

    def fault_begins(self, rows: BoolArray) -> None:
        """In `rows` (N,), the fault is about to begin; only the first time counts."""
        new = rows & ~self._faulty
        self._driven |= new & (self._time - self._unsafe <= MEMORY)
        self._fell |= new & (self._tilt > np.pi / 4)
        self._faulty |= new

    def bad_since(self, rows: BoolArray, time: float | Array) -> None:
        """In `rows` (N,), the bad state or the silence began at `time`, s; only the first time counts."""
        self._bad_since = np.where(rows & np.isnan(self._bad_since), time, self._bad_since)

    def see(self, time: float, truth: WorldState, command: MotorCommand, told: Moment | None = None) -> None:
        """Take in one command of each robot.

        Args:
            time: s.
            truth: Where the robots really were.
            command: What the motors were told.
            told: The truth of which the latest intact message told, if it is not `truth`: torque can be
                limited for that state, and for none that nobody has measured.
        """
        self._tilt = tilts(truth.base_quaternion)
        damped, safe = self._safe(time, command)
        bad = ~np.isnan(self._bad_since)
        self._relapsed |= self._rescued & ~safe
        self._rescued |= bad & safe
        self._safe_since = np.where(safe, np.where(np.isnan(self._safe_since), time, self._safe_since), np.nan)
        self._unsafe = np.where(safe, self._unsafe, time)
        self._damped, self._time = damped, time
        self._limits(told or Moment.of(truth), command)

    def findings(self) -> list[Finding]:
        """What became of each robot until now."""
        unsafe = np.isnan(self._safe_since)
        latency = np.where(unsafe & ~np.isnan(self._bad_since), np.inf, self._safe_since - self._bad_since)
        modes = np.where(unsafe, "unsafe", np.where(self._damped, "damping", "stand"))
        return [
            Finding(
                latency=float(latency[i]),
                mode=str(modes[i]),
                relapsed=bool(self._relapsed[i]),
                position=float(self._over[0, i]),
                torque=float(self._over[1, i]),
                velocity=float(self._over[2, i]),
                fell=bool(self._fell[i]),
                driven=bool(self._driven[i]),
            )
            for i in range(len(latency))
        ]

    def _safe(self, time: float, command: MotorCommand) -> tuple[BoolArray, BoolArray]:
        """Where the command is damping, and where it is safe at all. Shapes (N,)."""
        calm = (command.enabled & (command.torque == 0.0) & (command.velocity == 0.0)).all(axis=1)
        limp = (command.stiffness == 0.0).all(axis=1)
        damped = calm & limp & (command.damping > 0.0).all(axis=1)
        stiff = calm & (command.stiffness > 0.0).all(axis=1)
        error = np.abs(command.targets - self._pose)
        error[:, self._balancing] = 0.0
        slow, fast = (speed * (time - self._time) for speed in STAND_SPEED)
        steady = error <= np.maximum(self._error - slow, AT_POSE) + ROUNDING
        steady &= error >= self._error - fast - ROUNDING
        standing = stiff & steady.all(axis=1) & (self._tilt < UPRIGHT)
        self._error = np.where(stiff[:, None], error, np.inf)
        return damped, damped | standing

    def _limits(self, told: Moment, command: MotorCommand) -> None:
        """Remember the worst excess over each limit."""
        robot, q, qd = self.robot, told.position, told.velocity
        stiff = command.enabled & (command.stiffness > 0.0)
        outside = np.maximum(robot.position_lower - command.targets, command.targets - robot.position_upper)
        blur = command.stiffness * self._blur.position + command.damping * self._blur.velocity
        demand = command.demand(q, qd)
        torque = np.abs(demand) - blur - (1.0 + SHARE) * robot.torque_limit
        running = np.abs(qd) > robot.velocity_limit + self._blur.velocity
        pushing = np.where(running, demand * np.sign(qd), 0.0) - blur - SHARE * robot.torque_limit
        for row, excess in enumerate((np.where(stiff, outside - ROUNDING, 0.0), torque, pushing)):
            worst = np.nan_to_num(excess, nan=np.inf).max(axis=1)
            self._over[row] = np.maximum(self._over[row], worst)


def tilts(quaternion: Array) -> Array:
    """Angle between the base z axis and the vertical, from orientations (N, 4), wxyz. Shape (N,), rad."""
    _, x, y, _ = quaternion.T
    return np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0))
