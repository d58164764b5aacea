"""MuJoCo as the robot on the vendor's own DDS topics: no ROS, nothing but `rt/lowcmd` in and `rt/lowstate` out.

`python -m skillblend_ros dds_robot --robot h1 --domain 7`. Like a real robot it has no service that puts it back
and tells nobody where it is; unlike one, it begins on a gantry that lets go once its motors have been stiff.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import robots
from sim import scenes
from skillblend.errors import SkillblendError
from skillblend_ros import scheduling
from skillblend_ros.dds import Bus, Network
from skillblend_ros.machine import PHYSICS_DT, Machine
from skillblend_ros.truth import TruthLog

log = logging.getLogger(__name__)

CATCH_UP = 8
"""Most physics steps made up for at once; what is left is lost."""


class DdsRobot:
    """A `Machine` on a `Bus`, in wall time.

    Attributes:
        lost: Physics steps that this computer was too slow for.
        spoilt: Commands that were not obeyed, because their checksum was wrong.
    """

    def __init__(self, machine: Machine, bus: Bus, every: int) -> None:
        """Let `machine` speak every so many physics steps."""
        self._machine, self._bus, self._every = machine, bus, every
        self.lost = self.spoilt = 0

    def step(self) -> None:
        """One physics step: hear, move, speak."""
        data = self._bus.newest()
        if data is not None and not self._machine.obey(data):
            self.spoilt += 1
        self._machine.step(time.monotonic())
        if self._machine.steps % self._every == 0:
            told = self._machine.speak()
            if told is not None:
                self._bus.send(told)

    def run(self, alive: Callable[[], bool], speed: float = 1.0) -> None:
        """Step in wall time, at `speed`, while `alive`."""
        period = PHYSICS_DT / speed
        due = time.monotonic()
        while alive():
            self.step()
            due += period
            late = time.monotonic() - due
            if late > CATCH_UP * period:
                self.lost += int(late / period)
                due += int(late / period) * period
            time.sleep(max(0.0, -late))


def settings(argument: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="dds_robot", description="MuJoCo as the robot on the vendor's DDS topics.")
    parser.add_argument("--robot", default="h1")
    parser.add_argument("--scene", default="workshop")
    parser.add_argument("--seed", type=int, default=0, help="of dynamics and sensor noise")
    parser.add_argument("--domain", type=int, default=0, help="DDS domain; not that of ROS")
    parser.add_argument("--interface", default="lo", help="network interface")
    parser.add_argument("--every", type=int, default=2, choices=range(1, 5), help="physics steps of 5 ms per state")
    parser.add_argument("--speed", type=float, default=1.0, help="robot time per wall time")
    parser.add_argument("--log", type=Path, help="file for the simulator's truth")
    parser.add_argument("--priority", type=int, default=0, help="SCHED_FIFO priority; 0 for none")
    args = parser.parse_args(argument)
    if not 0.05 <= args.speed <= 1.0:
        parser.error(f"--speed {args.speed} is outside [0.05, 1]")
    return args


def main(argument: list[str] | None = None) -> int:
    """Be the robot until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    args = settings(argument)
    ends: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda which, frame: ends.append(which))
    try:
        robot, scene = robots.load(args.robot), scenes.load(args.scene)
        truth = TruthLog(args.log, robot, scene, args.seed) if args.log else None
        machine = Machine(robot, scene, args.seed, truth)
        with Bus(robot, Network(domain=args.domain, interface=args.interface), "robot") as bus:
            log.info("%s in DDS domain %d on %s", robot.name, args.domain, args.interface)
            log.info("%s", scheduling.take_priority(args.priority))
            body = DdsRobot(machine, bus, args.every)
            body.run(lambda: not ends, args.speed)
            log.info(
                "%d steps, %d lost; %d commands, %d spoilt; %d states, %d refused by the network",
                machine.steps, body.lost, machine.commands, body.spoilt, bus.sent, bus.lost,
            )  # fmt: skip
        machine.close()
    except SkillblendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
