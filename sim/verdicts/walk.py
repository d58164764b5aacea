"""Verdict on walking a given way: the base moved as far as asked, along the asked direction, without turning."""

from __future__ import annotations

import numpy as np

from sim.scene import Scene
from sim.verdicts.base import StepVerdict, Track, VerdictRule, amount, argument
from skillblend.contracts import Array, Robot, Step
from skillblend.errors import InputError
from skillblend.scales import Scales

TOLERANCE, DRIFT, HEADING = (0.25, 0.2), 0.35, np.radians(30.0)
"""Share of the distance, and m, of which the larger counts; sideways, m; both m of the reference body; heading at the
end, rad."""

_DIRECTIONS = {"forward": (1.0, 0.0), "backward": (-1.0, 0.0), "left": (0.0, 1.0), "right": (0.0, -1.0)}
"""Forward and left, no unit."""


class WalkVerdict(VerdictRule):
    """Measured in the heading that the robot had at first."""

    name = "walk"

    def __init__(self, scene: Scene, robot: Robot, n: int) -> None:
        super().__init__(scene, robot, n)
        length = Scales.of(robot).length
        self._least, self._aside = TOLERANCE[1] * length, DRIFT * length

    def check(self, step: Step) -> None:
        """A direction and a positive distance."""
        walk_amount(step)

    def verdict(self, i: int, step: Step, track: Track) -> StepVerdict:
        """Along, aside, and turned."""
        wanted, first = walk_amount(step), track.first
        distance = float(np.hypot(*wanted))
        c, s = np.cos(first.heading[i]), np.sin(first.heading[i])
        dx, dy = (track.now.base[i] - first.base[i])[:2]
        moved = np.array([c * dx + s * dy, -s * dx + c * dy])
        along = float(moved @ wanted) / distance
        aside = float(abs(moved[0] * wanted[1] - moved[1] * wanted[0])) / distance
        tolerance = max(TOLERANCE[0] * distance, self._least)
        turned = float(track.turned[i])
        good = abs(along - distance) <= tolerance and aside < self._aside and abs(turned) <= HEADING
        return StepVerdict(
            success=bool(good),
            reason=f"moved {along:.2f} m of {distance:.2f} +- {tolerance:.2f}, {aside:.2f} m aside, "
            f"turned {np.degrees(turned):.0f} degrees",
        )


def walk_amount(step: Step) -> Array:
    """Forward and left displacement (2,), m, that a step such as ``("backward", "0.5")`` asks for.

    Raises:
        InputError: Not a direction and a positive distance.
    """
    direction = argument(step)
    if direction not in _DIRECTIONS or (distance := amount(step, 1)) <= 0:
        raise InputError(
            f"{step.text!r}: {list(step.arguments)} is no way to walk; give one of {list(_DIRECTIONS)} and metres"
        )
    return distance * np.array(_DIRECTIONS[direction])


VERDICT = WalkVerdict
