"""A command at a terminal of its own: what a person types, and what the screen says."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PATIENCE = 300.0
"""How long a command may take on a machine that has much else to do, s."""
WHERE = b"\x1b[6n"
"""What a program asks a terminal when it wants to know where the cursor is."""


class TypedCommand:
    """A running command, and everything that it has said."""

    def __init__(self, words: Sequence[str], environment: dict[str, str], folder: Path) -> None:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 200, 0, 0))
        self.process = subprocess.Popen(
            list(words), env=environment | {"TERM": "xterm"}, cwd=folder, stdin=there, stdout=there, stderr=there,
            start_new_session=True,
        )  # fmt: skip
        os.close(there)
        self._said = ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        while True:
            try:
                data = os.read(self._here, 65536)
            except OSError:
                return
            if WHERE in data:
                os.write(self._here, b"\x1b[1;1R")
            self._said += data.decode(errors="replace")

    @property
    def text(self) -> str:
        """Without colours, and with lines that end as in a file."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._said).replace("\r", "")

    def forget(self) -> None:
        """What was said until now."""
        self._said = ""

    def press(self, keys: str) -> float:
        """Type; when that was, `time.monotonic`."""
        now = time.monotonic()
        os.write(self._here, keys.encode())
        return now

    def until(self, holds: Callable[[], bool], keys: str = "") -> None:
        """Until `holds`, pressing `keys` again and again; a command that has failed never comes to it."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end and self.process.poll() in (None, 0), self.text[-3000:]
            if keys and self.process.poll() is None:
                self.press(keys)
            time.sleep(0.05)

    def ended(self) -> bool:
        """Whether it has."""
        return self.process.poll() is not None

    def end(self) -> int:
        """Ctrl-C where it still runs; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            code = self.process.wait()
        self._listener.join(5.0)
        os.close(self._here)
        assert "Traceback" not in self.text, self.text[-3000:]
        return code
