"""Work beside the typing, for which one can wait and be interrupted in that."""

from __future__ import annotations

import threading
from collections.abc import Callable


class SideJob(threading.Thread):
    """A thread whose end can be waited for again after an exception has come in between.

    A signal that raises in `Thread.join` makes Python 3.11 take a thread for ended that still runs, so that a second
    `join` waits for nothing. Source: CPython, issue 90882.
    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        """Do `work` once it is started; it never keeps the process alive."""
        super().__init__(name=name, daemon=True)
        self._errand, self._ended = work, threading.Event()

    def run(self) -> None:
        """Do it."""
        try:
            self._errand()
        finally:
            self._ended.set()

    def wait(self) -> None:
        """Until it is done."""
        self._ended.wait()
