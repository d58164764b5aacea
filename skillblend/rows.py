"""Rows of what is kept for N robots: dataclasses whose arrays lead with the batch axis."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from skillblend.contracts import IntArray

T = TypeVar("T")


def take(kept: T, ids: IntArray) -> T:
    """A copy of the dataclass `kept` that holds robots `ids` alone, in that order; a robot may come twice.

    Arrays and dataclasses within are taken apart row by row, everything else is shared.
    """
    if not is_dataclass(kept) or isinstance(kept, type):
        return kept
    changes: dict[str, Any] = {}
    for field in fields(kept):
        value = getattr(kept, field.name)
        if isinstance(value, np.ndarray):
            changes[field.name] = value[ids]
        elif is_dataclass(value) and not isinstance(value, type):
            changes[field.name] = take(value, ids)
    return replace(kept, **changes)
