"""Checks of values in configurations, which may come from a file."""

from __future__ import annotations

import math
from typing import Any

from skillblend.errors import InputError


def check_number(name: str, value: Any, lower: float, upper: float) -> None:
    """Refuse whatever is no number in [lower, upper].

    Raises:
        InputError: Names value and range.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (math.isfinite(value) and lower <= value <= upper):
        raise InputError(f"{name} = {value!r} must be a number between {lower:g} and {upper:g}")


def check_integer(name: str, value: Any, lower: int, upper: int) -> None:
    """Refuse whatever is no whole number in lower ... upper.

    Raises:
        InputError: Names value and range.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not lower <= value <= upper:
        raise InputError(f"{name} = {value!r} must be a whole number between {lower} and {upper}")


def check_vector(name: str, value: Any, size: int, lower: float, upper: float) -> None:
    """Refuse whatever is no tuple of `size` numbers in [lower, upper].

    Raises:
        InputError: Names value and range.
    """
    if not isinstance(value, tuple) or len(value) != size:  # pyright: ignore[reportUnknownArgumentType]
        raise InputError(f"{name} = {value!r} must be {size} numbers")
    for i in range(size):
        check_number(f"{name}[{i}]", value[i], lower, upper)


def check_limits(lower: tuple[float, ...], upper: tuple[float, ...]) -> None:
    """Refuse goal limits between which nothing lies.

    Raises:
        InputError: A lower limit is not below its upper one.
    """
    for i, (low, high) in enumerate(zip(lower, upper, strict=True)):
        if not low < high:
            raise InputError(f"lower[{i}] = {low} must be below upper[{i}] = {high}")
