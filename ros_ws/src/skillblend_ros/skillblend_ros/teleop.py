"""Walk the robot by keyboard: keys become `cmd_vel`, which the skill server follows while no goal is active.

The walking policy, the rules for furniture and the guard stand between a key and the motors. Without a terminal it
refuses to start; it ends with a command to stand.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import time
import tty
from collections.abc import Generator
from contextlib import contextmanager

from rclpy.duration import Duration
from rclpy.node import Node

from skillblend.errors import InputError
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.keys import HELP, LEAVE, Speeds, Steering, split

EVERY = 0.1
"""A command is sent this often, s."""

LAST_WORD = 1.0
"""How long the last command may take to be heard, s; the skill server stands without it when commands stay out."""


class Teleop(Node):
    """Reads keys whenever it is woken."""

    def __init__(self) -> None:
        """Take the terminal over.

        Raises:
            InputError: A parameter is not allowed, or there is no terminal.
        """
        super().__init__("teleop")
        values = nodes.declare(self, "teleop")
        if not sys.stdin.isatty():
            raise InputError("teleop reads keys, and standard input is no terminal; start it in one")
        speeds = Speeds(forward=values["forward"], aside=values["aside"], turn=values["turning"])
        self._steering = Steering(speeds)
        self._command = nodes.publish(self, topics.CMD_VEL)
        self._due = 0.0
        self.sent = 0
        self._terminal = _keys_at_once(sys.stdin.fileno())
        self._terminal.__enter__()
        print(HELP, flush=True)
        nodes.diagnose(self, lambda: (0, f"{self.sent} commands", {"commands": self.sent}))

    def close(self) -> None:
        """Stand, once that has been heard or nobody listens, and give the terminal back."""
        self._say(None)
        self._command.wait_for_all_acked(Duration(seconds=LAST_WORD))
        self._terminal.__exit__(None, None, None)

    def wake(self) -> float:
        """Read keys, and send what they ask for; when it is due again, s."""
        now = time.monotonic()
        for key in split(_waiting(sys.stdin.fileno())):
            if key in LEAVE:
                raise KeyboardInterrupt
            self._steering.press(key, now)
            self._due = now
        if now >= self._due:
            command = self._steering.command(now)
            if command is not None:
                self._say(command)
            self._due = now + EVERY
        return 0.02

    def _say(self, command: object) -> None:
        self._command.publish(conversions.twist(command))
        self.sent += 1


def _waiting(terminal: int) -> str:
    """What was typed since."""
    if not select.select([terminal], [], [], 0.0)[0]:
        return ""
    data = os.read(terminal, 1024)
    if not data:
        raise KeyboardInterrupt  # the terminal is gone
    return data.decode(errors="replace")


@contextmanager
def _keys_at_once(terminal: int) -> Generator[None]:
    """Keys come as they are pressed, and are not shown."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def main() -> int:
    """Run the node."""
    return nodes.run_node(Teleop)
