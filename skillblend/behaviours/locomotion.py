"""What walking behaviours share: commands no faster than the rules allow, and routes followed to their end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skillblend.behaviours.base import Stage
from skillblend.contracts import Array, Blend, BoolArray, IntArray, Observation
from skillblend.navigation import Leg, Navigator, NavigatorConfig
from skillblend.safety.plan import KeepOut, limit_command

ARRIVED, MAX_CORRECTIONS, QUIET = 0.10, 3, 0.2
"""A walk ends when the robot stands this near to its end, m, of the reference body; how often it is corrected;
standing counts after, s."""

SLOWEST, ALLOWANCE = 0.25, 25.0
"""A walk is given up after its length at this speed, m/s, of the reference body, and so many seconds more."""


def walk(stage: Stage, command: Array, ids: IntArray, *, localised: bool = True) -> Blend:
    """Robots `ids` walk, no faster than the rules allow where they are.

    Args:
        stage: Skills, perception and rules.
        command: Forward, left (m/s) and yaw rate (rad/s). Shape (len(ids), 3).
        ids: Which robots.
        localised: Whether their poses are known; no keep-out zone can be kept without.
    """
    return stage.skills.walk(limited(stage, command, ids, stage.skills.hands.full[ids], localised=localised), ids)


def limited(stage: Stage, command: Array, ids: IntArray, full: BoolArray, *, localised: bool = True) -> Array:
    """`command` as far as the rules allow it, more slowly where hands are `full` (len(ids),)."""
    poses, out = stage.perception.poses()[ids], command.copy()
    zoned = _by_zones(stage, ids) if localised else [((), np.arange(len(ids)))]
    for zones, among in zoned:
        for load in (False, True):
            rows = among[full[among] == load]
            if len(rows):
                rules = stage.rules.with_load() if load else stage.rules
                out[rows] = limit_command(command[rows], poses[rows, :2], poses[rows, 2], zones, rules)
    return out


def _by_zones(stage: Stage, ids: IntArray) -> list[tuple[Sequence[KeepOut], IntArray]]:
    """Rows of `ids` with the zones that they share: all of them, as long as nothing has moved."""
    groups: dict[int, tuple[Sequence[KeepOut], list[int]]] = {}
    for row, i in enumerate(ids):
        zones = stage.perception.zones(int(i))
        groups.setdefault(id(zones), (zones, []))[1].append(row)
    return [(zones, np.array(rows, dtype=np.int64)) for zones, rows in groups.values()]


class Journey:
    """Follows routes of N robots and corrects where they end; a `Runner` without `begin`."""

    def __init__(self, stage: Stage, n: int) -> None:
        """`n` robots that go nowhere yet."""
        self.stage = stage
        self._navigator = Navigator(n, NavigatorConfig.of(stage.scales))
        self._near, self._slowest = ARRIVED * stage.scales.length, SLOWEST * stage.scales.speed
        self._end: Array = np.zeros((n, 2))
        self._heading: Array = np.full(n, np.nan)
        self._tries: IntArray = np.zeros(n, dtype=np.int64)
        self._quiet: IntArray = np.zeros(n, dtype=np.int64)
        self._stopping: BoolArray = np.zeros(n, dtype=np.bool_)

    def set_off(self, i: int, route: Sequence[Leg], heading: float | None) -> float:
        """Start robot `i` on `route`; the time after which it is given up, s."""
        self._navigator.follow(i, route, heading)
        points = [self.stage.perception.poses()[i, :2], *(leg.position for leg in route)]
        length = sum(float(np.linalg.norm(b - a)) for a, b in zip(points, points[1:], strict=False))
        self._end[i] = route[-1].position
        self._heading[i] = np.nan if heading is None else heading
        self._tries[i] = self._quiet[i] = 0
        self._stopping[i] = False
        return ALLOWANCE + length / self._slowest

    def drive(self, ids: IntArray, obs: Observation) -> tuple[Blend, BoolArray]:
        """Walk on; where the end is reached, stand, and go back to it where standing led away."""
        del obs
        stage, poses = self.stage, self.stage.perception.poses()[ids]
        command, reached = self._navigator.command(ids, poses, stage.skills.skill("walking").goal_space)
        self._stopping[ids] |= reached
        standing = self._stopping[ids]
        command[standing] = 0.0
        blend = walk(stage, command, ids)
        self._quiet[ids] = np.where(standing & ~stage.skills.stepping[ids], self._quiet[ids] + 1, 0)
        calm = standing & (self._quiet[ids] * stage.dt >= QUIET)
        near = np.linalg.norm(poses[:, :2] - self._end[ids], axis=1) <= self._near
        over = calm & (near | (self._tries[ids] == MAX_CORRECTIONS))
        for i in ids[calm & ~over]:
            self._correct(int(i))
        return blend, over

    def _correct(self, i: int) -> None:
        heading = None if np.isnan(self._heading[i]) else float(self._heading[i])
        self._navigator.follow(i, [Leg(position=self._end[i].copy(), keep_heading=True)], heading)
        self._tries[i] += 1
        self._quiet[i] = 0
        self._stopping[i] = False
