"""Rows of what is kept for N robots: dataclasses whose arrays lead with the batch axis."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

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


def copy_rows(kept: T, names: Iterable[str], ids: IntArray) -> T:
    """A shallow copy of any object, whose attributes `names` hold robots `ids` alone, in that order.

    Those are arrays that lead with the batch axis, dataclasses of them, or lists and dictionaries of either; all else
    is shared.
    """
    twin = copy(kept)
    for name in names:
        setattr(twin, name, _rows(getattr(kept, name), ids))
    return twin


def _rows(value: Any, ids: IntArray) -> Any:
    if isinstance(value, np.ndarray):
        return cast("Any", value)[ids]
    if isinstance(value, list):
        return [_rows(each, ids) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _rows(each, ids) for key, each in cast("dict[Any, Any]", value).items()}
    return take(value, ids)
