"""Where things lie."""

from __future__ import annotations

from pathlib import Path

MODELS = Path(__file__).resolve().parents[2] / "models"
"""Shipped bundles, beside the packages in a checkout."""
