"""Rollouts of a frozen skill that its affordance is fitted on: many states, goals in and out of reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sim.skills.spec import TRAININGS, Progress
from skillblend.affordance import Affordance, fit
from skillblend.contracts import Array
from skillblend.skills.skill import PolicySkill


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A fitted affordance, and the rollouts that it has not seen.

    Attributes:
        affordance: Not saved yet.
        features: Of the held-out half. Shape (M, F).
        success: Outcomes of the held-out half, 0 or 1. Shape (M,).
    """

    affordance: Affordance
    features: Array
    success: Array


def calibrate(
    skill: PolicySkill[Any], *, seed: int, rollouts: int = 3000, progress: Progress | None = None
) -> Calibration:
    """Fit the skill's affordance on one half of `rollouts` goals; the other half is for judging it."""
    features, success = TRAININGS[skill.name].rollouts(skill, seed, rollouts, progress)
    half = len(features) // 2
    return Calibration(
        affordance=fit(skill.name, features, success), features=features[half:], success=success[half:]
    )
