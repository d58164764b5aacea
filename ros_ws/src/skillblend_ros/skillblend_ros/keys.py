"""Which key means which walking command; no ROS here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array

HELP = (
    "w s: forward, backward   a d: left, right   q e: turn left, turn right   space: stand   x: leave\n"
    "A key counts for as long as it is held, and half a second more."
)
LEAVE = ("x", "\x03", "\x04")
"""x, Ctrl-C, Ctrl-D."""
HOLD = 0.5
"""A key counts for this long after it was last heard, s: terminals repeat a key that is held."""

_ARROWS = {"\x1b[A": "w", "\x1b[B": "s", "\x1b[C": "e", "\x1b[D": "q"}


@dataclass(frozen=True, kw_only=True)
class Speeds:
    """How fast a key walks: forward, to a side or backward (m/s), and turning (rad/s)."""

    forward: float = 0.4
    aside: float = 0.2
    turn: float = 0.5

    def of(self, key: str) -> Array | None:
        """Forward, left and yaw rate (3,) of `key`; None for one that means nothing."""
        ways = {
            "w": (self.forward, 0.0, 0.0), "s": (-self.aside, 0.0, 0.0),
            "a": (0.0, self.aside, 0.0), "d": (0.0, -self.aside, 0.0),
            "q": (0.0, 0.0, self.turn), "e": (0.0, 0.0, -self.turn), " ": (0.0, 0.0, 0.0),
        }  # fmt: skip
        found = ways.get(_ARROWS.get(key, key).lower())
        return None if found is None else np.array(found)


class Steering:
    """What the keys that were heard so far ask for now."""

    def __init__(self, speeds: Speeds) -> None:
        """No key yet."""
        self._speeds = speeds
        self._command: Array = np.zeros(3)
        self._heard = -np.inf

    def press(self, key: str, now: float) -> bool:
        """Take in a key at `now`, s; whether it means something. Any that does not is a stop."""
        command = self._speeds.of(key)
        self._command, self._heard = np.zeros(3) if command is None else command, now
        return command is not None

    def command(self, now: float) -> Array | None:
        """Forward, left and yaw rate (3,); zero for a while after the last key, then None: others may steer."""
        age = now - self._heard
        if age > 2 * HOLD:
            return None
        return self._command if age <= HOLD else np.zeros(3)


def split(text: str) -> list[str]:
    """The keys in what a terminal sent; an arrow is three characters."""
    keys: list[str] = []
    while text:
        size = 3 if text[:3] in _ARROWS else 1
        keys.append(text[:size])
        text = text[size:]
    return keys
