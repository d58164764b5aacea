"""``skillblend console``: type instructions to a simulated robot; `stop` never goes through the language model."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import InMemoryHistory
from rich.console import Console

from skillblend.cli.run import Session, decision_table, load_planner
from skillblend.errors import InputError, PlanError, SafetyError
from skillblend.options import ground_options

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from skillblend.cli.main import Console as Arguments

HELP = "an instruction in English, or: explain, options, reset, stop, help, quit; Ctrl-C stops the robot"


class Shell:
    """One line in, one outcome out; knows nothing of terminals.

    Attributes:
        session: The robot.
        over: Whether the person wants to leave.
    """

    def __init__(self, make_session: Callable[[], Session], console: Console) -> None:
        """`make_session` stands a fresh robot up."""
        self._make = make_session
        self.session = make_session()
        self.console = console
        self.over = False

    def line(self, text: str) -> None:
        """Act on one line of input."""
        word = text.strip().lower()
        commands: dict[str, Callable[[], None]] = {
            "quit": self._quit,
            "exit": self._quit,
            "stop": self._stop,
            "explain": self._explain,
            "options": self._options,
            "reset": self._reset,
            "help": lambda: self.console.print(HELP),
        }
        if not word:
            return
        if word in commands:
            commands[word]()
        else:
            self._instruct(text)

    def interrupt(self) -> None:
        """Stop the motion that is going on; the robot stays standing."""
        self.session.stop_requested = True

    def _instruct(self, text: str) -> None:
        if self._helpless():
            return
        try:
            report, _ = self.session.run(text, lambda d, t: self.console.print(decision_table(d, t)))
        except (InputError, PlanError, SafetyError) as error:
            self.console.print(f"[red]{error}[/red]")
            return
        if self._helpless():
            return
        if self.session.stop_requested:
            self._stand()
            self.console.print("stopped; the robot stands")
        elif report.refused:
            self.console.print(f"refused: {report.reason}", markup=False)
        else:
            self.console.print("done" if report.success else "not achieved; type explain to see why")

    def _helpless(self) -> bool:
        """Whether the robot can do nothing more until a reset; says so."""
        if self.session.fault:
            self.console.print(f"[red]the guard stopped the robot:[/red] {self.session.fault}", highlight=False)
        if self.session.bridge.fell:
            self.console.print("the robot lies on the floor")
        if self.session.fault or self.session.bridge.fell:
            self.console.print("type reset")
            return True
        return False

    def _stand(self) -> None:
        """Come to rest under the walking skill, whatever was going on."""
        self.session.stop_requested = False
        body, bridge = self.session.body, self.session.guarded
        for _ in range(round(2.0 / body.robot.control_dt)):
            bridge.send(body.walk(bridge.read(), np.zeros((1, 3))))

    def _stop(self) -> None:
        if self._helpless():
            return
        self._stand()
        self.console.print("the robot stands")

    def _explain(self) -> None:
        if self.session.last is None:
            self.console.print("nothing has been decided yet")
            return
        self.console.print(decision_table(self.session.last, self.session.time, rows=12))

    def _options(self) -> None:
        for step in ground_options(self.session.scene.objects):
            self.console.print(f"  {step.text}")

    def _reset(self) -> None:
        self.session = self._make()
        self.console.print("the robot stands at the start")

    def _quit(self) -> None:
        self.over = True


def console(args: Arguments) -> int:
    """Read lines until the person leaves."""
    out = Console()
    planner = load_planner()
    watch = _viewer(args, out)

    def make() -> Session:
        return Session(args.robot, args.scene, args.seed, args.models, planner, watch=watch)

    shell = Shell(make, out)
    words = [s.text for s in ground_options(shell.session.scene.objects)]
    words += ["explain", "options", "reset", "stop", "help", "quit"]
    prompt: PromptSession[str] = PromptSession(
        history=InMemoryHistory(), completer=WordCompleter(words, sentence=True, ignore_case=True)
    )
    out.print(f"{args.robot} in the {args.scene}. {HELP}")
    while not shell.over:
        try:
            text = prompt.prompt("> ")
        except (EOFError, KeyboardInterrupt):
            break
        previous = signal.signal(signal.SIGINT, _stopper(shell))
        try:
            shell.line(text)
        finally:
            signal.signal(signal.SIGINT, previous)
    return 0


def _stopper(shell: Shell) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        shell.interrupt()

    return handle


def _viewer(args: Arguments, out: Console) -> Callable[[MujocoBridge], None] | None:
    if not args.view:
        return None
    import robots
    from sim import scenes
    from sim.render import visual_world
    from sim.view import Viewer

    model = visual_world(robots.load(args.robot), scenes.load(args.scene)).model
    viewer: Any = Viewer(model, port=args.port)
    out.print(f"viewer on port {args.port}")
    return lambda bridge: viewer.update(bridge.qpos)
