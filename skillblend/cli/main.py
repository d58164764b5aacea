"""The entry point. Nothing heavy is imported before Ctrl-C is taken care of."""

from __future__ import annotations

import _thread
import os
import signal
import sys

TYPE_CHECKING = False  # what `typing` calls so; importing it takes longer than everything else here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Never

_LAST_WORDS = {signal.SIGINT: "stopped", signal.SIGTERM: "terminated"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Exits 0 on success, 1 on failure, 2 on bad input, 130 when interrupted, 143 when terminated."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with _Interruption(last=arguments is None) as interruption:
        code = _execute(arguments, interruption)
    sys.exit(code)


def _execute(arguments: Sequence[str] | None, interruption: _Interruption) -> int:
    from skillblend import spokes

    try:
        spokes.claim()
        from skillblend.cli.commands import parse

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
    """Ctrl-C and SIGTERM while a command is prepared and carried out.

    While it is prepared there is nothing to clean up, and half-imported libraries may swallow an exception: the
    process ends at once. Later they raise `KeyboardInterrupt`, so that everybody on the way can clean up.

    Attributes:
        working: Whether the command is being carried out.
        number: The signal that came, 0 for none.
    """

    def __init__(self, *, last: bool) -> None:
        """`last`: nothing follows but the end of the process, which is not to be disturbed."""
        self.working, self.number = False, 0
        self._last = last
        self._before: dict[signal.Signals, Any] = {}
        self._unraisable = sys.unraisablehook

    def __enter__(self) -> _Interruption:
        for number in _LAST_WORDS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._take)
        sys.unraisablehook = self._again
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._last else handler)
        sys.unraisablehook = self._unraisable

    def farewell(self) -> int:
        """Say the one line; the exit code."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        number = signal.Signals(self.number or signal.SIGINT)
        print(f"skillblend: {_LAST_WORDS[number]}", file=sys.stderr)
        return 128 + number

    def _take(self, number: int, frame: object) -> Never:
        del frame
        self.number = number
        if not self.working:
            code = self.farewell()
            sys.stderr.flush()
            os._exit(code)
        raise KeyboardInterrupt

    def _again(self, unraisable: Any) -> None:
        """Where an interruption was swallowed, as in a finaliser, interrupt once more."""
        if self.number and unraisable.exc_type is KeyboardInterrupt:
            _thread.interrupt_main(signal.Signals(self.number))
        else:
            self._unraisable(unraisable)
