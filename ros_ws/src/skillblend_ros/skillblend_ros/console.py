"""The same console as ``skillblend console``, over ROS; `stop` never goes through the language model.

Its commands are `skillblend.cli.shell`'s. Besides them, it takes the guard's orders: arm, stand, run, damp, estop,
rearm, up, and `guard` to see its state.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from skillblend_msgs.srv import ExplainLast

from planners.examples import Examples
from sim import scenes
from skillblend import sayings
from skillblend.contracts import Decision, Step
from skillblend.draft import Tell
from skillblend.errors import InputError, SkillblendError
from skillblend.options import ground_options
from skillblend.safety import Mode
from skillblend.safety.stop_words import plain_words
from skillblend.sayings import WORDS
from skillblend.shell import Shell
from skillblend.terminal import greet, listen, read_script, telling
from skillblend_ros import conversions, scheduling, topics
from skillblend_ros.client import SUCCEEDED, Client, Goal
from skillblend_ros.gatekeeper import names_of

ORDERS = (*topics.GUARD_SERVICES, "guard", "up")

LOOK = 0.02
"""How often a goal that is on its way is looked at, s."""


@dataclass(kw_only=True)
class Followed:
    """How steps went that were sent one after the other.

    Attributes:
        success: Whether all were done.
        reason: Why not.
        steps: Entries as of a report.
        refused: Never: what the skill server rejects was not done.
    """

    success: bool = False
    reason: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False


class RosPlayer:
    """A robot behind ROS, as a console knows it.

    Attributes:
        client: Talks to the nodes.
        scene: The map.
    """

    def __init__(self, client: Client, scene: str, shell: Shell) -> None:
        """Talk through `client`; the map's name is the planner's."""
        self.client, self.scene = client, scenes.load(scene).state
        self._shell = shell
        self._stop_requested = False
        self._steps: list[Step] = ground_options(self.scene)

    @property
    def stop_requested(self) -> bool:
        """What goes on is cancelled."""
        return self._stop_requested

    @stop_requested.setter
    def stop_requested(self, value: bool) -> None:
        self._stop_requested = value
        if value:
            self.client.halt()

    @property
    def fallen(self) -> bool:
        """Only the guard says whether the robot is well; see `fault`."""
        return False

    @property
    def fault(self) -> str:
        """Why the guard stopped the robot; empty where it did not."""
        state = self.client.guard
        if state is None or state.mode != int(Mode.FAULT):
            return ""
        return f"{state.detail or ', '.join(names_of(state.faults))}; type rearm, stand, run"

    @property
    def time(self) -> float:
        """Robot time, s."""
        return self.client.guard.robot_time if self.client.guard is not None else 0.0

    @property
    def last(self) -> Decision | None:
        """The latest decision."""
        answer = self.client.call(ExplainLast, topics.EXPLAIN_LAST)
        return conversions.decision_of(answer.decision, self._steps) if answer.decided else None

    def plan(self, instruction: str) -> None:
        """Nothing: the planner's node decides on the way."""
        del instruction

    def preview(self, steps: Sequence[Step]) -> str:
        """Not over ROS.

        Raises:
            InputError: Always.
        """
        raise InputError(f"no futures of {len(steps)} steps over ROS; simulate them with `skillblend preview`")

    def run(self, instruction: str) -> Any:
        """Carry `instruction` out; what the planner said of it.

        Raises:
            SafetyError: It was rejected, with the reason.
        """
        _, result = self._finish(self.client.instruct(instruction, self._hear)).result()
        return result

    def follow(self, steps: Sequence[Step]) -> Followed:
        """Send `steps` to the skill server, one after the other, to the first that is not done.

        Raises:
            SafetyError: One was rejected, with the reason.
        """
        found = Followed()
        for step in steps:
            if self._stop_requested:
                found.reason = "stopped"
                return found
            self._doing(step.text, 0.0)
            status, result = self._finish(self.client.skill(step.behaviour, step.arguments)).result()
            done = status == SUCCEEDED and bool(result.success)
            self._tell_step(step.text, done, result.reason, result.seconds)
            found.steps.append({"text": step.text, "success": done, "reason": result.reason})
            if not done:
                found.reason = result.reason
                return found
        found.success = True
        return found

    def stand(self) -> None:
        """Cancel everything; the walking policy comes to rest."""
        self.client.stop()

    def _finish(self, goal: Goal) -> Goal:
        """`goal`, once it is over; cancelled where somebody wants that."""
        cancelled = False
        while not goal.over:
            if self._stop_requested and not cancelled:
                cancelled = goal.cancel()
            time.sleep(LOOK)
        return goal

    def _hear(self, message: Any) -> None:
        if message.kind == message.DECIDED:
            decision = conversions.decision_of(message.decision, self._steps)
            text = f"{self.time:.1f} s next: {decision.chosen.step.text}"
            self._shell.say("decided", text, decision=decision)
            self._doing(decision.chosen.step.text, 0.0)
        elif message.kind == message.EXECUTED:
            step = message.step
            self._tell_step(step.text, bool(step.success), step.reason, step.seconds)
        else:
            self._doing(self._shell.doing[0].split(",")[0], message.seconds)

    def _doing(self, what: str, seconds: float) -> None:
        self._shell.doing = (f"{what}, {seconds:.1f} s of robot time", 0.0)

    def _tell_step(self, text: str, done: bool, reason: str, seconds: float) -> None:
        said = reason or ("as far as the robot can tell" if done else "no reason given")
        entry = {"text": text, "success": done, "reason": said, "seconds": float(seconds)}
        self._shell.say("step", sayings.step_line(entry, self.time), time=self.time, step=entry)


class RosShell(Shell):
    """The shell, with the guard's orders."""

    player: Any

    def line(self, text: str) -> None:
        """Act on one line of input; whatever is meant to stop the robot does so before all else."""
        word = text.strip().casefold()
        if plain_words(text) in (["estop"], ["e", "stop"]):
            self._beside(lambda: self._order("estop"))
        elif word == "guard":
            self._guard()
        elif word == "up":
            self._beside(self._up)
        elif word in topics.GUARD_SERVICES:
            self._beside(lambda: self._order(word))
        else:
            super().line(text)

    def _order(self, word: str) -> None:
        self.say("guard", f"the guard is in {self.player.client.order(word)}")

    def _up(self) -> None:
        self.player.client.bring_up()
        self.say("guard", "the policy drives")

    def _guard(self) -> None:
        state = self.player.client.guard
        if state is None:
            self.say("guard", "no word from the guard yet")
            return
        faults = ", ".join(names_of(state.faults)) or "no fault"
        self.say("guard", f"{Mode(state.mode).name.lower()}; {faults}; {state.detail}".rstrip("; "))


def make_shell(client: Client, scene: str, out: Console, tell: Tell | None = None) -> RosShell:
    """A shell that tells `out` what happens; `scene` is the planner's."""
    return RosShell(lambda shell: RosPlayer(client, scene, shell), tell or telling(out, Examples().show))


def settings(argument: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="skillblend_ros console", description="Type instructions over ROS 2.")
    parser.add_argument("scene", nargs="?", default="workshop", help="the planner's map")
    parser.add_argument("--script", type=Path, help="carry out the lines of this file instead, and leave")
    parser.add_argument("--json", action="store_true", help="one JSON object a line for each event, nothing else")
    parser.add_argument(
        "--realtime-priority", type=int, choices=range(99), default=1, metavar="LEVEL",
        help="SCHED_FIFO at which keys are read and stops sent, below that of guard, robot and policy; 0 for none, "
        "and without it where the system refuses",
    )  # fmt: skip
    return parser.parse_args(argument)


def main(argument: list[str] | None = None) -> int:
    """Follow lines until the person leaves; 1 where a script's line was not achieved."""
    args = settings(argument)
    try:
        script = None if args.script is None else read_script(args.script)
        with closing(Client("console")) as client:
            out = Console(stderr=args.json)
            shell = make_shell(client, args.scene, out, telling(out, Examples().show, as_json=args.json))
            if not args.json:
                greet(out, f"the robot behind ROS, in the {args.scene}; orders of the guard: {', '.join(ORDERS)}")
            scheduling.prefer(args.realtime_priority)
            words = [s.text for s in ground_options(shell.player.scene)]
            return listen(shell, [*words, *WORDS, *ORDERS], "ros-history", script)
    except SkillblendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
