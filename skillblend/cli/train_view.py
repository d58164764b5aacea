"""A training, seen in a browser while it goes on: the first of its robots, at a small share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from sim.env import BatchEnv
    from sim.view import Viewer

SHARE = 0.01
"""Of the time that looking may take in the training's own thread: the server's needs as much again."""

FASTEST = 1 / 25
"""Least time between two pictures, s."""


class Sparing:
    """Calls something as often as its share of the time allows.

    >>> look = Sparing(update, share=0.01)
    >>> look()  # after every step
    """

    def __init__(
        self, what: Callable[[], None], *, share: float = SHARE, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        """`what` may take `share` of the time."""
        self._what, self._share, self._clock = what, share, clock
        self._due = -float("inf")

    def __call__(self) -> None:
        """Do it if it is due."""
        now = self._clock()
        if now < self._due:
            return
        self._what()
        spent = self._clock() - now
        self._due = now + max(spent / self._share, FASTEST)


class TrainingView:
    """Serves the robots of a training, once there are any."""

    def __init__(self, port: int, console: Console) -> None:
        """Nothing is served yet."""
        self._port, self._console = port, console
        self.viewer: Viewer | None = None

    def watch(self, env: BatchEnv) -> Callable[[], None]:
        """Serve `env`; what is to be called after each of its steps.

        Raises:
            InputError: The port is taken.
            ViewingUnavailable: A package is missing.
        """
        from sim.film import drawn
        from sim.view import Viewer

        viewer = self.viewer = Viewer(drawn(env), port=self._port)

        def look() -> None:
            if viewer.watched:
                viewer.update(env.sim.qpos[0])

        self._console.print(
            f"viewer at {viewer.url}: the first robot, {env.n} are trained", markup=False, highlight=False,
            soft_wrap=True,
        )  # fmt: skip
        return Sparing(look)

    def close(self) -> None:
        """Stop serving."""
        if self.viewer is not None:
            self.viewer.close()
