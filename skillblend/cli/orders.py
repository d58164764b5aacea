"""What the controls of a page do: to a console, and to a run that carries out one instruction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from skillblend.safety.stop_words import is_stop
from skillblend.shell import Shell

REST = 20.0
"""How long a reset waits for a robot that is being stopped, s."""


class NoOrders:
    """Controls that do nothing, until somebody listens."""

    def line(self, text: str) -> None:
        """Take a line of text."""

    def stop(self) -> None:
        """Stop the robot."""

    def pause(self) -> None:
        """Interrupt what goes on."""

    def resume(self) -> None:
        """Go on with it."""

    def reset(self) -> None:
        """Stand the robot at its start again."""

    def hold(self) -> None:
        """Between two control steps: return when the next one may come."""


class ShellOrders(NoOrders):
    """A console's: the same as typing there."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def line(self, text: str) -> None:
        """An instruction or a command; an empty line says yes to a plan that waits."""
        self._shell.line(text)

    def stop(self) -> None:
        """Stop; waits for nothing."""
        self._shell.stop()

    def pause(self) -> None:
        """Stop, and keep the rest of the plan."""
        self._shell.line("pause")

    def resume(self) -> None:
        """Go on with the rest of the plan."""
        self._shell.line("resume")

    def reset(self) -> None:
        """Stand at the start again, once what goes on has stopped."""
        shell = self._shell
        if shell.busy or shell.draft is not None:
            shell.stop()
        end = time.monotonic() + REST
        while shell.busy and time.monotonic() < end:
            time.sleep(0.02)
        shell.line("reset")


class RunOrders(NoOrders):
    """Those of one run: what is typed meanwhile waits for its end; a pause lets simulated time stand still.

    Attributes:
        waiting: Lines that were typed.
        again: Whether the robot is to stand at its start afterwards.
    """

    def __init__(self, stop: Callable[[], None], say: Callable[[str], None]) -> None:
        """`stop` ends the run; `say` tells whoever looks."""
        self._stop, self._say = stop, say
        self.waiting: list[str] = []
        self.again = False
        self._going = threading.Event()
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether simulated time stands still."""
        return not self._going.is_set()

    def line(self, text: str) -> None:
        """Whatever is meant to stop stops; the rest waits."""
        word = " ".join(text.split())
        known = {"pause": self.pause, "resume": self.resume, "reset": self.reset}
        if word.casefold() in known:
            known[word.casefold()]()
        elif is_stop(text, moving=True):
            self.stop()
        elif word:
            self.waiting.append(word)
            self._say(f"waits until this run has ended: {word}")

    def stop(self) -> None:
        """End the run."""
        self._stop()
        self._going.set()

    def pause(self) -> None:
        """Let simulated time stand still."""
        self._going.clear()
        self._say("paused: simulated time stands still")

    def resume(self) -> None:
        """Let it go on."""
        if self.paused:
            self._say("goes on")
        self._going.set()

    def reset(self) -> None:
        """End the run, and stand at the start again."""
        self.again = True
        self.stop()

    def hold(self) -> None:
        """Return when nothing is paused."""
        self._going.wait()
