"""Verdict on kicking: a foot hit the ball, and it rolled away towards the goal, or anywhere where there is none."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.touch import FEET
from sim.verdicts.base import StepVerdict, Track, VerdictRule, argument
from skillblend.contracts import Array, BoolArray, IntArray, Robot, Step
from skillblend.errors import InputError

ROLLED, ASIDE = 0.7, np.radians(30.0)
"""How far the ball has to roll, m: three times its own size; how far off the way to the middle of the goal, rad."""


class KickVerdict(VerdictRule):
    """By contact, and by where the ball has gone."""

    name = "kick"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        self._hit: BoolArray = np.zeros(n, dtype=np.bool_)
        self._from: Array = np.zeros((n, 2))

    def check(self, step: Step) -> None:
        """It is a ball that rolls."""
        thing = self.scene.thing(argument(step))
        if thing.kind != "ball" or not thing.free:
            raise InputError(f"{step.text!r}: the {thing.name} cannot be kicked; choose a ball")

    def begin(self, i: int, step: Step, track: Track) -> None:
        """Where the ball lies."""
        self._hit[i], self._from[i] = False, self._ball(i, step, track)

    def update(self, ids: IntArray, steps: list[Step], track: Track) -> None:
        """Whether a foot is at it."""
        for i, step in zip(ids.tolist(), steps, strict=True):
            force = track.now.hand_force.get(f"{FEET}{argument(step)}")
            if force is not None:
                self._hit[i] |= bool((force[i] > 0.0).any())

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """How far, which way, and who."""
        name = argument(step)
        way = self._ball(i, step, track) - self._from[i]
        far, off = float(np.linalg.norm(way)), self._off(i, way)
        where = (
            "" if off is None else f", {np.degrees(off):.0f} degrees off the goal, {np.degrees(ASIDE):.0f} allowed"
        )
        return StepVerdict(
            success=bool(self._hit[i]) and far >= ROLLED and (off is None or off <= ASIDE),
            reason=f"{'a foot' if self._hit[i] else 'no foot'} hit the {name}, it rolled {far:.2f} m of {ROLLED:g} "
            f"needed{where}",
        )

    def _off(self, i: int, way: Array) -> float | None:
        """Angle between the way that the ball went and that to the nearest goal, rad; None without a goal."""
        goals = [np.array(thing.position[:2]) for thing in self.scene.things if thing.kind == "goal"]
        if not goals:
            return None
        right = min((goal - self._from[i] for goal in goals), key=lambda each: float(np.linalg.norm(each)))
        length = float(np.linalg.norm(way) * np.linalg.norm(right))
        return float(np.arccos(np.clip(way @ right / length, -1.0, 1.0))) if length > 0.0 else np.pi

    def _ball(self, i: int, step: Step, track: Track) -> Array:
        things = track.now.things or self.scene.state
        pose = things.thing(argument(step)).pose
        assert pose is not None  # a scene that is simulated has all poses
        return pose[i if len(pose) > 1 else 0, :2].copy()


VERDICT = KickVerdict
