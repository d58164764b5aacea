"""Where things lie."""

from __future__ import annotations

from pathlib import Path

from skillblend.shipped import MODELS

__all__ = ["MODELS", "is_shipped"]


def is_shipped(models: Path) -> bool:
    """Whether `models` is the folder of the shipped bundles, which nothing is written to unasked."""
    return models.resolve() == MODELS.resolve()
