"""Verdict on putting down: at the end the thing lies still on the surface, out of the hands."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, IntArray, Robot, Step
from skillblend.errors import InputError
from skillblend.predicates import on

STILL, SECONDS, UPRIGHT = 0.02, 0.3, 0.97
"""It has moved by less than so much, m, in the last, s; its upward axis points up by so much (cosine)."""


class PutOnVerdict(VerdictRule):
    """By where it lies and whether it is at rest there."""

    name = "put_on"
    releases = True

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._slow: Array = np.zeros((n, 3))

    def check(self, step: Step) -> None:
        """It can be moved, and the other has an upper side."""
        item, surface = self.scene.thing(argument(step)), self.scene.thing(argument(step, 1))
        if not item.free:
            raise InputError(f"{step.text!r}: the {item.name} cannot be moved; it stands fast")
        if surface.top is None:
            raise InputError(f"{step.text!r}: nothing can be put on the {surface.name}; choose a table")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Where it is now."""
        self._slow[i] = self._place(i, step, track)

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Let its place of some time ago follow."""
        share = self.robot.control_dt / SECONDS
        for i, step in zip(ids.tolist(), steps, strict=True):
            self._slow[i] += share * (self._place(i, step, track) - self._slow[i])

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """On it, upright and at rest, no hand pressing."""
        name, support = argument(step), argument(step, 1)
        things = track.now.things
        if things is None or not bool(on(things, name, support)[i]):
            return StepVerdict(success=False, reason=f"the {name} does not rest on the {support}")
        moved = float(np.linalg.norm(self._place(i, step, track) - self._slow[i]))
        force = float(track.now.hand_force[name][i].max()) if name in track.now.hand_force else 0.0
        pose = things.thing(name).pose
        assert pose is not None  # `on` has read it
        upright = 1.0 - 2.0 * float(pose[i, 4] ** 2 + pose[i, 5] ** 2)
        ok = moved <= STILL and force <= 0.0 and abs(upright) >= UPRIGHT
        return StepVerdict(
            success=ok,
            reason=f"the {name} rests on the {support}, moved by {moved:.3f} m lately, {STILL} allowed; hands press "
            f"on it with {force:.1f} N; it is {upright:.2f} upright, {UPRIGHT} needed",
        )

    def _place(self, i: int, step: Step, track: Track) -> Array:
        things = track.now.things
        pose = None if things is None else things.thing(argument(step)).pose
        return np.full(3, np.nan) if pose is None else pose[i, :3].copy()


VERDICT = PutOnVerdict
