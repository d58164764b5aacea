"""The guard's process, between policy and robot: the only one that reads `lowstate` and writes `lowcmd`.

It answers every state message and every policy message with a command of its own, and watches by itself
when neither comes. It decides nothing that needs a policy, a planner or a network.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rclpy.node import Node
from std_msgs.msg import String
from std_srvs.srv import Trigger

import robots
from skillblend.errors import SafetyError
from skillblend.files import json_text
from skillblend.safety import Mode
from skillblend.shipped import MODELS
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.approval import machine_contracts
from skillblend_ros.gatekeeper import WATCH_AFTER, Gatekeeper, names_of
from skillblend_ros.timing import Ledger, TimeLog

REPORT = 0.1
"""`guard_state` is repeated this often, s."""


class GuardNode(Node):
    """Bytes in, bytes out."""

    def __init__(self) -> None:
        """Begin passive.

        Raises:
            InputError: A parameter is not allowed.
            BundleError: The approved bundles cannot be read.
        """
        super().__init__("guard")
        values = nodes.declare(self, "guard")
        self.robot = robots.load(values["robot"])
        self.keeper = Gatekeeper(self.robot)
        contracts = machine_contracts(self.robot, Path(values["models"] or MODELS))
        self._priority = nodes.take_priority(values["realtime_priority"])
        self._speed = values["speed"] if values["simulated"] else 1.0
        self._time_now = nodes.Clock(self._speed)
        self._period = self.robot.control_dt - 1e-3
        self._ledger = Ledger(self.robot.control_dt / self._speed, TimeLog(values["times"], 2))
        self._told: tuple[int, ...] = ()
        self._states = self._requests = self._watched = self._writers = 0
        self._counted = self._passed_on = -np.inf
        self._command = nodes.publish(self, topics.LOWCMD)
        self._joints = nodes.publish(self, topics.JOINT_STATES)
        self._imu = nodes.publish(self, topics.IMU)
        self._state = nodes.publish(self, topics.GUARD_STATE)
        contract = nodes.publish(self, topics.CONTRACT)
        contract.publish(String(data=json_text({name: c.to_dict() for name, c in contracts.items()})))
        self._kept = contract
        nodes.listen(self, topics.LOWSTATE, self._hear)
        nodes.listen(self, topics.TARGETS, self._ask)
        self._serve()
        self.create_timer(REPORT, self._report)
        nodes.diagnose(self, self._health)

    def close(self) -> None:
        """The last word to the motors: brake."""
        self.keeper.guard.trip("the guard's process ends")
        self._send(self.keeper.order(lambda: None, self._time_now()))
        self._ledger.close()

    def _serve(self) -> None:
        guard = self.keeper.guard
        orders: dict[str, Callable[[], None]] = {
            "arm": guard.arm,
            "stand": guard.stand,
            "run": guard.run,
            "damp": guard.damp,
            "relax": guard.relax,
            "estop": lambda: guard.trip("emergency stop"),
            "rearm": guard.rearm,
        }
        for name in topics.GUARD_SERVICES:
            self.create_service(Trigger, f"guard/{name}", lambda q, a, order=orders[name]: self._obey(order, a))

    def _obey(self, order: Callable[[], None], answer: Any) -> Any:
        try:
            self._send(self.keeper.order(order, self._time_now()))
        except SafetyError as error:
            answer.success, answer.message = False, str(error)
            return answer
        answer.success, answer.message = True, Mode(self.keeper.guard.state[0]).name.lower()
        self._report()
        return answer

    def _hear(self, message: Any, info: Any) -> None:
        now, came = self._time_now(), time.monotonic() - _age(info)
        self._states += 1
        self._count(now)
        self._send(self.keeper.hear(conversions.message_bytes(message), now, self._writers))
        state = self.keeper.state
        # By the robot's own clock: a message that comes a little early must not cost a whole control period.
        if state is None or abs(state.time[0] - self._passed_on) < self._period:
            return
        self._passed_on = state.time[0]
        stamp = self.get_clock().now().to_msg()
        self._ledger.measured((stamp.sec, stamp.nanosec), came)
        self._imu.publish(conversions.imu(state, stamp))
        self._joints.publish(conversions.joint_state(state, self.robot, stamp))

    def _ask(self, message: Any) -> None:
        self._requests += 1
        targets = conversions.targets_of(message, self.robot)
        self._send(self.keeper.ask(targets, self._time_now(), source="joint_targets"))
        stamp = message.header.stamp
        self._ledger.answered((stamp.sec, stamp.nanosec), time.monotonic())

    def wake(self) -> float:
        """The watchdog: a command where none was made for too long; when it is due again, s of wall time."""
        now = self._time_now()
        command = self.keeper.watch(now)
        if command is not None:
            self._watched += 1
            self._send(command)
        return (self.keeper.spoken + WATCH_AFTER - now) / self._speed

    def _count(self, now: float) -> None:
        """How many write motor commands; the graph is asked once per control period."""
        if now - self._counted >= self._period:
            self._counted = now
            self._writers = self.count_publishers(topics.LOWCMD.name)

    def _send(self, command: bytes) -> None:
        self._command.publish(conversions.bytes_message(command))
        guard = self.keeper.guard
        told = (int(guard.state[0]), int(guard.faults[0]), int(guard.holding[0]))
        if told != self._told:
            self._told = told
            self._report()

    def _report(self) -> None:
        now = self._time_now()
        stamp = self.get_clock().now().to_msg()
        self._state.publish(conversions.guard_state(self.keeper, now, self._writers, stamp))

    def _health(self) -> tuple[int, str, dict[str, object]]:
        guard, now = self.keeper.guard, self._time_now()
        faults = names_of(int(guard.faults[0]))
        values = {
            "mode": Mode(guard.state[0]).name.lower(), "faults": faults, "state_messages": self._states,
            "policy_messages": self._requests, "watchdog_commands": self._watched,
            "state_age": f"{self.keeper.age(now):.3f}", "lowcmd_publishers": self._writers,
            "answers": self._ledger.steps, "late_answers": self._ledger.late,
            "longest_answer": f"{self._ledger.take_longest():.4f}", "scheduling": self._priority,
        }  # fmt: skip
        self._states = self._requests = self._watched = 0
        return (2 if faults else 0), str(values["mode"]), values


def _age(info: Any) -> float:
    """How long ago a message was sent, s; 0 where the sender's clock is ahead of ours."""
    return max(1e-9 * (time.time_ns() - info["source_timestamp"]), 0.0)


def main() -> int:
    """Run the node."""
    return nodes.run_node(GuardNode)
