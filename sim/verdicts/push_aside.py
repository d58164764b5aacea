"""Verdict on pushing aside: a hand pressed on the thing, and it has moved that way along what it still lies on."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, BoolArray, IntArray, Robot, Step
from skillblend.errors import InputError
from skillblend.predicates import on

FAR, WITHIN, UPRIGHT = 0.20, 0.08, 0.97
"""It is to have moved by so much, and by so much less or more at most, m; its upward axis points up by so much."""

SIDES = {"left": 1.0, "right": -1.0}
"""Ways along a surface, as one stands before it, and their signs."""


class PushAsideVerdict(VerdictRule):
    """By contact, and by where it lies."""

    name = "push_aside"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._pressed: BoolArray = np.zeros(n, dtype=np.bool_)
        self._from: Array = np.zeros((n, 3))
        self._under: list[str] = [""] * n

    def check(self, step: Step) -> None:
        """It can be moved, to a side."""
        thing = self.scene.thing(argument(step))
        if not thing.free:
            raise InputError(f"{step.text!r}: the {thing.name} cannot be pushed; it stands fast")
        if argument(step, 1) not in SIDES:
            raise InputError(f"{step.text!r}: it is pushed to one of {list(SIDES)}")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Where it lies, and on what."""
        self._pressed[i], self._from[i] = False, self._place(i, step, track)
        things = track.now.things
        names = [] if things is None else [thing.name for thing in things.things if thing.pose is not None]
        name = argument(step)
        self._under[i] = next(
            (o for o in names if o != name and things is not None and bool(on(things, name, o)[i])), ""
        )

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Whether a hand is at it."""
        for i, step in zip(ids.tolist(), steps, strict=True):
            felt = track.now.hand_force.get(argument(step))
            self._pressed[i] |= felt is not None and bool((felt[i] > 0.0).any())

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """How far it has moved along its surface, which way, and whether a hand did it."""
        name, side, under, things = argument(step), argument(step, 1), self._under[i], track.now.things
        if things is None or not under or not bool(on(things, name, under)[i]):
            return StepVerdict(success=False, reason=f"the {name} does not rest where it lay")
        support, pose = things.thing(under).pose, things.thing(name).pose
        assert support is not None and pose is not None  # `on` has read them
        row = i if len(support) > 1 else 0
        angle = 2.0 * float(np.arctan2(support[row, 6], support[row, 3]))
        along = np.array([-np.sin(angle), np.cos(angle)])
        moved = float((self._place(i, step, track) - self._from[i])[:2] @ along) * SIDES[side]
        upright = 1.0 - 2.0 * float(pose[i, 4] ** 2 + pose[i, 5] ** 2)
        ok = bool(self._pressed[i]) and abs(moved - FAR) <= WITHIN and upright >= UPRIGHT
        who = "a hand" if self._pressed[i] else "no hand"
        return StepVerdict(
            success=ok,
            reason=f"{who} pressed on the {name}, it moved {moved:.2f} m to the "
            f"{side}, {FAR:g} m within {WITHIN:g} needed; it is {upright:.2f} upright, {UPRIGHT} needed",
        )

    def _place(self, i: int, step: Step, track: Track) -> Array:
        things = track.now.things
        pose = None if things is None else things.thing(argument(step)).pose
        return np.full(3, np.nan) if pose is None else pose[i, :3].copy()


VERDICT = PushAsideVerdict
