"""What policies see, part by part: the quantity, its unit, the factor that it is multiplied by, where it is cut off.

Controllers compute these numbers (`Controller.features`); whoever runs an exported network elsewhere reads them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

import numpy as np

from skillblend.contracts import Array


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One part of an observation.

    Attributes:
        about: What is measured or remembered; frames are those of `skillblend.kinematics`.
        unit: SI; several where columns differ, "" for a number without one.
        factor: The network sees the quantity times this.
        limit: And this at most, either way.
    """

    about: str
    unit: str = ""
    factor: float = 1.0
    limit: float = inf


_GYRO = Seen(about="angular velocity of the base, base frame", unit="rad/s", factor=0.5)
_DOWN = Seen(about="direction of gravity, base frame", factor=3.0)
_FEET = Seen(about="left sole from the middle between the soles, level frame, x and y", unit="m", factor=4.0)
_MIDDLE = Seen(about="middle between the soles, level frame, x and y", unit="m", factor=4.0)
_BELOW = Seen(about="base above the soles, minus the robot's base height", unit="m", factor=5.0)
_RATES = Seen(about="joint velocities", unit="rad/s", factor=0.1)
_SPEED = Seen(about="velocity of the base by leg odometry, filtered", unit="m/s", factor=2.0)
_OF_REFERENCE = "minus the reference's, which the controller computes"

WALKING: Mapping[str, Seen] = {
    "velocity": _SPEED,
    "average": Seen(about="velocity and yaw rate over a gait cycle", unit="m/s, m/s, rad/s", factor=2.0),
    "angular_velocity": _GYRO,
    "gravity": _DOWN,
    "goal": Seen(about="command, at a limited rate", unit="m/s, m/s, rad/s", factor=2.0),
    "clock": Seen(about="sine and cosine of the gait's phase, 0 while it stands"),
    "stepping": Seen(about="1 while the gait's clock runs"),
    "height": _BELOW,
    "half_phase": Seen(about="phase within the half cycle, 0 while it stands"),
    "joint_position": Seen(about="joint positions minus the default pose", unit="rad", factor=2.0),
    "joint_velocity": _RATES,
    "last_targets": Seen(about="targets sent last, minus the default pose", unit="rad", factor=2.0),
}
"""In the second half of a gait cycle everything is seen, and done, mirrored."""

REACHING: Mapping[str, Seen] = {
    "velocity": _SPEED,
    "angular_velocity": _GYRO,
    "gravity": _DOWN,
    "height": _BELOW,
    "midfoot": _MIDDLE,
    "feet": _FEET,
    "near_error": Seen(about="from each wrist to the goal followed, level frame", unit="m", factor=8.0, limit=3.0),
    "far_error": Seen(about="the same, cut off later", unit="m", factor=2.0),
    "goal": Seen(about="goal followed, from the middle of the goals' range", unit="m", factor=3.0),
    "joint_position": Seen(about="joint positions minus the default pose", unit="rad", factor=1.5),
    "joint_velocity": _RATES,
    "last_targets": Seen(about="targets sent last, minus the default pose", unit="rad"),
}

SQUATTING: Mapping[str, Seen] = {
    "velocity": _SPEED,
    "angular_velocity": _GYRO,
    "gravity": Seen(about="direction of gravity, base frame, minus the reference's lean", factor=3.0),
    "height": Seen(about="base above the soles, minus the height followed", unit="m", factor=5.0),
    "midfoot": Seen(about="middle between the soles, minus the reference's, x and y", unit="m", factor=4.0),
    "feet": _FEET,
    "depth": Seen(about="height followed, minus the robot's base height", unit="m", factor=5.0),
    "to_go": Seen(about="from the height followed to the goal", unit="m", factor=10.0, limit=1.0),
    "fine_error": Seen(about="as height, cut off sooner", unit="m", factor=30.0, limit=3.0),
    "joint_position": Seen(about=f"joint positions {_OF_REFERENCE}", unit="rad", factor=1.5),
    "joint_velocity": _RATES,
    "last_targets": Seen(about=f"targets sent last {_OF_REFERENCE}", unit="rad"),
}

FOOTSTEP: Mapping[str, Seen] = {
    "velocity": _SPEED,
    "angular_velocity": _GYRO,
    "gravity": _DOWN,
    "height": _BELOW,
    "midfoot": Seen(about="sole that stays, planned pelvis and middle of the soles, added", unit="m", factor=4.0),
    "feet": Seen(about="half of what is between the soles, minus the plan's", unit="m", factor=4.0),
    "phases": Seen(about="how much of push, swing and settling has passed; 1 while a step is made"),
    "to_go": Seen(about="from the moving sole to its target", unit="m", factor=8.0, limit=4.0),
    "way": Seen(about="from where the step began to its target", unit="m", factor=4.0),
    "over": Seen(about="from the sole that stays to the pelvis", unit="m", factor=4.0),
    "apart": Seen(about="from the sole that stays to the one that moves", unit="m", factor=2.0),
    "joint_position": Seen(about=f"joint positions {_OF_REFERENCE}", unit="rad", factor=1.5),
    "joint_velocity": _RATES,
    "last_targets": Seen(about=f"targets sent last {_OF_REFERENCE}", unit="rad"),
}
"""Where the right foot moves everything is seen, and done, mirrored."""

BLENDING: Mapping[str, Seen] = {
    "velocity": Seen(about="velocity of the base by leg odometry, filtered", unit="m/s"),
    "average": Seen(about="velocity and yaw rate over a gait cycle", unit="m/s, m/s, rad/s"),
    "angular_velocity": _GYRO,
    "gravity": _DOWN,
    "height": _BELOW,
    "feet": _FEET,
    "joint_position": Seen(about="joint positions minus the default pose", unit="rad"),
    "action": Seen(about="the decision before", factor=0.5),
    "goal": Seen(about="goal of the task, stance frame", limit=3.0),
    "near_error": Seen(
        about="from each wrist to its point of the goal, stance frame", unit="m", factor=3.0, limit=3.0
    ),
    "bearing": Seen(about="direction, x and y, and distance of the middle of the points", unit="1, 1, m"),
    "from_hands": Seen(about="from each wrist to the other points of the goal", unit="m", factor=3.0, limit=3.0),
    "wrists": Seen(about="both wrists, stance frame", unit="m"),
    "script": Seen(about="what the task's script decides"),
}
"""Of blenders and flat policies, with the terms of their tasks (`skillblend.terms`); a goal has units of its own."""

SKILL_LIMIT, BLEND_LIMIT = 10.0, 5.0
"""No number that a policy sees is larger."""

_UNKNOWN = Seen(about="as the controller gives it")


def parts_of(layout: Iterable[tuple[str, int]], known: Mapping[str, Seen]) -> list[tuple[str, int, Seen]]:
    """Name, number of columns and meaning of each part of an observation."""
    return [(name, size, known.get(name, _UNKNOWN)) for name, size in layout]


def factors(parts: Iterable[tuple[str, int, Seen]]) -> Array:
    """What each column is multiplied by. Shape (O,)."""
    return np.concatenate([np.full(size, part.factor) for _, size, part in parts])


def limits(parts: Iterable[tuple[str, int, Seen]], most: float) -> Array:
    """What each column is cut off at, after its factor, `most` where nothing less is said. Shape (O,)."""
    return np.concatenate([np.full(size, min(part.limit, most)) for _, size, part in parts])
