"""A box on a table that suits a robot's arms: what BoxPush and BoxTransfer share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from skillblend.scales import Scales

BOX = 0.10
"""Extent of the box, m; the thing's own."""
DEPTH, WIDTH = 0.9, 1.5
"""Of the table, m; the thing's own."""
_EDGE = 0.5
"""From a robot that begins to the edge of the table, m; reference body."""
_TOP = 1.0
"""Height of the table, m; stance frame of the reference body."""
_SPREAD = (0.1, 0.6)
"""How much the place of the box varies, ahead and sideways, m; reference body."""


@dataclass(frozen=True, kw_only=True)
class Tabletop:
    """Where table and box are.

    Attributes:
        table: Distance of the middle of the table from the robot, m.
        top: Height of the table, m.
        box: Least distance of the middle of the box from the robot, all of its underside on the table, m.
        spread: How much the place of the box varies, ahead and sideways, m.
    """

    table: float
    top: float
    box: float
    spread: tuple[float, float]

    @staticmethod
    @lru_cache
    def of(scales: Scales) -> Tabletop:
        """For the robot that `scales` are of: what it walks goes with its legs, the height with its arms."""
        edge = round(_EDGE * scales.length, 6)
        return Tabletop(
            table=round(edge + DEPTH / 2, 6),
            top=scales.place((0.0, 0.0, _TOP))[2],
            box=round(edge + BOX / 2, 6),
            spread=(_SPREAD[0] * scales.length, _SPREAD[1] * scales.length),
        )
