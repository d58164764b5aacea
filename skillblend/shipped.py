"""What ships: where the bundles lie, and which planner is the default."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "models"
"""Beside the packages, in a checkout."""

DEFAULT_PLANNER = "saycan"
"""The one with a trained adapter; `planners.variants` has them all."""
