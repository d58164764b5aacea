"""Disturbed runs: a thing moved, a robot set down elsewhere, a step that fails, a thing taken away; once a robot.

Nobody is told. What is random depends on the seed and the robot's number.
"""

from __future__ import annotations

import numpy as np

from sim.bridge import MujocoBridge
from skillblend.contracts import Array, Step
from skillblend.errors import InputError
from skillblend.session import Session

KINDS = ("none", "moved", "displaced", "failed", "taken")
"""What can be done to a run: nothing; the thing that the first step is about is moved; the robot is set down
elsewhere after its first step; its first step is broken off; the thing of its first step is taken away."""

LEAST, MOST = 0.3, 1.0
"""How far things are moved, and robots set down, m."""

BROKEN_OFF = 1.0
"""When a first step is broken off, s."""

OUTSIDE = (40.0, 40.0)
"""Where things are that were taken, m."""

ROOM = 0.45
"""How far from furniture a robot is set down, and how far from the robot a thing, m."""


class Disturber:
    """Does one thing to each robot of a session, once.

    Attributes:
        kind: One of `KINDS`.
        done: What was done to each robot; empty as long as nothing was.
        session: Whose robots they are; set once it is open.
    """

    session: Session

    def __init__(self, kind: str, bridge: MujocoBridge, seed: int, numbers: list[int]) -> None:
        """Disturb the robots of `bridge`, whose `numbers` say what is random about each.

        Raises:
            InputError: No such disturbance.
        """
        if kind not in KINDS:
            raise InputError(f"disturbance {kind!r} is unknown; choose one of {list(KINDS)}")
        self.kind, self.bridge = kind, bridge
        self.done = [""] * len(numbers)
        self._rngs = [np.random.default_rng([seed, 77, number, i]) for i, number in enumerate(numbers)]

    def decided(self, i: int, step: Step) -> None:
        """Robot `i` is about to begin `step`: things are moved and taken before the first one about a free thing."""
        if self.done[i] or self.kind not in ("moved", "taken"):
            return
        free = [model.name for model in self.bridge.scene.things if model.free and model.name in step.arguments]
        if not free:
            return
        pose = self.bridge.things.thing(free[0]).pose
        assert pose is not None  # things of a simulation have one
        place = np.array(OUTSIDE) if self.kind == "taken" else self._near(pose[i, :2], i)
        if place is not None:
            self.bridge.move(i, free[0], place)
            self.done[i] = f"{self.kind} the {free[0]} by {np.linalg.norm(place - pose[i, :2]):.2f} m"

    def judged(self, i: int) -> None:
        """A step of robot `i` is over: it is set down elsewhere after its first."""
        if self.done[i] or self.kind != "displaced":
            return
        pose = self.session.stage.perception.poses()[i]
        place = self._near(pose[:2], i)
        if place is None:
            return
        heading = pose[2] + self._rngs[i].uniform(-1.0, 1.0)
        self.bridge.place(np.array([i]), np.array([[*place, heading]]), np.zeros((1, 3)))
        self.session.cast.skills.reset_rows(np.array([i]), self.bridge.read())
        self.done[i] = f"set down {np.linalg.norm(place - pose[:2]):.2f} m away"

    def watch(self) -> None:
        """A control step has passed: first steps are broken off."""
        if self.kind != "failed":
            return
        for i in np.flatnonzero((self.session.steps.seconds >= BROKEN_OFF) & ~self.session.steps.over):
            if not self.done[i]:
                self.session.steps.interrupt(int(i))
                self.done[i] = "step broken off"

    def _near(self, xy: Array, i: int) -> Array | None:
        """A place on the floor near `xy` with room around it; None where none is found."""
        rng, scene = self._rngs[i], self.bridge.around(i)
        base = self.bridge.state.base_position[i, :2]
        for _ in range(100):
            course, length = rng.uniform(-np.pi, np.pi), rng.uniform(LEAST, MOST)
            place = xy + length * np.array([np.cos(course), np.sin(course)])
            far = self.kind == "displaced" or float(np.linalg.norm(place - base)) > ROOM
            if far and float(scene.clearance(place)) > ROOM:
                return place
        return None
