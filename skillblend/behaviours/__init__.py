"""Behaviours: every kind of option that a plan may consist of, one file each; see `skillblend.behaviours.base`."""

from __future__ import annotations

from skillblend.behaviours.base import Behaviour, Facts, Needs, Perception, Question, Runner, Stage
from skillblend.registry import Registry

BEHAVIOURS: Registry[Behaviour] = Registry("behaviour", package="skillblend.behaviours", attribute="BEHAVIOUR")
"""The modules of this package that define `BEHAVIOUR`, and what was added."""

__all__ = ["BEHAVIOURS", "Behaviour", "Facts", "Needs", "Perception", "Question", "Runner", "Stage"]
