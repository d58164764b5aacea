"""Arguments of steps as things and numbers."""

from __future__ import annotations

import math

from skillblend.contracts import Step
from skillblend.errors import InputError, UnknownNameError
from skillblend.safety.plan import Point, Situation


def words(step: Step, count: int) -> tuple[str, ...]:
    """The arguments of `step`, of which there must be `count`.

    Raises:
        InputError: There are more or fewer.
    """
    if len(step.arguments) != count:
        raise InputError(f"{step.text!r}: {step.behaviour} takes {count} argument(s), got {list(step.arguments)}")
    return step.arguments


def number(step: Step, index: int) -> float:
    """Argument `index` of `step` as a number.

    Raises:
        InputError: It is none, or not finite.
    """
    text = step.arguments[index] if index < len(step.arguments) else ""
    try:
        value = float(text)
    except ValueError as error:
        raise InputError(f"{step.text!r}: expected a number, got {text!r}") from error
    if not math.isfinite(value):
        raise InputError(f"{step.text!r}: {value} is not a finite number")
    return value


def place(name: str, situation: Situation) -> Point:
    """Where the thing called `name` is on the floor, m.

    Raises:
        UnknownNameError: It is not there.
    """
    if name not in situation.objects:
        raise UnknownNameError("object", name, situation.objects)
    return situation.objects[name]
