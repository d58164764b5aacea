"""Verdict on picking up: at the end both palms press on the thing, and nothing else carries it."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, IntArray, Robot, Step
from skillblend.errors import InputError
from skillblend.predicates import held

FORCE, SECONDS = 3.0, 0.3
"""Each palm presses with so much, N, on average over the last, s: contact breaks for a step or two."""


class PickUpVerdict(VerdictRule):
    """By contact and by what is under the thing."""

    name = "pick_up"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._force: Array = np.zeros((n, 2))

    def check(self, step: Step) -> None:
        """It can be moved."""
        thing = self.scene.thing(argument(step))
        if not thing.free:
            raise InputError(f"{step.text!r}: the {thing.name} cannot be picked up; it stands fast")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Nothing felt yet."""
        self._force[i] = 0.0

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Go on with the average of each palm's force."""
        share = self.robot.control_dt / SECONDS
        for i, step in zip(ids.tolist(), steps, strict=True):
            felt = track.now.hand_force.get(argument(step))
            if felt is None:
                raise InputError(f"no hand feels the {argument(step)} here; build the world with `scene.feel`")
            self._force[i] += share * (felt[i] - self._force[i])

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Force of the weaker palm, and whether it is off everything."""
        name, force = argument(step), float(self._force[i].min())
        things = track.now.things
        up = things is not None and bool(held(things, name)[i])
        if not up:
            return StepVerdict(
                success=False, reason=f"the {name} is not held: it is off both palms, or rests on something"
            )
        return StepVerdict(
            success=force >= FORCE,
            reason=f"both palms press on the {name} with {force:.1f} N, {FORCE:g} N needed; nothing else bears it",
        )


VERDICT = PickUpVerdict
