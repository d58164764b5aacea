"""Walking commands that bring the base along waypoints to a pose on the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, GoalSpace
from skillblend.errors import InputError


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


def wrap(angle: float) -> float:
    """`angle` in [-pi, pi)."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


@dataclass(frozen=True, kw_only=True)
class NavigatorConfig:
    """Gains and tolerances.

    Attributes:
        cruise: Largest forward speed, m/s.
        position_tolerance: m.
        heading_tolerance: rad.
        align_distance: Within this distance of the end the robot keeps its final heading and side-steps, m.
        turn_first: With its way further off its heading than this, the robot turns on the spot: furniture may be
            close in front of it, rad.
        turn_gain, approach_gain: 1/s.
    """

    cruise: float = 0.7
    position_tolerance: float = 0.07
    heading_tolerance: float = 0.12
    align_distance: float = 0.45
    turn_first: float = 0.5
    turn_gain: float = 1.5
    approach_gain: float = 1.2


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
    """Follows a route, then settles on the final pose."""

    def __init__(self, route: Sequence[Leg], heading: float | None, config: NavigatorConfig | None = None) -> None:
        """Go through `route`; end with `heading` (rad, world) if given.

        Raises:
            InputError: The route is empty.
        """
        if not route:
            raise InputError("a route needs at least one leg; give the goal itself")
        self.route = list(route)
        self.heading = heading
        self.config = config or NavigatorConfig()
        self.index = 0

    def command(self, pose: Pose2D, limits: GoalSpace) -> tuple[Array, bool]:
        """Velocity command (3,) in the base's heading frame, and whether the goal is reached."""
        cfg, here = self.config, pose.position
        while self.index < len(self.route) - 1 and self._passed(here):
            self.index += 1
        leg = self.route[self.index]
        to_go = leg.position - here
        distance = float(np.linalg.norm(to_go))
        last = self.index == len(self.route) - 1
        turn = 0.0 if self.heading is None else wrap(self.heading - pose.heading)
        aligned = self.heading is None or abs(turn) < cfg.heading_tolerance
        if last and distance < cfg.position_tolerance and aligned:
            return np.zeros(3), True
        if leg.keep_heading or (last and distance < cfg.align_distance):
            out = self._settle(to_go, turn if last else 0.0, pose)
        else:
            out = self._travel(to_go, distance, pose, last)
        return np.clip(out, limits.lower, limits.upper), False

    def _passed(self, here: Array) -> bool:
        leg = self.route[self.index]
        near = 0.12 if leg.keep_heading else 0.35
        return bool(np.linalg.norm(leg.position - here) < near)

    def _travel(self, to_go: Array, distance: float, pose: Pose2D, last: bool) -> Array:
        cfg = self.config
        error = wrap(float(np.arctan2(to_go[1], to_go[0])) - pose.heading)
        spin = float(np.clip(cfg.turn_gain * error, -0.6, 0.6))
        reach = distance if last else distance + 0.5
        speed = min(cfg.cruise, cfg.approach_gain * reach) * max(0.0, np.cos(error)) ** 3
        return np.array([speed if abs(error) < cfg.turn_first else 0.0, 0.0, spin])

    def _settle(self, to_go: Array, turn: float, pose: Pose2D) -> Array:
        cfg = self.config
        c, s = np.cos(pose.heading), np.sin(pose.heading)
        ahead, left = c * to_go[0] + s * to_go[1], -s * to_go[0] + c * to_go[1]
        spin = float(np.clip(cfg.turn_gain * turn, -0.5, 0.5))
        forward = float(np.clip(cfg.approach_gain * ahead, -0.3, 0.4))
        side = float(np.clip(cfg.approach_gain * left, -0.25, 0.25))
        return np.array([forward, side, spin])
