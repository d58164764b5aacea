"""The console at a real terminal: what a frightened person types stops the robot, whatever else goes on."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

RIG = """
import os, struct, sys, threading, time
from rich.console import Console
from prompt_toolkit.history import InMemoryHistory
from sim.scenes import load
from skillblend.sayings import WORDS
from skillblend.shell import Shell
from skillblend.terminal import converse, telling
from skillblend.session import Outcome

report, busy = int(sys.argv[1]), sys.argv[2] == "busy"

class Writer:
    '''A robot whose command writer runs at 500 Hz, and reports when it first writes the command that stops.'''
    stop_requested, fault, fallen, last, time = False, "", False, None, 0.0
    def __init__(self, shell):
        self.scene = load("workshop").state
    def plan(self, instruction):
        return None
    def run(self, instruction):
        os.write(report, struct.pack("<q", -1))
        while not self.stop_requested:
            time.sleep(0.002)
        os.write(report, struct.pack("<q", time.monotonic_ns()))
        return Outcome(instruction=instruction)
    def stand(self):
        self.stop_requested = False
        os.write(report, struct.pack("<q", -2))

def score(planner, scene):
    while True:
        planner.decide("walk to the red marker, then press the button", scene, (), {})

def encode():
    from planners.retrieval import ExampleIndex
    while True:
        ExampleIndex.load().support("walk to the red marker")

if busy:
    from skillblend.simulated import load_planner
    planner = load_planner()
    threading.Thread(target=score, args=(planner, load("workshop").state), daemon=True).start()
    threading.Thread(target=encode, daemon=True).start()
shell = Shell(Writer, telling(Console()))
print("ready", flush=True)
converse(shell, WORDS, InMemoryHistory())
print("left", flush=True)
os._exit(0)
"""
"""The console's own terminal and commands, around a robot that only notes when it is told to stop."""

WAYS = (
    "stop\r", "\x03", "halt!\r", "no no no\r", "STOOOP\r", "wait\r", "not there!\r", "help\r", "pause\r",
    "aaah\r", "emergency\r", "freeze\r", "abort\r", "whoa\r", "stpo\r", "watch out\r", "let go\r", "ow\r",
    "stop it\r", "enough\r", "arr\u00eatez\r",
)  # fmt: skip
"""Twenty-one ways to say it."""


class Terminal:
    """What a person types at and sees."""

    def __init__(self, fd: int, reports: int) -> None:
        self.fd, self._reports, self.seen = fd, reports, ""

    def type(self, text: str) -> int:
        """Type; when that was, monotonic, ns."""
        now = time.monotonic_ns()
        os.write(self.fd, text.encode())
        return now

    def read(self, seconds: float = 0.0) -> str:
        """What has come on the screen, answering what the terminal is asked."""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            if b"\x1b[6n" in data:
                os.write(self.fd, b"\x1b[1;1R")
            self.seen += data.decode(errors="replace")
            seconds = 0.0
        return self.seen

    def until(self, text: str, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while text not in self.read(0.05):
            assert time.monotonic() < end, (text, self.seen[-2000:])
        self.seen = self.seen.split(text, 1)[1]

    def report(self, seconds: float = 60.0) -> int:
        """The next thing that the command writer notes, reading the screen meanwhile, as terminals do."""
        end = time.monotonic() + seconds
        while True:
            ready, _, _ = select.select([self._reports, self.fd], [], [], 0.5)
            if self.fd in ready:
                self.read()
            if self._reports in ready:
                return int(struct.unpack("<q", os.read(self._reports, 8))[0])
            assert time.monotonic() < end, self.seen[-2000:]


@contextmanager
def terminal(*command: str, columns: int = 80) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """`command` at a terminal of its own; ``{report}`` in it is where it reports."""
    main, child = pty.openpty()
    reading, writing = os.pipe()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

    def adopt() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        [word.replace("{report}", str(writing)) for word in command],
        stdin=child, stdout=child, stderr=child, pass_fds=[writing], preexec_fn=adopt,
        env=os.environ | {"TERM": "xterm"},
    )  # fmt: skip
    os.close(child)
    os.close(writing)
    try:
        yield Terminal(main, reading), process
    finally:
        process.kill()
        process.wait()
        os.close(main)
        os.close(reading)


def test_ctrl_c_at_a_terminal_clears_then_leaves_and_stops_what_moves() -> None:
    with terminal(sys.executable, "-c", RIG, "{report}", "idle") as (person, process):
        person.until("ready")
        person.until("stands | type an instruction")
        for stop in ("\x03", "stop\r", "no!\r"):
            person.type("walk\r")
            assert person.report() == -1
            person.until("stop or Ctrl-C stops")
            typed = person.type(stop)
            assert person.report() >= typed
            assert person.report() == -2
            person.until("stopped; the robot stands")
        person.type("half a line")
        person.until("half a line")
        person.type("\x03")
        person.until("the line is cleared; Ctrl-C once more leaves")
        assert process.poll() is None
        time.sleep(2.1)  # later than a second one counts
        person.type("\x03")
        person.until("the line is cleared")
        person.type("\x03")
        person.until("left")
        assert process.wait(10.0) == 0


def test_a_line_that_is_being_typed_outlives_a_stop_by_ctrl_c() -> None:
    with terminal(sys.executable, "-c", RIG, "{report}", "idle", columns=40) as (person, _):
        person.until("ready")
        person.until("stands | ")
        person.type("walk\r")
        assert person.report() == -1
        person.type("turn le")
        person.until("turn le")
        person.type("\x03")
        assert person.report() > 0 and person.report() == -2
        person.until("stopped")
        person.type("ft\r")
        assert person.report() == -1  # "turn left" is carried out
        person.type("\x03")


def stops(person: Terminal, trials: int, rng: np.random.Generator) -> np.ndarray:
    """From the key to the command writer, `trials` times, at random moments. Shape (trials,), ms."""
    took = np.empty(trials)
    for k in range(trials):
        person.type("walk\r")
        assert person.report() == -1
        time.sleep(float(rng.uniform(0.0, 0.05)))
        typed = person.type(WAYS[k % len(WAYS)])
        took[k] = (person.report() - typed) / 1e6
        assert person.report() == -2
    return took


@pytest.mark.slow
def test_stops_wait_for_nothing() -> None:
    """While the language model scores and the encoder loads, over and over; the figures go to docs/log.md."""
    trials = int(os.environ.get("SKILLBLEND_STOPS", "1000"))
    with terminal(sys.executable, "-c", RIG, "{report}", "busy") as (person, _):
        person.until("ready", 120.0)
        person.until("stands | ", 120.0)
        took = stops(person, trials, np.random.default_rng(0))
    middle, late, worst = np.median(took), np.percentile(took, 99), took.max()
    print(f"{trials} stops: median {middle:.1f} ms, p99 {late:.1f} ms, worst {worst:.1f} ms")
    assert (took > 0).all()


@pytest.mark.slow
def test_the_real_console_says_stopped_when_the_robot_has() -> None:
    command = "import skillblend.cli; skillblend.cli.main(['console', '--planner', 'value_only'])"
    with terminal(sys.executable, "-c", command) as (person, process):
        person.until("stands | ", 120.0)
        person.type("walk to the blue marker, then to the shelf, then to the button\r")
        person.until("plan", 120.0)
        person.type("\x03")
        person.until("stopped", 60.0)
        person.type("quit\r")
        process.wait(30.0)
