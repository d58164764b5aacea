"""What episodes are like: in training, in evaluation, and as someone asks for."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar, cast

from sim.randomisation import Randomisation
from sim.skills.spec import TRAININGS
from skillblend.checks import check_integer, check_number
from skillblend.errors import InputError, UnknownNameError

HARDER = Randomisation(friction=(0.4, 1.2), mass=(-3.0, 6.0), gain=(0.85, 1.15), latency=(0.0, 0.65))
"""Wider than the evaluation's ranges on every axis."""
EVALUATION = Randomisation(push_every=0.0)
"""Randomised dynamics, latency and sensor noise; no pushes. Blenders are trained in it too."""
LONGEST = 1e6
"""Of any duration, s."""

C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How episodes are drawn.

    Attributes:
        episodes: Fields of the task's configuration.
        randomisation: Dynamics, noise, pushes.
    """

    episodes: Mapping[str, Any]
    randomisation: Randomisation


SETTINGS = ("evaluation", "training")


def setting(name: str, task: str) -> Setting:
    """One of `SETTINGS`: ``evaluation`` is that of every published figure, ``training`` the harder one of training.

    Raises:
        UnknownNameError: No such setting.
    """
    training = TRAININGS[task] if task in TRAININGS else None  # noqa: SIM401
    if name == "evaluation":
        return Setting(episodes={} if training is None else training.evaluation, randomisation=EVALUATION)
    if name == "training":
        return Setting(episodes={}, randomisation=EVALUATION if training is None else training.disturbed)
    raise UnknownNameError("setting", str(name), SETTINGS)


def episodes(default: C, values: Mapping[str, Any]) -> C:
    """The configuration `default` with `values` from outside for some of its fields.

    Raises:
        UnknownNameError: No such field.
        InputError: A value that a field cannot have.
    """
    known: dict[str, Any] = {f.name: getattr(default, f.name) for f in fields(cast("Any", default))}
    for name, value in values.items():
        if name not in known:
            raise UnknownNameError("argument", name, known)
        _check(name, value, known[name])
    return replace(cast("Any", default), **values)


def whole(name: str, value: Any, lower: int, upper: int) -> int:
    """`value` from outside as an integer; NumPy's count too.

    Raises:
        InputError: No whole number in lower ... upper.
    """
    try:
        number = value if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = value
    check_integer(name, number, lower, upper)
    return int(number)


def _check(name: str, value: Any, default: Any) -> None:
    """Hold `value` against what the field has of its own."""
    if name == "fixed_goal":
        _numbers(name, value, 3, -100.0, 100.0, nothing=True)
    elif name == "starts":
        return
    elif isinstance(default, dict):
        _weights(name, value, cast("dict[str, float]", default))
    elif isinstance(default, bool):
        if not isinstance(value, bool):
            raise InputError(f"{name} = {value!r} must be True or False")
    elif isinstance(default, tuple):
        _numbers(name, value, 2, 1e-3, LONGEST, nothing=name == "stand_seconds")
        if value is not None and value[0] > value[1]:
            raise InputError(f"{name} = {value!r} must be the shortest and the longest time, in this order")
    elif name.endswith("_seconds"):
        check_number(name, value, 1e-3, LONGEST)
    elif name.endswith("_share") or name == "arm_disturbance":
        check_number(name, value, 0.0, 1.0)
    else:
        check_number(name, value, 0.0, 1e3)


def _numbers(name: str, value: Any, size: int, lower: float, upper: float, *, nothing: bool) -> None:
    if nothing and value is None:
        return
    if not isinstance(value, tuple | list) or len(cast("list[Any]", value)) != size:
        raise InputError(f"{name} = {value!r} must be {size} numbers" + (", or None" if nothing else ""))
    for i, number in enumerate(cast("list[Any]", value)):
        check_number(f"{name}[{i}]", number, lower, upper)


def _weights(name: str, value: Any, default: Mapping[str, float]) -> None:
    if not isinstance(value, Mapping) or set(cast("Mapping[str, Any]", value)) != set(default):
        raise InputError(f"{name} must be an object with a number for each of {sorted(default)}")
    for term, number in cast("Mapping[str, Any]", value).items():
        check_number(f"{name}[{term!r}]", number, -1e6, 1e6)
