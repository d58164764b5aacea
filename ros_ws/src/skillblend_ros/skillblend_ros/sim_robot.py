"""MuJoCo as the robot, in wall time: speaks the vendor's bytes on `lowstate`, obeys those on `lowcmd`.

It also stands in for localisation and for a detector of things, moves things on request, hangs the robot on a gantry
until the guard holds it, can be made to fail, and keeps a log of the truth for judges. A real robot has none of it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from rclpy.node import Node
from skillblend_msgs.srv import InjectFault, MoveThing
from std_srvs.srv import Trigger

import robots
from sim import scenes
from skillblend.errors import InputError
from skillblend_ros import conversions, nodes, topics
from skillblend_ros.machine import PHYSICS_DT, Machine
from skillblend_ros.timing import TimeLog
from skillblend_ros.truth import TruthLog

SPEAK_EVERY = 2
"""Physics steps between two state messages: 100 Hz."""
LOCATE_EVERY = 4
"""Physics steps between two poses: 50 Hz."""
SEE_EVERY = 20
"""Physics steps between two sightings of things: 10 Hz."""
EARLY = 0.02
"""A step is due this share of its length early: waits end a little before their time."""
CATCH_UP = 8
"""Most physics steps made up for at once; what is left is lost, and shows as a real-time factor below 1."""


class SimRobot(Node):
    """A robot that is not there."""

    def __init__(self) -> None:
        """Hang it up.

        Raises:
            InputError: A parameter is not allowed, or the log cannot be written.
        """
        super().__init__("sim_robot")
        values = nodes.declare(self, "sim_robot")
        robot, scene = robots.load(values["robot"]), scenes.load(values["scene"])
        log = None
        if values["log"]:
            log = TruthLog(Path(values["log"]), robot, scene, values["seed"])
        self.machine = Machine(robot, scene, values["seed"], log)
        self._priority = nodes.take_priority(values["realtime_priority"])
        self._speed = values["speed"]
        self._time_now = nodes.Clock(self._speed)
        self._times = TimeLog(values["times"], 3)
        self._due, self._lost, self._spoilt, self._measured = 0.0, 0, 0, (0.0, 0.0)
        self._gid = None
        self._state = nodes.publish(self, topics.LOWSTATE)
        self._pose = nodes.publish(self, topics.POSE)
        self._things = nodes.publish(self, topics.THINGS)
        nodes.listen(self, topics.LOWCMD, self._obey)
        if log is not None:
            nodes.listen(self, topics.TARGETS, self._witness)
        self.create_service(Trigger, topics.HANG, self._hang)
        self.create_service(InjectFault, topics.INJECT_FAULT, self._inject)
        self.create_service(MoveThing, topics.MOVE_THING, self._move)
        self._due = self._time_now()
        nodes.diagnose(self, self._health)

    def close(self) -> None:
        """Write out the logs."""
        self.machine.close()
        self._times.close()

    def wake(self) -> float:
        """Let time pass; when the next physics step is due, s of wall time."""
        self._advance()
        return (self._due + PHYSICS_DT - self._time_now()) / self._speed

    def _advance(self) -> None:
        now, began = self._time_now(), time.monotonic()
        steps = int((now - self._due) / PHYSICS_DT + EARLY)
        if steps > CATCH_UP:
            self._lost += steps - CATCH_UP
            self._due, steps = now - CATCH_UP * PHYSICS_DT, CATCH_UP
        self._due += steps * PHYSICS_DT
        machine = self.machine
        for left in range(steps - 1, -1, -1):
            machine.step(time.monotonic())
            if left < SPEAK_EVERY and machine.steps % SPEAK_EVERY == 0:
                self._speak()
        if steps and machine.steps % LOCATE_EVERY < steps:
            qpos = machine.sim.qpos[0]
            self._pose.publish(conversions.pose_message(qpos[:3], qpos[3:7], self.get_clock().now().to_msg()))
        if steps and machine.steps % SEE_EVERY < steps:
            self._things.publish(conversions.things_message(machine.things(), self.get_clock().now().to_msg()))
        if steps:
            self._times.note(steps, began, time.monotonic())

    def _speak(self) -> None:
        data = self.machine.speak()
        if data is not None:
            self._state.publish(conversions.bytes_message(data))

    def _obey(self, message: Any, info: Any = None) -> None:
        if not self.machine.obey(conversions.message_bytes(message)):
            self._spoilt += 1

    def _witness(self, message: Any) -> None:
        self.machine.witness(conversions.targets_of(message, self.machine.robot)[0])

    def _hang(self, request: Any, answer: Any) -> Any:
        del request
        self.machine.hang()
        answer.success, answer.message = True, "the robot hangs on the gantry; the gantry lets go once it is held"
        return answer

    def _move(self, request: Any, answer: Any) -> Any:
        try:
            self.machine.move(request.name, conversions.pose_values(request.pose))
        except InputError as error:
            answer.accepted, answer.reason = False, str(error)
            return answer
        answer.accepted = True
        return answer

    def _inject(self, request: Any, answer: Any) -> Any:
        try:
            self.machine.inject(request.fault, request.seconds, request.seed)
        except InputError as error:
            answer.accepted, answer.reason = False, str(error)
            return answer
        answer.accepted = True
        return answer

    def _health(self) -> tuple[int, str, dict[str, object]]:
        now, simulated = self._time_now(), self.machine.time
        then, before = self._measured
        factor = (simulated - before) / max(now - then, 1e-9)
        self._measured = (now, simulated)
        values = {
            "real_time_factor": f"{factor:.3f}", "lost_steps": self._lost, "commands": self.machine.commands,
            "spoilt_commands": self._spoilt, "held": self.machine.held, "tilt": f"{self.machine.tilt:.2f}",
            "time": f"{simulated:.2f}", "scheduling": self._priority,
            "height": f"{float(np.asarray(self.machine.sim.qpos[0, 2])):.2f}",
        }  # fmt: skip
        return (1 if factor < 0.95 else 0), f"real-time factor {factor:.2f}", values


def main() -> int:
    """Run the node."""
    return nodes.run_node(SimRobot)
