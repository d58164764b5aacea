"""Verdicts: one file for each behaviour, judged from simulator truth; see `sim.verdicts.base`."""

from __future__ import annotations

from sim.verdicts.base import Look, StepVerdict, Track, VerdictRule
from skillblend.registry import Registry

VERDICTS: Registry[type[VerdictRule]] = Registry("verdict", package="sim.verdicts", attribute="VERDICT")
"""By the name of the behaviour: the modules of this package that define `VERDICT`, and what was added."""

__all__ = ["VERDICTS", "Look", "StepVerdict", "Track", "VerdictRule"]
