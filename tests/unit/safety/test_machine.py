"""The transition table, completely."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skillblend.safety.machine import TABLE, Event, Mode, advance, allowed

# Written down once more, by hand: what each mode accepts and where it leads.
ACCEPTED = {
    Mode.PASSIVE: {Event.ARM: Mode.DAMPING, Event.RELAX: Mode.PASSIVE, Event.TRIP: Mode.FAULT},
    Mode.DAMPING: {
        Event.ARM: Mode.DAMPING, Event.DAMP: Mode.DAMPING, Event.STAND: Mode.STAND,
        Event.RELAX: Mode.PASSIVE, Event.TRIP: Mode.FAULT,
    },
    Mode.STAND: {
        Event.STAND: Mode.STAND, Event.RUN: Mode.RUNNING, Event.DAMP: Mode.DAMPING, Event.TRIP: Mode.FAULT,
    },
    Mode.RUNNING: {
        Event.RUN: Mode.RUNNING, Event.STAND: Mode.STAND, Event.DAMP: Mode.DAMPING, Event.TRIP: Mode.FAULT,
    },
    Mode.FAULT: {
        Event.TRIP: Mode.FAULT, Event.REARM: Mode.DAMPING, Event.REARM_STANDING: Mode.STAND,
    },
}  # fmt: skip
EVERY = list(itertools.product(Mode, Event))


def test_the_table_is_complete():
    assert set(TABLE) == set(EVERY)


@pytest.mark.parametrize(("mode", "event"), EVERY)
def test_every_transition(mode, event):
    to = ACCEPTED[mode].get(event)
    modes = np.array([mode, Mode.FAULT])
    assert TABLE[mode, event] == to
    assert bool(allowed(modes, event)[0]) == (to is not None)
    assert advance(modes, event)[0] == (mode if to is None else to)


def test_a_trip_leads_to_fault_from_everywhere():
    assert all(TABLE[mode, Event.TRIP] == Mode.FAULT for mode in Mode)


def test_a_fault_is_left_by_re_arming_only_and_never_into_motion():
    ways = {event: TABLE[Mode.FAULT, event] for event in Event if TABLE[Mode.FAULT, event] is not None}
    assert set(ways) == {Event.TRIP, Event.REARM, Event.REARM_STANDING}
    assert Mode.RUNNING not in ways.values()


def test_running_is_entered_from_standing_only():
    assert {m for m, e in EVERY if TABLE[m, e] == Mode.RUNNING} == {Mode.STAND, Mode.RUNNING}
