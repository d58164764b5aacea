"""The entry point. Nothing heavy is imported before Ctrl-C is taken care of."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # what `typing` calls so; importing it takes longer than everything else here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Never

    from skillblend.interrupts import Reminder

_LAST_WORDS = {signal.SIGINT: "stopped", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}

_SIGNALLED = 128
"""Exit codes beyond it say which signal ended a command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Exits 0 on success, 1 on failure, 2 on bad input, 128 + number after a signal: 130 for Ctrl-C."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with _Interruption(last=arguments is None) as interruption:
        code = _execute(arguments, interruption)
        interruption.end(code)
    sys.exit(code)


def _execute(arguments: Sequence[str] | None, interruption: _Interruption) -> int:
    from skillblend import spokes

    try:
        spokes.claim()
        from skillblend.cli.commands import parse
        from skillblend.cli.drawing_backend import switch_off_what_is_missing

        switch_off_what_is_missing()
        action = parse(arguments).load()
        interruption.working = True
        code = action()
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return interruption.farewell()
    except Exception as error:
        if interruption.number:
            return interruption.farewell()  # whatever a library made of the interruption
        return _excuse(error)


def _excuse(error: Exception) -> int:
    """One line and an exit code for what a person can act on; anything else is raised again."""
    from skillblend.errors import SkillblendError

    if isinstance(error, SkillblendError):
        print(f"skillblend: {error}", file=sys.stderr)
        return 2
    if isinstance(error, BrokenPipeError):
        _forget_output()
        return 128 + signal.SIGPIPE
    if isinstance(error, OSError) and error.filename is not None:
        print(f"skillblend: cannot use {error.filename}: {error.strerror}; name another place", file=sys.stderr)
        return 2
    raise error


def _forget_output() -> None:
    """Nobody reads any more: what is still buffered goes nowhere, instead of failing when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


class _Interruption:
    """Ctrl-C, SIGTERM and SIGHUP while a command is prepared and carried out; those that are ignored stay so.

    While it is prepared there is nothing to clean up, and half-imported libraries may swallow an exception: the
    process ends at once. Later they raise, so that everybody on the way can clean up; again where that is lost, as
    in a finaliser; and where nothing helps, the process ends by force.

    Attributes:
        working: Whether the command is being carried out.
        number: The signal that came, 0 for none.
    """

    def __init__(self, *, last: bool) -> None:
        """`last`: nothing follows but the end of the process, which is not to be disturbed."""
        self.working, self.number = False, 0
        self._last, self._said = last, False
        self._before: dict[signal.Signals, Any] = {}
        self._unraisable = sys.unraisablehook
        self._reminder: Reminder | None = None

    def __enter__(self) -> _Interruption:
        for number in _LAST_WORDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._take)
        sys.unraisablehook = self._again
        from skillblend.interrupts import Reminder, insist

        reminder = Reminder(self._take, insist, self._overdue)
        reminder.__enter__()
        self._reminder = reminder
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._last else handler)
        sys.unraisablehook = self._unraisable
        if self._reminder is not None:
            self._reminder.__exit__()

    def farewell(self) -> int:
        """Say the one line; the exit code."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        return self._last_words(self.number or signal.SIGINT)

    def end(self, code: int) -> None:
        """End an interrupted process here and now: finalisers of libraries may take their time, or abort."""
        if self._last and code > _SIGNALLED:
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except (OSError, ValueError):
                    continue  # nobody reads it any more
            os._exit(code)

    def _last_words(self, number: int) -> int:
        if not self._said:
            self._said = True
            try:
                os.write(2, f"skillblend: {_LAST_WORDS[signal.Signals(number)]}\n".encode())
            except OSError:
                return 128 + number  # the terminal is gone
        return 128 + number

    def _take(self, number: int, frame: object) -> None:
        del frame
        self.number = self.number or number
        if not self.working or self._reminder is None:
            os._exit(self.farewell())
        from skillblend.interrupts import Interruption, under_way

        self._reminder.heard(number)
        if not under_way():
            raise Interruption(number, self._settle)

    def _settle(self) -> None:
        """Whoever was interrupted has seen to it, and goes on."""
        self.number = 0
        if self._reminder is not None:
            self._reminder.settle()

    def _overdue(self, number: int) -> Never:
        """In the reminder's thread: the main one has had its time."""
        os._exit(self._last_words(number))

    def _again(self, unraisable: Any) -> None:
        """Say nothing of an interruption that was swallowed, as in a finaliser: it is about to be repeated."""
        if not (self.number and issubclass(unraisable.exc_type, KeyboardInterrupt)):
            self._unraisable(unraisable)
