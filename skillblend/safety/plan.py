"""What a plan may do: preconditions of steps, keep-out zones on the floor, walking speed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from skillblend.contracts import Array, Decision, Option, Thing
from skillblend.errors import InputError, ShapeError
from skillblend.safety.machine import Mode
from skillblend.safety.rules import PlanRules

Point = tuple[float, float]
Route = Callable[[Point, str], Sequence[Point]]
"""Start and object -> corners of the walk to where one uses it, m; the start is left out. Raises `PlanError`."""

KEEP_OUT, DISTANCE, REACH, MODE, WAY, ABILITY = "keep-out zone", "distance", "reach", "mode", "way", "ability"
HANDS, GRIP, ROOM = "hands", "grip", "room"
PARTS = "parts of the body"
"""Names of the rules: each objection begins with one."""


@dataclass(frozen=True, kw_only=True)
class KeepOut:
    """A place on the floor that no part of the robot may enter: a disc, or an axis-aligned rectangle.

    Attributes:
        name: As people say it, e.g. ``"stairwell"``.
        center: World frame, m.
        radius: Of a disc, or by which a rectangle is grown, m.
        half: Half sizes of the rectangle, m; zero for a disc.
        furniture: Robots work beside it: `PlanRules.furniture_clearance` holds instead of `PlanRules.clearance`.
    """

    name: str
    center: Point
    radius: float = 0.0
    half: Point = (0.0, 0.0)
    furniture: bool = False

    def __post_init__(self) -> None:
        """Refuse zones that are none."""
        sizes = (self.radius, *self.half)
        if not (math.isfinite(sum(self.center) + sum(sizes)) and min(sizes) >= 0 and max(sizes) > 0):
            raise InputError(
                f"keep-out {self.name!r}: center {self.center}, radius {self.radius} and half sizes {self.half} must "
                "be finite, no size negative and one of them positive"
            )

    def margin(self, rules: PlanRules) -> float:
        """How far the base stays away, m."""
        return rules.furniture_clearance if self.furniture else rules.clearance

    def offset(self, position: Array) -> Array:
        """From places (N, 2), m, to the nearest point of what `radius` grows. Shape (N, 2), m."""
        center, half = np.array(self.center), np.array(self.half)
        return np.clip(position, center - half, center + half) - position

    def distance(self, point: Point) -> float:
        """From a place to the zone, m; negative inside a disc, 0 or less inside a rectangle."""
        return float(np.linalg.norm(self.offset(np.array([point])))) - self.radius

    def distance_to_way(self, start: Point, end: Point) -> float:
        """The least of `distance` on a straight way, m."""
        (x, y), (a, b) = self.center, self.half
        corners = [(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)]
        if any(_cross(start, end, p, q) for p, q in zip(corners, corners[1:] + corners[:1], strict=True)):
            return 0.0 - self.radius
        near = min(_distance_to_segment(corner, start, end) for corner in corners) - self.radius
        return min(near, self.distance(start), self.distance(end))


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Where the robot is, and what is around it.

    Attributes:
        position: Of the base, world frame, m.
        heading: Of the base x axis in the world, rad.
        objects: Name to position on the floor, world frame, m.
        zones: Where not to go.
        route: How one walks to an object; None where one walks straight, up to `PlanRules.stand_off` from it.
        mode: What the guard allows right now.
        things: The objects with their sizes and poses, N = 1, by name; empty where nobody knows them.
        held: Names of those that are in the robot's hands.
    """

    position: Point
    heading: float
    objects: Mapping[str, Point] = field(default_factory=dict[str, Point])
    zones: Sequence[KeepOut] = ()
    route: Route | None = None
    mode: Mode = Mode.RUNNING
    things: Mapping[str, Thing] = field(default_factory=dict[str, Thing])
    held: tuple[str, ...] = ()

    def at(self, position: Point, heading: float) -> Situation:
        """The same around a robot elsewhere."""
        return replace(self, position=position, heading=heading)

    def holding(self, held: tuple[str, ...]) -> Situation:
        """The same with other things in the hands."""
        return replace(self, held=held)


def mark(decision: Decision, objections: Mapping[str, str]) -> Decision:
    """`decision` with what the rules hold against its options, by their texts; a refusal where it is `overruled`.

    What was held against an option before comes first: "the instruction forbids it: ...; reach: ...".
    """
    options = tuple(_barred(option, objections.get(option.step.text, "")) for option in decision.options)
    chosen = options[decision.options.index(decision.chosen)]
    if overruled(decision, objections):
        chosen = next((o for o in options if o.step.behaviour == "refuse"), chosen)
    return replace(decision, options=options, chosen=chosen)


def _barred(option: Option, why: str) -> Option:
    if not why or (not option.allowed and why in option.reason):
        return option
    return replace(option, allowed=False, reason=why if option.allowed else f"{option.reason}; {why}")


def overruled(decision: Decision, objections: Mapping[str, str], sure: float = 0.5) -> str:
    """Why nothing may be done instead: no other step makes the one possible that the language model is sure of.

    A precondition that is not met gives way to a step that meets it: one walks to what one shall press. But nothing
    stands in for a walk into a table, least of all a shorter one, nor for a skill that the robot has not got.

    Args:
        decision: As made.
        objections: By the option's text.
        sure: Share of the language model's probability above which it is sure.
    """
    wanted = max(decision.options, key=lambda option: option.lm_score)
    why = objections.get(wanted.step.text, "")
    blocked = why.startswith((KEEP_OUT, ABILITY)) and wanted.lm_score > sure
    return f"{wanted.step.text!r} is not allowed: {why}" if blocked else ""


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
    if zones:
        center, half = (np.array([getattr(zone, name) for zone in zones])[:, None] for name in ("center", "half"))
        radius = np.array([[zone.radius] for zone in zones])
        margin = np.array([[zone.margin(rules)] for zone in zones])
        offset = np.minimum(np.maximum(position, center - half), center + half) - position  # (Z, N, 2)
        distance = np.linalg.norm(offset, axis=2)
        gap = np.maximum(distance - radius - margin, 0.0)
        offset = np.where(distance[:, :, None] > 0.0, offset, center - position)
        distance = np.linalg.norm(offset, axis=2)
        towards = np.cos(course) * offset[:, :, 0] + np.sin(course) * offset[:, :, 1]
        closing = np.maximum(towards / np.maximum(distance, 1e-9), 1e-3)
        most = np.where(towards > 0.0, np.sqrt(2.0 * rules.deceleration * gap) / closing, np.inf)
        allowed = np.minimum(allowed, most.min(axis=0))
    factor = np.minimum(1.0, allowed / np.maximum(speed, 1e-9))
    out = command.copy()
    out[:, :2] *= factor[:, None]
    out[:, 2] = np.clip(out[:, 2], -rules.max_yaw_rate, rules.max_yaw_rate)
    return out


def check_way(way: Sequence[Point], situation: Situation, rules: PlanRules) -> str:
    """What is held against walking along the corners `way`, the first of them the robot's place; empty where nothing.

    The way stays clear of every zone, or leaves the one that the robot stands in.
    """
    rules = rules.with_load() if situation.held else rules
    length = math.dist(way[0], way[-1])
    if length > rules.max_distance:
        return f"{DISTANCE}: it leads {length:.1f} m away, allowed are {rules.max_distance:.1f} m"
    for zone in situation.zones:
        keep = zone.margin(rules)
        for start, goal in zip(way, way[1:], strict=False):
            gap, before = zone.distance_to_way(start, goal), zone.distance(start)
            leaving = before < keep and gap >= before - 1e-9 and zone.distance(goal) >= keep
            if gap < keep and not leaving:
                return f"{KEEP_OUT}: it passes {max(gap, 0.0):.2f} m from the {zone.name}, required are {keep:.2f} m"
    return ""


def _cross(a: Point, b: Point, p: Point, q: Point) -> bool:
    """Whether the segments from `a` to `b` and from `p` to `q` cross."""

    def side(u: Point, v: Point, w: Point) -> float:
        return (v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0])

    return side(a, b, p) * side(a, b, q) < 0.0 and side(p, q, a) * side(p, q, b) < 0.0


def _distance_to_segment(point: Point, start: Point, end: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy
    along = 0.0 if square == 0.0 else ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / square
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, (start[0] + along * dx, start[1] + along * dy))
