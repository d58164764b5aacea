"""The twelve fault classes of the conformance suite: what goes wrong, and what must happen then.

After every fault the robot must be in a safe mode in time and stay in it until the trial ends, also once the
fault has gone away (latched): in damping, or in a supported stand where the robot stands upright and slowly
anyway. In no class may a motor command ever ask for a target outside the joint's range, for more torque than
the joint's limit, or for torque that speeds up a joint beyond its velocity limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong in a trial."""

    STATE_DROPOUT = "state_dropout"
    """The robot's state messages stop; later they may come again. Safe within 50 ms of the last one."""
    FROZEN_STATE = "frozen_state"
    """State messages keep coming, and repeat an old measurement; the robot's clock runs on in half of the
    trials and stands still in the others. Safe within 50 ms of the last true measurement."""
    NAN = "nan"
    """A measurement is NaN or infinite in messages whose checksum is right. Safe within 20 ms of the first."""
    BAD_CRC = "bad_crc"
    """Bytes of state messages are spoiled on their way. Safe within 20 ms of the first."""
    TILT = "tilt"
    """Something pulls the robot over. Safe within 20 ms of the moment at which its base really leans by more
    than 1.0 rad."""
    LIMIT_REQUEST = "limit_request"
    """The policy asks for a target that lies 0.75 to 3 rad outside the joint's range. Safe within 20 ms of the
    request."""
    VELOCITY_STEP = "velocity_step"
    """The policy's target for a joint leaps, inside the joint's range, so far that the joint would have to
    follow at 6.6 to 9 times its velocity limit. Safe within 20 ms of the request."""
    OVERHEATING = "overheating"
    """A motor winding reports more than 120 degrees Celsius. Safe within 20 ms of the first message."""
    POLICY_HANG = "policy_hang"
    """The policy is silent for a while and then goes on as if nothing had happened. Safe within 50 ms of its
    last targets, and not driven by those that come later."""
    POLICY_KILL = "policy_kill"
    """The policy dies. Safe within 50 ms of its last targets."""
    CLOCK_JUMP = "clock_jump"
    """The robot's clock jumps, forward or backward. Safe within 20 ms of the first message that shows it."""
    RIVAL_PUBLISHER = "rival_publisher"
    """Someone else publishes motor commands too. The guard's own commands are safe within 20 ms of the first
    of theirs; nobody can keep the motors from obeying the other ones."""


BAD_STATE_DEADLINE = 0.020
"""From a bad state, or a bad request, to a safe mode, s."""
SILENCE_DEADLINE = 0.050
"""From the last sign of life to a safe mode, s."""

SILENT = (Fault.STATE_DROPOUT, Fault.FROZEN_STATE, Fault.POLICY_HANG, Fault.POLICY_KILL)
"""Faults that consist of something not happening."""

DEADLINES: Mapping[Fault, float] = {
    fault: SILENCE_DEADLINE if fault in SILENT else BAD_STATE_DEADLINE for fault in Fault
}
"""Time within which each fault must have led to a safe mode, s."""
