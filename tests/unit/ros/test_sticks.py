"""Sticks become walking commands while a button is held; silence becomes standing."""

from __future__ import annotations

import numpy as np
import pytest

from skillblend_ros.keys import HOLD, Speeds
from skillblend_ros.sticks import Pad, Sticks

SPEEDS = Speeds(forward=0.4, aside=0.2, turn=0.5)


def buttons(*pressed: int) -> list[int]:
    return [int(i in pressed) for i in range(11)]


@pytest.fixture
def sticks() -> Sticks:
    return Sticks(Pad(), SPEEDS)


@pytest.mark.parametrize(
    ("axes", "command"),
    [
        ([0.0, 1.0, 0.0, 0.0], [0.4, 0.0, 0.0]), ([0.0, -1.0, 0.0, 0.0], [-0.2, 0.0, 0.0]),
        ([1.0, 0.0, 0.0, 0.0], [0.0, 0.2, 0.0]), ([0.0, 0.0, 0.0, -0.5], [0.0, 0.0, -0.25]),
        ([0.05, -0.05, 0.0, 0.09], [0.0, 0.0, 0.0]), ([0.0, 3.0, 0.0, 0.0], [0.4, 0.0, 0.0]),
    ],
)  # fmt: skip
def test_a_stick_is_a_command(sticks: Sticks, axes: list[float], command: list[float]) -> None:
    assert not sticks.take(axes, buttons(4), 1.0)
    found = sticks.command(1.0)
    assert found is not None and found == pytest.approx(command)


def test_nothing_moves_without_the_button(sticks: Sticks) -> None:
    sticks.take([0.0, 1.0, 0.0, 0.0], buttons(), 1.0)
    assert sticks.command(1.0) is None
    sticks.take([0.0, 1.0, 0.0, 0.0], buttons(4), 2.0)
    sticks.take([0.0, 1.0, 0.0, 0.0], buttons(), 2.1)
    standing = sticks.command(2.1)
    assert standing is not None and not standing.any()
    assert sticks.command(2.1 + 2 * HOLD) is None


def test_a_gamepad_that_falls_silent_stands_then_others_may_steer(sticks: Sticks) -> None:
    sticks.take([0.0, 1.0, 0.0, 0.0], buttons(4), 1.0)
    late = sticks.command(1.01 + HOLD)
    assert late is not None and not late.any() and sticks.command(1.01 + 2 * HOLD) is None


def test_the_stop_button_counts_once_while_it_is_held(sticks: Sticks) -> None:
    found = [
        sticks.take([0.0, 1.0, 0.0, 0.0], pressed, 1.0) for pressed in (buttons(4), buttons(4, 1), buttons(4, 1))
    ]
    assert found == [False, True, False]
    command = sticks.command(1.0)
    assert command is not None and not command.any()
    assert not sticks.take([0.0, 0.0, 0.0, 0.0], buttons(), 1.1) and sticks.take([0.0] * 4, buttons(1), 1.2)


@pytest.mark.parametrize("axes", [[], [0.0, np.nan, 0.0, 0.0], [0.0, np.inf, 0.0, 0.0], [0.0, 1.0]])
def test_messages_that_lack_something_stop_the_feet(sticks: Sticks, axes: list[float]) -> None:
    sticks.take([0.0, 1.0, 0.0, 0.0], buttons(4), 1.0)
    assert not sticks.take(axes, buttons(4), 1.1)
    command = sticks.command(1.1)
    assert command is not None and not command.any() and sticks.refused == 1
    sticks.take([0.0] * 4, [0, 0], 1.2)
    assert sticks.refused == 2
