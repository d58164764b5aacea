"""Walking commands that bring the bases of N robots along waypoints to poses on the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from skillblend.contracts import Array, BoolArray, GoalSpace, IntArray
from skillblend.errors import InputError
from skillblend.kinematics import within
from skillblend.scales import Scales

_TURN, _SETTLE_TURN = 0.6, 0.5
"""Largest yaw rates on the way and while it side-steps, rad/s."""


@dataclass(frozen=True, kw_only=True)
class Pose2D:
    """A place on the floor.

    Attributes:
        x, y: World frame, m.
        heading: World frame, rad.
    """

    x: float
    y: float
    heading: float

    @property
    def position(self) -> Array:
        """Shape (2,), m."""
        return np.array([self.x, self.y])


def wrap(angle: Array) -> Array:
    """Angles (...) in [-pi, pi), rad."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


@dataclass(frozen=True, kw_only=True)
class NavigatorConfig:
    """Gains and tolerances; the defaults are those of the reference body, the H1.

    Attributes:
        cruise: Largest forward speed, m/s.
        position_tolerance: The end is reached within it, m.
        heading_tolerance: rad.
        align_distance: Within this distance of the end the robot keeps its final heading and side-steps, m.
        corner: A corner has been passed within it, m.
        narrow_corner: The same where the robot keeps its heading, m.
        ahead: So much beyond a corner counts as the way to go, m: the robot does not slow down for it.
        settle: Largest speeds back, forward and aside while it side-steps, m/s.
        turn_first: With its way further off its heading than this, the robot turns on the spot: furniture may be
            close in front of it, rad.
        turn_gain: 1/s.
        approach_gain: 1/s; goes with speed over length.
    """

    cruise: float = 0.7
    position_tolerance: float = 0.07
    heading_tolerance: float = 0.12
    align_distance: float = 0.45
    corner: float = 0.35
    narrow_corner: float = 0.12
    ahead: float = 0.5
    settle: tuple[float, float, float] = (0.3, 0.4, 0.25)
    turn_first: float = 0.5
    turn_gain: float = 1.5
    approach_gain: float = 1.2

    @staticmethod
    def of(scales: Scales) -> NavigatorConfig:
        """Of the robot that `scales` are of: the reference body's at equal Froude numbers."""
        base, length, speed = NavigatorConfig(), scales.length, scales.speed
        back, forward, aside = base.settle
        return replace(
            base,
            cruise=base.cruise * speed,
            position_tolerance=base.position_tolerance * length,
            align_distance=base.align_distance * length,
            corner=base.corner * length,
            narrow_corner=base.narrow_corner * length,
            ahead=base.ahead * length,
            settle=(back * speed, forward * speed, aside * speed),
            approach_gain=base.approach_gain * speed / length,
        )


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One corner of a route.

    Attributes:
        position: World frame. Shape (2,), m.
        keep_heading: Go there without turning, backwards or sideways: furniture is close.
    """

    position: Array
    keep_heading: bool = False


class Navigator:
    """Follows one route a robot, then settles on its final pose.

    Attributes:
        index: The corner that each robot is on its way to. Shape (N,).
    """

    def __init__(self, n: int, config: NavigatorConfig) -> None:
        """`n` robots without a route."""
        self.config = config
        self.index: IntArray = np.zeros(n, dtype=np.int64)
        self._count: IntArray = np.zeros(n, dtype=np.int64)
        self._corners: Array = np.zeros((n, 1, 2))
        self._keep: BoolArray = np.zeros((n, 1), dtype=np.bool_)
        self._heading: Array = np.full(n, np.nan)

    def follow(self, i: int, route: Sequence[Leg], heading: float | None) -> None:
        """Let robot `i` go through `route`, and end with `heading` (rad, world) if given.

        Raises:
            InputError: The route is empty.
        """
        if not route:
            raise InputError("a route needs at least one leg; give the goal itself")
        longest = self._corners.shape[1]
        if len(route) > longest:
            more = len(route) - longest
            self._corners = np.pad(self._corners, ((0, 0), (0, more), (0, 0)))
            self._keep = np.pad(self._keep, ((0, 0), (0, more)))
        self._corners[i, : len(route)] = [leg.position for leg in route]
        self._keep[i, : len(route)] = [leg.keep_heading for leg in route]
        self._count[i], self.index[i] = len(route), 0
        self._heading[i] = np.nan if heading is None else heading

    def end(self, ids: IntArray) -> Array:
        """Last corners of the routes of robots `ids`. Shape (len(ids), 2), m."""
        return self._corners[ids, self._count[ids] - 1]

    def command(self, ids: IntArray, poses: Array, limits: GoalSpace) -> tuple[Array, BoolArray]:
        """Walking commands of robots `ids`, and which of them have reached their goal.

        Args:
            ids: Shape (n,).
            poses: x, y (m) and heading (rad) of their bases, world frame. Shape (n, 3).
            limits: Of the commands.

        Returns:
            Commands (n, 3) in m/s, m/s and rad/s, heading frame, zero where the goal is reached; and where, (n,).
        """
        cfg, here, course = self.config, poses[:, :2], poses[:, 2]
        self._advance(ids, here)
        index = self.index[ids]
        to_go = self._corners[ids, index] - here
        distance = np.linalg.norm(to_go, axis=1)
        last = index == self._count[ids] - 1
        heading = self._heading[ids]
        turn = np.where(np.isnan(heading), 0.0, wrap(np.nan_to_num(heading) - course))
        aligned = np.abs(turn) < cfg.heading_tolerance
        reached = last & (distance < cfg.position_tolerance) & aligned
        settling = self._keep[ids, index] | (last & (distance < cfg.align_distance))
        out = np.where(
            settling[:, None],
            self._settle(to_go, np.where(last, turn, 0.0), course),
            self._travel(to_go, distance, course, last),
        )
        out = within(out, limits.lower, limits.upper)
        out[reached] = 0.0
        return out, reached

    def _advance(self, ids: IntArray, here: Array) -> None:
        """Go on to the next corner where one was passed."""
        while True:
            index = self.index[ids]
            near = np.where(self._keep[ids, index], self.config.narrow_corner, self.config.corner)
            passed = np.linalg.norm(self._corners[ids, index] - here, axis=1) < near
            passed &= index < self._count[ids] - 1
            if not passed.any():
                return
            self.index[ids[passed]] += 1

    def _travel(self, to_go: Array, distance: Array, course: Array, last: BoolArray) -> Array:
        cfg = self.config
        error = wrap(np.arctan2(to_go[:, 1], to_go[:, 0]) - course)
        reach = np.where(last, distance, distance + cfg.ahead)
        speed = np.minimum(cfg.cruise, cfg.approach_gain * reach) * np.maximum(0.0, np.cos(error)) ** 3
        out = np.zeros((len(course), 3))
        out[:, 0] = np.where(np.abs(error) < cfg.turn_first, speed, 0.0)
        out[:, 2] = within(cfg.turn_gain * error, -_TURN, _TURN)
        return out

    def _settle(self, to_go: Array, turn: Array, course: Array) -> Array:
        cfg = self.config
        back, forward, aside = cfg.settle
        c, s = np.cos(course), np.sin(course)
        ahead, left = c * to_go[:, 0] + s * to_go[:, 1], -s * to_go[:, 0] + c * to_go[:, 1]
        out = np.zeros((len(course), 3))
        out[:, 0] = within(cfg.approach_gain * ahead, -back, forward)
        out[:, 1] = within(cfg.approach_gain * left, -aside, aside)
        out[:, 2] = within(cfg.turn_gain * turn, -_SETTLE_TURN, _SETTLE_TURN)
        return out
