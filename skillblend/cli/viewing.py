"""The page beside a run or a console: the robot in a browser, at the speed of life, with controls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

import robots
from skillblend.board import Board
from skillblend.cli.orders import NoOrders, RunOrders, ShellOrders
from skillblend.contracts import Decision, SceneState
from skillblend.draft import Tell
from skillblend.interrupts import StopRequest
from skillblend.options import ENDS

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from sim.view import Viewer
    from skillblend.shell import Shell

FIRST_BROWSER = 30.0
"""How long a run waits for somebody to look, s."""

FRAME = 0.04
"""Between pictures, s."""

LATEST = 0.15
"""Between looks at what is to be written on the page, s."""

BEHIND = 0.1
"""Later than by so much, as after planning, time starts anew instead of running faster, s."""


class Pace:
    """Simulated time no faster than time."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Begin with the first call of `keep`."""
        self._clock, self._sleep = clock, sleep
        self._start: float | None = None
        self._last = 0.0

    def keep(self, simulated: float) -> None:
        """Wait until `simulated` (s) is due."""
        now = self._clock()
        if self._start is None or simulated < self._last or now - self._start > simulated + BEHIND:
            self._start = now - simulated
        self._last = simulated
        ahead = self._start + simulated - now
        if ahead > 0.0:
            self._sleep(ahead)


class View:
    """A page that says where it is, keeps pace, shows what goes on and stays until it is no longer wanted.

    Attributes:
        board: What it shows.
        status: Asked for one line about what goes on.
        orders: What its controls do.
    """

    def __init__(self, robot: str, scene: str, port: int, console: Console) -> None:
        """Serve; nothing moves yet, and nobody listens.

        Raises:
            InputError: The port is taken.
            ViewingUnavailable: A package is missing.
        """
        from sim import scenes
        from sim.render import visual_world
        from sim.view import Viewer

        self._console, self._pace = console, Pace()
        self.board = Board()
        self.orders: NoOrders = NoOrders()
        self.status: Callable[[], str] = lambda: "nothing moves yet"
        self._time, self._drawn, self._closed = 0.0, -FRAME, threading.Event()
        self._things = SceneState()
        model = visual_world(robots.load(robot), scenes.load(scene)).model
        self._viewer: Viewer = Viewer(model, port=port, orders=lambda: self.orders)
        self.say(f"the page beside it: open {self._viewer.url} in a browser")
        self._writer = threading.Thread(target=self._write, name="page", daemon=True)
        self._writer.start()

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def wait(self, seconds: float = FIRST_BROWSER) -> None:
        """Until somebody looks, at most so long."""
        self.say(f"waiting for a browser, at most {seconds:.0f} s")
        end = time.monotonic() + seconds
        while not self._viewer.watched and time.monotonic() < end:
            time.sleep(0.05)

    def serve(self, shell: Shell) -> None:
        """From now on the page is one of `shell`'s terminals; `telling` is where its events come from."""
        self.status, self.orders = shell.status, ShellOrders(shell)

    def telling(self, tell: Tell) -> Tell:
        """Tells the page what it tells `tell`."""

        def both(kind: str, text: str, data: Mapping[str, Any]) -> None:
            self.board.hear(kind, text, data)
            tell(kind, text, data)

        return both

    def update(self, bridge: MujocoBridge) -> None:
        """Show the robot, when that moment has come; while the run is paused, it does not come."""
        now = float(bridge.state.time[0])
        self.orders.hold()
        self._pace.keep(now)
        self._time = now
        if 0.0 <= now - self._drawn < FRAME:
            return
        self._drawn = now
        self._things = bridge.things
        self._viewer.update(bridge.qpos)

    def attend(self, stop: Callable[[], None]) -> None:
        """From now on the page shows a run that `stop` ends."""
        orders = RunOrders(stop, lambda text: self.board.hear("hint", text, {}))
        self.orders = orders

        def status() -> str:
            step = self.board.step
            if orders.paused:
                return "paused: simulated time stands still; resume goes on"
            return f"{'thinks' if step is None else step.text} | stop ends the run"

        self.status = status

    def decided(self, decision: Decision) -> None:
        """A run's next step, where there is one."""
        self.board.hear("decided", "", {"decision": decision})
        if decision.chosen.step.behaviour not in ENDS:
            self.board.begun(decision.chosen.step, decision)

    def linger(self, shell: Shell) -> None:
        """Go on serving until Ctrl-C, as a terminal of `shell`; what was typed into a run's page comes first."""
        before = self.orders
        self.serve(shell)
        self.say(f"the page stays at {self._viewer.url} until Ctrl-C, and takes more instructions")
        if isinstance(before, RunOrders):
            if before.again:
                shell.line("reset")
            for line in before.waiting:
                shell.line(line)
        with StopRequest() as stop:
            while not stop.made:
                time.sleep(0.05)

    def close(self) -> None:
        """Stop serving."""
        self._closed.set()
        self._writer.join()
        self._viewer.close()

    def _write(self) -> None:
        """What the board shows, and what the step under way is about, a few times a second."""
        while not self._closed.wait(LATEST):
            self._viewer.show(self.board.sheet(self.status(), self._time))
            step, things = self.board.step, self._things
            names = [] if step is None else [name for name in step.arguments if name in things.names]
            self._viewer.highlight(things.thing(names[0]) if names else None)
