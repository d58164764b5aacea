"""What a gamepad's sticks and buttons mean; no ROS here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array
from skillblend_ros.keys import HOLD, Speeds

SLACK = 0.1
"""Sticks that are let go come back to within so much of the middle."""


@dataclass(frozen=True, kw_only=True)
class Pad:
    """Which numbers of ``sensor_msgs/Joy`` are what; as the `joy` package numbers an Xbox controller.

    Attributes:
        ahead, left, turn: Axes, 1 for fully ahead, left, or to the left.
        hold: Button without which nothing moves.
        stop: Button that stops at once, by the guard.
    """

    ahead: int = 1
    left: int = 0
    turn: int = 3
    hold: int = 4
    stop: int = 1


class Sticks:
    """What was heard of a gamepad so far, as a walking command."""

    def __init__(self, pad: Pad, speeds: Speeds) -> None:
        """Nothing heard yet."""
        self._pad, self._speeds = pad, speeds
        self._command: Array = np.zeros(3)
        self._heard = -np.inf
        self._stopping = False
        self.refused = 0

    def take(self, axes: Sequence[float], buttons: Sequence[int], now: float) -> bool:
        """Take in a message at `now`, s; whether its stop button was pressed just now.

        A message that lacks an axis or a button, or has a number that is none, is a stop of the feet and is counted.
        """
        pad = self._pad
        places = (pad.ahead, pad.left, pad.turn)
        values = np.array([axes[i] if 0 <= i < len(axes) else np.nan for i in places], dtype=np.float64)
        if not np.isfinite(values).all() or not 0 <= max(pad.hold, pad.stop) < len(buttons):
            self.refused += 1
            self._command = np.zeros(3)
            return False
        pressed = bool(buttons[pad.stop])
        fresh, self._stopping = pressed and not self._stopping, pressed
        if pressed or not buttons[pad.hold]:
            self._command = np.zeros(3)  # and what was heard before runs out
            return fresh
        self._heard = now
        ahead, left, turn = np.where(np.abs(values) < SLACK, 0.0, np.clip(values, -1.0, 1.0))
        speeds = self._speeds
        forward = ahead * (speeds.forward if ahead > 0 else speeds.aside)
        self._command = np.array([forward, left * speeds.aside, turn * speeds.turn])
        return fresh

    def command(self, now: float) -> Array | None:
        """Forward, left and yaw rate (3,); zero for a while after the button was let go, then None."""
        age = now - self._heard
        if age > 2 * HOLD:
            return None
        return self._command if age <= HOLD else np.zeros(3)
