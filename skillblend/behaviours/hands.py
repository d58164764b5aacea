"""What behaviours share that bring one hand to a surface: which hand, and where it goes in the stance frame."""

from __future__ import annotations

import numpy as np

from skillblend.behaviours.arguments import place
from skillblend.behaviours.base import Stage
from skillblend.contracts import Array, Step
from skillblend.errors import PlanError
from skillblend.kinematics import to_heading
from skillblend.safety.plan import REACH, Situation
from skillblend.safety.rules import PlanRules

_WANDER = 0.2
"""What a metre from the resting hand costs, against a metre outside the reach."""

STRETCH = 0.15
"""A hand that would have to go so far beyond where reaching is trained for does not go at all, m; reference body."""


def check_reach(step: Step, situation: Situation, rules: PlanRules) -> str:
    """The thing that `step` names first is within the reach that the rules allow; else why not."""
    (name, *_) = step.arguments
    x, y = place(name, situation)
    distance = float(np.hypot(situation.position[0] - x, situation.position[1] - y))
    if distance <= rules.reach:
        return ""
    return f"{REACH}: the {name} is {distance:.1f} m away, within reach are {rules.reach:.1f} m; walk there first"


def resting(stage: Stage) -> Array:
    """Wrist targets (2, 3) of hands with nothing to do, left and right, stance frame, m."""
    return stage.skills.skill("reaching").controller.goal_at_rest.reshape(2, 3)


def in_stance(stage: Stage, i: int, points: Array) -> Array:
    """World points (k, 3) in the stance frame of robot `i`, m."""
    middle, heading = stage.perception.stances()
    return to_heading(points - middle[i], np.full(len(points), heading[i]))


def better_hand(stage: Stage, i: int, points: tuple[Array | None, Array | None]) -> int:
    """The hand that has the least to do: 0 left, 1 right.

    Args:
        stage: Skills and perception.
        i: Which robot.
        points: For the left and the right wrist, world (3,), m; None where a hand does not suit.

    Raises:
        PlanError: No hand suits, or gets there from where the robot stands.
    """
    space, rest = stage.skills.skill("reaching").goal_space, resting(stage)
    costs: list[tuple[float, int, float]] = []
    for side, point in enumerate(points):
        if point is None:
            continue
        part = slice(3 * side, 3 * side + 3)
        local = in_stance(stage, i, point[None])[0]
        outside = np.abs(local - np.clip(local, space.lower[part], space.upper[part])).sum()
        costs.append((float(outside + _WANDER * np.linalg.norm(local - rest[side])), side, float(outside)))
    if not costs:
        raise PlanError("no hand can get there: the thing has no place for one")
    _, hand, outside = min(costs)
    if outside > STRETCH * stage.scales.reach:
        raise PlanError(
            f"no hand gets there from here: it is {outside:.2f} m beyond the arms' reach; walk there first"
        )
    return hand


def one_hand(stage: Stage, i: int, points: tuple[Array | None, Array | None]) -> Array:
    """Reaching goal (6,) of robot `i` with the better hand at its point, the other at rest, m."""
    hand = better_hand(stage, i, points)
    goal, point = resting(stage).copy(), points[hand]
    assert point is not None  # better_hand chooses among those that suit
    goal[hand] = in_stance(stage, i, point[None])[0]
    return goal.ravel()
