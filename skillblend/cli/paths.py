"""Where things lie."""

from __future__ import annotations

import os
from pathlib import Path

from skillblend.shipped import MODELS

__all__ = ["MODELS", "is_shipped", "state_folder"]


def is_shipped(models: Path) -> bool:
    """Whether `models` is the folder of the shipped bundles, which nothing is written to unasked."""
    return models.resolve() == MODELS.resolve()


def state_folder() -> Path:
    """Where what a person typed is kept between sessions; it may not exist yet, and without a home it cannot.

    Source: XDG Base Directory Specification, XDG_STATE_HOME.
    """
    named = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:  # no HOME, and nobody's entry in the password database
        return Path(os.devnull) / "skillblend"
    return base / "skillblend"
