"""Faults that the simulated robot can have; the classes are those of the conformance suite.

Faults of a policy, and rival publishers, are made by whoever plays them: they happen outside the robot.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from sim.conformance.faults import Fault
from skillblend.contracts import Array, Robot
from skillblend.errors import InputError, UnknownNameError
from skillblend.hardware import LowState
from skillblend.hardware.crc import Bytes

OF_THE_ROBOT = (
    Fault.STATE_DROPOUT,
    Fault.FROZEN_STATE,
    Fault.NAN,
    Fault.BAD_CRC,
    Fault.TILT,
    Fault.OVERHEATING,
    Fault.CLOCK_JUMP,
)
"""What the simulated robot does by itself."""
FORCE = (500.0, 900.0)
"""Force that pulls the robot over, N."""
HOT = (122.0, 127.0)
"""Reported winding temperature, degrees Celsius; one byte in messages of `unitree_go`."""
JUMP = (0.1, 10.0)
"""How far the robot's clock jumps, either way, s."""
ENOUGH = 1.2
"""Nobody pulls on a robot that leans by more, rad."""
_NUMBERS = (np.nan, np.inf, -np.inf)


@dataclass(kw_only=True)
class Injection:
    """One fault that is going on, and what was drawn for it.

    Attributes:
        fault: Which.
        end: When it ends, robot time, s; infinite for never.
        joint: Which joint, or which direction.
        size: In [0, 1]: how much.
        variant: Which of several forms.
        rng: For what is drawn message by message.
        kept: What a frozen robot keeps saying.
    """

    fault: Fault
    end: float
    joint: int
    size: float
    variant: int
    rng: np.random.Generator = field(repr=False)
    kept: LowState | None = None

    @staticmethod
    def draw(fault: str, end: float, robot: Robot, seed: int) -> Injection:
        """`fault` until `end`, s.

        Raises:
            UnknownNameError: No such fault, or the robot cannot have it by itself.
            InputError: `end` is not a number.
        """
        if fault not in OF_THE_ROBOT:
            raise UnknownNameError("fault of the robot", fault, OF_THE_ROBOT)
        if np.isnan(end):
            raise InputError("the fault's duration is not a number; give seconds, or 0 for no end")
        rng = np.random.default_rng(seed)
        return Injection(
            fault=Fault(fault),
            end=end,
            joint=int(rng.integers(robot.num_joints)),
            size=float(rng.uniform()),
            variant=int(rng.integers(12)),
            rng=rng,
        )

    def state(self, state: LowState) -> LowState:
        """What the robot's electronics make of the measurement `state`, N = 1."""
        if self.fault == Fault.FROZEN_STATE:
            self.kept = self.kept or state
            return replace(self.kept, time=self.kept.time if self.variant % 2 else state.time)
        if self.fault == Fault.NAN:
            return self._not_a_number(state)
        if self.fault == Fault.OVERHEATING:
            heat = state.temperature.copy()
            heat[0, self.joint] = HOT[0] + (HOT[1] - HOT[0]) * self.size
            return replace(state, temperature=heat)
        if self.fault == Fault.CLOCK_JUMP:
            jump = JUMP[0] * (JUMP[1] / JUMP[0]) ** self.size
            return replace(state, time=state.time + (jump if self.variant % 2 else -jump))
        return state

    def wire(self, data: Bytes) -> Bytes | None:
        """What arrives of a state message (1, state_size); None for nothing."""
        if self.fault == Fault.STATE_DROPOUT:
            return None
        if self.fault == Fault.BAD_CRC:
            spoiled = data.copy()
            places = self.rng.choice(data.shape[1], size=1 + self.variant % 4, replace=False)
            spoiled[0, places] ^= self.rng.integers(1, 256, size=len(places)).astype(np.uint8)
            return spoiled
        return data

    def force(self, tilt: float) -> Array:
        """Force on the torso, world frame, of a robot that leans by `tilt`, rad. Shape (3,), N."""
        if self.fault != Fault.TILT or tilt > ENOUGH:
            return np.zeros(3)
        angle = 2.0 * np.pi * self.variant / 12.0
        return (FORCE[0] + (FORCE[1] - FORCE[0]) * self.size) * np.array([np.cos(angle), np.sin(angle), 0.0])

    def _not_a_number(self, state: LowState) -> LowState:
        value = _NUMBERS[self.variant % 3]
        name = ("joint_position", "joint_velocity", "base_quaternion", "base_angular_velocity")[self.variant // 3]
        wrong = getattr(state, name).copy()
        wrong[0, self.joint % wrong.shape[1]] = value
        return replace(state, **{name: wrong})
