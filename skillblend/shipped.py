"""Where the shipped bundles lie."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).resolve().parents[1] / "models"
"""Beside the packages, in a checkout."""
