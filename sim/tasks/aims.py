"""Goals of blenders' tasks: points of the world as the robot sees them, and the columns that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skillblend.blend_config import BlendConfig, GoalColumn, SkillColumns
from skillblend.contracts import Array, GoalSpace, Robot, WorldState
from skillblend.kinematics import to_heading, yaw
from skillblend.scales import Scales
from skillblend.scripts.approach import walking_command

if TYPE_CHECKING:
    from sim.tasks.blend import BlendTask

_SHIFT = 0.05
"""How far a unit action moves what a wrist goes to along each axis, m; of the reference body."""


def in_stance_frame(task: BlendTask, points: Array, state: WorldState) -> Array:
    """World points (N, P, 3) in the frame on the ground between the feet, x along the heading; side by side."""
    middle = task.sim.foot_position().mean(axis=1)
    middle[:, 2] = 0.0
    local = to_heading(points - middle[:, None], yaw(state.base_quaternion))
    return local.reshape(state.num, -1)


def far_columns(
    space: GoalSpace, *, beyond: tuple[float, float, float], fixed: Mapping[str, float]
) -> tuple[GoalColumn, ...]:
    """Goal columns for points `beyond` (m) a skill's own limits; those in `fixed` are no choice of anybody's."""
    wide = np.tile(beyond, len(space.names) // 3)
    low: dict[str, float] = dict(zip(space.names, (space.lower - wide).tolist(), strict=True)) | dict(fixed)
    high: dict[str, float] = dict(zip(space.names, (space.upper + wide).tolist(), strict=True)) | dict(fixed)
    units = zip(space.names, space.units, strict=True)
    return tuple(GoalColumn(name=name, unit=unit, lower=low[name], upper=high[name]) for name, unit in units)


def walk_and_reach(robot: Robot, walk: str, reach: str, columns: tuple[GoalColumn, ...]) -> BlendConfig:
    """A walking command for skill `walk`, and shifts of the points that skill `reach` brings the hands to."""
    shift = round(_SHIFT * Scales.of(robot).reach, 4)
    return BlendConfig(
        skills=(
            walking_command(robot, walk),
            SkillColumns(skill=reach, base=tuple(c.name for c in columns), scale=(shift,) * 6, limit=2.0),
        ),
        goal=columns,
        terms=("goal", "near_error", "bearing"),
    )
