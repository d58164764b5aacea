"""A live view of a run: in a browser, at the speed of life."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

import robots
from skillblend.interrupts import StopRequest
from skillblend.safety.stop_words import is_stop

if TYPE_CHECKING:
    from sim.bridge import MujocoBridge
    from sim.view import Viewer

FIRST_BROWSER = 30.0
"""How long a run waits for somebody to look, s."""

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
    """A viewer that says where it is, keeps pace and stays until it is no longer wanted."""

    def __init__(self, robot: str, scene: str, port: int, console: Console) -> None:
        """Serve; nothing moves yet.

        Raises:
            InputError: The port is taken.
            ViewingUnavailable: A package is missing.
        """
        from sim import scenes
        from sim.render import visual_world
        from sim.view import Viewer

        self._console, self._pace = console, Pace()
        self._viewer: Viewer = Viewer(visual_world(robots.load(robot), scenes.load(scene)).model, port=port)
        self.say(f"viewer at {self._viewer.url}")

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def wait(self, seconds: float = FIRST_BROWSER) -> None:
        """Until somebody looks, at most so long."""
        self.say(f"waiting for a browser, at most {seconds:.0f} s")
        end = time.monotonic() + seconds
        while not self._viewer.watched and time.monotonic() < end:
            time.sleep(0.05)

    def listen(self, line: Callable[[str], None], stop: Callable[[], None]) -> None:
        """Pass on what is typed into the page and its stop button, in another thread."""
        self._viewer.listen(line, stop)

    def listen_for_stop(self, stop: Callable[[], None]) -> None:
        """Where instructions are not taken: `stop` for the button, and for every line that is meant so."""

        def line(text: str) -> None:
            if is_stop(text, moving=True):
                stop()
            else:
                self.say(
                    f"{text!r}: this run takes no other instruction; stop ends it, `skillblend console` takes more"
                )

        self._viewer.listen(line, stop)

    def update(self, bridge: MujocoBridge) -> None:
        """Show the robot, when that moment has come."""
        self._pace.keep(float(bridge.state.time[0]))
        self._viewer.update(bridge.qpos)

    def linger(self) -> None:
        """Go on serving until Ctrl-C."""
        self.say(f"the view stays at {self._viewer.url} until Ctrl-C")
        with StopRequest() as stop:
            while not stop.made:
                time.sleep(0.05)

    def close(self) -> None:
        """Stop serving."""
        self._viewer.close()
