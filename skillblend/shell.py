"""The shell of `skillblend console`, and of the one over ROS: one line in, and whatever it sets going.

Instructions are carried out beside the prompt, so that `stop` acts while the robot moves.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from rich.console import Console
from rich.markup import escape

from skillblend.asking import Clarification
from skillblend.contracts import Decision, SceneState
from skillblend.errors import SkillblendError
from skillblend.interrupts import taken
from skillblend.options import ground_options
from skillblend.safety.stop_words import is_stop
from skillblend.tables import decision_table

if TYPE_CHECKING:
    from prompt_toolkit.history import History

Explain = Callable[[str, Console], None]
"""Prints what stands behind the decision on an instruction."""


HELP = (
    "an instruction in English, or: explain, options, reset, stop (or halt, wait, no!, ...), help, quit; "
    "Ctrl-C stops the robot"
)
WORDS = ("explain", "options", "reset", "stop", "help", "quit")


class Ended(Protocol):
    """How an instruction ended."""

    success: bool
    refused: bool
    reason: str


class Commanded(Protocol):
    """A robot that takes instructions: simulated, or behind ROS.

    Attributes:
        stop_requested: Set while it moves, it ends the instruction.
    """

    stop_requested: bool

    @property
    def scene(self) -> SceneState:
        """The things around it."""
        ...

    @property
    def time(self) -> float:
        """Robot time, s."""
        ...

    @property
    def fallen(self) -> bool:
        """Whether it lies on the floor."""
        ...

    @property
    def fault(self) -> str:
        """Why the guard stopped it; empty where it did not."""
        ...

    @property
    def last(self) -> Decision | None:
        """The latest decision."""
        ...

    def run(self, instruction: str) -> Ended:
        """Carry `instruction` out."""
        ...

    def stand(self) -> None:
        """Come to rest, whatever was going on."""
        ...


class Shell:
    """One line in; what it sets going ends by itself or by the next `stop`. Knows nothing of terminals.

    Attributes:
        session: The robot.
        over: Whether the person wants to leave.
    """

    def __init__(
        self, make_session: Callable[[], Commanded], console: Console, explain: Explain | None = None
    ) -> None:
        """`make_session` stands a fresh robot up; `explain` adds to what a decision says of itself."""
        self._make = make_session
        self.session = make_session()
        self.console = console
        self.over = False
        self._question = Clarification()
        self._work: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._explain_more = explain

    def line(self, text: str) -> None:
        """Act on one line of input; an instruction goes on after this has returned.

        What is meant to stop the robot does so before all else: `skillblend.safety.stop_words`. Leaving stops it too.
        """
        word = text.strip().lower()
        if word not in ("quit", "exit") and is_stop(text, moving=self.busy):
            self._stop()
            return
        commands: dict[str, Callable[[], None]] = {
            "quit": self._quit,
            "exit": self._quit,
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
            self._begin(text)

    @property
    def busy(self) -> bool:
        """Whether an instruction is being carried out."""
        return self._work is not None and self._work.is_alive()

    def interrupt(self) -> None:
        """Stop the motion that is going on; the robot stays standing."""
        self.session.stop_requested = True

    def wait(self) -> None:
        """Until nothing is going on.

        Raises:
            BaseException: Whatever ended an instruction and is no refusal.
        """
        if self._work is not None:
            self._work.join()
            self._work = None
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def leave(self) -> None:
        """Stop, and wait until nothing is going on."""
        if self.busy:
            self.interrupt()
        self.wait()

    def _free(self) -> bool:
        """Whether nothing is going on; says so where something is."""
        if self.busy:
            self.console.print("the robot is busy; type stop first")
            return False
        self.wait()
        return True

    def _begin(self, text: str) -> None:
        if not self._free() or self._helpless():
            return
        self.session.stop_requested = False
        self._work = threading.Thread(target=self._carry_out, args=(text,), name="instruction", daemon=True)
        self._work.start()

    def _carry_out(self, text: str) -> None:
        try:
            self._instruct(text)
        except SkillblendError as error:
            self.console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        except BaseException as error:  # raised again where somebody waits
            self._failure = error

    def _instruct(self, text: str) -> None:
        outcome = self.session.run(self._question.answered(text) or text)
        self._question = Clarification()
        if self._helpless():
            return
        if self.session.stop_requested:
            self._stand()
            self.console.print("stopped; the robot stands")
        elif outcome.refused:
            self._question = Clarification(
                choices=getattr(outcome, "choices", ()), answers=getattr(outcome, "answers", ())
            )
            said = str(self._question) if self._question else f"refused: {outcome.reason}"
            self.console.print(said, markup=False, soft_wrap=True)
        elif outcome.reason.startswith("plan completed"):
            self.console.print(outcome.reason, markup=False, soft_wrap=True)
        else:
            self.console.print("done" if outcome.success else "not achieved; type explain to see why")

    def _helpless(self) -> bool:
        """Whether the robot can do nothing more until a reset; says so."""
        fault = self.session.fault
        if fault:
            self.console.print(f"[red]the guard stopped the robot:[/red] {escape(fault)}", highlight=False)
        if self.session.fallen:
            self.console.print("the robot lies on the floor")
        if fault or self.session.fallen:
            self.console.print("type reset")
            return True
        return False

    def _stand(self) -> None:
        """Come to rest under the walking skill, whatever was going on."""
        self.session.stop_requested = False
        self.session.stand()

    def _stop(self) -> None:
        if self.busy:
            self.interrupt()
            return
        self.wait()
        if self._helpless():
            return
        self._stand()
        self.console.print("nothing was going on; the robot stands")

    def _explain(self) -> None:
        if self.session.last is None:
            self.console.print("nothing has been decided yet")
            return
        self.console.print(decision_table(self.session.last, self.session.time, rows=12))
        if self._explain_more is not None:
            self._explain_more(self.session.last.instruction, self.console)

    def _options(self) -> None:
        for step in ground_options(self.session.scene):
            self.console.print(f"  {step.text}")

    def _reset(self) -> None:
        if not self._free():
            return
        self.session = self._make()
        self.console.print("the robot stands at the start")

    def _quit(self) -> None:
        self.over = True


def history(path: Path) -> History:
    """What was typed, kept in `path` from session to session; in memory where that cannot be written."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.open("ab").close()
    except OSError:
        return InMemoryHistory()
    return FileHistory(path)


def converse(shell: Shell, words: Sequence[str], past: History) -> None:
    """Pass on lines until the person leaves; Ctrl-C stops the robot, and leaves where it does nothing.

    Lines that nobody types, from a pipe or a file, wait for one another.
    """
    if not sys.stdin.isatty():
        _follow(shell, _lines(sys.stdin), wait=True)
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.patch_stdout import patch_stdout

    prompt: PromptSession[str] = PromptSession(
        history=past, completer=WordCompleter(list(words), sentence=True, ignore_case=True)
    )
    with patch_stdout(raw=True):
        _follow(shell, lambda: prompt.prompt("> "), wait=False)


def _follow(shell: Shell, read: Callable[[], str], *, wait: bool) -> None:
    """Pass on what `read` gives until the person leaves or it raises `EOFError`."""
    while not shell.over:
        try:
            shell.line(read())
            if wait:
                shell.wait()
        except EOFError:
            break
        except KeyboardInterrupt as interruption:
            if not taken(interruption):
                raise
            if not shell.busy:
                break
            shell.interrupt()
    shell.leave()


def _lines(stream: TextIO) -> Callable[[], str]:
    """The next line of `stream`, which is no terminal; bytes that are no text become question marks."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")

    def read() -> str:
        line = stream.readline()
        if not line:
            raise EOFError
        return line.rstrip("\n")

    return read


def state_folder() -> Path:
    """Where what a person typed is kept between sessions; it may not exist yet, and without a home it cannot.

    Source: XDG Base Directory Specification, XDG_STATE_HOME.
    """
    named = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:  # no HOME, and nobody's entry in the password database
        return Path(os.devnull) / "skillblend"
    return base / "skillblend"
