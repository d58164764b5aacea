"""The same console as ``skillblend console``, over ROS; `stop` never goes through the language model.

Besides instructions, it takes the guard's orders: arm, stand, run, damp, estop, rearm, and `guard` to see
its state.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.markup import escape
from skillblend_msgs.srv import ExplainLast

from planners.examples import Examples
from sim import scenes
from skillblend.contracts import Decision, Step
from skillblend.errors import SkillblendError
from skillblend.options import ground_options
from skillblend.safety import Mode
from skillblend.safety.stop_words import is_stop, plain_words
from skillblend.shell import HELP, WORDS, Shell, converse, history, state_folder
from skillblend.tables import decision_table
from skillblend_ros import conversions, topics
from skillblend_ros.client import Client
from skillblend_ros.gatekeeper import names_of

ORDERS = (*topics.GUARD_SERVICES, "guard", "up")
Show = Callable[[Decision, float], None]


class RosSession:
    """What the shell knows of a robot behind ROS: the same names as a simulated session's.

    Attributes:
        scene: The map.
        stop_requested: Set by `stop` and Ctrl-C; the instruction is then cancelled.
    """

    def __init__(self, client: Client, scene: str, show: Show | None = None) -> None:
        """Talk through `client`; the map's name is the planner's, and `show` sees each decision."""
        self.client, self.scene = client, scenes.load(scene).state
        self.stop_requested = False
        self._show = show
        self._steps: list[Step] = ground_options(self.scene)

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

    def run(self, instruction: str) -> Any:
        """Carry `instruction` out; what the planner said of it.

        Raises:
            SafetyError: It was rejected, with the reason.
        """

        def hear(message: Any) -> None:
            if message.kind == message.DECIDED and self._show is not None:
                self._show(conversions.decision_of(message.decision, self._steps), self.time)

        goal = self.client.instruct(instruction, hear)
        cancelled = False
        while not goal.over:
            if self.stop_requested and not cancelled:
                cancelled = goal.cancel()
            threading.Event().wait(0.02)
        _, result = goal.result()
        return result

    def stand(self) -> None:
        """Cancel everything; the walking policy comes to rest."""
        self.client.stop()


class RosShell(Shell):
    """The shell, with the guard's orders."""

    session: Any

    def line(self, text: str) -> None:
        """Act on one line of input; whatever is meant to stop the robot does so before all else."""
        word = text.strip().lower()
        try:
            if plain_words(text) in (["estop"], ["e", "stop"]):
                self.console.print(f"the guard is in {self.session.client.order('estop')}")
            elif word not in ("quit", "exit") and is_stop(text, moving=self.busy):
                self._stop()
            elif word == "guard":
                self._guard()
            elif word == "up":
                self.session.client.bring_up()
                self.console.print("the policy drives")
            elif word in topics.GUARD_SERVICES:
                self.console.print(f"the guard is in {self.session.client.order(word)}")
            else:
                super().line(text)
        except SkillblendError as error:
            self.console.print(f"[red]{escape(str(error))}[/red]", highlight=False)

    def _guard(self) -> None:
        state = self.session.client.guard
        if state is None:
            self.console.print("no word from the guard yet")
            return
        faults = ", ".join(names_of(state.faults)) or "no fault"
        self.console.print(f"{Mode(state.mode).name.lower()}; {faults}; {state.detail}".rstrip("; "))


def make_shell(client: Client, scene: str, out: Console) -> RosShell:
    """A shell that prints each decision; `scene` is the planner's."""

    def show(decision: Decision, seconds: float) -> None:
        out.print(decision_table(decision, seconds))

    return RosShell(lambda: RosSession(client, scene, show), out, Examples().show)


def main(argument: list[str] | None = None) -> int:
    """Read lines until the person leaves."""
    arguments = sys.argv[1:] if argument is None else argument
    out, client = Console(), Client("console")
    try:
        scene = arguments[0] if arguments else "workshop"
        shell = make_shell(client, scene, out)
        out.print(f"{HELP}; {', '.join(ORDERS)}")
        _read(shell)
    except SkillblendError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        client.close()
    return 0


def _read(shell: RosShell) -> None:
    words = [s.text for s in ground_options(shell.session.scene)]
    converse(shell, [*words, *WORDS, *ORDERS], history(state_folder() / "ros-history"))
