"""What a plan may do: preconditions of steps, keep-out zones on the floor, walking speed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from skillblend.contracts import Array, Step
from skillblend.errors import InputError, SafetyError, ShapeError, UnknownNameError
from skillblend.safety.machine import Mode
from skillblend.safety.rules import PlanRules

_DIRECTIONS = {"forward": 0.0, "left": math.pi / 2, "backward": math.pi, "right": -math.pi / 2}
_ENDS = ("done", "refuse")


@dataclass(frozen=True, kw_only=True)
class KeepOut:
    """A disc on the floor that no part of the robot may enter.

    Attributes:
        name: As people say it, e.g. ``"stairwell"``.
        center: World frame, m.
        radius: m.
    """

    name: str
    center: tuple[float, float]
    radius: float

    def __post_init__(self) -> None:
        """Refuse discs that are none."""
        if not (math.isfinite(sum(self.center)) and math.isfinite(self.radius) and self.radius > 0):
            raise InputError(
                f"keep-out {self.name!r}: center {self.center} and radius {self.radius} must be finite, "
                "the radius positive"
            )


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Where the robot is, and what is around it.

    Attributes:
        position: Of the base, world frame, m.
        heading: Of the base x axis in the world, rad.
        objects: Name to position on the floor, world frame, m.
        zones: Where not to go.
        mode: What the guard allows right now.
    """

    position: tuple[float, float]
    heading: float
    objects: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    zones: Sequence[KeepOut] = ()
    mode: Mode = Mode.RUNNING


def objection(step: Step, situation: Situation, rules: PlanRules | None = None) -> str:
    """Why `step` is not allowed in `situation`; empty where it is.

    Raises:
        UnknownNameError: No such skill or object.
        InputError: The step's argument does not fit its skill.
    """
    if step.skill in _ENDS:
        return ""
    if step.skill not in _CHECKS:
        raise UnknownNameError("skill", step.skill, (*_CHECKS, *_ENDS))
    if situation.mode not in (Mode.STAND, Mode.RUNNING):
        return f"the robot is in {situation.mode.name.lower()}: re-arm it and let it stand first"
    return _CHECKS[step.skill](step, situation, rules or PlanRules())


def check_plan(steps: Sequence[Step], situation: Situation, rules: PlanRules | None = None) -> None:
    """Refuse a plan whose steps, one after the other, break a rule.

    Raises:
        SafetyError: A step is not allowed where the steps before it lead.
        UnknownNameError: No such skill or object.
        InputError: A step's argument does not fit its skill.
    """
    rules = rules or PlanRules()
    for number, step in enumerate(steps, start=1):
        why = objection(step, situation, rules)
        if why:
            raise SafetyError(f"step {number}, {step.text!r}, is not allowed: {why}")
        situation = after(step, situation, rules)


def after(step: Step, situation: Situation, rules: PlanRules) -> Situation:
    """`situation` once `step` has succeeded."""
    if step.skill == "turn":
        return replace(situation, heading=situation.heading + math.radians(_number(step)))
    if step.skill not in ("walk", "walk_to"):
        return situation
    goal = _goal(step, situation, rules)
    heading = situation.heading
    if step.skill == "walk_to" and goal != situation.position:
        heading = math.atan2(goal[1] - situation.position[1], goal[0] - situation.position[0])
    return replace(situation, position=goal, heading=heading)


def limit_command(
    command: Array, position: Array, heading: Array, zones: Sequence[KeepOut] = (), rules: PlanRules | None = None
) -> Array:
    """Walking commands slowed down to what is allowed, so that the robot can stop before every zone.

    Args:
        command: Forward, left (m/s) and yaw rate (rad/s), base frame. Shape (N, 3).
        position: Of the base, world frame. Shape (N, 2), m.
        heading: Shape (N,), rad.
        zones: Where not to go.
        rules: Defaults to `PlanRules()`.

    Returns:
        Commands (N, 3): the same direction, never faster.

    Raises:
        ShapeError: The arrays do not fit together.
        InputError: A value is not finite.
    """
    rules = rules or PlanRules()
    n = len(heading)
    if command.shape != (n, 3) or position.shape != (n, 2):
        raise ShapeError(f"command {command.shape}, position {position.shape} must be ({n}, 3), ({n}, 2)")
    if not (np.isfinite(command).all() and np.isfinite(position).all() and np.isfinite(heading).all()):
        raise InputError("command, position and heading must be finite")
    speed = np.linalg.norm(command[:, :2], axis=1)
    allowed = np.full(n, rules.max_speed)
    course = heading + np.arctan2(command[:, 1], command[:, 0])
    for zone in zones:
        offset = np.array(zone.center) - position
        distance = np.linalg.norm(offset, axis=1)
        gap = np.maximum(distance - zone.radius - rules.clearance, 0.0)
        towards = np.cos(course) * offset[:, 0] + np.sin(course) * offset[:, 1]
        near = towards > 0.0
        closing = np.maximum(towards / np.maximum(distance, 1e-9), 1e-3)
        allowed = np.where(near, np.minimum(allowed, np.sqrt(2.0 * rules.deceleration * gap) / closing), allowed)
    factor = np.minimum(1.0, allowed / np.maximum(speed, 1e-9))
    out = command.copy()
    out[:, :2] *= factor[:, None]
    out[:, 2] = np.clip(out[:, 2], -rules.max_yaw_rate, rules.max_yaw_rate)
    return out


def _check_nothing(step: Step, situation: Situation, rules: PlanRules) -> str:
    del step, situation, rules
    return ""


def _check_turn(step: Step, situation: Situation, rules: PlanRules) -> str:
    del situation, rules
    _number(step)
    return ""


def _check_path(step: Step, situation: Situation, rules: PlanRules) -> str:
    """The straight way stays clear of every zone, or leaves the one that the robot stands in."""
    start, goal = situation.position, _goal(step, situation, rules)
    length = math.dist(start, goal)
    if length > rules.max_distance:
        return f"it leads {length:.1f} m away, allowed are {rules.max_distance:.1f} m"
    for zone in situation.zones:
        keep = zone.radius + rules.clearance
        gap = _distance_to_segment(zone.center, start, goal)
        leaving = math.dist(start, zone.center) < keep and gap >= math.dist(start, zone.center) - 1e-9
        if gap < keep and not (leaving and math.dist(goal, zone.center) >= keep):
            return (
                f"it passes {max(gap - zone.radius, 0.0):.2f} m from the {zone.name}, "
                f"required are {rules.clearance:.2f} m"
            )
    return ""


def _check_reach(step: Step, situation: Situation, rules: PlanRules) -> str:
    distance = math.dist(situation.position, _object(step, situation))
    if distance > rules.reach:
        return f"the {step.argument} is {distance:.1f} m away, within reach are {rules.reach:.1f} m; walk there first"
    return ""


_CHECKS: Mapping[str, Callable[[Step, Situation, PlanRules], str]] = {
    "walk": _check_path,
    "walk_to": _check_path,
    "turn": _check_turn,
    "stand": _check_nothing,
    "raise": _check_nothing,
    "press": _check_reach,
    "touch": _check_reach,
}


def _goal(step: Step, situation: Situation, rules: PlanRules) -> tuple[float, float]:
    x, y = situation.position
    if step.skill == "walk_to":
        target = _object(step, situation)
        length = math.dist((x, y), target)
        share = max(length - rules.stand_off, 0.0) / max(length, 1e-9)
        return x + share * (target[0] - x), y + share * (target[1] - y)
    direction, _, _ = step.argument.partition(" ")
    if direction not in _DIRECTIONS:
        raise UnknownNameError("direction", direction, _DIRECTIONS)
    course, length = situation.heading + _DIRECTIONS[direction], _number(step)
    return x + length * math.cos(course), y + length * math.sin(course)


def _number(step: Step) -> float:
    """The last word of the argument as a number."""
    text = step.argument.rpartition(" ")[2]
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{step.text!r}: expected a number, got {step.argument!r}") from error
    if not math.isfinite(value):
        raise InputError(f"{step.text!r}: {value} is not a finite number")
    return value


def _object(step: Step, situation: Situation) -> tuple[float, float]:
    if step.argument not in situation.objects:
        raise UnknownNameError("object", step.argument, situation.objects)
    return situation.objects[step.argument]


def _distance_to_segment(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy
    along = 0.0 if square == 0.0 else ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / square
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, (start[0] + along * dx, start[1] + along * dy))
