"""What a guard hands out: commands for the motors, and the reasons behind them."""

from __future__ import annotations

from dataclasses import dataclass

from skillblend.contracts import Array, BoolArray, IntArray
from skillblend.safety.machine import Mode
from skillblend.safety.trips import Trip


@dataclass(frozen=True, kw_only=True)
class Command:
    """What the motors are to do until the next command: ``stiffness (targets - q) - damping qd``.

    A bridge that cannot set gains sends the targets alone and calls its own stop on a fault.

    Attributes:
        targets: Shape (N, J), rad.
        stiffness: Shape (N, J), N m/rad.
        damping: Shape (N, J), N m s/rad.
        enabled: False where motors are to be without torque. Shape (N,).
    """

    targets: Array
    stiffness: Array
    damping: Array
    enabled: BoolArray


@dataclass(frozen=True, kw_only=True)
class GuardVerdict:
    """What the guard made of the latest targets.

    Attributes:
        time: Our clock, s.
        mode: `Mode` of every robot. Shape (N,).
        faults: Latched `Trip` bits. Shape (N,).
        holding: Where the safe mode is a supported stand instead of damping. Shape (N,).
        position, rate, torque: Where that limit changed a target. Shape (N, J).
    """

    time: float
    mode: IntArray
    faults: IntArray
    holding: BoolArray
    position: BoolArray
    rate: BoolArray
    torque: BoolArray

    @property
    def passed(self) -> BoolArray:
        """Where a policy's targets went through, limited or not. Shape (N,)."""
        return self.mode == Mode.RUNNING


@dataclass(frozen=True, kw_only=True)
class Record:
    """One latched reason.

    Attributes:
        time: Our clock, s.
        robot: Which of the N.
        before: Mode in which it happened.
        trips: What was new.
        holding: Whether the safe mode is a supported stand.
        detail: In words, with figures.
    """

    time: float
    robot: int
    before: Mode
    trips: Trip
    holding: bool
    detail: str
