"""What behaviours share that ask a task's blender or script: things as robots see them."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.base import Stage
from skillblend.contracts import Array
from skillblend.kinematics import to_heading


def seen_from(stage: Stage, i: int, points: Array) -> Array:
    """World points (P, 3) in the stance frame of robot `i`, m."""
    middle, heading = stage.perception.stances()
    return to_heading((points - middle[i])[None], heading[i : i + 1])[0]


def heading_of(pose: Array) -> float:
    """Direction of the x axis of a pose (7,) seen from above, rad."""
    w, x, y, z = pose[3:]
    return float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
