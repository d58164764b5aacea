"""Predicates: what can hold of a robot and the things around it, as text and as functions of a `SceneState`.

Text such as ``on(box, metal table)`` or ``moved(forward, 1)`` is the form in which instruction files state goals,
behaviours their effects and verdicts what happened. Those that are a matter of geometry can be read off a scene,
for N simulations at once; the others (``touched``, ``pressed``, ``moved`` ...) are events, which hold once they
have happened.

>>> parse("on(box, metal table)")
Predicate(name='on', arguments=('box', 'metal table'))
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from skillblend.contracts import Array, BoolArray, SceneState, Thing
from skillblend.errors import InputError, UnknownNameError
from skillblend.registry import Registry

AT = 0.6
"""The base of the reference body is at a thing within, m, beyond the thing's own half size."""

REST, SHUT, OPEN, LIFTED = 0.03, 0.02, 0.5, 0.05
"""Something rests on what its underside is this near to, m; openness up to which a door is closed, and from which it
is open; a thing this far above all else is up, m."""

SIDES = ("left", "right", "back")
WAYS = ("forward", "back", "left", "right")

_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "at": ("thing",),
    "facing": ("side or thing",),
    "moved": ("way", "number"),
    "touched": ("thing",),
    "pressed": ("thing",),
    "held": ("thing",),
    "on": ("thing", "thing"),
    "in": ("thing", "thing"),
    "closed": ("thing",),
    "open": ("thing",),
    "pushed": ("thing", "thing"),
    "kicked": ("thing",),
    "raised": ("hands",),
    "crouched": (),
    "stood": ("number",),
}
"""What each predicate takes."""

_FORM = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*")


EVENTS: Registry[Mapping[str, tuple[str, ...]]] = Registry(
    "events", package="skillblend.behaviours", attribute="PREDICATES"
)
"""What predicates take that a behaviour brings along, by behaviour: `PREDICATES` of its file."""


@dataclass(frozen=True)
class Predicate:
    """One predicate with its arguments.

    Attributes:
        name: One of `names`.
        arguments: Things, sides, ways or numbers.
    """

    name: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)})"


def names() -> tuple[str, ...]:
    """Predicates that can be stated."""
    return tuple(signatures())


def signatures() -> dict[str, tuple[str, ...]]:
    """What each predicate takes, those of behaviours included.

    Raises:
        InputError: A behaviour's predicate is another's, or takes what nobody can check.
    """
    found = dict(_SIGNATURES)
    for behaviour in EVENTS:
        for name, takes in EVENTS[behaviour].items():
            if found.get(name, takes) != takes or not set(takes) <= set(_CHECKS):
                raise InputError(
                    f"behaviour {behaviour!r} has a predicate {name!r} of {takes}; choose another name than "
                    f"{list(found)}, and arguments among {list(_CHECKS)}"
                )
            found[name] = takes
    return found


def parse(text: str, things: Iterable[str] | None = None) -> Predicate:
    """The predicate that `text` states.

    Args:
        text: Such as ``"at(red marker)"``.
        things: Names that exist; None lets any pass.

    Raises:
        InputError: Not of that form, or with arguments that mean nothing.
        UnknownNameError: No such predicate or thing.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise InputError(f"{text!r} is no predicate; write one such as 'on(box, metal table)'")
    name = found.group(1)
    arguments = tuple(part.strip() for part in found.group(2).split(",")) if found.group(2).strip() else ()
    known_names = _SIGNATURES if name in _SIGNATURES else signatures()
    if name not in known_names:
        raise UnknownNameError("predicate", name, known_names)
    wanted = known_names[name]
    if len(arguments) != len(wanted):
        takes = ", ".join(wanted) or "none"
        raise InputError(f"{text!r}: {name} takes {len(wanted)} argument(s) ({takes}), got {len(arguments)}")
    known = None if things is None else tuple(things)
    for what, argument in zip(wanted, arguments, strict=True):
        _CHECKS[what](text, argument, known)
    return Predicate(name, arguments)


def _check_thing(text: str, argument: str, known: tuple[str, ...] | None) -> None:
    del text
    if known is not None and argument not in known:
        raise UnknownNameError("object", argument, known)


def _check_side(text: str, argument: str, known: tuple[str, ...] | None) -> None:
    if argument not in SIDES:
        _check_thing(text, argument, None if known is None else (*known, *SIDES))


def _check_way(text: str, argument: str, known: tuple[str, ...] | None) -> None:
    del text, known
    if argument not in WAYS:
        raise UnknownNameError("way", argument, WAYS)


def _check_number(text: str, argument: str, known: tuple[str, ...] | None) -> None:
    del known
    try:
        value = float(argument)
    except ValueError:
        value = np.nan
    if not 0.0 < value < np.inf:
        raise InputError(f"{text!r}: {argument!r} must be a positive number")


def _check_hands(text: str, argument: str, known: tuple[str, ...] | None) -> None:
    del known
    if argument != "hands":
        raise InputError(f"{text!r}: only hands can be raised; write raised(hands)")


_CHECKS: Mapping[str, Callable[[str, str, tuple[str, ...] | None], None]] = {
    "thing": _check_thing,
    "side or thing": _check_side,
    "way": _check_way,
    "number": _check_number,
    "hands": _check_hands,
}


def at(scene: SceneState, name: str) -> BoolArray:
    """The base is within `AT` m of the thing's edge, in lengths of its legs. Shape (N,)."""
    thing = scene.thing(name)
    base, place = _known(scene.base, "the robot"), _pose(thing)[:, :2]
    half = max(thing.size[0], thing.size[1]) / 2
    return np.linalg.norm(base[:, :2] - place, axis=1) <= AT * scene.length + half


def on(scene: SceneState, name: str, support: str) -> BoolArray:
    """The thing rests on top of `support`: above its surface, underside within `REST` m of it. Shape (N,)."""
    thing, below = scene.thing(name), scene.thing(support)
    mine, theirs = _pose(thing), _pose(below)
    top = theirs[:, 2] + below.size[2] / 2
    underside = mine[:, 2] - _half_height(thing, mine)
    inside = _within(mine[:, :2], below, theirs)
    return inside & (np.abs(underside - top) <= REST) & ~held(scene, name)


def inside(scene: SceneState, name: str, container: str) -> BoolArray:
    """The middle of the thing is within `container`, which is another one. Shape (N,)."""
    thing, around = scene.thing(name), scene.thing(container)
    mine, theirs = _pose(thing), _pose(around)
    height = np.abs(mine[:, 2] - theirs[:, 2]) <= around.size[2] / 2
    return _within(mine[:, :2], around, theirs) & height & ~held(scene, name) & (name != container)


def held(scene: SceneState, name: str) -> BoolArray:
    """The robot holds the thing. Shape (N,)."""
    thing = scene.thing(name)
    if thing.held is not None:
        return thing.held
    return np.zeros(len(_pose(thing)), dtype=np.bool_)


def closed(scene: SceneState, name: str) -> BoolArray:
    """All doors of the thing are shut. Shape (N,)."""
    return _known(scene.thing(name).openness, name) <= SHUT


def opened(scene: SceneState, name: str) -> BoolArray:
    """The thing stands open. Shape (N,)."""
    return _known(scene.thing(name).openness, name) >= OPEN


def reachable(scene: SceneState, name: str, reach: float) -> BoolArray:
    """The thing is within `reach` m of the base, on the floor. Shape (N,)."""
    base = _known(scene.base, "the robot")
    return np.linalg.norm(base[:, :2] - _pose(scene.thing(name))[:, :2], axis=1) <= reach


GEOMETRIC: Mapping[str, Callable[..., BoolArray]] = {
    "at": at,
    "on": on,
    "in": inside,
    "held": held,
    "closed": closed,
    "open": opened,
}
"""Predicates that a scene with poses tells, by name: ``f(scene, *arguments) -> (N,)``."""


def holds(scene: SceneState, predicate: Predicate) -> bool:
    """Whether `predicate` holds in a scene of N = 1: stated among its facts, or told by its poses.

    Raises:
        UnknownNameError: It is about a thing that is not there.
    """
    if str(predicate) in scene.facts:
        return True
    told = predicate.name in GEOMETRIC and all(scene.thing(a).pose is not None for a in predicate.arguments)
    return told and bool(GEOMETRIC[predicate.name](scene, *predicate.arguments)[0])


def leave_places(facts: frozenset[str]) -> frozenset[str]:
    """`facts` once the robot has walked off: neither at nor facing anything."""
    return frozenset(fact for fact in facts if not fact.startswith(("at(", "facing(")))


def turn_away(facts: frozenset[str]) -> frozenset[str]:
    """`facts` once the robot has turned: facing nothing that it faced before."""
    return frozenset(fact for fact in facts if not fact.startswith("facing("))


def _pose(thing: Thing) -> Array:
    return _known(thing.pose, thing.name)


def _known(values: Array | None, what: str) -> Array:
    if values is None:
        raise InputError(f"the state of {what} is not known in an abstract scene; give it a pose")
    return values


def _within(points: Array, thing: Thing, pose: Array) -> BoolArray:
    """Whether floor points (N, 2) lie over the thing's own rectangle, turned as it stands."""
    w, z = pose[:, 3], pose[:, 6]
    angle = 2.0 * np.arctan2(z, w)
    d = points - pose[:, :2]
    c, s = np.cos(angle), np.sin(angle)
    local = np.stack([c * d[:, 0] + s * d[:, 1], -s * d[:, 0] + c * d[:, 1]], axis=1)
    return np.all(np.abs(local) <= np.array(thing.size[:2]) / 2, axis=1)


def _half_height(thing: Thing, pose: Array) -> Array:
    """Half of the thing's extent along the world's z axis, however it is turned. Shape (N,), m."""
    w, x, y, z = pose[:, 3:].T
    row = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)
    return (np.abs(row) * (np.array(thing.size) / 2)).sum(axis=1)
