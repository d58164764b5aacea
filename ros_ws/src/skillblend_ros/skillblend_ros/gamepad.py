"""Walk the robot by gamepad: `joy` becomes `cmd_vel` while a button is held; another one is the emergency stop.

`ros2 run joy joy_node` publishes `joy`. The walking policy, the rules for furniture and the guard stand between a
stick and the motors, as for teleop by keyboard.
"""

from __future__ import annotations

import time
from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger

from skillblend_ros import conversions, nodes, topics
from skillblend_ros.keys import Speeds
from skillblend_ros.sticks import Pad, Sticks

EVERY = 0.1
"""A command is sent this often, s."""


class Gamepad(Node):
    """Hears a gamepad; sends what it asks for whenever it is woken."""

    def __init__(self) -> None:
        """Listen.

        Raises:
            InputError: A parameter is not allowed.
        """
        super().__init__("gamepad")
        values = nodes.declare(self, "gamepad")
        speeds = Speeds(forward=values["forward"], aside=values["aside"], turn=values["turning"])
        pad = Pad(
            ahead=values["axis_ahead"], left=values["axis_left"], turn=values["axis_turn"],
            hold=values["button_hold"], stop=values["button_stop"],
        )  # fmt: skip
        self._sticks = Sticks(pad, speeds)
        self._command = nodes.publish(self, topics.CMD_VEL)
        self._stop = self.create_client(Trigger, "guard/estop")
        self.sent = self.stops = 0
        nodes.listen(self, topics.JOY, self._on_joy)
        nodes.diagnose(self, self._health)

    def close(self) -> None:
        """Stand."""
        self._say(None)

    def wake(self) -> float:
        """Send what the sticks ask for; when it is due again, s."""
        command = self._sticks.command(time.monotonic())
        if command is not None:
            self._say(command)
        return EVERY

    def _on_joy(self, message: Any) -> None:
        if self._sticks.take(message.axes, message.buttons, time.monotonic()):
            self.stops += 1
            self._stop.call_async(Trigger.Request())
            self.get_logger().warning("emergency stop, by its button")

    def _say(self, command: Any) -> None:
        self._command.publish(conversions.twist(command))
        self.sent += 1

    def _health(self) -> tuple[int, str, dict[str, object]]:
        figures = {"commands": self.sent, "stops": self.stops, "refused": self._sticks.refused}
        level = 1 if self._sticks.refused else 0
        return level, f"{self.sent} commands, {self._sticks.refused} messages without the axes or buttons", figures


def main() -> int:
    """Run the node."""
    return nodes.run_node(Gamepad)
