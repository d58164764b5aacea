"""Keys become walking commands, and silence becomes standing."""

from __future__ import annotations

import numpy as np
import pytest

from skillblend_ros.keys import HOLD, Speeds, Steering, split

SPEEDS = Speeds(forward=0.4, aside=0.2, turn=0.5)


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("w", [0.4, 0, 0]), ("W", [0.4, 0, 0]), ("s", [-0.2, 0, 0]), ("a", [0, 0.2, 0]), ("d", [0, -0.2, 0]),
        ("q", [0, 0, 0.5]), ("e", [0, 0, -0.5]), (" ", [0, 0, 0]), ("\x1b[A", [0.4, 0, 0]), ("\x1b[C", [0, 0, -0.5]),
    ],
)  # fmt: skip
def test_a_key_is_a_command(key: str, command: list[float]) -> None:
    found = SPEEDS.of(key)
    assert found is not None and found.tolist() == command


def test_a_key_counts_while_it_is_held_then_the_robot_stands_then_others_may_steer() -> None:
    steering = Steering(SPEEDS)
    assert steering.command(0.0) is None
    assert steering.press("w", 1.0)
    assert steering.command(1.0 + HOLD) is not None and steering.command(1.0 + HOLD)[0] == 0.4  # type: ignore[index]
    standing = steering.command(1.0 + HOLD + 0.01)
    assert standing is not None and not standing.any()
    assert steering.command(1.0 + 2 * HOLD + 0.01) is None


def test_a_key_that_means_nothing_is_a_stop() -> None:
    steering = Steering(SPEEDS)
    steering.press("w", 0.0)
    assert not steering.press("\x1b", 0.1)
    command = steering.command(0.1)
    assert command is not None and not np.any(command)


def test_arrows_are_one_key() -> None:
    assert split("w\x1b[Ax\x1b[") == ["w", "\x1b[A", "x", "\x1b", "["]
