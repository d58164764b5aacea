"""The states of a robot under guard, and every transition between them, as one table."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from skillblend.contracts import BoolArray, IntArray


class Mode(IntEnum):
    """What a robot is allowed to do."""

    PASSIVE = 0
    """Motors without torque."""
    DAMPING = 1
    """Motors only brake."""
    STAND = 2
    """The guard itself moves the joints to the standing pose and holds it."""
    RUNNING = 3
    """A policy's targets pass, within limits."""
    FAULT = 4
    """Latched: safe mode (damping or a supported stand) until someone re-arms explicitly."""


class Event(IntEnum):
    """What can happen to it."""

    ARM = 0
    """The operator lets the motors brake."""
    STAND = 1
    """The operator or the executor asks for the standing pose."""
    RUN = 2
    """The executor hands over to a policy."""
    DAMP = 3
    """The operator or the executor asks for damping."""
    RELAX = 4
    """The operator takes the torque away."""
    TRIP = 5
    """A rule was broken, or someone pressed stop."""
    REARM = 6
    """The operator clears a fault of a robot in damping."""
    REARM_STANDING = 7
    """The operator clears a fault of a robot in a supported stand."""


TABLE: dict[tuple[Mode, Event], Mode | None] = {
    (Mode.PASSIVE, Event.ARM): Mode.DAMPING,
    (Mode.PASSIVE, Event.STAND): None,
    (Mode.PASSIVE, Event.RUN): None,
    (Mode.PASSIVE, Event.DAMP): None,
    (Mode.PASSIVE, Event.RELAX): Mode.PASSIVE,
    (Mode.PASSIVE, Event.TRIP): Mode.FAULT,
    (Mode.PASSIVE, Event.REARM): None,
    (Mode.PASSIVE, Event.REARM_STANDING): None,
    (Mode.DAMPING, Event.ARM): Mode.DAMPING,
    (Mode.DAMPING, Event.STAND): Mode.STAND,
    (Mode.DAMPING, Event.RUN): None,
    (Mode.DAMPING, Event.DAMP): Mode.DAMPING,
    (Mode.DAMPING, Event.RELAX): Mode.PASSIVE,
    (Mode.DAMPING, Event.TRIP): Mode.FAULT,
    (Mode.DAMPING, Event.REARM): None,
    (Mode.DAMPING, Event.REARM_STANDING): None,
    (Mode.STAND, Event.ARM): None,
    (Mode.STAND, Event.STAND): Mode.STAND,
    (Mode.STAND, Event.RUN): Mode.RUNNING,
    (Mode.STAND, Event.DAMP): Mode.DAMPING,
    (Mode.STAND, Event.RELAX): None,
    (Mode.STAND, Event.TRIP): Mode.FAULT,
    (Mode.STAND, Event.REARM): None,
    (Mode.STAND, Event.REARM_STANDING): None,
    (Mode.RUNNING, Event.ARM): None,
    (Mode.RUNNING, Event.STAND): Mode.STAND,
    (Mode.RUNNING, Event.RUN): Mode.RUNNING,
    (Mode.RUNNING, Event.DAMP): Mode.DAMPING,
    (Mode.RUNNING, Event.RELAX): None,
    (Mode.RUNNING, Event.TRIP): Mode.FAULT,
    (Mode.RUNNING, Event.REARM): None,
    (Mode.RUNNING, Event.REARM_STANDING): None,
    (Mode.FAULT, Event.ARM): None,
    (Mode.FAULT, Event.STAND): None,
    (Mode.FAULT, Event.RUN): None,
    (Mode.FAULT, Event.DAMP): None,
    (Mode.FAULT, Event.RELAX): None,
    (Mode.FAULT, Event.TRIP): Mode.FAULT,
    (Mode.FAULT, Event.REARM): Mode.DAMPING,
    (Mode.FAULT, Event.REARM_STANDING): Mode.STAND,
}
"""Mode and event -> next mode; None where the event is refused and the mode stays."""

_NEXT = np.array([[-1 if (to := TABLE[m, e]) is None else to for e in Event] for m in Mode], dtype=np.int64)


def allowed(modes: IntArray, event: Event) -> BoolArray:
    """Where `event` is accepted. Modes (N,) -> (N,)."""
    return _NEXT[modes, event] >= 0


def advance(modes: IntArray, event: Event) -> IntArray:
    """Modes (N,) after `event`; unchanged where it is refused."""
    found = _NEXT[modes, event]
    return np.where(found >= 0, found, modes)
