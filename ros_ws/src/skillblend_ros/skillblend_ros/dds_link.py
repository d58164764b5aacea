"""Copies bytes between the guard's ROS topics and the robot's own DDS topics `rt/lowstate` and `rt/lowcmd`.

When the guard's commands stop, the motors are told to brake. While somebody else writes motor commands on the
robot's network, this node holds a second publisher of `lowcmd`, by which the guard knows of the rival. Untried on
hardware: the robot's built-in mode must have been released by its remote or its app.
"""

from __future__ import annotations

import threading
from typing import Any

from rclpy.node import Node

import robots
from skillblend.errors import InputError
from skillblend_ros import conversions, nodes, scheduling, topics
from skillblend_ros.dds import Bus, Network
from skillblend_ros.relay import Relay

WATCH = 0.01
"""Period of the watchdog, s of robot time."""
WAIT = 0.05
"""Longest wait for a state before the thread looks whether it should end, s."""


class DdsLink(Node):
    """One robot's cable."""

    def __init__(self) -> None:
        """Join both networks.

        Raises:
            InputError: A parameter is not allowed, ROS and robot share a domain, or the network refuses.
        """
        super().__init__("dds_link")
        values = nodes.declare(self, "dds_link")
        robot = robots.load(values["robot"])
        network = Network(domain=values["dds_domain"], interface=values["interface"])
        if network.domain == self.context.get_domain_id():
            raise InputError(
                f"ROS is in DDS domain {network.domain} too, where its `lowcmd` is called `rt/lowcmd` like the "
                "robot's own; set ROS_DOMAIN_ID to another one for all nodes"
            )
        self._state = nodes.publish(self, topics.LOWSTATE)
        self._bus = Bus(robot, network, "controller")
        self._relay = Relay(robot, self._bus, values["state_spacing"])
        self._time_now, self._watches = nodes.Clock(values["speed"]), values["watch_rivals"]
        self._stand_in: Any = None
        self._alive = True
        self._counted = 0
        self._thread = threading.Thread(target=self._carry_up, name="states")
        nodes.listen(self, topics.LOWCMD, self._carry_down)
        self.create_timer(WATCH / values["speed"], self._watch)
        nodes.diagnose(self, self._health)
        self._priority = scheduling.take_priority(values["realtime_priority"])
        self._thread.start()  # last: once the guard has heard a state, the next must not wait for what is above

    def close(self) -> None:
        """The last word to the motors: brake."""
        self._alive = False
        self._thread.join()
        self._relay.brake()
        self._bus.close()

    def _carry_up(self) -> None:
        while self._alive:
            if not self._bus.wait(WAIT):
                continue
            data = self._relay.up(self._time_now())
            if data is not None:
                self._state.publish(conversions.bytes_message(data))

    def _carry_down(self, message: Any) -> None:
        self._relay.down(conversions.message_bytes(message), self._time_now())

    def _watch(self) -> None:
        self._relay.watch(self._time_now())
        rival = self._watches and self._bus.rivals() > 0
        if rival and self._stand_in is None:
            self._stand_in = nodes.publish(self, topics.LOWCMD)
        elif not rival and self._stand_in is not None:
            self.destroy_publisher(self._stand_in)
            self._stand_in = None

    def _health(self) -> tuple[int, str, dict[str, object]]:
        relay, bus = self._relay, self._bus
        rivals, states = bus.rivals(), relay.states - self._counted
        self._counted = relay.states
        values = {
            "connected": bus.connected(), "states": states, "commands": relay.commands, "refused": relay.refused,
            "refused_by_network": bus.lost, "missed": bus.missed(), "rivals": rivals, "scheduling": self._priority,
        }  # fmt: skip
        if rivals:
            return 2, f"{rivals} others write motor commands", values
        if relay.braking:
            return 2, "the guard is silent: the motors brake", values
        return (0, "connected", values) if states else (1, "no state comes from the robot", values)


def main() -> int:
    """Run the node."""
    return nodes.run_node(DdsLink)
