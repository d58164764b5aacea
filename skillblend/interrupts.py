"""Interruptions: work that is asked to stop does so at once, and can be taken up again.

Python turns a signal into an exception in the main thread, and drops it where nobody could catch it: in finalisers,
in callbacks from C, in libraries that catch everything. So what a signal asked for is repeated until somebody has
seen to it, and the process ends by force where nobody does.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORDS: dict[int, str] = {signal.SIGINT: "stopped", signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}
"""What becomes of a command."""
GRACE = 1.2
"""From a signal to the end by force, s: together with what that takes, less than 2 s."""
_PERIOD = 0.1
_END, _SETTLED = 0, 255
"""Bytes that are no signals, between those that are."""


class Interruption(KeyboardInterrupt):
    """Raised in the main thread by a signal; again and again, unless `taken` is called.

    Attributes:
        number: The signal.
    """

    def __init__(self, number: int, settle: Callable[[], None]) -> None:
        super().__init__()
        self.number = number
        self.settle = settle


def taken(error: KeyboardInterrupt) -> bool:
    """Whether `error` is Ctrl-C, which then is seen to: the caller goes on. Other signals end the process."""
    if isinstance(error, Interruption):
        if error.number != signal.SIGINT:
            return False
        error.settle()
    return True


def under_way() -> bool:
    """Whether this thread is cleaning up after an interruption: it must not be interrupted in that."""
    error = sys.exception()
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


class Reminder:
    """Within it, a thread hears of signals, even while the main one is inside a library.

    It calls `again` until `settle` is called, and `overdue` when `grace` has passed without that. Signals that
    somebody else has taken over meanwhile are theirs.
    """

    def __init__(
        self,
        handler: Callable[[int, FrameType | None], Any],
        again: Callable[[int], None],
        overdue: Callable[[int], None],
        grace: float = GRACE,
    ) -> None:
        """Of signals whose handler is `handler`; the others are called in the reminder's own thread."""
        self._handler = handler
        self._again, self._overdue, self._grace = again, overdue, grace
        self._before = -1
        self._thread = threading.Thread(target=self._watch, name="signals", daemon=True)

    def __enter__(self) -> Reminder:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self._thread.start()
        self._before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(self, *exc: object) -> None:
        signal.set_wakeup_fd(self._before)
        self._tell(_END)
        self._thread.join()
        os.close(self._read)
        os.close(self._write)

    def heard(self, number: int) -> None:
        """Of a signal, by a handler: where somebody else has taken the descriptor that Python writes them to."""
        self._tell(number)

    def settle(self) -> None:
        """What the signals until now asked for has been seen to."""
        self._tell(_SETTLED)

    def _tell(self, byte: int) -> None:
        try:
            os.write(self._write, bytes([byte]))
        except BlockingIOError:
            return  # full of signals that nobody has read yet: what was said is said

    def _watch(self) -> None:
        pending, end = 0, 0.0
        while True:
            ready, _, _ = select.select([self._read], [], [], _PERIOD if pending else None)
            if ready:
                for byte in os.read(self._read, 64):
                    if byte == _END:
                        return
                    if byte == _SETTLED:
                        pending = 0
                    elif not pending and byte in SIGNALS and signal.getsignal(byte) == self._handler:
                        pending, end = byte, time.monotonic() + self._grace
            elif pending:
                self._again(pending)
            if pending and time.monotonic() >= end:
                self._overdue(pending)
                pending = 0


def insist(number: int) -> None:
    """Send the main thread of this process a signal again."""
    main = threading.main_thread().ident
    if main is not None:
        signal.pthread_kill(main, number)


class StopRequest:
    """Within ``with StopRequest() as stop``, Ctrl-C, SIGTERM and SIGHUP set `stop.made`; a second one raises.

    Signals that are ignored stay so. Outside the main thread, where Python takes no signals, nothing changes.

    Attributes:
        made: Whether somebody wants the work to stop.
        number: The signal that said so, 0 for none.
    """

    def __init__(self, overdue: Callable[[int], None] | None = None, grace: float = GRACE) -> None:
        """`overdue` is called, in a thread of its own, where the work has not ended `grace` s after the request."""
        self.made, self.number = False, 0
        self._before: dict[signal.Signals, Any] = {}
        self._reminder = None if overdue is None else Reminder(self._take, _nothing, overdue, grace)

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._take)
            if self._reminder is not None and self._before:
                self._reminder.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._reminder is not None and self._before:
            self._reminder.__exit__()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.made:
            before = self._before[signal.Signals(number)]
            if callable(before):
                before(number, frame)
            raise KeyboardInterrupt
        self.made, self.number = True, number


def _nothing(number: int) -> None:
    del number
